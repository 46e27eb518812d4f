"""Who asks, and what they may: roles in the browser, scopes in the API.

Without tokens and without a provider of identities nobody signs in, and everybody who reaches the
server (on this machine alone, see `retour.web.guard`) may do everything.
"""

import hashlib
import hmac
import time
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Annotated

from fastapi import Depends, HTTPException
from starlette.requests import Request

from retour.service.serving import ROLES, ApiScope, Role, Token, WebSettings
from retour.web.person import LOCAL, Person

if TYPE_CHECKING:
    from retour.web.site import Site

SESSION_SECONDS = 8 * 3600
"""After that people sign in again, and have the roles that they have by then."""
BEARER = {"WWW-Authenticate": 'Bearer realm="retour"'}


class SignInNeededError(Exception):
    """The page is for people who have signed in."""


def identify(request: Request) -> Person | None:
    """Return who asks in the browser; None where they have not signed in."""
    site: Site = request.app.state.site
    if not site.web.knows_people:
        return LOCAL
    session = request.session
    if session.get("until", 0) <= time.time():
        return None
    name, role, digest = session.get("name"), session.get("role"), session.get("token")
    if digest is not None:
        # A token that the settings no longer hold opens nothing, and its role is today's.
        token = next((one for one in site.web.tokens if one.sha256[:16] == digest), None)
        return Person(token.name, token.role) if token else None
    if not name or role not in ROLES or site.web.openid is None:
        return None
    return Person(name, role)


def identify_if_possible(request: Request) -> Person | None:
    """Return who asks, as `identify` does; None also for a request that was stopped before."""
    site: Site = request.app.state.site
    if site.web.knows_people and "session" not in request.scope:
        return None
    return identify(request)


def begin_session(request: Request, **who: str) -> None:
    """Remember in the browser who signed in, for `SESSION_SECONDS` at most.

    The end stands in the session itself: a cookie that is given anew at each request, as some
    versions of Starlette do, would let whoever keeps asking stay for ever.

    Args:
        request: nothing that its session held before stays.
        who: what `identify` reads: ``name`` and ``role``, or ``token``.
    """
    request.session.clear()
    request.session.update(who, until=int(time.time()) + SESSION_SECONDS)


def find_token(web: WebSettings, secret: str) -> Token | None:
    """Return the token that a secret is, in a time that does not tell how near it came."""
    digest = hashlib.sha256(secret.encode("utf-8", "surrogateescape")).hexdigest()
    found = None
    for token in web.tokens:
        if hmac.compare_digest(token.sha256, digest):
            found = token
    return found


def read_token(web: WebSettings, authorization: str) -> Token | None:
    """Return the token in a field ``Authorization: Bearer`` (RFC 6750), where it is ours."""
    kind, _, secret = authorization.partition(" ")
    return find_token(web, secret.strip()) if kind.lower() == "bearer" else None


def require(role: Role) -> Callable[[Request], Awaitable[Person]]:
    """Return the dependency of a page that needs a role.

    Its result is the person; who has not signed in is led to the page for it.
    """

    async def check(request: Request) -> Person:  # asynchronous: it is no work for a thread
        person = identify(request)
        if person is None:
            raise SignInNeededError
        if not person.may(role):
            raise HTTPException(403)
        return person

    return check


Viewer = Annotated[Person, Depends(require("viewer"))]
"""A page for all who are let in: codes, causes, numbers, and the mails they bring themselves."""
Helpdesk = Annotated[Person, Depends(require("helpdesk"))]
"""A page that shows other people's mail: the trail."""
Admin = Annotated[Person, Depends(require("admin"))]
"""A page that deletes, or gives kept mails away."""


def require_scope(scope: ApiScope) -> Callable[[Request], Awaitable[Person]]:
    """Return the dependency of an operation of the API that needs a scope."""

    async def check(request: Request) -> Person:  # asynchronous: it is no work for a thread
        site: Site = request.app.state.site
        if not site.web.knows_people:
            return LOCAL
        token = read_token(site.web, request.headers.get("authorization", ""))
        if token is None:
            raise HTTPException(401, headers=BEARER)
        if scope not in token.scopes:
            raise HTTPException(403, f"The token lacks the scope {scope!r}.")
        return Person(token.name, token.role, token.scopes)

    return check
