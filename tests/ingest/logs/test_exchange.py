"""Exchange's tracking log and Microsoft 365's traces."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from observed import CONTEXT, told

from retour.ingest.logs.exchange import ExchangeReader
from retour.ingest.logs.format import READERS, recognise
from retour.model.trail import Arrival, HandOver, Observation

FIELDS = (
    "date-time,client-ip,client-hostname,server-ip,server-hostname,source-context,connector-id,source,"
    "event-id,internal-message-id,message-id,network-message-id,recipient-address,recipient-status,"
    "total-bytes,recipient-count,related-recipient-address,reference,message-subject,sender-address,"
    "return-path,message-info"
)
HEAD = [
    "\ufeff#Software: Microsoft Exchange Server",
    "#Version: 15.02.1118.007",
    "#Log-type: Message Tracking Log",
    "#Date: 2026-02-28T10:00:00.000Z",
    f"#Fields: {FIELDS}",
]
NET = "8f5c7a52-0d1e-4a7f-9c43-08de0a3b1c2d"


def _row(event: str, **values: str) -> str:
    given_ = {
        "date-time": "2026-02-28T10:00:00.250Z",
        "server-hostname": "EX1",
        "client-hostname": "mx.example.net",
        "source": "SMTP",
        "message-id": "<m@example.net>",
        "network-message-id": NET,
        "event-id": event,
        "sender-address": "a@example.net",
        "return-path": "a@example.net",
        **{name.replace("_", "-"): value for name, value in values.items()},
    }
    cells = (given_.get(name, "") for name in FIELDS.split(","))
    return ",".join(
        '"' + cell.replace('"', '""') + '"' if set(cell) & set(',"\n') else cell for cell in cells
    )


def _read(*lines: str) -> list[Observation]:
    reader = ExchangeReader(CONTEXT)
    observations: list[Observation] = []
    for line in "\n".join(lines).split("\n"):
        said = reader.read(line.removeprefix("\ufeff"))
        assert said is not None, line
        observations += said
    return observations


EVENTS: dict[str, tuple[str, list[dict[str, Any]]]] = {
    "DELIVER": ("delivered", [{"host": "EX1"}]),
    "FAIL": ("failed", [{"host": "EX1", "reply": "550 5.1.1 no", "status": "5.1.1"}]),
    "DEFER": ("deferred", [{"host": "EX1", "reply": "451 4.4.0 later", "status": "4.4.0"}]),
    "DUPLICATEDELIVER": ("delivered", [{"host": "EX1", "reply": "DUPLICATEDELIVER"}]),
    "THROTTLE": ("discarded", [{"host": "EX1", "reply": "THROTTLE XLoopHeaderCount:1/1"}]),
    "POISONMESSAGE": ("held", [{"host": "EX1", "reply": "POISONMESSAGE"}]),
}


@pytest.mark.parametrize("event", EVENTS)
def test_exchange_events_end_a_recipients_way(event: str) -> None:
    """Each event that decides about a recipient says so, under the message's own name."""
    outcome, (extra,) = EVENTS[event]
    row = _row(
        event,
        recipient_address="b@example.org",
        recipient_status=str(extra.get("reply", "")) if "status" in extra else "",
        source_context="XLoopHeaderCount:1/1" if event == "THROTTLE" else "",
    )
    name, end = _read(*HEAD, row)
    assert isinstance(name, Arrival)
    assert (name.message_id, name.queue_id, name.system) == ("<m@example.net>", NET, "EX1")
    assert told(end) == {
        "kind": "HandOver",
        "recipient": "b@example.org",
        "outcome": outcome,
        **extra,
    }


def test_exchange_arrival_carries_the_subject_and_every_recipient() -> None:
    """A RECEIVE row tells of envelope, peer, size and subject, also over two lines."""
    row = _row(
        "RECEIVE",
        client_ip="192.0.2.7",
        recipient_address="b@example.org;c@example.org",
        total_bytes="4711",
        recipient_count="2",
        message_subject='Offer, "new"\nand more',
    )
    (arrival,) = _read(*HEAD, row)
    assert told(arrival) == {
        "kind": "Arrival",
        "message_id": "<m@example.net>",
        "mail_from": "a@example.net",
        "peer_name": "mx.example.net",
        "peer_address": "192.0.2.7",
        "protocol": "SMTP",
        "size_bytes": 4711,
        "recipient_count": 2,
        "subject": 'Offer, "new"\nand more',
        "recipients": ("b@example.org", "c@example.org"),
    }
    assert arrival.at_us == 1_772_272_800_250_000


