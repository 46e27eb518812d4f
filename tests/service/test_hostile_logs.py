"""What nobody's mail system should write: a trail takes it, on both databases, and goes on."""

import gzip
import json
from datetime import UTC
from pathlib import Path

import pytest

from retour.model.story import Query
from retour.service.ingestion import Intake, Intent, ingest
from retour.store import Store

_INTENT = Intent(UTC, "gate")
_STAMP = "2026-03-01T10:00:00+00:00 mx postfix/"
_HUGE = "9" * 400
_MANY = [f"member{n}@example.net" for n in range(1_000_000)]


def _good(number: int) -> list[bytes]:
    """Return the lines of one delivered message."""
    name = f"{number:011X}"
    return [
        f"{_STAMP}{said}".encode()
        for said in (
            f"cleanup[1]: {name}: message-id=<good{number}@example.com>",
            f"qmgr[1]: {name}: from=<a@example.com>, size=9, nrcpt=1 (queue active)",
            f"smtp[1]: {name}: to=<b@example.net>, relay=mx.example.net[192.0.2.1]:25, delay=1, "
            "delays=0/0/0/1, dsn=2.0.0, status=sent (250 2.0.0 Ok)",
            f"qmgr[1]: {name}: removed",
        )
    ]


def _journal(text: str, **fields: object) -> bytes:
    """Return a line of ``journalctl -o json``."""
    entry = {"__REALTIME_TIMESTAMP": "1772359200000000", "_HOSTNAME": "mx", "MESSAGE": text}
    entry["SYSLOG_IDENTIFIER"] = "postfix/cleanup"
    return json.dumps({**entry, **fields}).encode()


def _postfix(said: str) -> bytes:
    return f"{_STAMP}{said}".encode()


