"""What every database has to do alike; each test runs on SQLite and on PostgreSQL."""

import random
from dataclasses import replace

import pytest
from postfixlike import DAY, SECOND, T0, message

from retour.model.story import Copy, Query
from retour.model.trail import Arrival, End, HandOver, Link, Observation, Refusal, Remark
from retour.store import Store, StoreError, open_store
from retour.store.keeping import Ages


def ids(found: list[Copy]) -> list[str | None]:
    """Return queue ids of what was found."""
    return [copy.queue_id for copy in found]


def everything(store: Store) -> list[Copy]:
    """Return all copies with all that hangs on them, oldest first."""
    found = store.find(Query(limit=10_000))
    return [store.read_named(str(copy.copy_id)) and copy for copy in reversed(found)]  # type: ignore[misc]


def test_what_the_lines_say_comes_back_as_one_copy(store: Store) -> None:
    """Arrival, hand-over and end of one queue id are one row, with every word kept."""
    lines = list(message("4F1", subject="Quarterly report", next_queue_id="9A2"))
    store.write(lines)
    [copy] = store.find(Query())
    assert (copy.system, copy.queue_id) == ("mx.example.com", "4F1")
    assert (copy.first_us, copy.last_us) == (T0, T0 + 3 * SECOND + 500)
    assert copy.ended_us == T0 + 3 * SECOND + 500
    assert copy.message_id == "<4F1@example.com>"
    assert copy.mail_from == "ann@example.com"
    assert (copy.peer_name, copy.peer_address) == ("c.example", "192.0.2.7")
    assert (copy.size_bytes, copy.recipient_count) == (1234, 1)
    assert copy.subject == "Quarterly report"
    assert copy.recipients == ("bob@example.net",)
    assert list(copy.hand_overs) == [line for line in lines if isinstance(line, HandOver)]


def test_every_kind_of_observation_comes_back_as_it_went_in(store: Store) -> None:
    """Nothing of a hand-over, a link or a refusal is lost or changed."""
    hand_over = HandOver(
        T0 + 5, "mx", "AA", "b@x.example", "list@x.example", "deferred", "mx.x.example",
        "2001:db8::1", "4.2.0", "450 4.2.0 later", "TLSv1.2", 7, 3, "N1",
    )  # fmt: skip
    refusal = Refusal(
        T0, "mx", None, "p.example", "192.0.2.1", "helo.example", "s@x.example", "r@y.example",
        "rcpt", "554 5.7.1 no", "5.7.1", None,
    )  # fmt: skip
    link = Link(T0 + 6, "mx", "AA", "BB", "failure-report")
    remark = Remark(T0 + 7, "mx", "AA", "client-left-before-reply", "end-of-data")
    store.write([Arrival(T0, "mx", "AA", mail_from=""), hand_over, link, refusal, remark, remark])
    story = store.read_named("AA")
    assert story is not None
    assert story.copies[0].remarks == (remark,)
    found = {copy.queue_id: copy for copy in store.find(Query())}
    assert found["AA"].hand_overs == (hand_over,)
    assert found["AA"].links == (link,)
    assert found["AA"].mail_from == ""
    assert found[None].refusals == (refusal,)


def test_applying_the_same_lines_again_changes_nothing(store: Store) -> None:
    """A log that is read twice, whole or in part, gives the rows of once."""
    lines = [line for n in range(30) for line in message(f"A{n}", T0 + n * SECOND)]
    lines.append(Refusal(T0, "mx.example.com", None, "p.example", reply="554 5.7.1 no"))
    store.write(lines)
    once = everything(store)
    store.write(lines)
    store.write(lines[40:90])
    assert everything(store) == once


@pytest.mark.parametrize("seed", range(6))
def test_rows_do_not_depend_on_the_order_of_lines_nor_on_batches(store: Store, seed: int) -> None:
    """Shuffled lines in batches of any size join to the same copies."""
    lines: list[Observation] = []
    for n in range(20):
        lines += message(f"Q{n}", T0 + n * SECOND, subject=f"number {n}", next_queue_id=f"Z{n}")
    store.write(lines)
    expected = [replace(copy, copy_id=0) for copy in everything(store)]
    store.forget("nobody@example.com")
    store.delete_old(T0 + 400 * DAY, Ages())
    assert store.find(Query()) == []
    shuffled = list(lines)
    chance = random.Random(seed)
    chance.shuffle(shuffled)
    while shuffled:
        size = chance.randint(1, 25)
        store.write(shuffled[:size])
        del shuffled[:size]
    assert [replace(copy, copy_id=0) for copy in everything(store)] == expected
    assert ids(store.find(Query(subject="number 7"))) == ["Q7"]


