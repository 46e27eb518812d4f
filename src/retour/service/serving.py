"""The table ``[web]`` of the settings: what ``retour serve`` listens on, and whom it lets in."""

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, get_args
from urllib.parse import urlsplit

from retour.service.complaint import SettingsError, join

Role = Literal["viewer", "helpdesk", "admin"]
"""What a person may do; each may what those before it may. See docs/web.md."""
ROLES: tuple[Role, ...] = get_args(Role)

ApiScope = Literal["explain", "trail", "stats", "codes"]
"""What a token may ask the API for."""
SCOPES: tuple[ApiScope, ...] = get_args(ApiScope)

LOOPBACK = ("localhost", "127.0.0.1", "[::1]")
"""The only names under which a server answers that knows nobody."""


@dataclass(frozen=True, slots=True)
class Token:
    """Something that one member of a small team, or one program, signs in with.

    Attributes:
        name: whose it is; what the audit log says.
        role: what it opens in the browser.
        scopes: what it opens in the API.
        sha256: of the token, hexadecimal; the token itself is kept nowhere.
    """

    name: str
    role: Role
    scopes: tuple[ApiScope, ...]
    sha256: str


@dataclass(frozen=True, slots=True)
class OpenId:
    """An OpenID Connect provider.

    Attributes:
        issuer: its address; ``/.well-known/openid-configuration`` is below it.
        client_id: our name there.
        client_secret: what proves that it is us.
        claim: the claim of the ID token that lists a person's groups.
        roles: the role by group; who is in none of them is not let in.
    """

    issuer: str
    client_id: str
    client_secret: str = field(repr=False)
    claim: str = "groups"
    roles: Mapping[str, Role] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class WebSettings:
    """What may be set of the pages and the API.

    Attributes:
        host: the address to listen on.
        port: likewise.
        base_url: the address that people know the server by, without a slash at its end;
            empty: none. Links in reports lead there.
        trusted_proxies: addresses or networks whose ``X-Forwarded-*`` is believed.
        upload_max_bytes: of one request's mails.
        requests_per_minute: of one person or address; 0: no limit.
        shares: the folder of shared reports; None: beside the trail in the home.
        share_days: how long a shared report can be opened.
        secret_file: holds the key that sessions are signed with; None: a new one at each start.
        audit_log: the file that says who looked at whose mail; None: standard error.
        tokens: of a small team.
        openid: a provider that knows the people; None: none.
    """

    host: str = "127.0.0.1"
    port: int = 8025
    base_url: str = ""
    trusted_proxies: tuple[str, ...] = ()
    upload_max_bytes: int = 25 << 20
    requests_per_minute: int = 1200
    shares: Path | None = None
    share_days: int = 7
    secret_file: Path | None = None
    audit_log: Path | None = None
    tokens: tuple[Token, ...] = ()
    openid: OpenId | None = None

    @property
    def knows_people(self) -> bool:
        """Tell whether anybody has to sign in."""
        return bool(self.tokens or self.openid)

    @property
    def hosts(self) -> tuple[str, ...]:
        """Return the names that a request may ask for, without the port."""
        own = urlsplit(self.base_url).hostname
        return (*LOOPBACK, own) if own and self.knows_people else LOOPBACK


_TEXT = (str, "a text")
_COUNT = (int, "a number, 0 or more")
_KEYS: Mapping[str, tuple[type, str]] = {
    "host": _TEXT,
    "port": _COUNT,
    "base_url": _TEXT,
    "trusted_proxies": (list, "a list of addresses"),
    "upload_max_mb": _COUNT,
    "requests_per_minute": _COUNT,
    "shares": _TEXT,
    "share_days": _COUNT,
    "secret_file": _TEXT,
    "audit_log": _TEXT,
    "tokens": (list, "a list of tables"),
    "oidc": (dict, "a table"),
}
_PATHS = ("shares", "secret_file", "audit_log")


def read_web(table: Any, file: Path) -> WebSettings:
    """Read the table.

    Args:
        table: what the settings hold under ``web``.
        file: the settings file; paths in the table are relative to it.

    Raises:
        SettingsError: something in it is wrong; one sentence with file and key.
    """
    _check(table, _KEYS, f"{file}: web")
    values: dict[str, Any] = dict(table)
    if "upload_max_mb" in values:
        values["upload_max_bytes"] = values.pop("upload_max_mb") << 20
    for key in _PATHS:
        if key in values:
            values[key] = file.parent / Path(values[key]).expanduser()
    tokens = [_read_token(one, f"{file}: web.tokens") for one in values.pop("tokens", [])]
    openid = _read_openid(values.pop("oidc"), file) if "oidc" in values else None
    values["trusted_proxies"] = _read_networks(values.get("trusted_proxies", []), file)
    web = WebSettings(**values, tokens=tuple(tokens), openid=openid)
    _check_together(web, file)
    return web


