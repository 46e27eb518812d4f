"""The difference between two messages, as edits."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retour.gateway.milter.command import Header
from retour.gateway.milter.editing import list_edits
from retour.gateway.milter.reply import (
    AddHeader,
    ChangeHeader,
    DeleteHeader,
    Edit,
    InsertHeader,
    ReplaceBody,
)


def _write(fields: list[Header]) -> bytes:
    return b"".join(f.name + b":" + f.value + b"\n" for f in fields).replace(b"\n", b"\r\n")


def _apply(fields: list[Header], edits: tuple[Edit, ...]) -> tuple[list[Header], bytes]:
    """Do what a mail server does with edits, one after the other."""
    fields, body = list(fields), b""
    for edit in edits:
        match edit:
            case ReplaceBody(octets):
                body = octets
            case AddHeader(name, value):
                fields.append(Header(name, value))
            case InsertHeader():
                raise AssertionError("places in the whole header differ between servers")
            case ChangeHeader(index, name, _) | DeleteHeader(index, name):
                places = [n for n, f in enumerate(fields) if f.name.lower() == name.lower()]
                place = places[index - 1]
                if isinstance(edit, ChangeHeader):
                    fields[place] = Header(fields[place].name, edit.value)
                else:
                    del fields[place]
    return fields, body


_NAMES = st.sampled_from([b"Subject", b"subject", b"X-A", b"X-B", b"Content-Type"])
_VALUES = st.sampled_from([b" a", b" b", b"", b" folded\n line", b"\tc"])
_FIELDS = st.lists(st.builds(Header, _NAMES, _VALUES), max_size=8)


@given(_FIELDS, _FIELDS, st.sampled_from([b"", b"body\r\n", b"\r\n\r\n"]))
def test_edits_make_the_new_message_of_the_old(
    old: list[Header], new: list[Header], body: bytes
) -> None:
    """A server that applies the edits holds the new values of every name in order, and the body."""
    fields, got = _apply(
        old, list_edits(old, _write(new) + b"\r\n" + body if new else b"\r\n\r\n" + body)
    )
    assert got == body
    for name in (b"subject", b"x-a", b"x-b", b"content-type"):
        assert [f.value for f in fields if f.name.lower() == name] == [
            f.value for f in new if f.name.lower() == name
        ]


@pytest.mark.parametrize("name", [b"Received", b"Return-Path"])
def test_trace_fields_are_left_alone(name: bytes) -> None:
    """The server has trace fields of its own, so that a place among them means nothing."""
    old = [Header(name, b" one"), Header(name, b" two")]
    assert list_edits(old, b"X: 1\r\n\r\nb") == (AddHeader(b"X", b" 1"), ReplaceBody(b"b"))


def test_what_is_equal_is_not_sent() -> None:
    """Only the body is replaced where all fields are the same."""
    old = [Header(b"To", b" a\n b"), Header(b"Subject", b" s")]
    assert list_edits(old, b"To: a\r\n b\r\nSubject: s\r\n\r\nb") == (ReplaceBody(b"b"),)