_SENT = (
    "smtp[1]: 4AAAAAAAAAA: to=<{to}>, relay=mx.example.net[192.0.2.1]:25, delay={delay}, "
    "delays=0/0/0/1, dsn={dsn}, status=sent ({reply})"
)
_LINES: dict[str, bytes] = {
    "a line of 1 MB": _postfix(f"smtp[1]: {'x' * 1_000_000}"),
    "a reply of 1 MB": _postfix(
        _SENT.format(to="b@example.net", delay=1, dsn="2.0.0", reply="250 " + "y" * 1_000_000)
    ),
    "an address of 1 MB": _postfix(
        _SENT.format(to="z" * 1_000_000 + "@example.net", delay=1, dsn="2.0.0", reply="250 Ok")
    ),
    "a line of 20 MB": b"x" * 20_000_000,
    "control characters": _postfix(
        "cleanup[1]: 4AAAAAAAAAA: message-id=<\x01\x07\x1b[2J\x7f\x85@example.com>"
    ),
    "NULs": _postfix("cleanup[1]: 4AAAAAAAAAA: message-id=<nul\0nul@example.com>"),
    "NULs alone": b"\0" * 5_000,
    "NULs in the journal": _journal("4AAAAAAAAAA: message-id=<nul\0nul@example.com>"),
    "NULs in the journal's host": _journal("4AAAAAAAAAA: message-id=<a@b>", _HOSTNAME="m\0x"),
    "lone surrogates": _journal("4AAAAAAAAAA: message-id=<half\ud800@example.com>"),
    "lone surrogates of a host": _journal("4AAAAAAAAAA: message-id=<a@b>", _HOSTNAME="\udcff"),
    "bytes that are no text": _postfix("cleanup[1]: 4AAAAAAAAAA: message-id=<")
    + b"\xff\xfe\x80@example.com>",
    "SQL in a subject": _postfix(
        "cleanup[1]: 4AAAAAAAAAA: warning: header Subject: '); DROP TABLE copies; -- from "
        "mail.example.net[192.0.2.1]; from=<a@example.com> to=<b@example.net> proto=ESMTP "
        "helo=<'; DELETE FROM copies; -->"
    ),
    "SQL in an address": _postfix(
        _SENT.format(to="'||(SELECT 1)||'@x", delay=1, dsn="2.0.0", reply="250 $1 %s ? :x")
    ),
    "a size of 400 digits": _postfix(
        f"qmgr[1]: 4AAAAAAAAAA: from=<a@example.com>, size={_HUGE}, nrcpt={_HUGE} (queue active)"
    ),
    "a size of 5,000 digits": _postfix(
        f"qmgr[1]: 4AAAAAAAAAA: from=<a@b>, size={'9' * 3_500}, nrcpt=1 (queue active)"
    ),
    "a count of 12 digits": _postfix(
        "qmgr[1]: 4AAAAAAAAAA: from=<a@b>, size=1, nrcpt=999999999999 (queue active)"
    ),
    "a delay of 400 digits": _postfix(
        _SENT.format(to="b@example.net", delay=_HUGE, dsn="2.0.0", reply="250 Ok")
    ),
    "a delay of dots": _postfix(
        _SENT.format(to="b@example.net", delay=".", dsn="2.0.0", reply="250 Ok")
    ),
    "digits that are none of ours": _postfix(
        _SENT.format(to="b@example.net", delay="\u0663.\u0661", dsn="2.0.0", reply="250 Ok")
    ),
    "a status of 3,000 digits": _postfix(
        _SENT.format(to="b@example.net", delay=1, dsn=f"2.{'0' * 3_000}", reply="250 Ok")
    ),
    "a stamp outside of any calendar": b"9999-12-31T23:59:59-23:59 mx postfix/cleanup[1]: "
    b"4AAAAAAAAAA: message-id=<late@example.com>",
    "the first moment of the calendar": b"0001-01-01T00:00:00+23:59 mx postfix/cleanup[1]: "
    b"4AAAAAAAAAA: message-id=<early@example.com>",
    "a time of the journal of 40 digits": _journal("4AAAAAAAAAA: message-id=<a@b>")
    .replace(b"1772359200000000", b"9" * 40),
    "a negative time of the journal": _journal("4AAAAAAAAAA: message-id=<a@b>")
    .replace(b"1772359200000000", b"-" + b"9" * 40),
    "JSON that nests": b'{"MESSAGE":' * 20_000,
    "a million addresses in Sendmail's line": b"2026-03-01T10:00:00+00:00 mx sendmail[1]: "
    b"42BA00AA000001: to=" + ",".join(f"<{each}>" for each in _MANY).encode()
    + b", delay=00:00:01, mailer=esmtp, relay=mx.example.net. [192.0.2.1], dsn=2.0.0, stat=Sent",
    "a million addresses in Exim's line": b"2026-03-01T10:00:00+00:00 mx exim[1]: "
    b"1qaaaa-0000AA-0A <= a@example.com H=h [192.0.2.1] P=esmtp S=1 id=x@y for "
    + " ".join(_MANY).encode(),
    "an endless number for Sendmail": b"2026-03-01T10:00:00+00:00 mx sendmail[1]: "
    b"42BA00AA000001: from=<a@b>, size=" + _HUGE.encode() + b", nrcpts=" + _HUGE.encode()
    + b", msgid=<x@y>, relay=h [192.0.2.1]",
    "an endless delay for Sendmail": b"2026-03-01T10:00:00+00:00 mx sendmail[1]: "
    b"42BA00AA000001: to=<a@b>, delay=" + _HUGE.encode() + b"+00:00:01, xdelay=00:00:01, "
    b"mailer=esmtp, relay=h. [192.0.2.1], dsn=2.0.0, stat=Sent (Ok)",
    "an endless delay for OpenSMTPD": b"2026-03-01T10:00:00+00:00 mx smtpd[1]: "
    b"4aaaaaaaaaaaaaaa mta delivery evpid=4aaaaaaa4aaaaaaa from=<a@b> to=<c@d> rcpt=<-> "
    b'source="192.0.2.9" relay="192.0.2.1 (h)" delay=' + _HUGE.encode()
    + b'd1h result="Ok" stat="250 Ok"',
    "an endless number for Exim": b"2026-03-01T10:00:00+00:00 mx exim[1]: 1qaaaa-0000AA-0A <= "
    b"a@example.com H=h [192.0.2.1] P=esmtp S=" + _HUGE.encode() + b" id=x@y",
}  # fmt: skip


def _read(path: Path, store: Store) -> Intake:
    [intake] = ingest([str(path)], store, _INTENT)
    return intake


@pytest.mark.parametrize("nasty", _LINES.values(), ids=_LINES)
def test_a_hostile_line_costs_no_other_line(store: Store, tmp_path: Path, nasty: bytes) -> None:
    """What stands around it is in the trail, nothing is raised, and every line is counted."""
    log = tmp_path / "mail.log"
    lines = [*_good(1), nasty, *_good(2), nasty, *_good(3)]
    log.write_bytes(b"\n".join(lines) + b"\n")
    intake = _read(log, store)
    assert (intake.error, intake.lines) == (None, len(lines))
    for number in (1, 2, 3):
        [copy] = store.find(Query(message_id=f"<good{number}@example.com>"))
        assert [attempt.outcome for attempt in copy.hand_overs] == ["relayed"]
    listed = store.find(Query(limit=1_000))
    assert len(listed) >= 3