def _check(table: Any, keys: Mapping[str, tuple[type, str]], place: str) -> None:
    """Check that a table holds nothing but known keys with values of their kind."""
    if not isinstance(table, dict):
        raise SettingsError(f"{place}: must be a table.")
    for key, value in table.items():
        if key not in keys:
            raise SettingsError(f"{place}.{key}: is no setting; there are {join(tuple(keys))}.")
        kind, words = keys[key]
        if type(value) is not kind or (isinstance(value, int) and value < 0):
            raise SettingsError(f"{place}.{key}: must be {words}, not {value!r}.")


def _check_together(web: WebSettings, file: Path) -> None:
    """Check what only makes sense beside something else."""
    address = urlsplit(web.base_url)
    if web.base_url and (
        address.scheme not in ("http", "https") or not address.hostname or address.path not in ("",)
    ):
        raise SettingsError(
            f"{file}: web.base_url: must be such as https://retour.example.org, "
            f"without a path, not {web.base_url!r}."
        )
    if not web.knows_people:
        if web.trusted_proxies:
            raise SettingsError(
                f"{file}: web.trusted_proxies: needs people who sign in: web.tokens or web.oidc."
            )
        if f"[{web.host}]" not in LOOPBACK and web.host not in LOOPBACK:
            raise SettingsError(
                f"{file}: web.host: {web.host} can be reached by others, and that needs people "
                "who sign in: web.tokens or web.oidc."
            )
    if web.openid and not web.base_url:
        raise SettingsError(
            f"{file}: web.base_url: must be there, as the provider sends back to it."
        )


_TOKEN_KEYS: Mapping[str, tuple[type, str]] = {
    "name": _TEXT,
    "role": _TEXT,
    "scopes": (list, f"a list of {join(SCOPES, 'or')}"),
    "sha256": _TEXT,
}


def _read_token(table: Any, place: str) -> Token:
    _check(table, _TOKEN_KEYS, place)
    for key in ("name", "role", "sha256"):
        if not table.get(key):
            raise SettingsError(f"{place}: each needs name, role and sha256; {key} is missing.")
    _check_role(table["role"], f"{place}.role")
    scopes = tuple(table.get("scopes", ()))
    for scope in scopes:
        if scope not in SCOPES:
            raise SettingsError(f"{place}.scopes: must be {join(SCOPES, 'or')}, not {scope!r}.")
    digest = table["sha256"].lower()
    if len(digest) != 64 or set(digest) - set("0123456789abcdef"):
        raise SettingsError(f"{place}.sha256: must be 64 hexadecimal digits.")
    return Token(table["name"], table["role"], scopes, digest)


_OPENID_KEYS: Mapping[str, tuple[type, str]] = {
    "issuer": _TEXT,
    "client_id": _TEXT,
    "client_secret_file": _TEXT,
    "claim": _TEXT,
    "roles": (dict, "a table of groups and roles"),
}


def _read_openid(table: Any, file: Path) -> OpenId:
    place = f"{file}: web.oidc"
    _check(table, _OPENID_KEYS, place)
    for key in ("issuer", "client_id", "client_secret_file", "roles"):
        if not table.get(key):
            raise SettingsError(f"{place}.{key}: must be there.")
    for group, role in table["roles"].items():
        _check_role(role, f"{place}.roles.{group}")
    issuer = table["issuer"].rstrip("/")
    address = urlsplit(issuer)
    if address.scheme != "https" and address.hostname not in ("localhost", "127.0.0.1", "::1"):
        raise SettingsError(f"{place}.issuer: must begin with https://, not {issuer!r}.")
    return OpenId(
        issuer,
        table["client_id"],
        read_secret(file.parent / table["client_secret_file"], f"{place}.client_secret_file"),
        table.get("claim", "groups"),
        table["roles"],
    )


def read_secret(file: Path, place: str) -> str:
    """Read a secret from its file.

    Raises:
        SettingsError: it cannot be read, or is empty.
    """
    try:
        secret = file.expanduser().read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        why = getattr(error, "strerror", None) or "it is no text"
        raise SettingsError(f"{place}: {file} cannot be read: {why}.") from None
    if not secret:
        raise SettingsError(f"{place}: {file} is empty.")
    return secret


def _check_role(role: object, place: str) -> None:
    if role not in ROLES:
        raise SettingsError(f"{place}: must be {join(ROLES, 'or')}, not {role!r}.")


def _read_networks(items: list[Any], file: Path) -> tuple[str, ...]:
    for item in items:
        try:
            ipaddress.ip_network(str(item))
        except ValueError:
            raise SettingsError(
                f"{file}: web.trusted_proxies: {item!r} is no address and no network."
            ) from None
    return tuple(map(str, items))
