"""The rewritten report: its structure, what stays as it was, and reading through it."""

import email
import re
from email.message import Message
from pathlib import Path

import pytest
from flufl.bounce import all_failures

from retour import __version__
from retour.analyse import explain
from retour.model.analysis import Analysis
from retour.rendering.mail import REWRITTEN_KINDS, render_mail
from retour.rendering.mailpart import Logo
from retour.wire.mark import digest

FIXTURES = Path(__file__).resolve().parent.parent / "fixtures"
MAILS = {
    path.stem: path.read_bytes()
    for folder in ("mails", "flagship")
    for path in sorted((FIXTURES / folder).glob("*.eml"))
}
REPORTS = {name: raw for name, raw in MAILS.items() if explain(raw).report.kind in REWRITTEN_KINDS}
POSTFIX = REPORTS["postfix"]


def rewrite(raw: bytes, subject: str = "Nicht zugestellt: Größe", **changes: object) -> bytes:
    """Rewrite a report with short words for people."""
    logo = changes.get("logo")
    return render_mail(
        explain(raw),
        raw,
        subject=subject,
        text="Ihre Nachricht wurde nicht zugestellt.\n.\nFrom here on\n",
        html='<p style="color:#123">Nicht zugestellt «x»</p>',
        logo=logo if isinstance(logo, Logo) else None,
    )


def open_parts(raw: bytes) -> list[Message]:
    """Return the sub-parts, as Python's own parser sees them."""
    mail = email.message_from_bytes(raw)
    assert mail.get_content_type() == "multipart/report"
    assert mail.get_param("report-type") == "delivery-status"
    assert mail.defects == []
    parts = mail.get_payload()
    assert isinstance(parts, list)
    return [part for part in parts if isinstance(part, Message)]


def with_crlf(raw: bytes) -> bytes:
    """Return a mail as SMTP carries it."""
    return raw.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")


def cut_body(raw: bytes, content_type: str) -> bytes:
    """Cut the first part of a type out of a mail by hand, with its header."""
    found = re.search(
        rb"\n(Content-[^\n]*\n(?:[^\n]+\n)*?)?(Content-Type: " + content_type.encode() + rb"\b)",
        raw,
    )
    assert found
    start = found.start() + 1
    boundary = raw[raw.rindex(b"\n--", 0, start + 1) + 1 : start - 1]
    return raw[start : raw.index(b"\n" + boundary, start)]


@pytest.mark.parametrize("name", REPORTS)
@pytest.mark.parametrize("crlf", [False, True])
def test_reading_through_gives_the_same_answer(name: str, crlf: bool) -> None:
    """The rewritten report reads like the report, with either line end on either side."""
    raw = with_crlf(REPORTS[name]) if crlf else REPORTS[name]
    mail = rewrite(raw)
    assert (b"\r\n" in mail) == (b"\r\n" in raw)
    answer = explain(raw)
    assert explain(mail) == answer
    assert explain(with_crlf(mail)) == answer
    assert explain(mail.replace(b"\r\n", b"\n")) == answer


@pytest.mark.parametrize("name", REPORTS)
def test_a_rewritten_report_is_two_or_three_parts(name: str) -> None:
    """RFC 6522 §3: words for people, words for machines, what came back."""
    parts = open_parts(rewrite(REPORTS[name]))
    original = explain(REPORTS[name]).report.original
    came_back = original is not None and original.returned != "none"
    assert len(parts) == (3 if came_back else 2)
    first = parts[0].get_payload()
    assert isinstance(first, list)
    assert [part.get_content_type() for part in first if isinstance(part, Message)] in (
        ["multipart/alternative", "message/rfc822"],
        ["multipart/alternative", "application/octet-stream"],
    )
    assert parts[1].get_content_type() in (
        "message/delivery-status",
        "message/global-delivery-status",
    )


# flufl.bounce crashes on mails without a sender, and takes pieces of JSON for an address.
@pytest.mark.parametrize("name", sorted(REPORTS.keys() - {"pasted-text", "amazon-ses"}))
def test_other_software_finds_the_same_addresses(name: str) -> None:
    """flufl.bounce (Mailman) finds who failed and who is late as in the report itself."""
    before = all_failures(email.message_from_bytes(REPORTS[name]))
    after = all_failures(email.message_from_bytes(rewrite(REPORTS[name])))
    if any(before):
        assert after == before


