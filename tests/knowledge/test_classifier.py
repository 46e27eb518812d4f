"""The trained second stage: right on plain texts, honest in its numbers, safe on any text."""

import subprocess
import sys
import tomllib
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retour.knowledge import load as knowledge
from retour.knowledge.classifier import (
    ROWS_MAX,
    TOKENS_MAX,
    Classifier,
    Weights,
    decode,
    encode,
    load,
    split_token,
    tokenise,
)
from retour.knowledge.schema import KnowledgeError

PHRASES = Path(__file__).resolve().parents[2] / "training" / "phrases.toml"

# Sentences that neither a labelled reply nor a phrase of the training spells like this.
PLAIN = [
    ("550 5.1.1 sorry, the user nobody@example.net was not found on this machine", "user-unknown"),
    ("Ihre Nachricht wurde abgewiesen: dieser Benutzer ist leider unbekannt", "user-unknown"),
    ("Désolé, cet utilisateur est inconnu chez nous", "user-unknown"),
    ("Lo sentimos, ese usuario no existe aquí", "user-unknown"),
    ("К сожалению, такой пользователь не найден", "user-unknown"),  # noqa: RUF001
    ("ご指定の宛先は見つかりませんでした", "user-unknown"),
    ("452 4.2.2 his mailbox is over its quota at the moment", "mailbox-full"),
    ("Zustellung nicht möglich, das Postfach ist leider übervoll", "mailbox-full"),
    ("la boîte aux lettres de votre correspondant est pleine", "mailbox-full"),
    ("对方邮箱已满 无法投递", "mailbox-full"),
    ("552 5.3.4 this message of 31 MB is larger than the limit of 20 MB", "too-large"),
    ("Die E-Mail ist für den Server des Empfängers zu groß", "too-large"),
    ("554 5.7.1 we believe that this message is spam and did not take it", "spam-content"),
    ("su mensaje fue considerado spam", "spam-content"),
    ("550 5.7.1 client 192.0.2.7 is listed at zen.spamhaus.org", "ip-blocklisted"),
    ("550 5.7.23 SPF check says 192.0.2.7 may not send for example.com", "spf-failed"),
    ("connect to mx.example.net[192.0.2.9]:25: Connection timed out", "unreachable"),
    ("Host or domain name not found: no such domain as example.invalid", "domain-not-found"),
    ("554 5.7.1 relaying to <a@example.org> denied", "relay-denied"),
    ("451 4.7.1 greylisting in action, come back in 5 minutes", "greylisted"),
    ("554 virus Eicar-Test-Signature found in the mail", "virus"),
]


def small_weights(features: tuple[str, ...] = ("full", "unknown")) -> Weights:
    """Weights of two causes: the first feature speaks for one, the others for the other."""
    first, other = bytes([255, 0, 255]), bytes([0, 255, 255])
    rows = first + other * (len(features) - 1)
    causes = ("mailbox-full", "user-unknown")
    return Weights(causes, (0.0, 0.0), features, rows, 0.1, 1.0, 0.5, 0.01)


@pytest.mark.parametrize(("text", "cause"), PLAIN, ids=[text for text, _ in PLAIN])
def test_a_plain_text_that_was_never_seen_is_understood(text: str, cause: str) -> None:
    """Everyday wordings, in several languages, give their cause."""
    assert cause == load().classify(text)[0][0]


def test_the_model_knows_exactly_the_closed_list_of_causes() -> None:
    """The model's columns are the causes of causes.toml."""
    assert set(knowledge.load().causes) == set(load().causes)


def test_training_phrases_name_causes_of_the_closed_list_and_no_text_twice() -> None:
    """A phrase under a wrong cause would train the model wrongly."""
    with PHRASES.open("rb") as file:
        table = tomllib.load(file)
    texts = [
        text.casefold()
        for languages in table.values()
        for one in languages.values()
        for text in one
    ]

    assert set(table) <= set(knowledge.load().causes)
    assert len(set(texts)) == len(texts)


@given(st.text(st.characters(exclude_categories=())))
def test_any_text_gives_sorted_probabilities_that_add_up_to_one(text: str) -> None:
    """No text raises, surrogates and controls included."""
    answer = load().classify(text)
    shares = [share for _, share in answer]

    assert len(load().causes) == len(answer)
    assert sorted(shares, reverse=True) == shares
    assert pytest.approx(1) == sum(shares)
    assert all(0 < share < 1 for share in shares)


@given(st.text(st.sampled_from("a1.:@'/%+- \n<[550mailbox full")))
def test_texts_made_of_codes_and_marks_give_probabilities_too(text: str) -> None:
    """The characters that tokens are told apart by, in any order."""
    assert pytest.approx(1) == sum(share for _, share in load().classify(text))


