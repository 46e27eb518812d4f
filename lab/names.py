"""The lab's name server: what hosts of the lab can be asked for, and names that fail on purpose."""

import ipaddress
import socketserver
import threading
from collections.abc import Callable
from contextlib import suppress

import dns.exception
import dns.flags
import dns.message
import dns.rcode
import dns.rdatatype
import dns.rrset

from lab import network

_TTL_S = 5

FAULTS: dict[str, tuple[str, ...]] = {
    "no-such-domain": (),
    "no-records": ("TXT nothing-here",),
    "null-mx": ("MX 0 .",),  # RFC 7505
    "mx-missing": ("MX 10 no-such-host.test.",),
    "closed": ("MX 10 closed.lab.test.",),
    "silent": ("MX 10 silent.lab.test.",),
    "server-failure": ("FAIL",),
}
"""What a domain's records are where its DNS or its host is at fault."""


class NameServer:
    """All names of the lab (UDP only: answers are small)."""

    def __init__(self) -> None:
        self._records: dict[str, list[tuple[str, str]]] = {}
        self.add("closed.lab.test", f"A {network.CLOSED}")
        self.add("silent.lab.test", f"A {network.SILENT}")

    def add(self, name: str, *records: str) -> None:
        """Make a name exist, with records such as ``MX 10 mx.exim.test.``."""
        kinds = self._records.setdefault(name.lower(), [])
        kinds += [(kind, value) for kind, _, value in (record.partition(" ") for record in records)]

    def add_domain(self, domain: str, address: str) -> None:
        """Make a domain exist whose only mail host has this address, with its reverse name."""
        host = f"mx.{domain}"
        self.add(domain, f"MX 10 {host}.")
        self.add(host, f"A {address}")
        self.add(ipaddress.ip_address(address).reverse_pointer, f"PTR {host}.")

    def start(self) -> None:
        """Answer from now on."""
        socketserver.ThreadingUDPServer.daemon_threads = True
        address = (network.NAME_SERVER, 53)
        self._server = socketserver.ThreadingUDPServer(address, _handler(self.answer))
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        """Answer no more."""
        self._server.shutdown()
        self._server.server_close()

    def answer(self, query: bytes) -> bytes | None:
        """Return the answer to a query, or None to what is none."""
        try:
            request = dns.message.from_wire(query)
        except dns.exception.DNSException:
            return None
        reply = dns.message.make_response(request, recursion_available=True)
        reply.flags |= dns.flags.AA
        question = request.question[0]
        name = question.name.to_text(omit_final_dot=True).lower()
        kind = dns.rdatatype.to_text(question.rdtype)
        records = self._records.get(name)
        if records is None:
            below = any(known.endswith(f".{name}") for known in self._records)
            reply.set_rcode(dns.rcode.NOERROR if below else dns.rcode.NXDOMAIN)
        elif ("FAIL", "") in records:
            reply.set_rcode(dns.rcode.SERVFAIL)
        elif values := [value for known, value in records if known == kind]:
            reply.answer.append(dns.rrset.from_text_list(question.name, _TTL_S, "IN", kind, values))
        return reply.to_wire()


def _handler(answer: Callable[[bytes], bytes | None]) -> type[socketserver.BaseRequestHandler]:
    """Return what socketserver makes for each query."""

    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            query, socket = self.request
            reply = answer(query)
            with suppress(OSError):  # asked while the lab is closing
                if reply is not None:
                    socket.sendto(reply, self.client_address)

    return Handler