def test_a_queue_id_that_comes_back_is_another_copy(store: Store) -> None:
    """The line that ends a copy, silence, another Message-ID: each parts two copies of one name."""
    store.write(message("77", T0, message_id="<one@x>"))
    store.write(message("77", T0 + 600 * SECOND, message_id="<two@x>", ended=False))
    store.write(message("77", T0 + 30 * DAY, message_id="<three@x>", ended=False))
    store.write(message("77", T0 + 60 * DAY, message_id="<three@x>", ended=False))
    found = store.find(Query(queue_id="77"))
    assert [copy.message_id for copy in found] == ["<three@x>", "<three@x>", "<two@x>", "<one@x>"]
    # An older file that is read last finds its own copy.
    store.write([End(T0 + 604 * SECOND, "mx.example.com", "77")])
    assert [c.ended_us for c in store.find(Query(queue_id="77", message_id="<two"))] == [
        T0 + 604 * SECOND
    ]


def test_hosts_that_share_a_name_share_no_copy(store: Store) -> None:
    """The next system of the same name takes the message under its own queue id."""
    store.write(message("A1", system="mx", message_id="<m@x>", next_queue_id="B1"))
    store.write(message("B1", T0 + 3 * SECOND, system="mx", message_id="<m@x>"))
    assert ids(store.find(Query())) == ["B1", "A1"]
    assert list(store.list_repeated()) == []


def test_many_copies_of_one_moment_are_kept_apart(store: Store) -> None:
    """Traditional stamps put thousands of copies into one second."""
    lines = [Arrival(T0, "mx", f"{n:05X}", mail_from="a@b.example") for n in range(3000)]
    store.write(lines[:1500])
    store.write(lines[1000:])
    assert len(store.find(Query(limit=5000))) == 3000


def test_position_and_lines_are_written_together(store_url: str) -> None:
    """What fails leaves neither rows nor position; what succeeds leaves both."""
    with open_store(store_url) as store:
        store.write(message("A1"), {"log": {"inode": 7, "offset": 100}})
        with pytest.raises(Exception, match="JSON"):
            store.write(message("A2"), {"log": object()})
    with open_store(store_url) as store:
        assert store.read_position("log") == {"inode": 7, "offset": 100}
        assert store.read_position("other") is None
        assert ids(store.find(Query())) == ["A1"]
        store.write([], {"log": [1], "other": None})
        assert store.read_position("log") == [1]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        (Query(from_="carol@example.org"), "A"),
        (Query(from_="CAROL@Example.org"), "A"),
        (Query(from_="<carol@example.org>"), "A"),
        (Query(from_="brown"), "B"),
        (Query(from_="dan.bro"), "B"),
        (Query(from_="rown"), ""),
        (Query(from_="*rown"), "B"),
        (Query(from_="@example.org"), "BA"),
        (Query(from_=""), "C"),
        (Query(to="eve@example.net"), "A"),
        (Query(to="example"), "DCBA"),
        (Query(to="team@lists.example"), "D"),
        (Query(to="100%"), ""),
        (Query(subject="report"), "BA"),
        (Query(subject="REP quart"), "A"),
        (Query(subject="report quart"), "A"),
        (Query(subject="repor"), "BA"),
        (Query(subject="resume"), "C"),
        (Query(subject="Ünïcode"), "C"),
        (Query(subject="請求"), "D"),
        (Query(subject="missing report"), ""),
        (Query(subject='" OR 1=1 --'), ""),
        (Query(message_id="<a.1@x.example>"), "A"),
        (Query(message_id="a.1@x.example"), "A"),
        (Query(message_id="<b"), "B"),
        (Query(message_id="*x.example"), "DCBA"),
        (Query(message_id="%"), ""),
        (Query(queue_id="A"), "A"),
        (Query(queue_id="a"), ""),
        (Query(peer="192.0.2"), "DCBA"),
        (Query(peer="c.exam"), "DCBA"),
        (Query(peer="203.0"), ""),
        (Query(status="deferred"), "B"),
        (Query(status="relayed"), "DCA"),
        (Query(status="2.0"), "DCBA"),
        (Query(status="5."), ""),
        (Query(since_us=T0 + 1 * DAY), "DCB"),
        (Query(until_us=T0 + 1 * DAY), "BA"),
        (Query(since_us=T0 + 1, until_us=T0 + 2 * DAY - 1), "B"),
        (Query(from_="example.org", to="fay", subject="report"), "B"),
        (Query(from_="carol", to="fay"), ""),
        (Query(subject="report", since_us=T0 + DAY), "B"),
        (Query(limit=2), "DC"),
    ],
)
def test_find_takes_each_part_and_any_mix(store: Store, query: Query, expected: str) -> None:
    """Each field finds what its part says, newest first, and all that are given have to hold."""
    store.write(
        [
            *message("A", message_id="<a.1@x.example>", sender="Carol@example.org",
                     recipients=("eve@example.net",), subject="Quarterly report"),
            *message("B", T0 + DAY, message_id="<b.2@x.example>", sender="dan.brown@example.org",
                     recipients=("fay@example.net",), subject="Re: report", outcome="deferred"),
            *message("C", T0 + 2 * DAY, message_id="<c.3@x.example>", sender="",
                     recipients=("gus@example.net",), subject="Résumé, ünïcode"),
            *message("D", T0 + 3 * DAY, message_id="<d.4@x.example>", sender="h@other.example",
                     recipients=("team@lists.example",), subject="ご請求書"),
        ]
    )  # fmt: skip
    assert "".join(name or "?" for name in ids(store.find(query))) == expected


