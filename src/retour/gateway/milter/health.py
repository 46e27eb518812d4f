"""Metrics and health over HTTP, for all workers together."""

import socket
import struct
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from prometheus_client.multiprocess import MultiProcessCollector

from retour.gateway.milter.options import VERSION
from retour.gateway.milter.reply import write_packet
from retour.service.milter import Place

_WAIT_S = 2.0


def is_answering(place: Place) -> bool:
    """Ask a milter for its options, as a mail server would, and tell whether it answers."""
    family = socket.AF_UNIX if place.path else socket.AF_INET
    if ":" in place.host:
        family = socket.AF_INET6
    try:
        with socket.socket(family, socket.SOCK_STREAM) as client:
            client.settimeout(_WAIT_S)
            client.connect(place.path or (place.host, place.port))
            client.sendall(write_packet(b"O", struct.pack("!III", VERSION, 0, 0)))
            head = client.recv(5)
            client.sendall(write_packet(b"Q"))
    except OSError:
        return False
    return head[4:5] == b"O"


def open_health(place: Place, milter: Place) -> ThreadingHTTPServer:
    """Bind the HTTP server: ``/metrics``, and ``/health``, which asks the milter itself.

    Args:
        place: where it is served.
        milter: the milter's socket.

    Raises:
        OSError: the place cannot be had.
    """

    class Handler(BaseHTTPRequestHandler):
        timeout = 10

        def do_GET(self) -> None:
            if self.path == "/metrics":
                registry = CollectorRegistry()
                MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
                self._say(200, CONTENT_TYPE_LATEST, generate_latest(registry))
            elif self.path == "/health":
                well = is_answering(milter)
                self._say(200 if well else 503, "text/plain", b"ok\n" if well else b"no answer\n")
            else:
                self._say(404, "text/plain", b"there are /metrics and /health\n")

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            """Keep the log for mail."""

        def _say(self, status: int, kind: str, content: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

    class HealthServer(ThreadingHTTPServer):
        address_family = socket.AF_INET6 if ":" in place.host else socket.AF_INET
        daemon_threads = True

    return HealthServer((place.host, place.port), Handler)
