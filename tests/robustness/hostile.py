"""More evil mails than `benchmarks/hostile.py` has: one for each pattern that could run away.

Each builder takes a size in bytes, so that cost can be seen to grow with it and no faster.
"""

import base64
from collections.abc import Callable

Builder = Callable[[int], bytes]

_HEAD = b"From: MAILER-DAEMON@mx.example.org\nSubject: failure notice\n"
_END = b"\n<bob@example.net>:\n550 5.1.1 user unknown\n"


def _fill(piece: bytes, size: int) -> bytes:
    return piece * (size // len(piece) + 1)


def _notice(piece: bytes, before: bytes = b"Sorry.\n", after: bytes = _END) -> Builder:
    """Make a free-form notice filled with a piece."""
    return lambda size: _HEAD + b"\n" + before + _fill(piece, size) + after


def _part(kind: bytes, piece: bytes, before: bytes = b"", fields: bytes = b"") -> Builder:
    """Make a mail of one kind of body filled with a piece."""
    head = _HEAD + b"Content-Type: " + kind + b"\n" + fields + b"\n" + before
    return lambda size: head + _fill(piece, size) + b"\n550 5.1.1 user unknown\n"


def _field(name: bytes, piece: bytes, after: bytes = b"") -> Builder:
    """Make a notice with one field filled with a piece."""
    return lambda size: _HEAD + name + b": " + _fill(piece, size) + after + b"\n\n" + _END


def _status(piece: bytes) -> Builder:
    """Make a delivery-status part filled with a piece."""
    head = _HEAD + b"Content-Type: multipart/report; report-type=delivery-status; boundary=b\n\n"
    head += b"--b\n\nSorry.\n--b\nContent-Type: message/delivery-status\n\n"
    return lambda size: head + _fill(piece, size) + b"\n--b--\n"


def _nest_encoded(size: int) -> bytes:
    """Wrap a message in base64 in a message in base64, as often as the size allows."""
    inner = b"Subject: x\n\n550 5.1.1 user unknown\n"
    while len(inner) < size * 3 // 4:
        inner = (
            b"Subject: Fwd\nContent-Type: multipart/mixed; boundary=b\n\n--b\n"
            b"Content-Type: message/rfc822\nContent-Transfer-Encoding: base64\n\n"
            + base64.encodebytes(inner)
            + b"--b--\n"
        )
    return inner


def _transcript(piece: bytes) -> Builder:
    """Fill a session transcript with a piece."""
    return _notice(piece, b"   ----- Transcript of session follows -----\n")


def _listed(piece: bytes) -> Builder:
    """Fill Sendmail's list of addresses with a piece."""
    return _notice(piece, b"   ----- The following addresses had permanent fatal errors -----\n")


MORE_HOSTILE: dict[str, Builder] = {
    "one line and nothing else": lambda size: _fill(b"a", size),
    "spaces and nothing else": lambda size: _fill(b" ", size),
    "From lines and nothing else": lambda size: _fill(
        b"From a@b.example Sun Mar  1 10:00:00 2026\n", size
    ),
    "field names without end": lambda size: _fill(b"A:\n ", size),
    "From lines with headers": lambda size: _fill(
        b"From a@b.example Sun Mar  1 10:00:00 2026\nA: b\n\nc\n\n", size
    ),
    "notice of stars": _notice(b"*"),
    "notice of stars a line": _notice(b"* " * 40 + b"\n"),
    "notice of dashes": _notice(b"-"),
    "notice of dash lines": _notice(b"-----\n"),
    "notice of equal signs": _notice(b"="),
    "notice of quotes": _notice(b'"'),
    "notice of backslashes": _notice(b"\\"),
    "notice of xtext": _notice(b"\\x{41}@b.example "),
    "notice of parentheses": _notice(b"("),
    "notice of encoded words begun": _notice(b"=?"),
    "notice of quoting marks": _notice(b">|>| "),
    "notice of marks before addresses": _notice(b"!" * 1_900 + b"x!a@b.example\n"),
    "notice of domain literals": _notice(b"a@[1.1.1.1] "),
    "notice of unclosed domain literals": _notice(b"@["),
    "notice of quoted local parts": _notice(b'"a"@'),
    "notice of dotted names": _notice(b"host a.a.a.a.a.a.a.a.a.a "),
    "notice of hosts without end": _notice(b"a." * 1_000 + b"host "),
    "notice of codes and blanks": _notice(b"550 550      \t"),
    "notice of dashed codes": _notice(b"550-550-"),
    "notice of arrows": _notice(b"550 a -> "),
    "notice of tags": _notice(b"<550 a "),
    "notice of blank lines": _notice(b"a\n \t \n"),
    "transcript of dashes": _transcript(b"-"),
    "transcript of dashes in a line with words": _transcript(b"-- a -"),
    "transcript of commands": _transcript(b">>> RCPT To:<a@b.example>\n"),
    "transcript of answers without end": _transcript(b"<<< 550-no\n"),
    "transcript of many recipients": lambda size: (
        _HEAD
        + b"\n   ----- Transcript of session follows -----\n"
        + b"".join(b"550 <u%d@b.example>... no\n" % n for n in range(size // 30))
    ),
    "list of reasons": _listed(b"(reason: "),
    "list of closed reasons": _listed(b"(reason: a) ) ) ) "),
    "list of bare names": _listed(b"bob\n"),
    "list of many addresses": lambda size: (
        _HEAD
        + b"\n   ----- The following addresses had permanent fatal errors -----\n"
        + b"".join(b"<u%d@b.example>\n    (reason: 550 no)\n" % n for n in range(size // 40))
    ),
    "status of smallest groups": _status(b"Final-Recipient: a\n\n"),
    "status of one group of recipients": _status(b"Final-Recipient: rfc822;a@b.example\n"),
    "status of empty groups": _status(b"A:\n\n"),
    "status of folded lines": _status(b"Diagnostic-Code: smtp; 550 a\n b\n"),
    "status of damaged folding": _status(b"no field here\n"),
    "status of colons": _status(b":\n"),
    "HTML of open styles": _part(b"text/html", b"<style>"),
    "HTML of open scripts": _part(b"text/html", b"<script "),
    "HTML of comments begun": _part(b"text/html", b"<!-- <!-"),
    "HTML of tags with blanks": _part(b"text/html", b"<p     "),
    "HTML of angle brackets": _part(b"text/html", b"<"),
    "HTML of end tags begun": _part(b"text/html", b"</"),
    "HTML of numbers": _part(b"text/html", b"&#1"),
    "soft breaks": _part(
        b"text/plain", b"=\n", fields=b"Content-Transfer-Encoding: quoted-printable\n"
    ),
    "soft breaks that are none": _part(
        b"text/plain", b"=" + b" " * 500, fields=b"Content-Transfer-Encoding: quoted-printable\n"
    ),
    "UTF-7": _part(b"text/plain; charset=utf-7", b"+AGE-"),
    "punycode": _part(b"text/plain; charset=punycode", b"a\xe9-b"),
    "punycode in a subject": _field(b"Subject", b"=?punycode?q?a-" + b"=E9b9" * 200 + b"?= "),
    "ISO-2022 escapes": _part(b"text/plain; charset=iso-2022-jp", b"\x1b$B$"),
    "bytes of no charset": _part(b"text/plain", b"\x81\xfe\x9f\xff"),
    "messages in base64": _nest_encoded,
    "JSON of brackets": _part(b"text/plain", b"[", b'{"notificationType":'),
    "JSON of recipients": _part(
        b"text/plain",
        b'{"emailAddress":"a@b.example"},',
        b'{"notificationType":"Bounce","bounce":{"bouncedRecipients":[',
    ),
    "boundaries named over and over": _part(b"multipart/mixed; boundary=b", b"; boundary=b"),
    "boundary look-alikes": _part(b"multipart/mixed; boundary=b", b"--bb\n--b-\n--b b\n"),
    "boundary begun": _part(b"multipart/mixed; boundary=bbbbbbbbbb", b"--bbbbb"),
    "delimiters of blanks": _part(b"multipart/mixed", b"--abcdef                "),
    "VERP in To": _field(b"To", b"-a=b" * 60 + b"@b.example, "),
    "SRS in To": _field(b"To", b"SRS1=a=b==c=d=" + b"=e" * 60 + b"@b.example, "),
    "failed recipients": _field(b"X-Failed-Recipients", b"a@b.example,"),
    "date of months": _field(b"Date", b"1 Jan 1 Feb "),
    "Received of semicolons": _field(b"Received", b"; "),
    "language tags": _field(b"Content-Language", b"en-"),
    "subject of replies": _field(b"Subject", b"Re: "),
    "subject of high bytes": _field(b"Subject", b"\xe9 "),
    "indented original": _notice(b" Received: a\n", b"--- Original message ---\n"),
    "field folded with blanks, and no field behind it": _notice(
        b" " * 30 + b"x\n", b"Sorry.\n\nReceived: a\n", b"\n.\n"
    ),
    "original of field names": _notice(b"Received: a\n", b"--- Original message ---\n"),
    "original of quoted lines": _notice(b"> Received: a\n>  b\n", b"--- Original message ---\n"),
}
"""A builder by what it builds."""
