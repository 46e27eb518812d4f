"""Mails of any size, each evil in one way: what costs a careless reader quadratic time or worse."""

import base64
from collections.abc import Callable

Builder = Callable[[int], bytes]

_DSN = b"""\
From: MAILER-DAEMON@mx.example.org
Subject: Undelivered Mail Returned to Sender
Content-Type: multipart/report; report-type=delivery-status; boundary=b

--b
Content-Type: text/plain

%(notice)s
--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example.org

%(status)s
--b
Content-Type: message/rfc822

%(original)s
--b--
"""
_STATUS = b"""\
Final-Recipient: rfc822; bob@example.net
Action: failed
Status: 5.1.1
Diagnostic-Code: smtp; 550 5.1.1 user unknown
"""


def _fill(piece: bytes, size: int) -> bytes:
    """Repeat a piece up to a size."""
    return piece * (size // len(piece) + 1)


def _report(
    *, notice: bytes = b"Sorry.", status: bytes = _STATUS, original: bytes = b"Subject: hi\n\nhi"
) -> bytes:
    """Write a report with one part made evil."""
    return _DSN % {b"notice": notice, b"status": status, b"original": original}


def _header(name: bytes, piece: bytes) -> Builder:
    """Make a mail whose one header field is filled with a piece."""
    return lambda size: name + b": " + _fill(piece, size) + b"\n\n550 5.1.1 user unknown\n"


def _notice(piece: bytes) -> Builder:
    """Make a report whose words are filled with a piece."""
    return lambda size: _report(notice=_fill(piece, size))


def _prose(piece: bytes) -> Builder:
    """Make a notice without a machine part, filled with a piece."""
    head = b"From: MAILER-DAEMON@mx.example.org\nSubject: failure notice\n\nSorry.\n"
    return lambda size: head + _fill(piece, size) + b"\n<bob@example.net>:\n550 user unknown\n"


def _diagnostic(piece: bytes) -> Builder:
    """Make a report whose diagnostic is filled with a piece."""
    return lambda size: _report(status=_STATUS.rstrip() + b" " + _fill(piece, size) + b"\n")


def _original(piece: bytes) -> Builder:
    """Make a report whose returned original's header is filled with a piece."""
    return lambda size: _report(original=_fill(piece, size) + b"\n\nhi")


def _nest_parts(size: int) -> bytes:
    """Nest multiparts: ten thousand at 1 MB."""
    levels = max(1, size // 100)
    lines = [
        b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (n, n) for n in range(levels)
    ]
    return b"Subject: x\n" + b"".join(lines) + b"\nhello\n"


def _nest_messages(size: int) -> bytes:
    """Put messages inside messages."""
    return _fill(b"Content-Type: message/rfc822\n\n", size) + b"Subject: x\n\nhello\n"


def _nest_one_boundary(size: int) -> bytes:
    """Nest multiparts that all share one boundary."""
    return _fill(b"Content-Type: multipart/mixed; boundary=b\n\n--b\n", size)


def _many_parts(size: int) -> bytes:
    """Give one multipart very many parts."""
    head = b"Content-Type: multipart/mixed; boundary=b\n\n"
    return head + _fill(b"--b\nContent-Type: text/plain\n\nx\n", size) + b"--b--\n"


def _many_recipients(size: int) -> bytes:
    """Report about very many recipients."""
    return _report(status=_fill(_STATUS + b"\n", size))


def _base64(size: int) -> bytes:
    """Send the notice in base64."""
    text = base64.encodebytes(_fill(b"<bob@example.net>: 550 5.1.1 user unknown\n", size * 3 // 4))
    return (
        b"Subject: Undelivered Mail\nContent-Transfer-Encoding: base64\n"
        b"Content-Type: text/plain; charset=utf-8\n\n" + text
    )


def _html(piece: bytes) -> Builder:
    """Send a notice in HTML only."""
    head = b"Subject: Undelivered Mail\nContent-Type: text/html\n\n"
    return lambda size: head + _fill(piece, size) + b"550 5.1.1 user unknown"


HOSTILE: dict[str, Builder] = {
    "parts nested in parts": _nest_parts,
    "messages nested in messages": _nest_messages,
    "parts nested, one boundary": _nest_one_boundary,
    "very many parts": _many_parts,
    "boundary never found": lambda n: (
        b"Content-Type: multipart/mixed; boundary=b\n\n" + _fill(b"--bb\n--\n-b\n", n)
    ),
    "boundary of one size": lambda n: (
        b'Content-Type: multipart/mixed; boundary="'
        + b"b" * (n // 2)
        + b'"\n\n--'
        + b"b" * (n // 2)
    ),
    "very many recipients": _many_recipients,
    "very many fields, status": lambda n: _report(status=_fill(b"X-A: b\n", n) + _STATUS),
    "very many header fields": lambda n: _fill(b"X-A: b\n", n) + b"\nhi\n",
    "header without a body": lambda n: _fill(b"X-A: b\n", n),
    "header folded without end": _header(b"Subject", b"\n a"),
    "Received of words": _header(b"Received", b"from a by b "),
    "Received of parentheses": _header(b"Received", b"(("),
    "Received very often": lambda n: _report(
        original=_fill(b"Received: from a.example by b.example; 1 Mar 2026 10:00:00 +0100\n", n)
        + b"\nhi"
    ),
    "subject of encoded words": _header(b"Subject", b"=?utf-8?q?=41?= "),
    "subject of broken encoded words": _header(b"Subject", b"=?utf-8?q?"),
    "subject of question marks": _header(b"Subject", b"=?"),
    "From of addresses": _header(b"From", b"a@b.example, "),
    "From of quotes": _header(b"From", b'"\\'),
    "From of angle brackets": _header(b"From", b"<"),
    "To of comments": _header(b"To", b"(a@b"),
    "date of digits": _header(b"Date", b"1 "),
    "content type of parameters": _header(b"Content-Type", b"text/plain; a=b; "),
    "content type of continuations": _header(b"Content-Type", b"text/plain; a*0=b; "),
    "notice in one line": _notice(b"a"),
    "notice of spaces": _notice(b" "),
    "notice of line ends": _notice(b"\n"),
    "notice of CR": _notice(b"\r"),
    "notice of NUL": _notice(b"\0"),
    "notice of high bytes": _notice(b"\xff\xfe\x80"),
    "notice of codes": _notice(b"550 "),
    "notice of reply lines": _notice(b"550-5.1.1 no\n"),
    "notice of statuses": _notice(b"5.1.1."),
    "notice of addresses": _notice(b"a@b.example "),
    "notice of at signs": _notice(b"a@"),
    "notice of dots": _notice(b"a."),
    "notice of angle brackets": _notice(b"<a"),
    "notice of URLs": _notice(b"http://a/"),
    "notice of IP addresses": _notice(b"1.2.3.4 "),
    "prose of spaces": _prose(b" "),
    "prose of line ends": _prose(b"\n"),
    "prose of reply lines": _prose(b"<a@b.example>: 550 5.1.1 user unknown\n"),
    "prose of said": _prose(b"host a said: 550 b: "),
    "prose of quoted lines": _prose(b"> > > a\n"),
    "prose of From lines": _prose(b"\nFrom a@b.example Sun Mar  1 10:00:00 2026\nA: b\n"),
    "prose of header lines": _prose(b"Subject: a\n"),
    "prose of separators": _prose(b"--- Below this line is a copy of the message.\n\n"),
    "diagnostic of words": _diagnostic(b"user "),
    "diagnostic of arrows": _diagnostic(b"-> 550 "),
    "diagnostic of said": _diagnostic(b"said: 550 "),
    "diagnostic of brackets": _diagnostic(b"(["),
    "diagnostic of rule words": _diagnostic(b"mailbox full quota user unknown blocked "),
    "original of one line": _original(b"X-A: b "),
    "original of references": lambda n: _report(
        original=b"References: " + _fill(b"<a@b.example>\n ", n) + b"\n\nhi"
    ),
    "base64 text": _base64,
    "quoted-printable of equal signs": lambda n: (
        b"Content-Transfer-Encoding: quoted-printable\n\n" + _fill(b"=", n)
    ),
    "base64 of nothing": lambda n: b"Content-Transfer-Encoding: base64\n\n" + _fill(b"!", n),
    "HTML of tags": _html(b"<p>"),
    "HTML of open tags": _html(b"<a "),
    "HTML of entities": _html(b"&amp;"),
    "HTML of comments": _html(b"<!--"),
    "pasted text of words": lambda n: _fill(b"word ", n),
    "pasted text of colons": lambda n: _fill(b":", n),
}
"""A builder by what it builds; each takes the wanted size in bytes."""
