"""Outlook messages become mails, and hostile containers become one sentence."""

import contextlib
import email
import random
import struct
from datetime import UTC, datetime
from email.message import Message

import pytest
from compound_writer import (
    Tree,
    Value,
    build_embedded,
    build_message,
    write_compound,
    write_properties,
)

from retour.analyse import explain
from retour.ingest.item import UnreadableError
from retour.ingest.outlook import convert_outlook
from retour.ingest.outlook_report import read_supplement
from retour.rendering.mail import render_mail

SENT = datetime(2026, 3, 1, 9, 0, 2, tzinfo=UTC)


def build_report(
    message_class: str = "REPORT.IPM.Note.NDR", recipient: dict[int, Value] | None = None
) -> Tree:
    """Build a report object about one recipient."""
    values: dict[int, Value] = {
        0x39FE: "info@example.net",
        0x3001: "Info",
        0x0C1B: "<mx.example.net #5.1.1 smtp;550 5.1.1 <info@example.net>: user unknown>",
        0x0C20: 511,
        **(recipient or {}),
    }
    return build_message(
        {
            0x001A: message_class,
            0x0037: "Unzustellbar: Angebot für Mai",
            0x0C1A: "Mail Delivery System",
            0x0C1F: "postmaster@example.org",
            0x0032: SENT,
            0x1000: "Your message could not be delivered.\n",
            0x0049: "Angebot für Mai",
            0x1046: "<abc@example.org>",
            0x0074: "Info",
            0x6820: "gw.example.org",
        },
        recipients=[values],
    )


def parse(tree: Tree) -> Message:
    """Convert a tree written as a file and read it with the standard library."""
    return email.message_from_bytes(convert_outlook(write_compound(tree)))


def list_parts(mail: Message) -> list[Message]:
    """List the direct parts of a multipart."""
    return [part for part in mail.get_payload() if isinstance(part, Message)]


def decode(part: Message) -> str:
    """Decode a leaf part's UTF-8 text."""
    payload = part.get_payload(decode=True)
    assert isinstance(payload, bytes)
    return payload.decode()


def read_status(mail: Message) -> str:
    """Find the delivery-status part's text."""
    part = next(p for p in mail.walk() if p.get_content_type() == "message/delivery-status")
    return "".join(str(block) for block in part.get_payload())


def test_report_object_becomes_a_delivery_status_report() -> None:
    """An NDR object without MIME comes out as multipart/report with all that it knew."""
    mail = parse(build_report())
    assert mail.get_content_type() == "multipart/report"
    assert mail.get_param("report-type") == "delivery-status"
    kinds = [part.get_content_type() for part in list_parts(mail)]
    assert kinds == ["text/plain", "message/delivery-status", "text/rfc822-headers"]
    status = read_status(mail)
    for line in (
        "Reporting-MTA: dns; gw.example.org",
        "Final-Recipient: rfc822; info@example.net",
        "Action: failed",
        "Status: 5.1.1",
        "Remote-MTA: dns; mx.example.net",
        "Diagnostic-Code: smtp; 550 5.1.1 <info@example.net>: user unknown",
        "Last-Attempt-Date: Sun, 01 Mar 2026 09:00:02 +0000",
    ):
        assert line in status
    original = decode(list_parts(mail)[2])
    assert "Subject: Angebot für Mai\r\nMessage-ID: <abc@example.org>\r\n" in original


@pytest.mark.parametrize(
    ("message_class", "action"),
    [
        ("REPORT.IPM.Note.DR", "delivered"),
        ("REPORT.IPM.Note.Delayed.DR", "delayed"),
        ("REPORT.IPM.Note.Relayed.DR", "relayed"),
        ("REPORT.IPM.Note.Expanded.DR", "expanded"),
        ("REPORT.IPM.Schedule.Meeting.Request.NDR", "failed"),
    ],
)
def test_message_class_names_the_action(message_class: str, action: str) -> None:
    """What happened to the recipients stands in the class of the report object."""
    assert f"Action: {action}" in read_status(parse(build_report(message_class)))


@pytest.mark.parametrize(
    ("recipient", "status"),
    [
        ({0x0C1B: "", 0x0C20: 546}, "5.4.6"),
        ({0x0C1B: "<mx.example.net #5.1.10 smtp;550 5.1.10 not found>", 0x0C20: 520}, "5.1.10"),
        ({0x0C1B: "", 0x0C20: 0, 0x0C05: 3}, "5.4.6"),
        ({0x0C1B: "", 0x0C20: 0, 0x0C05: -1}, "5.0.0"),
    ],
)
def test_report_status_comes_from_the_most_exact_property(
    recipient: dict[int, Value], status: str
) -> None:
    """The words' code goes before the packed number, that before the X.411 diagnosis."""
    assert f"Status: {status}\n" in read_status(parse(build_report(recipient=recipient)))


