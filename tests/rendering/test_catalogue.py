"""The catalogues: complete, fillable, and fit for those who read them."""

import re
from collections.abc import Iterator
from pathlib import Path
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
    ContradictionKind,
    Kind,
    Outcome,
    Phase,
    Retry,
    Returned,
    Speaker,
    StoppedAt,
    Weight,
)
from retour.rendering import catalogues
from retour.rendering.catalogues import CATALOGUE, languages, load_wording
from retour.rendering.document import build_document
from retour.rendering.wording import _PLURALS, split

CAUSES = tuple(load().causes)
OTHERS = tuple(language for language in languages() if language != "en")
# Facts and flags that the sender's texts may name, besides the forms of the names.
SENDER_FIELDS = { "proof_time", "ahead", "way",
    "address", "domain", "time", "sent", "until", "suggested", "size_limit", "retry_after",
    "new_address", "n", "?at-sending", "?loop", "?no-circle", "?several",
}  # fmt: skip
# Which of them a sentence names is the translator's choice: it follows from grammar.
GRAMMAR = {"address", "domain", "n", "?several"}
ADMIN_FIELDS = {"address", "domain", "sender_domain", "ip"}
PARTS = ("headline", "happened", "steps")
FACTS = Facts("new@example.org", "192.0.2.1", "https://x.example/", 26214400, 3600, "a@b.cd")
# What a person who knows nothing about mail should never have to read.
CODES = re.compile(r"\b[245]\.\d+\.\d+\b|\b[45]\d\d\b")
ACRONYMS = "MTA|DNS|SPF|DKIM|DMARC|SMTP|IP|MX|TLS|HELO|NDR|DSN|MIME|UTC|HTTP|SRS|NULL"
JARGON = {
    "en": re.compile(
        rf"\b({ACRONYMS}|bounced?|gateway|relay|blocklist\w*|greylist\w*|header|envelope|null"
        r"|postmaster|spam|domain|host|queue|client)\b"
    ),
    "de": re.compile(
        rf"\b({ACRONYMS}|Bounces?|Gateways?|Relay\w*|\w*[Bb]locklisten?|Greylisting|Headers?"
        r"|Envelope\w*|Postmaster|Spam|\w*[Dd]omains?|Hosts?|Warteschlange|Clients?|Quota)\b"
    ),
}
BLAME = {
    "en": re.compile(
        r"\b(your (fault|mistake|error)|you (failed|forgot)|wrongly typed)\b", re.IGNORECASE
    ),
    "de": re.compile(
        r"\b(Ihr(e[mn]?)? (Fehler|Schuld|Versehen)|Sie haben (vergessen|versäumt)|vertippt)\b"
    ),
}
# Opening and closing quotation marks of a language.
QUOTES = {"en": ("“", "”"), "de": ("„", "“")}
ENGLISH_WORDS = re.compile(r"\b(the|and|of|with|that|which|not|your|is|are|has|for|by|its|at)\b")
# Texts that hold a number and come in the forms of the language's plural.
COUNTED = ("units", "fate")
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
    ("why", ContradictionKind),
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


def texts_of(language: str) -> dict[str, object]:
    """Return what stands at each place of a catalogue that is no table, by dotted key."""
    found: dict[str, object] = {}

    def walk(place: object, path: str) -> None:
        if isinstance(place, dict):
            for key, inner in place.items():
                walk(inner, f"{path}.{key}" if path else key)
        else:
            found[path] = place

    walk(load_wording(language).find(), "")
    return found


def name_forms(language: str) -> dict[str, set[str]]:
    """Return the forms of the names that a language has, by the name."""
    tables = {name: load_wording(language).find(name) for name in ("recipient", "system")}
    return {
        name: {form for forms in table.values() for form in forms} for name, table in tables.items()
    }