_TRACKING = (
    "#Fields: date-time,client-ip,client-hostname,server-ip,server-hostname,event-id,"
    "internal-message-id,message-id,recipient-address,recipient-status,total-bytes,"
    "recipient-count,message-subject,sender-address,return-path\n"
)


def _tracked(number: int, recipients: str, subject: str = "hello", event: str = "DELIVER") -> str:
    """Return a row of Exchange's tracking log."""
    return (
        f"2026-03-01T10:00:{number:02d}.000Z,192.0.2.1,client,192.0.2.2,ex1,{event},{number},"
        f"<e{number}@example.com>,{recipients},,100,1,{subject},a@example.com,a@example.com\n"
    )


def test_a_row_of_many_recipients_is_read_whole(store: Store, tmp_path: Path) -> None:
    """More than 128 kB of addresses in one cell is one message for all of them."""
    log = tmp_path / "tracking.log"
    log.write_text(_TRACKING + _tracked(1, ";".join(_MANY[:8_000])) + _tracked(2, "b@x.example"))
    assert _read(log, store).unknown == 0
    for address in (_MANY[0], _MANY[7_999]):
        [copy] = store.find(Query(to=address))
        assert copy.queue_id == "1"
    assert len(store.find(Query(from_="a@example.com"))) == 2


@pytest.mark.parametrize(
    "row",
    [
        _tracked(2, ";".join(_MANY)),
        _tracked(2, "b@x.example", subject='a "stray quote'),
        _tracked(2, "b@x.example", subject='"never closed'),
        _tracked(2, "b@x.example").replace("2026-03-01", "9999-12-31"),
        _tracked(2, "b@x.example").replace("10:00:02.000Z", "23:59:59-23:59"),
        _tracked(2, "b@x.example").replace(",100,1,", f",{_HUGE},{_HUGE},"),
        _tracked(2, "b@x.example", subject="'); DROP TABLE copies; --"),
        "\0" * 1_000 + "\n",
        "," * 100_000 + "\n",
    ],
    ids=lambda row: f"{len(row)} {row[-60:]!a}",
)
def test_a_hostile_row_costs_no_other_row(store: Store, tmp_path: Path, row: str) -> None:
    """A tracking log's other rows are read whatever stands between them."""
    log = tmp_path / "tracking.log"
    log.write_text(_TRACKING + _tracked(1, "b@x.example") + row + _tracked(3, "b@x.example"))
    assert _read(log, store).error is None
    for number in (1, 3):
        [copy] = store.find(Query(message_id=f"<e{number}@example.com>"))
        assert [attempt.outcome for attempt in copy.hand_overs] == ["delivered"]


@pytest.mark.parametrize("where", ["cut", "flipped"])
def test_a_damaged_compressed_log_is_read_up_to_the_damage(
    store: Store, tmp_path: Path, where: str
) -> None:
    """One sentence names what could not be read; what came before is in the trail."""
    log = tmp_path / "mail.log.gz"
    lines = [line for number in range(6_000) for line in _good(number)]
    packed = bytearray(gzip.compress(b"\n".join(lines) + b"\n", mtime=0))
    if where == "cut":
        del packed[len(packed) // 2 :]
    else:
        packed[len(packed) // 2 : len(packed) // 2 + 64] = bytes(range(64))
    log.write_bytes(packed)
    intake = _read(log, store)
    assert intake.error is not None
    assert intake.error.startswith("cannot be read to its end: ")
    assert "\n" not in intake.error
    assert store.find(Query(message_id="<good1@example.com>"))


@pytest.mark.parametrize(
    "header",
    [
        b"To: " + b",\r\n ".join(each.encode() for each in _MANY[:20_000]),
        b"To: " + b"x" * 1_000_000,
        b"Subject: nul\0nul \x1b[2J '); DROP TABLE copies; --",
        b"Subject: =?utf-16?B?2AA=?= =?utf-8?B?7aCA?=",
        b"Message-ID: <" + b"9" * 100_000 + b">",
        b"Date: Fri, 31 Dec 9999 23:59:59 -2359",
        b"Date: Mon, 1 Jan 0001 00:00:00 +2359",
        b"Received: from \0\xff by \xff; Fri, 99 Foo 99999 99:99:99 +9999",
    ],
    ids=lambda header: ascii(header[:24]),
)
def test_a_hostile_mail_goes_into_the_trail(store: Store, tmp_path: Path, header: bytes) -> None:
    """A stored mail with such a header is a copy like others."""
    path = tmp_path / "mail.eml"
    path.write_bytes(b"From: a@example.com\r\n" + header + b"\r\nX-Last: yes\r\n\r\nhello\r\n")
    intake = _read(path, store)
    assert (intake.error, intake.mails) == (None, 1)
    assert store.find(Query(from_="a@example.com"))
