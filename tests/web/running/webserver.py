"""A server in a thread, and a browser window that listens to what goes wrong."""

import re
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import uvicorn
from playwright.sync_api import BrowserContext, Page

from retour.web.application import create_app
from retour.web.site import Site

LOCAL = "http://localhost"
MakeSite = Callable[..., Site]
"""Makes what pages share; keywords are settings of the web."""


@contextmanager
def serving(site: Site, *, port: int = 0) -> Iterator[str]:
    """Run a server on the loopback, on a free port where none is named; give its address."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", port))
        config = uvicorn.Config(create_app(site), log_level="error", proxy_headers=False)
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [sock]}, daemon=True)
        thread.start()
        while not server.started and thread.is_alive():
            time.sleep(0.01)
        try:
            yield f"http://127.0.0.1:{sock.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join(10)


class Visit:
    """One browser window, and what went wrong in it.

    Attributes:
        page: the window.
        complaints: what the browser said: broken policies, failed loads, scripts' errors.
        outside: addresses that were asked for and are not the server's.
    """

    def __init__(self, context: BrowserContext, server: str) -> None:
        self.page: Page = context.new_page()
        self.complaints: list[str] = []
        self.outside: list[str] = []
        self._server = server
        self.page.on("console", self._hear)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("request", self._see)

    def _hear(self, message: object) -> None:
        kind, text = message.type, message.text  # type: ignore[attr-defined]
        if kind in ("error", "warning"):
            self.complaints.append(text)

    def _see(self, request: object) -> None:
        url: str = request.url  # type: ignore[attr-defined]
        if not url.startswith((self._server, "about:")):
            self.outside.append(url)


Open = Callable[..., Visit]
"""Opens a window at a path."""


def find_token(page: str) -> str:
    """Return the token of a page's forms."""
    found = re.search(r'name="form_token" value="([0-9a-f]{64})"', page)
    assert found
    return found[1]