def test_pages_follow_each_other_without_gap_or_overlap(store: Store) -> None:
    """Each page begins behind the last copy of the one before, also where others come meanwhile."""
    for n in range(25):
        store.write(message(f"P{n:02}", T0 + n * SECOND, recipients=("b@x.example", "c@x.example")))
    query = Query(to="x.example", limit=10)
    found: list[str | None] = []
    while page := store.find(query):
        found += ids(page)
        query = replace(query, before=page[-1].copy_id)
        store.write(message("NEW", T0 + 900 * SECOND))
    assert found == [f"P{n:02}" for n in reversed(range(25))]


def test_a_story_holds_what_led_to_a_copy_and_what_came_of_it(store: Store) -> None:
    """From any of its names the whole way of a message is found: hops, forwards, reports."""
    store.write(message("A1", system="out", message_id="<m@x>", next_queue_id="B1"))
    store.write(message("B1", T0 + 3 * SECOND, system="in", message_id="<m@x>", outcome="failed"))
    store.write([Link(T0 + 6 * SECOND, "in", "B1", "B2", "failure-report")])
    store.write(message("B2", T0 + 6 * SECOND, system="in", message_id="<r@in>", sender=""))
    store.write(message("B1", T0 + 20 * DAY, system="in", message_id="<other@x>"))
    for name in ("<m@x>", "m@x", "A1"):
        story = store.read_named(name)
        assert story is not None
        assert ids(list(story.copies)) == ["A1", "B1", "B2"]
        assert [c.queue_id for c in story.copies if c.copy_id in story.report_copies] == ["B2"]
    newest = store.read_named("B1")
    assert newest is not None
    assert [copy.message_id for copy in newest.copies] == ["<other@x>"]
    assert store.read_named("nothing") is None


def test_what_a_system_gave_up_is_found_as_expired(store: Store) -> None:
    """Whether its log says so of each recipient, or of all that were left."""
    store.write(message("A1", outcome="expired"))
    store.write(message("A2", T0 + SECOND, outcome="deferred", ended=False))
    store.write(message("A3", T0 + 2 * SECOND, outcome="deferred", ended=False))
    store.write([End(T0 + DAY, "mx.example.com", "A2", given_up=True)])
    store.write([End(T0 + DAY + 5 * SECOND, "mx.example.com", "A2")])
    assert ids(store.find(Query(status="expired"))) == ["A2", "A1"]
    assert ids(store.find(Query(status="expired", until_us=T0))) == ["A1"]
    story = store.read_named("A2")
    assert story is not None
    [copy] = story.copies
    assert (copy.given_up_us, copy.ended_us) == (T0 + DAY, T0 + DAY + 5 * SECOND)


