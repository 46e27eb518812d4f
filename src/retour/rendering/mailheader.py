"""The header of a rewritten report: the report's own fields, and what has to be ours."""

import re
from datetime import datetime

from retour.model.analysis import Analysis
from retour.model.report import Report
from retour.version import __version__
from retour.wire.date import write_date
from retour.wire.header import BLOCK_MAX, LINE_MAX, find_headers, split_fields, write_field
from retour.wire.mark import FIELD, FIELD_KEY, write_mark
from retour.wire.words import encode_words, printable

# What describes the body that the report had, or signs it: the copy keeps it.
_GONE = frozenset(
    (
        "mime-version",
        "subject",
        "auto-submitted",
        "lines",
        "bcc",
        "resent-bcc",
        "dkim-signature",
        "domainkey-signature",
        "arc-seal",
        "arc-message-signature",
        "arc-authentication-results",
    )
)
# A line that begins with two hyphens ends a damaged header for our reader: a delimiter.
_GONE_STARTS = ("content-", "retour-", "--")
# RFC 5322 §3.6: at most one of each.
_SINGLE = frozenset(
    (
        "date",
        "from",
        "sender",
        "reply-to",
        "to",
        "cc",
        "message-id",
        "in-reply-to",
        "references",
        "return-path",
    )
)
# Obsolete syntax (RFC 5322 §4.5) that many readers take for the end of the header.
_BEFORE_COLON = re.compile(r"\A([!-9;-~]+)[ \t]+:")
_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
# Words and quoted strings with 8-bit octets, one run of them at a time (between two encoded words a
# blank is lost); addresses are left: those with such octets are what they are (RFC 6531).
_PLAIN = r"!#-'*+\--9=?A-Z\\^-~."
_WORD = rf"(?<![{_PLAIN}@<\x80-\xff])[{_PLAIN}]*+[\x80-\xff][{_PLAIN}\x80-\xff]*+"
_EIGHT_BIT = re.compile(rf'"[^"\n]*+"@?|{_WORD}(?:[ \t]++{_WORD})*+(?![^\s<>"]*@)')
_HOST = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9.-]{0,250}[A-Za-z0-9])?")
_ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9.-]{1,255}")
_MESSAGE_ID = re.compile(r"<[!-;=?-~]{1,900}>")
# RFC 2606 §2: a name that nobody has.
_NOWHERE = "retour.invalid"


def write_header(analysis: Analysis, raw: bytes, subject: str, digest: str) -> str:
    """Write the fields above ``MIME-Version``.

    The report's fields stay as they are and in their order, trace fields (``Received``,
    ``Return-Path`` ...) at the top, as a filter in the flow of mail would leave them. What a mail
    must have and the report lacks (pasted text) is filled from the facts.

    Args:
        analysis: the answer.
        raw: the report.
        subject: for people.
        digest: the report's (`retour.wire.mark`).

    Returns:
        Text of one character a byte, LF. Lines above 998 octets are folded, or left out where they
        cannot be.
    """
    kept = _keep(_own_block(raw))
    names = {name for name, _ in kept}
    lines = [text + "\n" for _, text in kept]
    lines += (
        write_field(name, value)
        for name, value in _fill(analysis.report, digest)
        if name.lower() not in names
    )
    lines.append(write_field("Subject", subject))
    lines.append(write_field("Auto-Submitted", "auto-replied"))  # RFC 3834 §5
    lines.append(write_field(FIELD, write_mark(__version__, digest)))
    return "".join(lines)


def carries_mark(raw: bytes) -> bool:
    """Tell whether a mail's own header has our mark, whatever it says."""
    block = _own_block(raw)
    return FIELD_KEY in block.lower() and any(name == FIELD_KEY for name, _ in split_fields(block))


def _own_block(raw: bytes) -> str:
    """Return the mail's header as text of one character a byte.

    Only CRLF ends a line here: a lone CR inside a field must not become the start of another one.
    """
    text = raw[: 2 * BLOCK_MAX].decode("latin-1").replace("\r\n", "\n")
    start, end, _ = find_headers(text, 0, len(text))
    return text[start:end]


def _keep(block: str) -> list[tuple[str, str]]:
    kept: list[tuple[str, str]] = []
    seen: set[str] = set()
    for name, text in split_fields(block):
        if name in _GONE or name.startswith(_GONE_STARTS) or (name in _SINGLE and name in seen):
            continue
        clean = _BEFORE_COLON.sub(r"\1:", _CONTROLS.sub(" ", text))
        if not clean.isascii():
            clean = _EIGHT_BIT.sub(_encode_words, clean)
        fitting = _fit(clean)
        if fitting is not None:
            seen.add(name)
            kept.append((name, fitting))
    return kept


def _encode_words(found: re.Match[str]) -> str:
    """Encode a run of words, since relays of 7 bits would change or refuse the mail."""
    run = found[0]
    if run.isascii() or run.endswith("@"):  # nothing to do; a quoted local part
        return run
    octets = run.strip('"').encode("latin-1")
    try:
        text = octets.decode()
    except UnicodeDecodeError:
        text = octets.decode("cp1252", "replace")
    return encode_words(printable(text), indent=40)  # half a line is left behind any name


def _fit(text: str) -> str | None:
    """Return a field with lines that are short enough, or None where it has no place to fold."""
    if all(len(line) <= LINE_MAX for line in text.split("\n")):
        return text
    lines: list[str] = []
    for word in text.split():
        if len(word) > LINE_MAX - 1:
            return None
        if lines and len(lines[-1]) + len(word) < LINE_MAX // 2:
            lines[-1] += f" {word}"
        else:
            lines.append(f" {word}" if lines else word)
    return "\n".join(lines)


def _fill(report: Report, digest: str) -> list[tuple[str, str]]:
    """Return what a mail needs, from the facts; used where the report has no such field."""
    host = report.reporting_mta or ""
    daemon = f"MAILER-DAEMON@{host if _HOST.fullmatch(host) else _NOWHERE}"
    fields = [("From", f"Mail Delivery System <{daemon}>")]
    original = report.original
    sender = (original.from_ if original else None) or ""
    fields.append(("To", sender if _ADDRESS.fullmatch(sender) else "undisclosed-recipients:;"))
    at = _time(report)
    if at is not None:  # no clock here: the first mail server adds one (RFC 6409 §8.2)
        fields.append(("Date", write_date(at)))
    fields.append(("Message-ID", f"<{digest[:32]}@{_NOWHERE}>"))
    message_id = (original.message_id if original else None) or ""
    if _MESSAGE_ID.fullmatch(message_id):  # RFC 3834 §3.1.5: clients show it below the original
        fields += [("In-Reply-To", message_id), ("References", message_id)]
    return fields


def _time(report: Report) -> datetime | None:
    if report.date is not None:
        return report.date
    tried = [one.last_attempt_at for one in report.recipients if one.last_attempt_at is not None]
    return max(tried) if tried else (report.original.date if report.original else None)
