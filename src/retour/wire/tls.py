"""What TLS shows without a key: records (RFC 8446 §5.1), the server's name, alerts in the clear."""

from retour.model.capture import Moment, Side, Tls

_ALERT, _HANDSHAKE = 21, 22
_CLIENT_HELLO, _SERVER_HELLO = 1, 2
_FATAL = 2
_SERVER_NAME, _SUPPORTED_VERSIONS = 0, 43
# A hello is looked at this far; records hold 2^14 octets and some expansion.
_HELLO_MAX = 16_384
_VERSIONS = {
    0x0300: "SSLv3",
    0x0301: "TLSv1.0",
    0x0302: "TLSv1.1",
    0x0303: "TLSv1.2",
    0x0304: "TLSv1.3",
}
# RFC 8446 §6, with those of RFC 5246 that old servers still send.
_ALERTS = {
    10: "unexpected_message",
    20: "bad_record_mac",
    22: "record_overflow",
    40: "handshake_failure",
    42: "bad_certificate",
    43: "unsupported_certificate",
    44: "certificate_revoked",
    45: "certificate_expired",
    46: "certificate_unknown",
    47: "illegal_parameter",
    48: "unknown_ca",
    49: "access_denied",
    50: "decode_error",
    51: "decrypt_error",
    70: "protocol_version",
    71: "insufficient_security",
    80: "internal_error",
    86: "inappropriate_fallback",
    109: "missing_extension",
    110: "unsupported_extension",
    112: "unrecognized_name",
    113: "bad_certificate_status_response",
    116: "certificate_required",
    120: "no_application_protocol",
}


class TlsReader:
    """Follows both sides of an encrypted connection. Never raises on content."""

    def __init__(self, *, implicit: bool) -> None:
        self._implicit = implicit
        self._began: Moment | None = None
        self._octets: dict[Side, int] = {"client": 0, "server": 0}
        self._records: dict[Side, _Records] = {"client": _Records(), "server": _Records()}
        self._name: str | None = None
        self._version: str | None = None
        self._alert: tuple[Side, str, Moment] | None = None
        self._speaker: Side | None = None
        self._spoke: Moment | None = None
        self._longest: tuple[int, Side | None, Moment | None] = (0, None, None)

    @property
    def last(self) -> tuple[Side | None, Moment | None]:
        """Who spoke last, and when."""
        return self._speaker, self._spoke

    def feed(self, side: Side, data: bytes, moment: Moment) -> None:
        """Take octets of one side."""
        self._began = self._began or moment
        self._octets[side] += len(data)
        if self._spoke and self._speaker != side:
            waited = moment.at_us - self._spoke.at_us
            if waited > self._longest[0]:
                self._longest = waited, side, self._spoke
        self._speaker, self._spoke = side, moment
        for kind, body in self._records[side].feed(data):
            if kind == _HANDSHAKE:
                self._read_hello(side, body)
            elif kind == _ALERT and len(body) == 2 and body[0] == _FATAL and not self._alert:
                self._alert = side, _ALERTS.get(body[1], f"alert {body[1]}"), moment

    def lose(self, side: Side) -> None:
        """Give up on one side's records: octets are missing."""
        self._records[side].stop()

    def result(self) -> Tls:
        """Return what was seen so far."""
        waited, side, since = self._longest
        return Tls(
            began=self._began,
            implicit=self._implicit,
            server_name=self._name,
            version=self._version,
            client_octets=self._octets["client"],
            server_octets=self._octets["server"],
            alert=self._alert,
            longest_wait_us=waited,
            waited_for=side,
            waited_from=since,
        )

    def _read_hello(self, side: Side, body: bytes) -> None:
        """Read the ClientHello's server name or the ServerHello's version."""
        try:
            if side == "client" and body[0] == _CLIENT_HELLO and self._name is None:
                self._name = _read_server_name(body)
            elif side == "server" and body[0] == _SERVER_HELLO and self._version is None:
                self._version = _read_version(body)
        except IndexError:
            return  # lengths that point outside, or a hello over several records


class _Records:
    """The records of one side, as long as they are in the clear."""

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._is_open = True

    def stop(self) -> None:
        """Look at nothing more."""
        self._is_open = False
        self._buffer.clear()

    def feed(self, data: bytes) -> list[tuple[int, bytes]]:
        """Take octets; give the kinds and contents of the records that are complete now."""
        if not self._is_open:
            return []
        self._buffer += data
        found = []
        while len(self._buffer) >= 5:
            kind, length = self._buffer[0], int.from_bytes(self._buffer[3:5], "big")
            if kind not in (_ALERT, _HANDSHAKE) or length > _HELLO_MAX:
                self.stop()  # ChangeCipherSpec or application data: from here on it is sealed
                break
            if len(self._buffer) < 5 + length:
                break
            found.append((kind, bytes(self._buffer[5 : 5 + length])))
            del self._buffer[: 5 + length]
        return found


def _skip_to_extensions(hello: bytes) -> int:
    """Tell where the extensions of a ClientHello or ServerHello begin (RFC 8446 §4.1.2-3)."""
    at = 4 + 2 + 32
    at += 1 + hello[at]  # session id
    if hello[0] == _SERVER_HELLO:
        return at + 3 + 2
    at += 2 + int.from_bytes(hello[at : at + 2], "big")  # cipher suites
    return at + 1 + hello[at] + 2  # compression methods


def _find_extension(hello: bytes, wanted: int) -> bytes | None:
    """Return an extension's content, or None."""
    at = _skip_to_extensions(hello)
    while at + 4 <= len(hello):
        kind = int.from_bytes(hello[at : at + 2], "big")
        length = int.from_bytes(hello[at + 2 : at + 4], "big")
        if kind == wanted:
            return hello[at + 4 : at + 4 + length]
        at += 4 + length
    return None


def _read_server_name(hello: bytes) -> str | None:
    """Read SNI (RFC 6066 §3): a list of which only the first host name counts."""
    content = _find_extension(hello, _SERVER_NAME)
    if content is None or len(content) < 5:
        return None
    length = int.from_bytes(content[3:5], "big")
    return content[5 : 5 + min(length, 255)].decode("ascii", "replace")


def _read_version(hello: bytes) -> str | None:
    """Read the version that the server chose (RFC 8446 §4.2.1)."""
    content = _find_extension(hello, _SUPPORTED_VERSIONS) or hello[4:6]
    return _VERSIONS.get(int.from_bytes(content[:2], "big"))