def test_a_log_can_name_the_message_that_a_report_is_about(store: Store) -> None:
    """Exchange's DSN events say it; the report stands in the original's story."""
    store.write(message("A1"))
    store.write([Arrival(T0 + SECOND, "ex", "R1", "<r@ex>", report_about="<A1@example.com>")])
    story = store.read_named("A1")
    assert story is not None
    assert [c.queue_id for c in story.copies if c.copy_id in story.report_copies] == ["R1"]


def test_messages_that_one_system_took_twice_are_listed(store: Store) -> None:
    """A message on its way through two systems is none of them; a content filter's copy neither."""
    store.write(message("A1", system="out", message_id="<way@x>", next_queue_id="B1"))
    store.write(message("B1", T0 + 3 * SECOND, system="in", message_id="<way@x>"))
    store.write(message("C1", system="in", message_id="<twice@x>"))
    store.write(message("C2", T0 + 9 * SECOND, system="in", message_id="<twice@x>"))
    store.write(message("D1", system="in", message_id="<filter@x>", next_queue_id="D2"))
    store.write(message("D2", T0 + 3 * SECOND, system="in", message_id="<filter@x>"))
    store.write(message("E1", system="out", message_id="<both@x>", next_queue_id="F1"))
    store.write(message("F1", T0 + 2 * SECOND, system="in", message_id="<both@x>"))
    store.write(message("E2", T0 + 3 * SECOND, system="out", message_id="<both@x>"))
    store.write(message("F2", T0 + 4 * SECOND, system="in", message_id="<both@x>"))
    found = [ids(list(story.copies)) for story in store.list_repeated()]
    assert found == [["C1", "C2"], ["E1", "F1", "E2", "F2"]]
    assert list(store.list_repeated(T0 + DAY)) == []
    before = store.list_repeated(0, T0 + 8 * SECOND)
    assert [ids(list(story.copies)) for story in before] == [["E1", "F1", "E2", "F2"]]


_MAIL = b"""Return-Path: <ann@example.com>
Received: from c.example (c.example [192.0.2.7])
\tby mx.example.com (Postfix) with ESMTPS id 4F1
\tfor <bob@example.net>; Sun, 1 Mar 2026 09:00:00 +0000
From: Ann <ann@work.example>
To: bob@example.net
Message-ID: <4F1@example.com>
Subject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=
Date: Sun, 1 Mar 2026 08:59:58 +0000

Hello
"""


@pytest.mark.parametrize("mail_first", [True, False])
def test_a_stored_mail_joins_the_copy_that_the_log_knows(store: Store, mail_first: bool) -> None:
    """The top Received line's host and id name the copy, whichever came first."""
    if mail_first:
        store.add_mail(_MAIL, "a.eml", keep_body=True)
    store.write(message("4F1", T0 + 153_000, system="mx"))
    number = store.add_mail(_MAIL, "a.eml", keep_body=True)
    [copy] = store.find(Query(subject="grusse"))
    assert copy.copy_id == number
    assert len(copy.hand_overs) == 1
    assert ids(store.find(Query(from_="ann@work.example"))) == ["4F1"]
    story = store.read_named("4F1")
    assert story is not None
    [whole] = story.copies
    assert whole.header_block is not None
    assert whole.header_block.startswith(b"Return-Path")
    assert whole.has_body
    assert store.read_raw(number) == _MAIL


def test_a_body_that_is_not_wanted_is_not_kept(store: Store) -> None:
    """Only its hash is; the mail cannot be given back."""
    number = store.add_mail(_MAIL, "a.eml")
    story = store.read_named(str(number))
    assert story is not None
    assert story.copies[0].body_sha256 == (
        "66a045b452102c59d840ec097d59d9467e13a3f34f6494e539ffd32c1bb35f18"
    )
    assert store.read_raw(number) is None