def named_fields(language: str, place: object) -> set[str]:
    """Return the fields that the texts at a place name; a form of a name counts as that name."""
    base = {form: name for name, forms in name_forms(language).items() for form in forms}
    names = {name for text in templates(place) for _, name in split(text) if name}
    return {base.get(name, name) for name in names}


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
    forms = set().union(*name_forms(language).values())
    for table, known in (("sender", SENDER_FIELDS | forms), ("admin", ADMIN_FIELDS)):
        for text in templates(wording.find(table)):
            unknown = {name for _, name in split(text) if name} - known
            assert not unknown, (text, unknown)


@pytest.mark.parametrize("language", languages())
def test_names_have_the_same_forms_in_every_case(language: str) -> None:
    """A form that one recipient has and three have not would drop sentences for the three."""
    wording, english = load_wording(language), load_wording("en")
    for name in ("recipient", "system"):
        tables = wording.find(name)
        assert set(tables) == set(english.find(name))
        assert {frozenset(table) for table in tables.values()} == {
            frozenset(name_forms(language)[name])
        }


@pytest.mark.parametrize("language", OTHERS)
def test_catalogue_has_the_keys_of_the_english_one(language: str) -> None:
    """A language that lags behind English, or says what nobody asks for, fails here by key."""
    own = re.compile(r"(recipient|system|reply|status)\.")  # forms and codes are the language's
    keys, english = (
        {key for key in texts_of(tag) if not own.match(key)} for tag in (language, "en")
    )
    assert keys - {"reply", "status"} == english - {"reply", "status"}


@pytest.mark.parametrize("language", OTHERS)
def test_catalogue_says_what_codes_mean(language: str) -> None:
    """Each code that the registries explain in English, and no other."""
    knowledge, wording = load(), load_wording(language)
    assert set(wording.find("reply")) == {str(code) for code in knowledge.codes}
    assert {f"X.{detail}" for detail in wording.find("status")} == set(knowledge.statuses)


@pytest.mark.parametrize("language", OTHERS)
def test_texts_name_the_facts_that_english_names(language: str) -> None:
    """A translation keeps every fact and flag; only names are left to its grammar."""
    english, names = texts_of("en"), {"recipient", "system", *GRAMMAR}
    free = re.compile(r"(sender|action|actor|outcome|recipient|system)\.")
    for key, place in texts_of(language).items():
        if key not in english:
            continue
        left = names if free.match(key) else set()
        mine, theirs = named_fields(language, place), named_fields("en", english[key])
        assert mine - left == theirs - left, key


@pytest.mark.parametrize("language", languages())
def test_counted_texts_have_the_forms_of_the_plural(language: str) -> None:
    """As many forms as the language's rule tells apart, or one text for all numbers."""
    wording = load_wording(language)
    rule = _PLURALS[wording.find("plural")]
    forms = 1 + max(rule(n) for n in range(200))
    counted = {
        key: place
        for key, place in texts_of(language).items()
        if key.startswith(COUNTED) or key in ("names.recipients", "names.more")
    }
    assert len(counted) > len(COUNTED)
    for key, place in counted.items():
        assert isinstance(place, str) or (isinstance(place, list) and len(place) == forms), key


@pytest.mark.parametrize("language", languages())
def test_texts_are_set_with_care(language: str) -> None:
    """No line breaks, no double or hanging blanks; quotation marks of the language, in pairs."""
    opening, closing = QUOTES[language]
    foreign = set("“”„«»「」") - {opening, closing}
    for key, place in texts_of(language).items():
        for text in templates(place):
            assert not re.search(r'["\n]|  |\.\.\.', text), key
            assert text == text.rstrip(), key
            assert text.count(opening) == text.count(closing), key
            assert not foreign & set(text), key


@pytest.mark.parametrize("language", OTHERS)
def test_no_english_is_left_over(language: str) -> None:
    """Only names of facts, commands and quoted server words stay English."""
    opening, closing = QUOTES[language]
    quoted = re.compile(rf"{opening}[^{closing}]*{closing}|\{{[^}}]*\}}")
    for key, place in texts_of(language).items():
        for text in templates(place):
            assert not ENGLISH_WORDS.search(quoted.sub("", text)), (key, text)