@pytest.mark.parametrize(
    ("text", "host", "status", "words"),
    [
        ("<mx.example.net #5.1.1 smtp;550 5.1.1 no>", "mx.example.net", "5.1.1", "550 5.1.1 no"),
        ("<gw.example.org #4.4.7>", "gw.example.org", "4.4.7", None),
        ("#550 5.1.1 RESOLVER.ADR.RecipNotFound; not found ##", None, None,
         "550 5.1.1 RESOLVER.ADR.RecipNotFound; not found"),
        ("Mailbox full", None, None, "Mailbox full"),
        ("", None, None, None),
    ],
)  # fmt: skip
def test_supplementary_information_is_taken_apart(
    text: str, host: str | None, status: str | None, words: str | None
) -> None:
    """Host, status and the remote's words stand in one property."""
    found = read_supplement(text)
    assert (found.host, found.status, found.words) == (host, status, words)


def test_host_without_words_is_no_remote_mta() -> None:
    """RFC 3464: only a server that gave the diagnostic is the remote one."""
    status = read_status(parse(build_report(recipient={0x0C1B: "<gw.example.org #4.4.7>"})))
    assert "Remote-MTA" not in status
    assert "Status: 4.4.7" in status


def test_exchange_address_is_not_taken_for_an_internet_address() -> None:
    """A recipient known only by its directory name has no address."""
    tree = build_report(recipient={0x39FE: "", 0x3003: "/o=Org/ou=Group/cn=Recipients/cn=info"})
    assert "Final-Recipient: x-display-name; Info" in read_status(parse(tree))


def test_read_receipt_object_becomes_a_disposition_report() -> None:
    """A read receipt is no delivery report."""
    mail = parse(build_report("REPORT.IPM.Note.IPNRN"))
    assert mail.get_param("report-type") == "disposition-notification"


def test_plain_message_keeps_transport_headers_and_embedded_bounce() -> None:
    """A forwarded bounce stays a message inside the message, the old MIME fields go."""
    inner = build_report()
    fixed = inner["__properties_version1.0"]
    assert isinstance(fixed, bytes)
    inner["__properties_version1.0"] = fixed[8:]  # an embedded message has a shorter header
    tree = build_message(
        {
            0x001A: "IPM.Note",
            0x007D: "Received: from a by b;\r\n\tSun, 1 Mar 2026 09:00:00 +0000\r\n"
            "From: Ann <ann@example.org>\r\nSubject: Fwd\r\n"
            "Content-Type: multipart/mixed;\r\n\tboundary=old\r\n\r\n",
            0x1000: "See below.",
        },
        recipients=[{0x0C15: 1, 0x3001: "Bob", 0x39FE: "bob@example.org"}],
        attachments=[build_embedded(inner)],
    )
    mail = parse(tree)
    assert mail["From"] == "Ann <ann@example.org>"
    assert mail["Received"] == "from a by b;\r\n Sun, 1 Mar 2026 09:00:00 +0000"
    assert mail["To"] == '"Bob" <bob@example.org>'
    assert mail.get_all("Content-Type") is not None
    assert len(mail.get_all("Content-Type") or []) == 1
    nested = list_parts(list_parts(mail)[1])[0]
    assert nested.get_content_type() == "multipart/report"


def test_report_type_of_the_transport_headers_survives() -> None:
    """A standard report that Outlook kept as a mail with files is a report again."""
    status = b"Reporting-MTA: dns; a\r\n\r\nFinal-Recipient: rfc822; b@example.org\r\n"
    attachment = write_properties(
        {0x3705: 1, 0x3701: status, 0x370E: "message/delivery-status", 0x3707: "details.txt"}, 8
    )
    headers = "Content-Type: multipart/report; report-type=delivery-status; boundary=x\r\n"
    mail = parse(build_message({0x001A: "IPM.Note", 0x007D: headers}, attachments=[attachment]))
    assert mail.get_content_type() == "multipart/report"
    assert "Final-Recipient: rfc822; b@example.org" in read_status(mail)


def test_html_body_is_decoded_by_its_code_page() -> None:
    """Binary HTML comes with a Windows code page, not a charset."""
    tree = build_message(
        {0x001A: "IPM.Note", 0x1013: "<p>Grüße</p>".encode("cp1252"), 0x3FDE: 1252}
    )
    part = parse(tree)
    assert part.get_content_type() == "text/html"
    assert "Grüße" in decode(part)


