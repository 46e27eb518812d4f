"""What is said to whom."""

from dataclasses import replace

import pytest
import samples
from samples import SAMPLES, make_analysis, make_diagnosis, make_recipient

from retour.model.analysis import Analysis
from retour.model.diagnosis import Diagnosis
from retour.model.document import AdminPart, SenderPart
from retour.model.reply import Reply
from retour.model.route import Route
from retour.rendering.document import build_document, build_reply_document
from retour.rendering.stations import system_of


def sender_of(analysis: Analysis, n: int = 0) -> SenderPart:
    """Return part 1 of one recipient."""
    part = build_document(analysis).recipients[n].sender
    assert part
    return part


def admin_of(analysis: Analysis, n: int = 0) -> AdminPart:
    """Return part 2 of one recipient."""
    part = build_document(analysis).recipients[n].admin
    assert part
    return part


def with_diagnosis(analysis: Analysis, **changes: object) -> Analysis:
    """Return an analysis whose first diagnosis is changed."""
    first = analysis.diagnoses[0]
    assert first
    changed: Diagnosis = replace(first, **changes)  # type: ignore[arg-type]
    return replace(analysis, diagnoses=(changed, *analysis.diagnoses[1:]))


def states_of(analysis: Analysis, n: int = 0) -> list[str]:
    """Return the states of the progress bar."""
    return [station.state for station in sender_of(analysis, n).stations]


def test_flagship_speaks_with_its_voice() -> None:
    """The four sentences of the flagship, word by word."""
    part = sender_of(samples.second_copy())
    said = " ".join((part.headline, *part.happened, *part.steps))
    assert said == (
        "sales@example.net probably has your message already. "
        "The mail server there refused a second copy of it at 10:00:09, because it took the copy "
        "for a mail going in circles. Nothing that we can see goes in circles. "
        "If you want to be sure, ask whether the message of 10:00 is there."
    )
    assert states_of(samples.second_copy()) == ["passed", "passed", "passed", "maybe"]


def test_twin_without_a_sign_is_careful() -> None:
    """May have arrived; ask in another way; if not, write a new mail."""
    part = sender_of(samples.second_copy_without_sign())
    assert part.headline == "sales@example.net may have your message already."
    assert part.happened[-1] == "We cannot tell for sure."
    assert "in another way" in part.steps[0]
    assert part.steps[-1].startswith("If it is not there, write a new message.")


def test_nothing_goes_in_circles_is_said_only_of_a_complete_chain() -> None:
    """A chain that was cut, or none at all, shows nothing."""
    for route in (Route((), complete=True), replace(samples.ROUTE, complete=False)):
        part = sender_of(replace(samples.second_copy(), route=route))
        assert not any("Nothing that we can see" in text for text in part.happened)


def test_duplicate_without_loop_claim_is_not_told_of_circles() -> None:
    """Where the reply says duplicate, circles are no topic."""
    analysis = with_diagnosis(samples.second_copy(), evidence=(), contradictions=())
    assert sender_of(analysis).happened == (
        "The mail server there refused a second copy of it at 10:00:09.",
    )


def test_true_loop_stops_between_the_systems() -> None:
    """The loop's station is a system on the way; repeated hosts and clock skew are marked."""
    analysis = samples.true_loop()
    assert states_of(analysis) == ["passed", "passed", "stopped", "ahead", "ahead"]
    details = build_document(analysis).recipients[0].details
    assert details
    assert [bool(hop.marks) for hop in details.hops] == [False, False, True, True, True]
    assert details.hops[3].delay == "clock 1 second behind"
    assert details.hops[-1].failed
    assert details.hops[-1].n == 0