@pytest.mark.parametrize("name", ["postfix", "exchange-online", "courier", "global-status"])
def test_machine_readable_part_and_original_stay_byte_for_byte(name: str) -> None:
    """Part headers and bodies stand in the rewritten mail as they stood in the report."""
    raw = REPORTS[name]
    mail = rewrite(raw)
    status = "message/(?:global-)?delivery-status"
    assert mail.count(cut_body(raw, status)) == 2  # as a part, and in the copy
    original = "(?:message/(?:rfc822|global-headers)|text/rfc822-headers)"
    tail = mail[mail.rindex(b"delivery-status") :]
    assert cut_body(raw, original) in tail


def test_original_inside_the_text_is_taken_out_as_a_message() -> None:
    """Qmail appends the original to its words; it becomes a part and stands in the mail once."""
    raw = REPORTS["qmail"]
    block = (explain(raw).report.original or pytest.fail("no original")).header_block
    mail = rewrite(raw)
    parts = open_parts(mail)
    assert parts[2].get_content_type() in ("message/rfc822", "text/rfc822-headers")
    assert mail.count(block.encode()) == 1
    assert mail.decode().partition(block)[0].endswith("\nContent-Transfer-Encoding: 7bit\n\n")


def test_header_is_the_reports_own_with_what_must_be_ours() -> None:
    """The recipient, the thread and the trace stay; the marks of an automatic answer are there."""
    raw = POSTFIX
    before, after = email.message_from_bytes(raw), email.message_from_bytes(rewrite(raw))
    for name in ("From", "To", "Date", "Message-ID", "Received", "Return-Path"):
        assert after.get_all(name) == before.get_all(name)
    assert after["Auto-Submitted"] == "auto-replied"
    mark = " ".join(after["Retour-Analysis"].split())
    assert mark == f"{__version__}; sha256={digest(raw)}"
    assert after["Subject"] == "=?utf-8?B?TmljaHQgenVnZXN0ZWxsdDogR3LDtsOfZQ==?="


@pytest.mark.parametrize(
    ("kept", "written"),
    [
        ("Jörg Öz Smith <a@b.example>", "=?utf-8?B?SsO2cmcgw5Z6?= Smith <a@b.example>"),
        ('"Öz, J" <a@b.example>', "=?utf-8?B?w5Z6LCBK?= <a@b.example>"),
        ('"Plain, J" <ö@b.example>', '"Plain, J" <ö@b.example>'),
        ('ö@ä.example, "ö"@b.example', 'ö@ä.example, "ö"@b.example'),
    ],
)
def test_names_beyond_ascii_are_encoded_and_addresses_are_left(kept: str, written: str) -> None:
    """Fields that stay carry names as encoded words (RFC 2047), addresses as they are."""
    raw = POSTFIX.replace(b"\nTo: ", b"\nCc: " + kept.encode() + b"\nTo: ", 1)
    header = rewrite(raw).decode().partition("\n\n")[0]
    assert f"\nCc: {written}\n" in header


def test_signatures_over_the_old_body_do_not_stay() -> None:
    """A DKIM signature that cannot verify any more stands in the copy alone."""
    raw = b"DKIM-Signature: v=1; d=example.org; b=abc\nBcc: x@example.net\n" + POSTFIX
    header = rewrite(raw).partition(b"\n\n")[0]
    assert b"DKIM" not in header
    assert b"Bcc" not in header


@pytest.mark.parametrize("name", sorted(MAILS.keys() - REPORTS.keys()))
def test_mails_about_no_delivery_stay_as_they_are(name: str) -> None:
    """A question, an answer of a machine, a receipt or a complaint is nobody's to rewrite."""
    assert rewrite(MAILS[name]) is MAILS[name]


@pytest.mark.parametrize("raw", [rewrite(POSTFIX), b"Retour-Analysis: forged\n" + POSTFIX])
def test_a_mail_with_the_mark_is_never_rewritten(raw: bytes) -> None:
    """Whatever the mark says."""
    assert rewrite(raw) is raw


