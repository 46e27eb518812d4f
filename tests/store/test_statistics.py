"""Numbers over the trail: what each database has to count alike."""

from dataclasses import replace

import pytest
from postfixlike import DAY, SECOND, T0, message

from retour.model.statistics import Statistics
from retour.model.story import Query
from retour.model.trail import Arrival, End, HandOver, Observation
from retour.service.statistics import count
from retour.store import Store
from retour.store.keeping import Ages

HOUR = 3600 * SECOND
FULL = "452 4.2.2 mailbox full"
UNKNOWN = "550 5.1.1 user unknown"


def attempt(
    name: str,
    outcome: str,
    reply: str,
    at: int = T0,
    to: str = "bob@example.net",
    took: int | None = 300,
) -> list[Observation]:
    """Return an arrival and one hand-over of it."""
    return [
        Arrival(at, "mx", name, f"<{name}@example.com>", "ann@example.com"),
        HandOver(
            at + SECOND, "mx", name, to, None, outcome, "mx.example.net", "192.0.2.9",  # type: ignore[arg-type]
            reply[4:9], reply, None, 900, took,
        ),
    ]  # fmt: skip


def read(store: Store) -> Statistics:
    """Count what is left, and read the numbers around the tests' time."""
    assert count(store)
    return store.read_statistics(T0 - HOUR, T0 + 2 * DAY)


def test_failures_are_counted_by_cause_actor_domain_and_recipient(store: Store) -> None:
    """A reply that many mails got stands for its cause, under each heading the same total."""
    store.write(attempt("A1", "failed", UNKNOWN) + attempt("A2", "failed", UNKNOWN))
    store.write(attempt("A3", "expired", FULL, to="eve@Other.example"))
    store.write(message("A4"))
    numbers = read(store)
    assert numbers.causes == (("user-unknown", 2), ("mailbox-full", 1))
    assert numbers.domains == (("example.net", 2), ("other.example", 1))
    assert sum(number for _, number in numbers.actors) == numbers.failed == 3
    assert dict(numbers.recipients)["bob@example.net"] == 2
    assert numbers.copies == 4
    assert sum(sum(n for _, n in span.failed) for span in numbers.course) == 3


def test_applying_lines_again_and_counting_again_changes_no_number(store: Store) -> None:
    """A log that is read twice is counted once."""
    lines = attempt("A1", "failed", UNKNOWN) + attempt("A2", "deferred", FULL)
    store.write(lines)
    once = read(store)
    store.write(lines)
    assert read(store) == once


def test_who_waits_is_counted_until_it_is_known_how_it_ended(store: Store) -> None:
    """Deferred counts as waiting; delivered later it is no trouble, given up it has failed."""
    for name in ("A1", "A2", "A3"):
        store.write(attempt(name, "deferred", FULL))
    assert read(store).waiting == (("mailbox-full", 3),)
    later = T0 + 5 * HOUR
    store.write(attempt("A1", "relayed", "250 2.0.0 ok", later)[1:])
    store.write([End(later, "mx", "A2", given_up=True)])
    numbers = read(store)
    assert numbers.waiting == (("mailbox-full", 1),)
    assert numbers.causes == (("mailbox-full", 1),)


@pytest.mark.parametrize(
    ("asked", "names"),
    [
        (Query(cause="user-unknown"), {"A1", "A2"}),
        (Query(failed_to="other.example"), {"A3"}),
        (Query(failed_to="bob@example.net"), {"A1", "A2"}),
        (Query(trouble="waiting"), {"A4"}),
        (Query(trouble="failed"), {"A1", "A2", "A3"}),
        (Query(cause="mailbox-full", from_="ann@example.com"), {"A3"}),
        (Query(trouble="backscatter"), set()),
    ],
)
def test_every_number_leads_to_its_mails(store: Store, asked: Query, names: set[str]) -> None:
    """What a number counts is what a search by it finds."""
    store.write(attempt("A1", "failed", UNKNOWN) + attempt("A2", "failed", UNKNOWN))
    store.write(attempt("A3", "failed", FULL, to="eve@Other.example"))
    store.write(attempt("A4", "deferred", FULL))
    read(store)
    assert {copy.queue_id for copy in store.find(asked)} == names


def test_checks_before_the_queue_are_counted_in_steps(store: Store) -> None:
    """Each hand-over stands in the first step that is not shorter than its checks."""
    for n, took in enumerate((20, 100, 101, 400_000)):
        store.write(attempt(f"A{n}", "relayed", "250 2.0.0 ok", took=took))
    found = dict(read(store).checks)
    assert (found["100"], found["500"], found["more"], found["1000"]) == (2, 1, 1, 0)