@pytest.mark.parametrize(
    ("stopped_at", "outcome", "states"),
    [
        ("sender-system", "not-delivered", ["passed", "stopped", "ahead", "ahead"]),
        ("recipient-gateway", "not-delivered", ["passed", "passed", "stopped", "ahead"]),
        ("recipient-mailbox", "not-delivered", ["passed", "passed", "passed", "stopped"]),
        ("recipient-mailbox", "delayed", ["passed", "passed", "passed", "waiting"]),
        ("recipient-gateway", "unknown", ["passed", "passed", "stopped", "maybe"]),
        ("arrived", "delivered", ["passed", "passed", "passed", "passed"]),
        ("arrived", "probably-delivered", ["passed", "passed", "passed", "maybe"]),
        ("unknown", "not-delivered", ["passed", "maybe", "maybe", "maybe"]),
        ("unknown", "delivered", ["passed", "passed", "passed", "passed"]),
    ],
)
def test_progress_shows_how_far_it_truly_got(
    stopped_at: str, outcome: str, states: list[str]
) -> None:
    """The bar follows the station and the outcome, never the actor."""
    analysis = with_diagnosis(samples.user_unknown(), stopped_at=stopped_at, outcome=outcome)
    assert states_of(analysis) == states


def test_relays_are_one_station_a_system() -> None:
    """Hops inside one organisation are one stop; many relays are counted, not listed."""
    hops = [
        samples.make_hop(n, f"h{n}.relay{n}.example", f"in.relay{n}.example", n, 1.0)
        for n in range(2, 62)
    ]
    route = Route((samples.ROUTE.hops[0], *hops), complete=True)
    stations = sender_of(replace(samples.user_unknown(), route=route)).stations
    assert len(stations) == 7
    assert "58 more" in stations[4].label


def test_station_of_recipient_is_no_relay() -> None:
    """A hop taken by the recipient's own system belongs to the recipient's station."""
    hop = samples.make_hop(3, "edge.example.com", "mx2.example.net", 5, 1.0)
    route = Route((*samples.ROUTE.hops, hop), complete=True)
    stations = sender_of(replace(samples.user_unknown(), route=route)).stations
    assert [station.host for station in stations] == [
        "info@example.com",
        "edge.example.com",
        "mx.example.net",
        None,
    ]


@pytest.mark.parametrize(
    ("takers", "changes", "hosts", "states"),
    [
        pytest.param(
            ["mail.example.com", "localhost", "mail.example.com"],
            {},
            ["mail.example.com", "mx.example.net", None],
            ["passed", "stopped", "ahead"],
            id="a filter on the same server is no station",
        ),
        pytest.param(
            ["mail.example.com", "edge.example.org"],
            {"stopped_at": "sender-system", "rejected_by": None},
            ["edge.example.org", "mx.example.net", None],
            ["stopped", "ahead", "ahead"],
            id="what never left has no stations on the way",
        ),
        pytest.param(
            ["relay.example.com"],
            {"stopped_at": "in-transit", "rejected_by": "relay.example.com"},
            ["relay.example.com", "mx.example.net", None],
            ["stopped", "ahead", "ahead"],
            id="the first system refused it: it is drawn once",
        ),
        pytest.param(
            ["mail.example.com"],
            {"rejected_by": "example.net"},
            ["mail.example.com", None, None],
            ["passed", "stopped", "ahead"],
            id="a host that is the domain is not said twice",
        ),
    ],
)
def test_each_system_is_drawn_once(
    takers: list[str], changes: dict[str, str | None], hosts: list[str | None], states: list[str]
) -> None:
    """No host stands twice in the bar of a message that went in no circle."""
    hops = [samples.make_hop(n, "pc", taker, n, 1.0) for n, taker in enumerate(takers, 1)]
    analysis = replace(samples.user_unknown(), route=Route(tuple(hops), complete=True))
    stations = sender_of(with_diagnosis(analysis, **changes)).stations[1:]
    assert [station.host for station in stations] == hosts
    assert [station.state for station in stations] == states


def test_reporter_for_itself_is_not_drawn_as_the_other_side() -> None:
    """Where the reporter itself rejected, the host of the other side is unknown."""
    analysis = with_diagnosis(samples.mailbox_full_delay(), rejected_by="edge.example.com")
    hosts = [station.host for station in sender_of(analysis).stations]
    assert hosts[1:3] == ["edge.example.com", None]