def test_logo_stands_with_the_html() -> None:
    """The picture that the HTML names by its content id is part of the mail (RFC 2392)."""
    logo = Logo(b"\x89PNG\r\n\x1a\n" * 40, "image/png", "logo@retour.invalid")
    mail = email.message_from_bytes(rewrite(POSTFIX, logo=logo))
    types = [part.get_content_type() for part in mail.walk()][:8]
    assert types[2:7] == [
        "multipart/alternative",
        "text/plain",
        "multipart/related",
        "text/html",
        "image/png",
    ]
    picture = next(part for part in mail.walk() if part.get_content_type() == "image/png")
    assert picture["Content-ID"] == "<logo@retour.invalid>"
    assert picture.get_payload(decode=True) == logo.data
    assert explain(rewrite(POSTFIX, logo=logo)) == explain(POSTFIX)


def test_large_original_stands_in_the_mail_once() -> None:
    """The size hardly grows, and what reading leaves off it leaves off again."""
    line = b"0123456789abcdef" * 4 + b"\n"
    raw = POSTFIX.replace(b"\nSubject: ", b"\nX-Large: yes\nSubject: ", 1)
    end = raw.rindex(b"\n--")
    raw = with_crlf(raw[:end] + b"\n" + line * 150_000 + raw[end:])
    assert len(raw) > 9_000_000
    mail = rewrite(raw)
    assert len(mail) < len(raw) + 10_000
    assert explain(mail) == explain(raw)


def test_pasted_text_becomes_a_whole_mail() -> None:
    """What has no header gets what a mail must have, from the facts."""
    raw = REPORTS["pasted-text"]
    mail = email.message_from_bytes(rewrite(raw))
    assert mail["From"].startswith("Mail Delivery System <MAILER-DAEMON@")
    assert mail["To"]
    assert mail["Message-ID"] == f"<{digest(raw)[:32]}@retour.invalid>"