@pytest.mark.parametrize(
    ("over", "most", "names"),
    [
        (None, 100, {"A20", "A100"}),
        (100, 500, {"A101"}),
        (0, 20, {"A20"}),
        (1_000, 5_000, {"A1001"}),
        (500, 1_000, set()),
        (300_000, None, {"A400000"}),
        (1_000, None, {"A1001", "A400000"}),
        (None, 1_001, {"A20", "A100", "A101", "A1001"}),
    ],
)
def test_the_time_of_checks_leads_to_its_mails(
    store: Store, over: int | None, most: int | None, names: set[str]
) -> None:
    """Steps that an index serves, and others; what nobody measured is in none."""
    for took in (20, 100, 101, 1_001, 400_000):
        store.write(attempt(f"A{took}", "relayed", "250 2.0.0 ok", took=took))
    store.write(attempt("B", "relayed", "250 2.0.0 ok", took=None))
    asked = Query(check_over_ms=over, check_max_ms=most)
    assert {copy.queue_id for copy in store.find(asked)} == names
    asked = replace(asked, from_="ann@example.com", since_us=T0, until_us=T0 + HOUR)
    assert {copy.queue_id for copy in store.find(asked)} == names


def test_a_message_that_was_taken_again_is_counted_by_its_verdict(store: Store) -> None:
    """Two arrivals of one Message-ID at one system are one repetition."""
    first = Arrival(T0, "mx", "A1", "<same@example.com>", "ann@example.com", "p", "192.0.2.1")
    store.write([first, first._replace(at_us=T0 + SECOND, queue_id="A2")])
    assert sum(number for _, number in read(store).verdicts) == 1


def _report(message_id: str, n: int) -> bytes:
    return f"""Return-Path: <>
Received: from mx.example.net by mx.example.com with ESMTP id R{n};
 Fri, 25 Sep 2026 10:{n // 60:02}:{n % 60:02} +0000
From: MAILER-DAEMON@mx.example.net
To: ann@example.com
Subject: Undelivered Mail Returned to Sender
Message-ID: <r{n}@mx.example.net>
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary=b

--b
Content-Type: text/plain

It came back.
--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example.net

Final-Recipient: rfc822; bob@example.net
Action: failed
Status: 5.1.1
Diagnostic-Code: smtp; 550 5.1.1 user unknown

--b
Content-Type: text/rfc822-headers

Message-ID: {message_id}
From: ann@example.com

--b--
""".encode()


def test_reports_about_unknown_mails_are_backscatter_and_make_a_wave(store: Store) -> None:
    """They are no failures of ours; many within an hour stand out."""
    for n in range(12):
        store.add_mail(_report(f"<never{n}@example.com>", n), "reports")
    assert count(store)
    [copy, *_] = store.find(Query(trouble="backscatter"))
    numbers = store.read_statistics(copy.first_us - DAY, copy.first_us + DAY)
    assert (numbers.failed, numbers.backscatter) == (0, 12)
    [wave] = numbers.waves
    assert (wave.reports, wave.until_us - wave.since_us) == (12, HOUR)


def test_a_report_is_counted_anew_when_the_logs_of_its_mail_come_late(store: Store) -> None:
    """What looked like backscatter is a failure of ours, once the mail is known."""
    store.add_mail(_report("<A1@example.com>", 1), "reports")
    assert count(store)
    [report] = store.find(Query(trouble="backscatter"))
    store.write(message("A1", report.first_us - 2 * HOUR))
    assert count(store)
    numbers = store.read_statistics(report.first_us - DAY, report.first_us + DAY)
    assert (numbers.failed, numbers.backscatter) == (1, 0)
    assert not store.list_uncounted(1)


def test_a_failure_that_a_log_and_a_report_tell_is_counted_once(store: Store) -> None:
    """The report about a hand-over that failed adds nothing."""
    store.write(attempt("A1", "failed", UNKNOWN))
    store.add_mail(_report("<A1@example.com>", 1), "reports")
    assert count(store)
    numbers = store.read_statistics(0, T0 + 10 * 365 * DAY)
    assert numbers.causes == (("user-unknown", 1),)
    assert numbers.backscatter == 0


def test_deleted_mails_take_their_numbers_along(store: Store) -> None:
    """After retention nothing is counted that is not there."""
    store.write(attempt("A1", "failed", UNKNOWN))
    assert read(store).failed == 1
    store.delete_old(T0 + 100 * DAY, Ages())
    numbers = read(store)
    assert (numbers.failed, numbers.copies, numbers.attempts) == (0, 0, ())


def test_who_was_forgotten_is_named_by_no_number(store: Store) -> None:
    """The failures stay, the address goes."""
    store.write(attempt("A1", "failed", UNKNOWN))
    read(store)
    store.forget("bob@example.net")
    numbers = read(store)
    [(name, number)] = numbers.recipients
    assert "bob" not in name
    assert number == 1


def test_an_hour_that_is_written_to_while_it_is_counted_is_counted_again(store: Store) -> None:
    """A mark that came after the hour was listed outlives the counting."""
    store.write(attempt("A1", "failed", UNKNOWN))
    [marked] = store.list_uncounted()
    store.write(attempt("A2", "failed", UNKNOWN))
    store.count_hour(marked, {})
    [again] = store.list_uncounted()
    assert again.times == 2
    assert read(store).failed == 2