def test_exchange_send_belongs_to_the_server_that_sends() -> None:
    """In a SEND row the client is ourselves and the server the one that takes."""
    row = _row(
        "SEND",
        client_hostname="EX1",
        server_hostname="mx.example.org",
        server_ip="192.0.2.9",
        recipient_address="b@example.org;c@example.org",
        recipient_status="250 2.1.5 Recipient OK;250 2.1.5 Recipient OK",
    )
    _, *ends = _read(*HEAD, row)
    for end, recipient in zip(ends, ("b@example.org", "c@example.org"), strict=True):
        assert isinstance(end, HandOver)
        assert end.system == "EX1"
        assert told(end) == {
            "kind": "HandOver",
            "recipient": recipient,
            "outcome": "relayed",
            "host": "mx.example.org",
            "address": "192.0.2.9",
            "status": "2.1.5",
            "reply": "250 2.1.5 Recipient OK",
        }


def test_exchange_report_names_what_it_is_about() -> None:
    """The reference of a DSN event is the Message-ID of the original."""
    row = _row(
        "DSN", message_id="<dsn@ex1>", reference="<m@example.net>", source="DSN", return_path="<>"
    )
    (report,) = _read(*HEAD, row)
    assert told(report) == {
        "kind": "Arrival",
        "message_id": "<dsn@ex1>",
        "mail_from": "",
        "protocol": "DSN",
        "report_about": "<m@example.net>",
    }


def test_exchange_group_is_replaced_by_its_members() -> None:
    """An EXPAND row is the end of the group's address and names who came of it."""
    row = _row(
        "EXPAND", recipient_address="b@x;c@x", related_recipient_address="all@x", source="ROUTING"
    )
    _, end = _read(*HEAD, row)
    assert told(end) == {
        "kind": "HandOver",
        "recipient": "all@x",
        "outcome": "expanded",
        "reply": "EXPAND: b@x;c@x",
    }


TRACES: dict[str, tuple[list[str], list[tuple[str, str]]]] = {
    "the enhanced summary": (
        [
            "origin_timestamp_utc,sender_address,recipient_status,message_subject,total_bytes,"
            "message_id,network_message_id,original_client_ip,directionality",
            '2026-02-28T10:00:00.0000000Z,a@example.net,"b@x##Receive, '
            'Deliver;c@x##Receive, Fail",Hi,9,'
            f"<m@example.net>,{NET},192.0.2.7,1",
        ],
        [("b@x", "delivered"), ("c@x", "failed")],
    ),
    "Get-MessageTraceV2 through Export-Csv": (
        [
            "#TYPE Microsoft.Exchange.Management.MessageTrace",
            '"MessageId","MessageTraceId","Received","SenderAddress","RecipientAddress","FromIP","ToIP",'
            '"Subject","Status","Size"',
            f'"<m@example.net>","{NET}","2/28/2026 10:00:00 '
            f'AM","a@example.net","b@x","192.0.2.7",,"Hi",'
            '"Quarantined","9"',
        ],
        [("b@x", "held")],
    ),
    "a German export": (
        [
            "MessageId;MessageTraceId;Received;SenderAddress;RecipientAddress;Subject;Status;Size",
            f"<m@example.net>;{NET};28.02.2026 10:00:00;a@example.net;b@x;Hi;Pending;9",
        ],
        [("b@x", "deferred")],
    ),
}


@pytest.mark.parametrize(("lines", "ends"), TRACES.values(), ids=TRACES)
def test_traces_of_microsoft_365_are_read_in_each_form(
    lines: list[str], ends: list[tuple[str, str]]
) -> None:
    """One row a message or one a recipient: what became of whom comes out the same."""
    assert recognise(lines, CONTEXT) == "exchange"
    arrival, *hand_overs = _read(*lines)
    assert told(arrival)["message_id"] == "<m@example.net>"
    assert told(arrival)["subject"] == "Hi"
    assert arrival.at_us == 1_772_272_800_000_000
    assert [(told(end)["recipient"], told(end)["outcome"]) for end in hand_overs] == ends


def test_a_reader_stopped_inside_a_row_goes_on() -> None:
    """Columns and a row begun survive being written as JSON."""
    lines = [*HEAD, _row("RECEIVE", message_subject='two "\n" lines')]
    *before, first, second = "\n".join(lines).split("\n")
    stopped = ExchangeReader(CONTEXT)
    for line in [*before, first]:
        stopped.read(line.removeprefix("\ufeff"))
    fresh = ExchangeReader(CONTEXT)
    fresh.restore(json.loads(json.dumps(stopped.save())))
    assert fresh.read(second) == stopped.read(second)


@pytest.mark.parametrize("row", ["one cell", "not a time,b,c,d", ","])
def test_rows_that_say_nothing_are_counted(row: str) -> None:
    """A row without a time or without cells is no row."""
    reader = ExchangeReader(CONTEXT)
    for line in HEAD:
        reader.read(line.removeprefix("\ufeff"))
    assert reader.read(row) is None


@given(st.lists(st.text(alphabet=st.sampled_from('ab,;"\n# \t:<>@'), max_size=40)))
def test_any_rows_are_read_without_an_error(lines: list[str]) -> None:
    """Content cannot make the reader fail."""
    reader = READERS["exchange"](CONTEXT)
    for line in [f"#Fields: {FIELDS}", *lines]:
        reader.read(line)