_REPORT = b"""Return-Path: <>
Received: by mx.example.com (Postfix) id 5B2; Sun, 1 Mar 2026 09:00:09 +0000
From: MAILER-DAEMON@mx.example.com
To: ann@example.com
Message-ID: <r@mx.example.com>
Subject: Undelivered Mail Returned to Sender
Content-Type: multipart/report; report-type=delivery-status; boundary=b
MIME-Version: 1.0

--b
Content-Type: text/plain

<bob@example.net>: host mx.example.net said: 550 5.1.1 user unknown
--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example.com
X-Postfix-Queue-ID: 4F1

Final-Recipient: rfc822; bob@example.net
Action: failed
Status: 5.1.1
Remote-MTA: dns; mx.example.net
Diagnostic-Code: smtp; 550 5.1.1 user unknown
--b
Content-Type: text/rfc822-headers

From: ann@example.com
Message-ID: <4F1@example.com>
Subject: hello
--b--
"""


def test_a_report_is_joined_to_its_original(store: Store) -> None:
    """By the original's Message-ID; what it claims stands in the original's story."""
    store.write(message("4F1"))
    store.add_mail(_REPORT, "bounce.eml")
    story = store.read_named("<4F1@example.com>")
    assert story is not None
    [claim] = story.claims
    assert (claim.recipient, claim.action, claim.status) == ("bob@example.net", "failed", "5.1.1")
    assert (claim.cause, claim.outcome) == ("user-unknown", "not-delivered")
    assert claim.original_queue_id == "4F1"
    assert ids(list(story.copies)) == ["4F1", "5B2"]
    store.add_mail(_REPORT, "again.eml")
    assert store.read_claims_about("<4F1@example.com>") == [claim]


def test_retention_takes_copies_headers_and_bodies_at_their_own_age(store: Store) -> None:
    """What is older than each may be goes, and nothing else."""
    old = _MAIL.replace(b"1 Mar 2026", b"1 Feb 2026").replace(b"4F1", b"OLD")
    new = _MAIL.replace(b"1 Mar 2026", b"10 Apr 2026").replace(b"4F1", b"NEW")
    for raw in (old, _MAIL, new):
        store.add_mail(raw, "x", keep_body=True)
    removed = store.delete_old(T0 + 60 * DAY, Ages(summaries=80, headers=30, bodies=5))
    assert (removed.headers, removed.bodies) == (1, 2)
    found = store.find(Query(subject="grusse"))
    assert ids(found) == ["NEW", "4F1"]
    blocks = [
        (story.copies[0].header_block is not None, story.copies[0].has_body)
        for copy in found
        if (story := store.read_named(str(copy.copy_id)))
    ]
    assert blocks == [(True, False), (False, False)]
    store.delete_old(T0 + 60 * DAY, Ages(summaries=0, headers=0, bodies=0))
    assert store.find(Query()) == []
    assert store.find(Query(to="bob@example.net")) == []
    store.write(message("4F1"))
    assert ids(store.find(Query(to="bob@example.net"))) == ["4F1"]


def test_a_person_can_be_shown_what_is_kept_and_be_forgotten(store: Store) -> None:
    """Address, wrapped address, subject, header and replies that name it go; the others' stay."""
    store.write(message("A1", sender="bounce+bob=example.net@list.example", subject="secret plan"))
    store.write(message("A2", T0 + 1, recipients=("bob@example.net", "eve@example.net")))
    store.write(message("A3", T0 + 2, recipients=("bobby@example.net",), subject="open plan"))
    store.write(
        [HandOver(T0 + 9, "mx.example.com", "A2", "bob@example.net", None, "failed", None, None,
                  None, "550 <BOB@example.net>: unknown")]
    )  # fmt: skip
    store.add_mail(_MAIL, "x", keep_body=True)
    listed = ids(list(store.list_of_person("Bob@example.net")))
    assert sorted(listed, key=str) == ["4F1", "A1", "A2"]
    assert store.forget("bob@example.net") == 3
    assert list(store.list_of_person("bob@example.net")) == []
    assert ids(store.find(Query(subject="plan"))) == ["A3"]
    assert ids(store.find(Query(to="eve@example.net"))) == ["A2"]
    told = repr([store.read_named(str(copy.copy_id)) for copy in store.find(Query())])
    assert "bob@" not in told.lower()
    assert "bob=" not in told.lower()
    assert "secret" not in told
    store.write(message("A4", T0 + 3))
    assert ids(store.find(Query(to="bob@example.net"))) == ["A4"]