def test_the_same_text_gives_the_same_answer_under_another_hash_seed() -> None:
    """Nothing depends on the order of a set or on the locale."""
    program = (
        "from retour.knowledge.classifier import load\n"
        "print([load().classify(t) for t in ('550 mailbox full', 'Empf\\u00e4nger fehlt', '')])"
    )
    answers = {
        subprocess.run(
            [sys.executable, "-c", program],
            env={"PYTHONHASHSEED": seed, "LC_ALL": locale, "PYTHONIOENCODING": "utf-8"},
            capture_output=True,
            check=True,
        ).stdout
        for seed, locale in (("1", "C"), ("2", "tr_TR.UTF-8"))
    }

    assert len(answers) == 1


def test_lanes_cannot_overflow_however_many_features_a_text_has() -> None:
    """At the cap of rows the highest possible bytes still fit in every lane."""
    model = Classifier(small_weights())
    answer = dict(model.classify("unknown " * 10_000))

    assert ROWS_MAX * 255 < 1 << 16
    assert answer["user-unknown"] > 0.99


def test_more_rows_than_the_cap_are_cut_and_not_added() -> None:
    """Unknown words with many known parts reach the cap; the answer stays one of probabilities."""
    words = [f"unknown{chr(97 + n // 26)}{chr(97 + n % 26)}" for n in range(TOKENS_MAX)]
    parts = sorted({part for word in words for part in split_token(word)})
    model = Classifier(small_weights(("full", *parts)))

    assert len(model._look_up(" ".join(words))) > ROWS_MAX
    assert model.classify(" ".join(words))[0][0] == "user-unknown"


@pytest.mark.parametrize("unit", ["word ", "a.b:", "x", "a%b+", "http://", "1:2:3:", "é'", "漢字"])
def test_a_long_text_is_bounded_by_tokens_not_by_its_length(unit: str) -> None:
    """What is read of a megabyte is what is read of its two ends."""
    text = unit * (1_000_000 // len(unit))

    assert len(tokenise(text)) <= TOKENS_MAX
    assert load().classify(text) == load().classify(f"{text[:1500]} {text[-500:]}")


def test_the_end_of_a_long_text_counts() -> None:
    """The last line of a long reply often holds the reason."""
    text = "please see the page of our postmaster for help " * 60 + "the mailbox is full"

    assert tokenise(text)[-3:] == ["mailbox", "is", "full"]


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        (
            "550 5.1.1 <a.b@example.net>: User unknown",
            ["550", "5.1.1", "<address>", "user", "unknown"],
        ),
        ("[192.0.2.1] and 2001:db8:0:1:2:3:4:5", ["<ip>", "and", "<ip>"]),
        ("at 10:20:30 of 4711 bytes", ["at", "<n>", "of", "<n>", "bytes"]),
        ("see https://www.spamhaus.org/query/x", ["see", "<url>", "u:spamhaus", "u:query"]),
        ("mx1.mail.example.com said", ["<host>", "h:mail", "said"]),
        ("RESOLVER.ADR.RecipNotFound", ["resolver", "adr", "recipnotfound"]),
        ("Boîte refusée, l\u2019usager", ["boite", "refusee", "l'usager"]),
        ("IB607 4Zy2kQ0000000001", ["ib607", "<id>"]),
        ("", []),
    ],
)
def test_a_text_is_split_into_words_and_placeholders(text: str, tokens: list[str]) -> None:
    """What differs from mail to mail becomes a placeholder; what tells stays."""
    assert tokens == tokenise(text)


def test_a_model_survives_being_written_and_read() -> None:
    """Encoding and decoding are opposites."""
    weights = replace(small_weights(), features=["full", "ünknown"])

    assert weights == decode(encode(weights))
    assert encode(weights) == encode(decode(encode(weights)))


def test_without_any_known_word_the_answer_is_how_common_each_cause_is() -> None:
    """Nothing known adds nothing to the bias."""
    model = Classifier(replace(small_weights(), bias=(0.0, 1.0)))

    assert model.classify("¿?") == model.classify("")
    assert model.classify("")[0][0] == "user-unknown"


@pytest.mark.parametrize(
    "damage",
    [
        lambda _: b"",
        lambda data: data[: len(data) // 2],
        lambda data: data[:-1] + bytes([data[-1] ^ 1]),
        lambda data: b"PK\x03\x04" + data,
        lambda data: data[:20] + b"[]\n",
        lambda data: data[:20] + b"{}\n",
    ],
    ids=["empty", "half", "one bit", "foreign", "no head", "empty head"],
)
def test_a_damaged_model_is_named_in_one_sentence(tmp_path: Path, damage) -> None:  # type: ignore[no-untyped-def]
    """Whatever is wrong with the file, the message says which file and what to do."""
    path = tmp_path / "classifier.bin"
    path.write_bytes(damage(encode(small_weights())))

    with pytest.raises(KnowledgeError, match=r"classifier\.bin: this is not a whole trained model"):
        Classifier.read(path)


def test_a_missing_model_is_named_in_one_sentence(tmp_path: Path) -> None:
    """A file that is not there is no traceback of the system."""
    with pytest.raises(
        KnowledgeError, match=r"none\.bin: the trained model cannot be read: No such"
    ):
        Classifier.read(tmp_path / "none.bin")