@pytest.mark.parametrize(
    ("host", "system"),
    [
        ("mx1.mail.example.com", "example.com"),
        ("mx.example.co.uk", "example.co.uk"),
        ("mx.example.de", "example.de"),
        ("localhost", "localhost"),
        ("192.0.2.1", "192.0.2.1"),
        ("2001:db8::1", "2001:db8::1"),
    ],
)
def test_system_is_the_registered_part_of_a_host(host: str, system: str) -> None:
    """Two labels, three under a country's second level; addresses as they are."""
    assert system_of(host) == system


def test_delay_asks_for_nothing_and_says_until_when() -> None:
    """Nothing to do, until when the system still tries."""
    part = sender_of(samples.mailbox_full_delay())
    assert part.headline == "Your message to sales@example.net is delayed."
    assert part.happened[0] == "The mailbox of sales@example.net is full."
    assert part.steps[0].startswith("You need not do anything.")
    assert "10:00 on 5 March 2026" in part.steps[0]


def test_low_confidence_is_said_in_plain_words() -> None:
    """Below one half the cause is no headline; below four fifths there is a reservation."""
    guess = sender_of(with_diagnosis(samples.user_unknown(), confidence=0.4))
    assert guess.headline == "Your message to slaes@example.net was not delivered."
    assert "not a certain one" in guess.happened[0]
    likely = sender_of(with_diagnosis(samples.user_unknown(), confidence=0.7))
    assert likely.headline == "There is no mailbox for slaes@example.net."
    assert "most likely" in likely.happened[-1]


def test_admin_reads_code_meaning_and_runners_up() -> None:
    """The real code with the registry's words, who said it, how sure, what else."""
    part = admin_of(samples.user_unknown())
    rows = {row.label: row.value for row in part.code}
    assert rows["Status"] == "5.1.1: Bad destination mailbox address"
    assert rows["Reply code"].startswith("550: ")
    assert rows["Said by"] == "mx.example.net (the server that refused)"
    assert part.confidence == "Sure: 97 % for user-unknown. Next: mailbox-disabled 1 %."


def test_reporter_that_speaks_for_itself_is_no_remote() -> None:
    """RFC 3464 §2.3.5-6: without Remote-MTA the reporter gave the code."""
    recipient = make_recipient("a@example.net", Reply(550, "5.4.4", "5.4.4 no route"), remote=None)
    diagnosis = make_diagnosis("domain-not-found", "x", "x/y", rejected_by="edge.example.com")
    rows = {
        row.label: row.value for row in admin_of(make_analysis((recipient,), (diagnosis,))).code
    }
    assert rows["Said by"] == "edge.example.com (the reporting server)"


def test_evidence_against_is_named_as_such() -> None:
    """Every line says who, where, what for; what speaks against the cause says so."""
    part = admin_of(samples.second_copy())
    assert part.evidence[0].text.startswith("the hops in route: ")
    assert part.evidence[1].text.startswith("Against it: mx.example.net in delivery-status/1/")
    assert len(part.contradictions) == 2


def test_unverified_claim_is_never_a_step() -> None:
    """A new address and a page stand in the admin's part, as a claim."""
    analysis = samples.moved()
    part = sender_of(analysis)
    told = " ".join((part.headline, *part.happened, *part.steps))
    assert "new@example.org" not in told
    assert "evil" not in told
    claims = [row.value for row in admin_of(analysis).code if "not verified" in row.value]
    assert len(claims) == 2
    assert admin_of(analysis).link is None


def test_verified_new_address_is_a_step() -> None:
    """Where we know that the report is genuine, the sender is told the new address."""
    assert "new@example.org" in sender_of(samples.moved(verified=True)).steps[0]


def test_foreign_text_never_enters_a_command() -> None:
    """An address that a shell would read as more than a name is replaced by a word."""
    part = admin_of(samples.hostile())
    checks = " ".join((*part.causes, *(row.value for row in part.settings)))
    assert "reboot" not in checks
    assert "rm -rf" not in checks
    assert "exim -bt ADDRESS" in checks