@pytest.mark.parametrize(
    "change",
    [
        lambda raw: raw.replace(b"\n", b"\r", 3),
        lambda raw: raw + b"\0tail",
        lambda raw: b"\xef\xbb\xbf" + raw,
        lambda raw: raw.decode().encode("utf-16"),
        lambda raw: raw.replace(b"\n", b"\n\n"),
        lambda raw: raw.replace(b"\n", b"\r\r\n"),
        lambda raw: b"From MAILER-DAEMON Sun Mar  1 10:00:00 2026\n" + raw,
        lambda raw: b"\n\n" + raw,
        lambda raw: raw + b"x" * 3_000,
        lambda raw: raw[: raw.rindex(b"\n--")],
        lambda raw: raw[: len(raw) * 2 // 3],
        lambda raw: raw.replace(b"message/rfc822\n\n", b"message/rfc822\n"),
        lambda raw: raw.replace(b"Subject:", b"Subject: \xe4\xf6\xfc", 1),
        lambda raw: raw.replace(b"Subject:", b"X-Long: " + b"y" * 5_000 + b"\nSubject:", 1),
        lambda raw: raw.replace(b"Subject:", b"X-Long: " + b"y " * 2_000 + b"\nSubject :", 1),
    ],
    ids=[
        "lone CR", "NUL", "byte order mark", "UTF-16", "double-spaced", "CR CR LF", "mbox line",
        "empty lines", "long line", "no closing boundary", "cut", "no empty line", "8-bit",
        "unbreakable field", "long field",
    ],
)  # fmt: skip
def test_odd_bytes_are_carried_and_read_the_same(change) -> None:  # type: ignore[no-untyped-def]
    """What transport does not take as it is travels in base64; the answer stays the same."""
    raw = change(POSTFIX)
    answer = explain(raw)
    assert answer.report.kind in REWRITTEN_KINDS
    mail = rewrite(raw)
    open_parts(mail)
    assert explain(mail) == answer
    header = mail.replace(b"\r\n", b"\n").partition(b"\n\n")[0]
    assert max(map(len, header.split(b"\n"))) <= 998
    people = mail[len(header) : mail.index(b"Content-Description")]
    assert max(map(len, people.splitlines())) <= 78


def test_boundaries_occur_in_no_part() -> None:
    """A report that holds the very boundary that we would choose gets another one."""
    token = digest(POSTFIX)[:32]
    logo = Logo(b"x", "image/png", f"{token}@retour.invalid")
    parts = open_parts(rewrite(POSTFIX, logo=logo))
    assert len(parts) == 3
    assert f"=_r_{token}".encode() not in rewrite(POSTFIX, logo=logo)


@pytest.mark.parametrize(
    "end", [b"\n", b"\r", b"\r\n", b"\r\n\r\n", b"\n \n", b"\0", b"\x0b", b"\x85"]
)
def test_no_field_of_the_report_adds_one(end: bytes) -> None:
    """Foreign words in the subject, in names and in fields that stay never start a field."""
    subject = "Undelivered" + end.decode("latin-1") + "Bcc: everybody@example.com"
    raw = POSTFIX.replace(b"\nTo: ", b"\nX-Kept: a" + b"\rBcc: everybody@example.com\nTo: ", 1)
    raw = raw.replace(b"\nSubject:", b"\nComments: =?utf-8?q?=0ABcc=3A_x?=\nSubject:", 1)
    mail = email.message_from_bytes(rewrite(raw, subject))
    assert mail["Bcc"] is None
    assert mail.get_all("Subject") is not None
    assert "Bcc" in str(email.header.make_header(email.header.decode_header(mail["Subject"])))


def test_footer_of_a_list_does_not_hide_the_report() -> None:
    """A gateway that wraps the mail to put words below it leaves the report readable."""
    header, _, body = rewrite(POSTFIX).partition(b"MIME-Version: 1.0\n")
    mail = (
        b"Received: from a by b; Sun, 1 Mar 2026 10:00:00 +0100\n" + header
        + b"MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=w\n\n--w\n" + body
        + b"\n--w\nContent-Type: text/plain\n\n-- \nScanned. No virus.\n--w--\n"
    )  # fmt: skip
    assert explain(mail) == explain(POSTFIX)


def test_forwarded_rewritten_report_is_read_through() -> None:
    """A rewritten report attached to a mail to the help desk reads like the report."""
    mail = (
        b"From: a@example.org\nTo: help@example.org\nSubject: what is this?\n"
        b"Content-Type: multipart/mixed; boundary=f\n\n--f\n\nPlease look.\n"
        b"--f\nContent-Type: message/rfc822\n\n" + rewrite(POSTFIX) + b"\n--f--\n"
    )
    assert explain(mail) == explain(POSTFIX)


def test_report_changed_on_its_way_is_read_and_said_so() -> None:
    """A relay that changes the original gives the answer of what arrived, with a defect."""
    mail = rewrite(POSTFIX)
    at = mail.rindex(b"Subject: ")
    changed = explain(mail[:at] + b"X-Scanned: yes\n" + mail[at:])
    answer = explain(POSTFIX)
    assert [defect.kind for defect in changed.report.defects] == ["report-changed"]
    assert changed.diagnoses == answer.diagnoses
    assert changed.report.notice == answer.report.notice


def test_mark_without_a_report_is_read_as_an_ordinary_mail() -> None:
    """A forged mark, or a copy that a filter took away, costs nothing but a defect."""
    answer = explain(b"Retour-Analysis: 1; sha256=" + b"0" * 64 + b"\n" + POSTFIX)
    assert answer.diagnoses == explain(POSTFIX).diagnoses
    assert [defect.kind for defect in answer.report.defects] == ["mark-without-report"]


def test_marks_inside_marks_are_not_followed() -> None:
    """Whoever nests marks gets one reading; nothing grows."""
    mail = rewrite(POSTFIX)
    nested = b"Retour-Analysis: 1; sha256=" + digest(mail).encode() + b"\n"
    nested += b"Content-Type: multipart/report; boundary=n\n\n--n\nContent-Type: message/rfc822\n\n"
    answer = explain(nested + mail + b"\n--n--\n")
    assert isinstance(answer, Analysis)
    assert answer.report.headers.startswith(mail.decode()[:20])
