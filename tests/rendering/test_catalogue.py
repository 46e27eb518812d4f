"""The catalogues: complete, fillable, and fit for those who read them."""

import re
from collections.abc import Iterator
from typing import get_args

import pytest
from samples import make_analysis, make_diagnosis, make_recipient

from retour.knowledge.load import load
from retour.model.diagnosis import Facts
from retour.model.document import SenderPart
from retour.model.reply import Reply
from retour.model.vocabulary import (
    Action,
    Actor,
    Kind,
    Outcome,
    Phase,
    Retry,
    Returned,
    Speaker,
    StoppedAt,
    Weight,
)
from retour.rendering.document import build_document
from retour.rendering.wording import languages, load_wording, split

CAUSES = tuple(load().causes)
SENDER_FIELDS = {
    "recipient", "Recipient", "domain", "system", "System", "time", "sent", "until", "suggested",
    "size_limit", "retry_after", "new_address", "n", "?loop", "?no-circle", "?several",
}  # fmt: skip
ADMIN_FIELDS = {"address", "domain", "sender_domain", "ip"}
PARTS = ("headline", "happened", "steps")
# What a person who knows nothing about mail should never have to read.
JARGON = re.compile(
    r"\b(MTA|DNS|SPF|DKIM|DMARC|SMTP|IP|MX|TLS|HELO|NDR|DSN|MIME|UTC|HTTP|bounced?|gateway|relay"
    r"|blocklist\w*|greylist\w*|header|envelope|null|postmaster|spam)\b|\b[245]\.\d+\.\d+\b|\b[45]\d\d\b"
)
BLAME = re.compile(
    r"\b(your (fault|mistake|error)|you (failed|forgot)|wrongly typed)\b", re.IGNORECASE
)
CLOSED = [
    ("title", Kind),
    ("outcome_row", Outcome),
    ("phase", Phase),
    ("speaker", Speaker),
    ("weight", Weight),
    ("retry", Retry),
    ("stopped", StoppedAt),
    ("returned", Returned),
    ("action_row", Action),
]


def templates(place: object) -> Iterator[str]:
    """Yield every text below a place of a catalogue."""
    if isinstance(place, str):
        yield place
    elif isinstance(place, dict):
        for inner in place.values():
            yield from templates(inner)
    elif isinstance(place, list):
        for inner in place:
            yield from templates(inner)


@pytest.mark.parametrize("language", languages())
@pytest.mark.parametrize("cause", CAUSES)
def test_every_cause_has_texts_for_both_audiences(language: str, cause: str) -> None:
    """A headline, what happened and steps for the sender; a meaning and checks for the admin."""
    wording = load_wording(language)
    for part in PARTS:
        assert wording.find("sender", cause, part), part
    assert wording.find("admin", cause, "meaning")
    assert len(wording.find("admin", cause, "checks")) >= 2


@pytest.mark.parametrize("language", languages())
def test_catalogue_speaks_of_no_unknown_cause(language: str) -> None:
    """A cause that was renamed leaves no orphan behind."""
    wording = load_wording(language)
    assert set(wording.find("sender")) == set(CAUSES) == set(wording.find("admin"))


@pytest.mark.parametrize("language", languages())
@pytest.mark.parametrize(("table", "words"), CLOSED, ids=[table for table, _ in CLOSED])
def test_every_closed_word_has_a_text(language: str, table: str, words: object) -> None:
    """Each value of the contract's closed lists can be said."""
    wording = load_wording(language)
    assert [word for word in get_args(words) if not wording.find(table, word)] == []


@pytest.mark.parametrize("language", languages())
def test_outcomes_and_actors_have_all_their_sentences(language: str) -> None:
    """Outcome: sentence, headline, steps; actor: sentence, row, steps; state; note."""
    wording = load_wording(language)
    for outcome in get_args(Outcome):
        assert wording.say("outcome", outcome, "sentence")
        assert wording.find("outcome", outcome, "headline")
        assert wording.find("outcome", outcome, "steps")
        assert wording.find("fate", outcome)
    for actor in get_args(Actor):
        assert all(wording.find("actor", actor, part) for part in ("sentence", "row", "steps"))
    for kind in set(get_args(Kind)) - {"failure", "delay"}:
        assert wording.find("note", kind)


@pytest.mark.parametrize("language", languages())
def test_texts_name_only_fields_that_exist(language: str) -> None:
    """A misspelt field would silently drop its sentence for ever."""
    wording = load_wording(language)
    for table, known in (("sender", SENDER_FIELDS), ("admin", ADMIN_FIELDS)):
        for text in templates(wording.find(table)):
            unknown = {name for _, name in split(text) if name} - known
            assert not unknown, (text, unknown)


@pytest.mark.parametrize("language", languages())
def test_catalogue_has_the_keys_of_the_english_one(language: str) -> None:
    """A language that lags behind English fails here, by name of what is missing."""
    english, other = load_wording("en"), load_wording(language)
    for table in ("label", "station", "state", "names", "note", "title", "mark", "units", "dates"):
        assert set(other.find(table)) == set(english.find(table)), table


def sender_part(cause: str, outcome: Outcome, actor: Actor, confidence: float) -> SenderPart:
    """Return what the sender reads about one cause, with every fact known."""
    diagnosis = make_diagnosis(
        cause, "words", "no/rule", outcome=outcome, actor=actor, confidence=confidence,
        facts=Facts("new@example.org", "192.0.2.1", "https://x.example/", 26214400, 3600, "a@b.cd"),
    )  # fmt: skip
    recipient = make_recipient("sales@example.net", Reply(550, "5.7.1", "5.7.1 words"))
    document = build_document(make_analysis((recipient,), (diagnosis,)))
    part = document.recipients[0].sender
    assert part
    return part


@pytest.mark.parametrize("outcome", get_args(Outcome))
@pytest.mark.parametrize("cause", CAUSES)
def test_sender_reads_plain_sentences(cause: str, outcome: Outcome) -> None:
    """No code, no jargon, no blame, no unfilled hole, no long sentence, and always a next step."""
    for actor in get_args(Actor):
        for confidence in (0.95, 0.7, 0.3):
            part = sender_part(cause, outcome, actor, confidence)
            told = (part.headline, *part.happened, part.outcome, part.actor, *part.steps)
            assert all(told)
            assert part.happened
            assert 1 <= len(part.steps) <= 4
            for text in told:
                assert not JARGON.search(text), text
                assert not BLAME.search(text), text
                assert "{" not in text
                assert text[0].isupper() or text[0] in "“s", text
                for sentence in re.split(r"(?<=[.?!]) ", text):
                    assert len(sentence.split()) <= 30, sentence


def test_english_sender_texts_never_ask_for_what_only_a_claim_supports() -> None:
    """A page that the other side names is no field of the sender's texts at all."""
    for text in templates(load_wording("en").find("sender")):
        assert "{url}" not in text


def test_unknown_language_falls_back_to_english() -> None:
    """A region falls back to its language, a language without a catalogue to English."""
    assert load_wording("tlh").language == "en"
    assert load_wording("en-GB").language == "en"


def test_usual_actor_differs_gives_steps_of_that_actor() -> None:
    """A loop that the sender's own people must mend does not send the reader to the recipient."""
    part = sender_part("routing-loop", "not-delivered", "sender-admin", 0.95)
    assert "your mail system" in part.steps[0]
    assert "sales@example.net" not in part.steps[0]
