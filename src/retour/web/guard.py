"""The first to see a request: refuses what must not come in, and seals what goes out.

Without people who sign in the server is for this machine alone. A page of a foreign site could
still reach it through the browser of somebody who sits here, under a name of its own that leads to
127.0.0.1 (DNS rebinding), or a proxy could open it to a network; so names are held against a list,
marks of proxies are refused, and what changes anything must come from a page of ours.
"""

import math
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from ipaddress import ip_address, ip_network
from urllib.parse import urlsplit

from fastapi import HTTPException
from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import FixedWindowRateLimiter
from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from retour.service.serving import WebSettings
from retour.web.access import read_token

BASE64_SHARE = 4 / 3
_SLACK_BYTES = 1 << 20
_SAFE_METHODS = ("GET", "HEAD", "OPTIONS")
_PROXY_FIELDS = ("forwarded", "via")
POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self'",
        "connect-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)
"""The Content-Security-Policy of every answer: nothing inline, nothing from elsewhere."""
_SEALS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    # "no-referrer" would make browsers send "Origin: null" with our own forms.
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}
_LOOKS = ("/static/", "/theme.css")
_A_YEAR = "public, max-age=31536000, immutable"


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a request is not let in.

    Attributes:
        status: of the answer.
        reason: the key of its words in the catalogues, below ``web.error``.
        retry_after_seconds: when it may be tried again; None: nothing would change.
    """

    status: int
    reason: str
    retry_after_seconds: int | None = None


Answer = Callable[[Scope, Refusal], Response]
"""Makes the answer to a request that is refused."""


class Guard:
    """Middleware around everything else."""

    def __init__(self, app: ASGIApp, *, web: WebSettings, answer: Answer) -> None:
        """Take the rules from the settings.

        Args:
            app: what is guarded.
            web: the settings.
            answer: what tells people why they were refused.
        """
        self._app = app
        self._web = web
        self._answer = answer
        self._hosts = frozenset(name.lower() for name in web.hosts)
        self._own = web.base_url.lower()
        # A form carries a mail that it was shown for as base64.
        self._bytes_max = int(web.upload_max_bytes * BASE64_SHARE) + _SLACK_BYTES
        self._limiter = FixedWindowRateLimiter(MemoryStorage())
        self._limit = RateLimitItemPerMinute(web.requests_per_minute or 1)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request through, or answer it here."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        sealed = self._seal(scope, send)
        refusal = self._judge(scope)
        if refusal:
            await self._answer(scope, refusal)(scope, receive, sealed)
        else:
            await self._app(scope, self._bound(receive), sealed)

    def _judge(self, scope: Scope) -> Refusal | None:
        """Return why a request is refused; None where it is not."""
        headers = Headers(scope=scope)
        hosts = headers.getlist("host")
        if len(hosts) != 1 or _strip_port(hosts[0].lower()) not in self._hosts:
            return Refusal(421, "host")
        if not self._web.knows_people and any(
            name in _PROXY_FIELDS or name.startswith("x-forwarded-") for name in headers
        ):
            return Refusal(403, "proxy")
        if scope["method"] not in _SAFE_METHODS and self._is_foreign(headers, hosts[0].lower()):
            return Refusal(403, "foreign")
        length = headers.get("content-length", "0")
        if length.isdecimal() and int(length) > self._bytes_max:
            return Refusal(413, "large")
        return self._count(scope, headers)

    def _is_foreign(self, headers: Headers, host: str) -> bool:
        """Tell whether a page of another site sent this; programs send none of these fields."""
        if headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
            return True
        origin = headers.get("origin")
        if origin is None:
            return False
        origin = origin.lower()
        return origin != self._own and urlsplit(origin).netloc != host

    def _count(self, scope: Scope, headers: Headers) -> Refusal | None:
        """Count a request to its sender's account; what every page looks like costs nothing."""
        if not self._web.requests_per_minute or scope["path"].startswith(_LOOKS):
            return None
        # A token that nobody was given counts for its address: else whoever invents a new one for
        # each request would never reach a limit.
        token = read_token(self._web, headers.get("authorization", ""))
        who = f"token {token.sha256}" if token else _name_sender(scope)
        if self._limiter.hit(self._limit, who):
            return None
        reset = self._limiter.get_window_stats(self._limit, who).reset_time
        return Refusal(429, "often", max(math.ceil(reset - time.time()), 1))

    def _bound(self, receive: Receive) -> Receive:
        """Return what receives a body and stops where it grows beyond the limit."""
        read = 0

        async def receive_bounded() -> Message:
            nonlocal read
            message = await receive()
            read += len(message.get("body", b""))
            if read > self._bytes_max:
                raise HTTPException(413, "large")
            return message

        return receive_bounded

    def _seal(self, scope: Scope, send: Send) -> Callable[[Message], Awaitable[None]]:
        """Return what sends an answer with the headers that hold browsers back."""
        is_file = scope["path"].startswith("/static/")

        async def send_sealed(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in _SEALS.items():
                    headers[name] = value
                is_good = message["status"] == 200
                headers["Cache-Control"] = _A_YEAR if is_file and is_good else "no-store"
                if self._own.startswith("https://"):
                    headers["Strict-Transport-Security"] = "max-age=31536000"
            await send(message)

        return send_sealed


def _name_sender(scope: Scope) -> str:
    """Return whose account a request without a token is on.

    Whoever has an address of IPv6 has all of its network of 64 bits (RFC 6177).
    """
    name: str = (scope.get("client") or ("?",))[0]
    try:
        address = ip_address(name)
    except ValueError:
        return name
    if address.version == 4 or address.ipv4_mapped:
        return name
    return str(ip_network((address, 64), strict=False))


def _strip_port(host: str) -> str:
    """Return a Host field's name; an IPv6 address stays in its brackets."""
    name, colon, port = host.rpartition(":")
    return name if colon and port.isdigit() else host
