"""Answers of the milter, byte for byte."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from milter_packets import read_packets

from retour.gateway.milter.options import EDITING, Action, Options, Stage, Step
from retour.gateway.milter.reply import (
    ACCEPT,
    CHUNK_MAX,
    CONTINUE,
    PROGRESS,
    AddHeader,
    ChangeHeader,
    DeleteHeader,
    Edit,
    InsertHeader,
    ReplaceBody,
    write_edit,
    write_options,
)

_EDITS: list[tuple[Edit, bytes]] = [
    (ChangeHeader(1, b"Subject", b" new"), b"\0\0\0\x12m\0\0\0\1Subject\0 new\0"),
    (DeleteHeader(2, b"X"), b"\0\0\0\x08m\0\0\0\2X\0\0"),
    (AddHeader(b"X", b" a\n b"), b"\0\0\0\x09hX\0 a\n b\0"),
    (InsertHeader(0, b"X", b" a"), b"\0\0\0\x0ai\0\0\0\0X\0 a\0"),
    (ReplaceBody(b"a\r\n"), b"\0\0\0\4ba\r\n"),
    (ReplaceBody(b""), b"\0\0\0\1b"),
]


@pytest.mark.parametrize(("edit", "octets"), _EDITS)
def test_edits_are_written_as_servers_read_them(edit: Edit, octets: bytes) -> None:
    """Each edit is one packet of the documented form."""
    assert write_edit(edit, with_leading_space=True) == octets


def test_without_leading_space_the_server_writes_the_blank() -> None:
    """A server that puts the blank itself must not get a second one."""
    edit = AddHeader(b"X", b"  a")
    assert write_edit(edit, with_leading_space=False) == b"\0\0\0\6hX\0 a\0"


@pytest.mark.parametrize(("name", "value"), [(b"X\0", b""), (b"X", b"a\0b")])
def test_a_nul_in_a_field_is_refused(name: bytes, value: bytes) -> None:
    """A NUL would end the name or value and make something else of the rest."""
    with pytest.raises(ValueError, match="NUL"):
        write_edit(AddHeader(name, value), with_leading_space=True)


@given(st.lists(st.sampled_from([b"\r\n", b"a" * 999, b"x" * 70_000, b"\n"]), max_size=200))
def test_a_long_body_goes_in_pieces_that_make_the_whole(lines: list[bytes]) -> None:
    """No piece is too long, none ends between CR and LF where a line ends in it, none is lost."""
    body = b"".join(lines)
    pieces = read_packets(write_edit(ReplaceBody(body), with_leading_space=True))
    assert b"".join(content for _, content in pieces) == body
    assert all(letter == "b" and len(content) <= CHUNK_MAX for letter, content in pieces)
    for (_, one), (_, other) in pairwise(pieces):
        assert one.endswith(b"\r\n") or b"\r\n" not in one or not other


def test_options_name_the_macros_that_are_asked_for() -> None:
    """The answer to an offer has version, actions, steps and one list a stage."""
    options = Options(
        EDITING | Action.SET_MACROS, Step.NO_HELO, ((Stage.CONNECT, ()), (Stage.MAIL, ("i", "{x}")))
    )
    assert write_options(options) == (
        b"\0\0\0\x1cO\0\0\0\6\0\0\1\x13\0\0\0\2\0\0\0\0\0\0\0\0\2i {x}\0"
    )


def test_plain_answers() -> None:
    """The answers without content are a letter each."""
    assert [b"\0\0\0\1" + letter for letter in (b"a", b"c", b"p")] == [
        ACCEPT,
        CONTINUE,
        PROGRESS,
    ]