def test_new_language_is_found_by_its_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A language is one catalogue file plus nothing: put there, it is spoken."""
    tree = (CATALOGUE / "en.toml").read_text(encoding="utf-8")
    tree = tree.replace('language = "en"', 'language = "tlh"').replace("Your message", "QIn")
    (tmp_path / "tlh.toml").write_text(tree, encoding="utf-8")
    (tmp_path / "en.toml").write_text("", encoding="utf-8")
    monkeypatch.setattr(catalogues, "CATALOGUE", tmp_path)
    assert languages() == ("en", "tlh")
    wording = load_wording.__wrapped__("tlh-Latn")
    assert wording.language == "tlh"
    assert wording.say("title", "success") == "QIn arrived"


def sender_part(
    cause: str,
    outcome: Outcome,
    actor: Actor,
    confidence: float,
    *,
    language: str = "en",
    addresses: tuple[str | None, ...] = ("sales@example.net",),
    facts: Facts = FACTS,
) -> SenderPart:
    """Return what the sender reads about one cause."""
    diagnosis = make_diagnosis(
        cause, "words", "no/rule", outcome=outcome, actor=actor, confidence=confidence, facts=facts
    )
    reply = Reply(550, "5.7.1", "5.7.1 words")
    recipients = tuple(make_recipient(address, reply) for address in addresses)
    analysis = make_analysis(recipients, (diagnosis,) * len(recipients))
    part = build_document(analysis, language=language).recipients[0].sender
    assert part
    return part


def told(part: SenderPart) -> tuple[str, ...]:
    """Return the sentences of a part."""
    return (part.headline, *part.happened, part.outcome, part.actor, *part.steps)


@pytest.mark.parametrize("language", languages())
@pytest.mark.parametrize("outcome", get_args(Outcome))
@pytest.mark.parametrize("cause", CAUSES)
def test_sender_reads_plain_sentences(cause: str, outcome: Outcome, language: str) -> None:
    """No code, no jargon, no blame, no unfilled hole, no long sentence, and always a next step."""
    opening, _ = QUOTES[language]
    for actor in get_args(Actor):
        for confidence in (0.95, 0.7, 0.3):
            part = sender_part(cause, outcome, actor, confidence, language=language)
            assert all(told(part))
            assert part.happened
            assert 1 <= len(part.steps) <= 4
            for text in told(part):
                assert not CODES.search(text), text
                assert not JARGON[language].search(text), text
                assert not BLAME[language].search(text), text
                assert "{" not in text
                assert text[0].isupper() or text[0] in (opening, "s"), text
                for sentence in re.split(r"(?<=[.?!]) ", text):
                    assert len(sentence.split()) <= 30, sentence


@pytest.mark.parametrize("language", languages())
@pytest.mark.parametrize(
    "addresses",
    [
        ("sales@example.net",),
        ("a@example.net", "b@example.net", "c@example.net"),
        ("a@example.net", "b@example.org", "c@example.com"),
        (None,),
    ],
    ids=["one", "three", "three-domains", "unnamed"],
)
@pytest.mark.parametrize("facts", [FACTS, Facts()], ids=["facts", "no-facts"])
def test_every_part_can_be_filled_for_any_recipients(
    language: str, addresses: tuple[str | None, ...], facts: Facts
) -> None:
    """Whoever they are and whatever is known: a headline, what happened, who acts, a step."""
    for cause in CAUSES:
        for outcome in get_args(Outcome):
            part = sender_part(
                cause, outcome, "recipient-admin", 0.95,
                language=language, addresses=addresses, facts=facts,
            )  # fmt: skip
            assert all(told(part)), (cause, outcome)
            assert part.happened, (cause, outcome)
            assert part.steps, (cause, outcome)
            assert not any("None" in text or "  " in text for text in told(part))


@pytest.mark.parametrize("language", languages())
def test_sender_texts_never_ask_for_what_only_a_claim_supports(language: str) -> None:
    """A page that the other side names is no field of the sender's texts at all."""
    for text in templates(load_wording(language).find("sender")):
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
