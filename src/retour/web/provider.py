"""People by OpenID Connect: authorization code flow with PKCE, checked by Authlib."""

from typing import TYPE_CHECKING, Any

from fastapi import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from retour.service.serving import ROLES, OpenId, Role

if TYPE_CHECKING:
    from authlib.integrations.starlette_client import StarletteOAuth2App

CALLBACK = "/sign-in/back"


def make_provider(openid: OpenId) -> "StarletteOAuth2App":
    """Return the client of a provider; it reads the provider's own description when first used.

    Args:
        openid: the settings.

    Raises:
        ModuleNotFoundError: it needs the extra ``oidc``.
    """
    from authlib.integrations.starlette_client import OAuth  # noqa: PLC0415 - few servers need it

    client: StarletteOAuth2App = OAuth().register(
        name="provider",
        client_id=openid.client_id,
        client_secret=openid.client_secret,
        server_metadata_url=f"{openid.issuer}/.well-known/openid-configuration",
        client_kwargs={"scope": "openid profile email", "code_challenge_method": "S256"},
    )
    return client


async def begin_sign_in(provider: "StarletteOAuth2App", request: Request, back: str) -> Response:
    """Lead the browser to the provider, which sends it back to an address of ours.

    Raises:
        HTTPException: the provider cannot be reached.
    """
    import httpx2  # noqa: PLC0415 - only with a provider

    try:
        answer: Response = await provider.authorize_redirect(request, back)
    except httpx2.HTTPError:
        raise HTTPException(503, "provider") from None
    return answer


async def finish_sign_in(provider: "StarletteOAuth2App", request: Request) -> dict[str, Any]:
    """Return what the provider vouches for, its signature, audience, age and nonce checked.

    Raises:
        HTTPException: it cannot be reached, or vouches for nobody.
    """
    import httpx2  # noqa: PLC0415 - only with a provider
    from authlib.common.errors import AuthlibBaseError  # noqa: PLC0415 - as above
    from joserfc.errors import JoseError  # noqa: PLC0415 - as above

    try:
        answer = await provider.authorize_access_token(request)
    except httpx2.HTTPError:
        raise HTTPException(503, "provider") from None
    except (AuthlibBaseError, JoseError, ValueError, KeyError):
        raise HTTPException(403, "denied") from None
    claims = answer.get("userinfo")
    if not claims or not claims.get("sub"):
        raise HTTPException(403, "denied")
    return dict(claims)


def choose_role(openid: OpenId, claims: dict[str, Any]) -> Role | None:
    """Return the highest role that a person's groups give; None where none gives any."""
    said = claims.get(openid.claim)
    groups = [said] if isinstance(said, str) else said
    if not isinstance(groups, list):
        return None
    known = (group for group in groups if isinstance(group, str))
    roles = [openid.roles[group] for group in known if group in openid.roles]
    return max(roles, key=ROLES.index, default=None)


def name_person(claims: dict[str, Any]) -> str:
    """Return what the audit log calls a person: a name people know, and the one that stays."""
    known = claims.get("email") or claims.get("preferred_username")
    subject = str(claims["sub"])
    return f"{known} ({subject})" if known else subject