def test_subjects_can_be_left_out(store_url: str) -> None:
    """Neither kept nor found, from logs and from mails."""
    with open_store(store_url, with_subjects=False) as store:
        store.write(message("A1", subject="secret"))
        store.add_mail(_MAIL, "x")
        assert [copy.subject for copy in store.find(Query())] == [None, None]
        assert store.find(Query(subject="secret")) == []


_NASTY = (
    "'; DROP TABLE copies; --",
    '" OR ""="',
    "NUL \0 inside",
    "bell \x07 and escape \x1b[2J",
    "half \ud800 a pair",
    "%_\\",
    "x" * 1_000_000,
    "ü" * 3000,
)


@pytest.mark.parametrize("nasty", _NASTY, ids=lambda text: ascii(text[:24]))
def test_hostile_text_is_kept_as_text(store: Store, nasty: str) -> None:
    """In every field of every observation: nothing fails, and nothing else is changed."""
    store.write(message("GOOD"))
    store.write(
        [
            Arrival(T0, nasty, nasty, nasty, nasty, nasty, nasty, nasty, nasty, nasty, 1, 1, nasty),
            HandOver(T0, nasty, nasty, nasty, nasty, "failed", nasty, nasty, nasty, nasty, nasty,
                     1, 1, nasty),
            Link(T0, nasty, nasty, nasty, "forwarded"),
            Refusal(T0, nasty, None, nasty, nasty, nasty, nasty, nasty, None, nasty, nasty, nasty),
            End(T0, nasty, nasty),
            Arrival(T0, nasty, nasty, report_about=nasty),
        ],
        {nasty: nasty},
    )  # fmt: skip
    assert len(store.find(Query())) == 3
    assert store.read_position(nasty) is not None
    for query in (
        Query(from_=nasty), Query(to=nasty), Query(subject=nasty), Query(message_id=nasty),
        Query(peer=nasty), Query(queue_id=nasty), Query(status=nasty),
    ):  # fmt: skip
        store.find(query)
    assert store.read_named(nasty) is not None
    assert list(store.list_of_person("bob@example.net"))
    store.forget(nasty)
    assert ids(store.find(Query(to="bob@example.net"))) == ["GOOD"]


def test_a_copy_for_very_many_recipients_is_kept_whole_and_read_in_part(store: Store) -> None:
    """A list's copy costs what its recipients cost, once; reading it back is bounded."""
    many = tuple(f"member{n}@example.net" for n in range(30_000))
    store.write([Arrival(T0, "mx", "L1", "<l@x>", "list@x.example", recipients=many)])
    assert ids(store.find(Query(to="member29999@example.net"))) == ["L1"]
    assert ids(store.find(Query(to="example.net"))) == ["L1"]
    story = store.read_named("L1")
    assert story is not None
    assert 0 < len(story.copies[0].recipients) <= 20_000


def test_impossible_times_do_no_harm(store: Store) -> None:
    """A stamp before 1970 or behind the calendar is a stamp like others."""
    store.write([Arrival(-5, "mx", "EARLY"), Arrival(2**60, "mx", "LATE")])
    assert ids(store.find(Query())) == ["LATE", "EARLY"]


def test_two_processes_write_to_one_trail(store_url: str) -> None:
    """Numbers that one remembers stay right after the other has taken them out of use."""
    with open_store(store_url) as one, open_store(store_url) as other:
        one.write(message("A1"))
        other.write(message("A2", T0 + 1))
        other.forget("bob@example.net")
        one.write(message("A3", T0 + 2))
        assert ids(one.find(Query(to="bob@example.net"))) == ["A3"]
        other.delete_old(T0 + 500 * DAY, Ages())
        one.write(message("A4", T0 + 3))
        assert ids(one.find(Query(to="bob@example.net"))) == ["A4"]


def test_what_cannot_be_used_is_one_sentence(store_url: str) -> None:
    """A newer database, one that is not there, a wrong URL."""
    with open_store(store_url) as store, store._writing() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    dead = "postgresql://nobody@127.0.0.1:1/none"
    for url, expected in (
        (store_url, "written by a newer Retour"),
        (dead, "cannot be used: "),
        ("mysql://x/y", "there are sqlite and postgresql"),
        ("/proc/none/trail.sqlite3", "cannot be"),
    ):
        with pytest.raises(StoreError) as caught:
            open_store(url)
        assert expected in str(caught.value)
        assert "\n" not in str(caught.value)