def test_equal_fates_share_a_part() -> None:
    """Six recipients, four fates: four parts, counted in the note, the original told once."""
    document = build_document(samples.different_fates())
    assert [part.address for part in document.recipients] == [
        "ann@example.net and dee@example.net",
        "ben@example.net and eve@example.net",
        "cem@example.net",
        "list@example.net",
    ]
    assert document.note
    assert "6 recipients" in document.note
    assert "2 did not get it" in document.note
    originals = [part.details.original for part in document.recipients if part.details]
    assert [bool(rows) for rows in originals] == [True, False, False, False]


def test_many_recipients_are_named_briefly() -> None:
    """Forty equal fates are one part under a short heading."""
    reply = Reply(550, "5.1.1", "5.1.1 user unknown")
    recipients = tuple(make_recipient(f"u{n}@example.net", reply) for n in range(40))
    diagnosis = make_diagnosis("user-unknown", "user unknown", "x/y")
    document = build_document(make_analysis(recipients, (diagnosis,) * 40))
    assert [part.address for part in document.recipients] == [
        "u0@example.net, u1@example.net, u2@example.net and 37 more"
    ]
    assert document.recipients[0].sender
    assert (
        document.recipients[0].sender.headline == "There are no mailboxes for these 40 addresses."
    )


def test_audience_sees_its_parts_only() -> None:
    """Part 1 for the sender, 2 to 4 for the admin."""
    sender = build_document(samples.user_unknown(), audience="sender")
    assert sender.headers is None
    assert sender.recipients[0].admin is None
    assert sender.recipients[0].details is None
    admin = build_document(samples.user_unknown(), audience="admin")
    assert admin.headers
    assert admin.recipients[0].sender is None


def test_backscatter_says_you_did_not_send_this() -> None:
    """The cause stays for the admin; nobody has to act; no bar that shows a way never gone."""
    analysis = samples.backscatter()
    part = sender_of(analysis)
    assert part.headline == "You did not send this message."
    assert part.stations == ()
    rows = {row.label: row.value for row in admin_of(analysis).code}
    assert rows["Cause"] == "user-unknown"
    assert rows["Has to act"] == "nobody"


def test_auto_reply_gets_a_note_and_no_parts() -> None:
    """An absence note explains nothing and asks for nothing."""
    document = build_document(samples.auto_reply())
    assert document.recipients == ()
    assert document.note
    assert document.note.startswith("This is an automatic answer")


def test_success_is_confirmed() -> None:
    """Delivered: every station passed, no admin part, no failing row."""
    part = build_document(samples.success()).recipients[0]
    assert part.sender
    assert part.sender.outcome == "Your message arrived."
    assert {station.state for station in part.sender.stations} == {"passed"}
    assert part.admin is None
    assert part.details
    assert not any(hop.failed for hop in part.details.hops)


def test_failure_without_recipients_says_so() -> None:
    """A notice that names nobody still gets a document."""
    document = build_document(make_analysis((), ()))
    assert document.note == "The notice does not name a recipient."
    assert document.recipients[0].details


def test_reply_alone_has_parts_one_and_two() -> None:
    """`retour code` prints a document, too: no stations, no details, no headers."""
    document = build_reply_document(samples.reply_answer())
    part = document.recipients[0]
    assert part.sender
    assert part.sender.stations == ()
    assert part.admin
    assert part.details is None
    assert document.headers is None


@pytest.mark.parametrize("name", SAMPLES)
@pytest.mark.parametrize("audience", ["sender", "admin", "all"])
def test_document_has_no_empty_label_and_no_hole(name: str, audience: str) -> None:
    """Whatever the case: every label is said, every row has a value."""
    document = build_document(SAMPLES[name](), audience=audience)  # type: ignore[arg-type]
    assert document.title
    for part in document.recipients:
        rows = [*(part.admin.code if part.admin else ())]
        if part.details:
            rows += [*part.details.original, *part.details.error]
        assert all(row.label and row.value for row in rows)
