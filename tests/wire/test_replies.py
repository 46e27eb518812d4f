"""SMTP replies as they stand in reports (RFC 5321 §4.2, RFC 2034, RFC 3463)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retour.wire.reply import find_reply, fold, parse_reply, unwrap

REPLIES = {
    "code and words": ("550 no such user", (550, None, "no such user")),
    "code, status, words": ("550 5.1.1 no such user", (550, "5.1.1", "5.1.1 no such user")),
    "typed": ("smtp; 550 5.1.1 no", (550, "5.1.1", "5.1.1 no")),
    "typed without blank": ("smtp;550 no", (550, None, "no")),
    "other type": ("X-Unix; 550 no", (550, None, "no")),
    "dash": ("550-no such user", (550, None, "no such user")),
    "dash and status": ("550-5.1.1 no", (550, "5.1.1", "5.1.1 no")),
    "dash before the status": ("550 5.1.1-no", (550, "5.1.1", "5.1.1-no")),
    "status with a sharp": ("550 #5.1.0 no", (550, "5.1.0", "#5.1.0 no")),
    "status in brackets": ("550 no (#5.1.1)", (550, "5.1.1", "no (#5.1.1)")),
    "status at the end": ("554 delivery error: no - 5.7.1", (554, "5.7.1", None)),
    "several lines": ("550-one\n550-two\n550 three", (550, None, None)),
    "several lines with status": (
        "550-5.1.1 one\n550-5.1.1 two\n550 5.1.1 three",
        (550, "5.1.1", None),
    ),
    "status alone": ("5.1.1", (None, "5.1.1", "5.1.1")),
    "code alone": ("550", (550, None, "")),
    "status only in words": ("sorry (#5.1.1)", (None, "5.1.1", "sorry (#5.1.1)")),
    "long status": ("550 5.7.520 Access denied", (550, "5.7.520", None)),
    "IronPort": ("5.1.0 - Unknown address error 550-'5.1.1 no such user'", (550, "5.1.1", None)),
    "folded": ("550\n  5.1.1\n\tno", (550, "5.1.1", "5.1.1 no")),
    "quoted": ("'550 5.1.1 no'", (550, "5.1.1", None)),
    "451 temporary": ("451 4.7.1 greylisted", (451, "4.7.1", None)),
    "success": ("250 2.0.0 Ok: queued", (250, "2.0.0", None)),
    "colon": ("550: no", (550, None, None)),
    "IP address is no status": ("550 from 192.0.2.1 no", (550, None, None)),
    "version is no status": ("550 no 5.1.1.2", (550, None, None)),
    "status without its code": ("550 5.1 no", (550, None, None)),
}


@pytest.mark.parametrize("name", REPLIES)
def test_reply_gives_this_code_status_and_words(name: str) -> None:
    """One reply in any dress gives its code, its status and its words."""
    text, (code, status, words) = REPLIES[name]
    reply = parse_reply(text)
    assert reply is not None
    assert (reply.code, reply.status) == (code, status)
    if words is not None:
        assert reply.text == words


@pytest.mark.parametrize(
    "text",
    [
        "",
        "no such user",
        "unknown user",
        "1234",
        "call 555-1234",
        "+1 (650) 253-0000",
        "5500 messages",
        "a550 b",
        "600 no",
    ],
)
def test_words_without_a_code_are_no_reply(text: str) -> None:
    """Numbers that are no reply code are none."""
    assert parse_reply(text) is None


def test_several_lines_become_one_text_without_their_codes() -> None:
    """The codes that open each line go; the words stay in order."""
    reply = parse_reply("550-5.7.1 one\n550-5.7.1 two\n550 5.7.1 three 550")
    assert reply is not None
    assert [word for word in ("one", "two", "three") if word in reply.text] == [
        "one",
        "two",
        "three",
    ]
    assert "550-" not in reply.text


NESTED = {
    "alone": ("550 5.1.1 no", ["550 5.1.1 no"]),
    "arrow": (
        "550 5.0.350 Remote server returned an error -> 554 5.7.1 closed",
        ["554 5.7.1 closed", "550 5.0.350 Remote server returned an error"],
    ),
    "long arrow": ("one --> 550 two", ["550 two", "one"]),
    "two arrows": ("one -> two -> 550 three", ["550 three", "one -> two"]),
    "said": (
        "host mx.example.net[192.0.2.1] said: 550 5.1.1 no (in reply to RCPT TO command)",
        ["550 5.1.1 no (in reply to RCPT TO command)", "host mx.example.net[192.0.2.1] said:"],
    ),
    "said inside said": (
        "host a said: 451 host b said: 550 5.1.1 no",
        ["550 5.1.1 no", "451 host b said:", "host a said:"],
    ),
    "tag": (
        "450 4.7.1 [EAB] 554 IP=192.0.2.1 listed",
        ["554 IP=192.0.2.1 listed", "450 4.7.1 [EAB]"],
    ),
    "Sendmail": (
        "554 <a@b.example>... 550 Host unknown",
        ["550 Host unknown", "554 <a@b.example>..."],
    ),
    "IronPort's heading": (
        "5.1.0 - Unknown address error 550-'5.7.1 Access denied' (delivery attempts: 0)",
        ["550-'5.7.1 Access denied' (delivery attempts: 0)", "5.1.0 - Unknown address error"],
    ),
    "heading over words": ("5.4.7 - Delivery expired", ["5.4.7 - Delivery expired"]),
    "said without a reply": ("he said: hello", ["he said: hello"]),
    "arrow to nothing": ("550 no ->", ["550 no ->"]),
    "nothing": ("", [""]),
}


@pytest.mark.parametrize("name", NESTED)
def test_nested_voices_come_innermost_first(name: str) -> None:
    """What was wrapped around a reply is split from it."""
    text, voices = NESTED[name]
    assert list(unwrap(text)) == voices


PROSE = {
    "own line": ("Sorry.\n550 5.1.1 no\n", "550 5.1.1 no"),
    "indented": ("Sorry.\n    550 no such user\n", "550 no such user"),
    "behind said": ("host a said: 550 no", "550 no"),
    "in brackets": ("failed (550 5.1.1 no)", "550 5.1.1 no"),
    "in quotes": ('the answer was: "554 no"', "554 no"),
    "with a status anywhere": ("they answered 550 5.1.1 no", "550 5.1.1 no"),
    "multi-line": ("said:\n550-one\n550 two", "550-one\n550 two"),
    "error word": ("with error 552 quota", "552 quota"),
    "count of minutes": ("tried for 450 minutes", None),
    "size": ("a limit of 500 MB", None),
    "phone": ("call +1 650 253-0000 or 555-1234", None),
    "phone in brackets": ("phone: (555) 555-0100", None),
    "part of a number": ("id 1550 5501 5.501", None),
    "IP address": ("from 192.0.2.550 and 10.450.1.1", None),
    "plain number": ("over 500 people came", None),
    "year": ("in 2026 and 1999", None),
    "none": ("nothing here", None),
}


@pytest.mark.parametrize("name", PROSE)
def test_reply_inside_prose_is_found_here(name: str) -> None:
    """A reply is found where it begins; counts and phone numbers are none."""
    text, reply = PROSE[name]
    at = find_reply(text)
    assert (text[at:] if at >= 0 else None) == reply or (
        reply is not None and text[at:].startswith(reply)
    )


WORDS = st.lists(st.from_regex(r"[a-z]{1,10}", fullmatch=True), min_size=1, max_size=8).map(
    " ".join
)
CODES = st.integers(0, 59).map(lambda n: 500 + n) | st.integers(0, 59).map(lambda n: 400 + n)


@given(
    CODES,
    st.tuples(st.integers(0, 9), st.integers(0, 250)),
    st.lists(WORDS, min_size=1, max_size=5),
)
def test_written_reply_of_several_lines_is_read_back(
    code: int, detail: tuple[int, int], lines: list[str]
) -> None:
    """A reply in the standard's form gives its code, status and all its words."""
    status = f"{code // 100}.{detail[0]}.{detail[1]}"
    written = [f"{code}-{status} {line}" for line in lines[:-1]]
    text = "\n".join([*written, f"{code} {status} {lines[-1]}"])
    reply = parse_reply(text)
    assert reply is not None
    assert (reply.code, reply.status) == (code, status)
    assert [word for word in reply.text.split() if word.isalpha()] == " ".join(lines).split()


@given(st.text(max_size=200))
def test_unwrapping_loses_no_words(text: str) -> None:
    """All words are in the voices; nothing raises."""
    voices = unwrap(text)
    assert voices
    kept = "".join("".join(reversed(voices)).split()).replace("->", "").replace("-", "")
    assert kept == "".join(fold(text).split()).replace("->", "").replace("-", "")
    parse_reply(text)
    find_reply(text)
