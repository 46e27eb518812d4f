"""What every page shares: the settings, the trail, the secret, the log of who looked at what."""

import hashlib
import hmac
import secrets
import tempfile
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from starlette.requests import HTTPConnection

from retour.service.serving import WebSettings, read_secret
from retour.service.settings import Settings, choose_store, find_store
from retour.service.sharing import Shares
from retour.store import Store, StoreError, open_store
from retour.web.audit import Audit
from retour.web.provider import make_provider

if TYPE_CHECKING:
    from authlib.integrations.starlette_client import StarletteOAuth2App

_PATIENCE_S = 5.0
"""How long a page waits for others who use the trail; whoever asks is told to come again."""
_PAUSE_S = 1.0
"""After a trail could not be opened, until it is tried again."""
_SHARES = ".local/share/retour/shares"


@dataclass(slots=True)
class Site:
    """One process's share of the server.

    Attributes:
        settings: all of them.
        web: those of the pages.
        trail_url: where the trail is.
        weighs: whether somebody named a trail, so that answers are weighed with it.
        secret: what sessions and forms are signed with.
        audit: the log of who looked at whose mail.
        shares: reports that somebody shared.
        provider: the client of the provider of identities, where one is set.
    """

    settings: Settings
    web: WebSettings
    trail_url: str
    weighs: bool
    secret: str
    audit: Audit
    shares: Shares
    provider: "StarletteOAuth2App | None" = None
    _store: Store | None = None
    _opening: threading.Lock = field(default_factory=threading.Lock)
    _failure: str = ""
    _retry_at: float = 0.0

    @property
    def store(self) -> Store:
        """The trail, opened when a page first asks for it.

        Raises:
            StoreError: it cannot be reached now; the next request tries again.
        """
        with self._opening:
            if self._store is None:
                self._store = self._open()
            return self._store

    @property
    def opened(self) -> Store | None:
        """The trail, where a page has asked for it already."""
        return self._store

    def _open(self) -> Store:
        """Open the trail; who comes right after one that could not is told the same at once."""
        if self._failure and time.monotonic() < self._retry_at:
            raise StoreError(self._failure)
        try:
            return open_store(
                self.trail_url,
                with_subjects=self.settings.trail.subjects,
                patience_s=_PATIENCE_S,
            )
        except StoreError as error:
            self._failure, self._retry_at = str(error), time.monotonic() + _PAUSE_S
            raise

    def close(self) -> None:
        """Let the trail and the log go."""
        self.audit.close()
        if self._store is not None:
            self._store.close()
            self._store = None

    def sign(self, purpose: str, text: str) -> str:
        """Return a text's signature, which nobody can make without the secret."""
        message = f"{purpose}\n{text}".encode()
        return hmac.new(self.secret.encode(), message, hashlib.sha256).hexdigest()


def open_site(settings: Settings, environ: Mapping[str, str]) -> Site:
    """Make what pages share.

    Args:
        settings: as loaded.
        environ: ``RETOUR_STORE`` names the trail, ``RETOUR_WEB_SECRET`` the secret that the
            processes of one server share, ``RETOUR_WEB_WORKERS`` how many these are.

    Raises:
        SettingsError: a file that the settings name cannot be read or written.
    """
    web = _share_out(settings.web or WebSettings(), int(environ.get("RETOUR_WEB_WORKERS", "1")))
    if web.secret_file:
        secret = read_secret(web.secret_file, "web.secret_file")
    else:
        secret = environ.get("RETOUR_WEB_SECRET") or secrets.token_hex(32)
    return Site(
        settings=settings,
        web=web,
        trail_url=choose_store(None, environ, settings),
        weighs=find_store(None, environ, settings) is not None,
        secret=secret,
        audit=Audit(web.audit_log),
        shares=Shares(web.shares or _find_home(environ) / _SHARES),
        provider=make_provider(web.openid) if web.openid else None,
    )


def _share_out(web: WebSettings, workers: int) -> WebSettings:
    """Return one process's part of what is allowed to a server: each counts for itself alone."""
    return replace(web, requests_per_minute=-(-web.requests_per_minute // workers))


def _find_home(environ: Mapping[str, str]) -> Path:
    """Return where things go that no setting has a place for."""
    return Path(environ.get("HOME") or tempfile.gettempdir())


def site_of(request: HTTPConnection) -> Site:
    """Return what the pages of a request's server share."""
    site: Site = request.app.state.site
    return site