@pytest.mark.parametrize(
    ("packed", "shown"),
    [
        # The example of MS-OXRTFCP §4.1.1.
        (
            bytes.fromhex(
                "2d0000002b0000004c5a4675f1c5c7a703000a007263706731323542320af32068656c09002"
                "0627705b06c647d0a800fa0"
            ),
            "hello world",
        ),
        (
            struct.pack("<4I", 0, 69, 0x414C454D, 0)
            + rb"{\rtf1\ansicpg1252{\fonttbl{\f0 Arial;}}\uc1 Gr\'fc\u223?e\par{\*\x no}}",
            "Grüße\n",
        ),
    ],
)
def test_rtf_body_is_unpacked_and_stripped(packed: bytes, shown: str) -> None:
    """RTF is the body where there is no other."""
    mail = parse(build_message({0x001A: "IPM.Note", 0x1009: packed}))
    assert decode(mail).replace("\r\n", "\n") == shown


def test_office_file_that_is_no_message_is_refused_in_one_sentence() -> None:
    """A compound file without message properties is named as such."""
    with pytest.raises(UnreadableError, match="no Outlook message"):
        convert_outlook(write_compound({"WordDocument": b"x"}))


def test_absurd_sector_size_is_refused() -> None:
    """A mini sector of 2**63 bytes is no reason to ask for that much memory."""
    whole = bytearray(write_compound(build_report()))
    struct.pack_into("<H", whole, 32, 63)
    with pytest.raises(UnreadableError):
        convert_outlook(bytes(whole))


def test_damaged_compound_files_never_raise_anything_else() -> None:
    """Cut and mutated files give a mail or one sentence."""
    whole = write_compound(build_report())
    source = random.Random(5)
    for _ in range(400):
        data = bytearray(whole)
        for _ in range(source.randrange(1, 8)):
            data[source.randrange(len(data))] = source.randrange(256)
        piece = bytes(data[: source.choice([len(data), source.randrange(len(data))])])
        with contextlib.suppress(UnreadableError):
            convert_outlook(piece)


def test_endless_sector_chain_is_not_followed() -> None:
    """A stream of 4 GB that goes round in two sectors is left out."""
    whole = bytearray(write_compound({**build_report(), "__substg1.0_007D001F": b"a" * 5000}))
    at = whole.index("__substg1.0_007D001F".encode("utf-16-le"))
    struct.pack_into("<I", whole, at + 120, 0xFFFFFFF0)
    assert b"multipart/report" in convert_outlook(bytes(whole))


def test_streams_that_share_their_sectors_do_not_multiply() -> None:
    """Two hundred attachments that all claim the same bytes are not two hundred times as long."""
    attachments = [write_properties({0x3705: 1, 0x3701: b"a" * 5000}, 8) for _ in range(200)]
    whole = bytearray(write_compound(build_message({0x001A: "IPM.Note"}, attachments=attachments)))
    name = "__substg1.0_37010102".encode("utf-16-le")
    at = whole.find(name)
    while at >= 0:
        struct.pack_into("<II", whole, at + 116, 0, 900_000)
        at = whole.find(name, at + 1)
    assert len(convert_outlook(bytes(whole))) < 8 * len(whole)


def test_declared_table_sizes_are_held_against_the_file() -> None:
    """A header that declares four thousand million sectors is refused at once."""
    for offset in (44, 64, 72):
        whole = bytearray(write_compound(build_report()))
        struct.pack_into("<I", whole, offset, 0xFFFFFFF0)
        with pytest.raises(UnreadableError):
            convert_outlook(bytes(whole))


def test_directory_cycle_ends() -> None:
    """An entry that is its own neighbour is read once."""
    whole = bytearray(write_compound(build_report()))
    at = whole.index("__substg1.0_0037001F".encode("utf-16-le"))
    struct.pack_into("<II", whole, at + 68, 0, 0)
    with contextlib.suppress(UnreadableError):
        convert_outlook(bytes(whole))


def test_messages_inside_messages_are_bounded() -> None:
    """Forty levels of embedding end at the bound, without an error."""
    tree = build_message({0x001A: "IPM.Note", 0x1000: "innermost"}, embedded=True)
    for _ in range(40):
        tree = build_message(
            {0x001A: "IPM.Note", 0x1000: "x"}, attachments=[build_embedded(tree)], embedded=True
        )
    tree["__properties_version1.0"] = bytes(32)
    raw = convert_outlook(write_compound(tree))
    assert raw.count(b"message/rfc822") == 10


def test_converted_report_is_rewritten_and_read_through() -> None:
    """A report out of a ``.msg`` becomes a whole mail that reads like what was converted."""
    raw = convert_outlook(write_compound(build_report()))
    answer = explain(raw)
    mail = render_mail(answer, raw, subject="Unzustellbar", text="Angebot\n", html="<p>Angebot")
    parsed = email.message_from_bytes(mail)
    assert parsed.get_content_type() == "multipart/report"
    assert len(parsed.get_payload()) == 3
    assert parsed["Subject"] == "Unzustellbar"
    assert explain(mail) == answer
