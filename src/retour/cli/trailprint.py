"""Prints what a trail knows: as text, in a terminal's colours, or as JSON Lines."""

import sys
from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from retour.model.statistics import Statistics
from retour.model.story import Copy, Repetition
from retour.rendering.catalogues import FALLBACK, load_wording
from retour.rendering.foreign import show_controls
from retour.rendering.json import to_line
from retour.rendering.layout import cell_width, pad, wrap
from retour.rendering.statistics import tell_statistics
from retour.rendering.statisticsjson import statistics_to_dict
from retour.rendering.trail import ListRow, RepeatedRow, Teller
from retour.rendering.trailjson import (
    answer_to_dict,
    copy_to_dict,
    repetition_to_dict,
    story_to_dict,
)
from retour.rendering.wording import Wording
from retour.service.settings import Format
from retour.service.trail import Answer

_WIDTH = 120
_COLUMNS = ("at", "sender", "recipients", "state", "subject", "name")
_WIDTHS = (19, 28, 28, 10, 28, 16)
_REPEATED = ("verdict", "senders", "count", "at", "span", "recipients", "message_id")
_REPEATED_WIDTHS = (14, 30, 7, 19, 20, 24, 200)
_COLOURS = {True: "green", False: "red", None: ""}


class TrailPrinter(Protocol):
    """What prints a trail's answers."""

    def show_list(self, found: Sequence[Copy], limit: int) -> None:
        """Print copies that were found."""

    def show_story(self, found: Answer) -> None:
        """Print the whole story of one message."""

    def show_answer(self, found: Answer) -> None:
        """Print whether one message was delivered."""

    def show_repetitions(self, found: Sequence[Repetition], *, is_cut: bool) -> None:
        """Print messages that arrived more than once; whether there are older ones."""

    def show_statistics(self, numbers: Statistics) -> None:
        """Print numbers."""


def make_printer(form: Format, language: str) -> TrailPrinter:
    """Make the printer of a form, on standard output; JSON speaks English."""
    if form == "json":
        return _JsonPrinter()
    wording = load_wording(language)
    teller = Teller(wording, datetime.now().astimezone())
    return _TextPrinter(wording, teller, in_colour=form == "terminal")


class _JsonPrinter:
    """Prints one object a line."""

    def __init__(self) -> None:
        self._teller = Teller(load_wording(FALLBACK), datetime.now().astimezone())

    def show_list(self, found: Sequence[Copy], limit: int) -> None:
        """Print one object a copy."""
        del limit
        for copy in found:
            self._print(copy_to_dict(copy))

    def show_story(self, found: Answer) -> None:
        """Print one object."""
        assert found.story is not None
        summary = self._teller.say_summary(found.story, found.deliveries)
        self._print(story_to_dict(found.story, found.message_id, found.deliveries, summary))

    def show_answer(self, found: Answer) -> None:
        """Print one object a message."""
        self._print(answer_to_dict(found.asked, found.message_id, found.deliveries))

    def show_repetitions(self, found: Sequence[Repetition], *, is_cut: bool) -> None:
        """Print one object a message."""
        del is_cut
        for one in found:
            self._print(repetition_to_dict(one))

    def show_statistics(self, numbers: Statistics) -> None:
        """Print one object."""
        self._print(statistics_to_dict(numbers))

    def _print(self, value: dict[str, object]) -> None:
        sys.stdout.buffer.write(to_line(value).encode() + b"\n")
        sys.stdout.buffer.flush()


class _TextPrinter:
    """Prints for people."""

    def __init__(self, wording: Wording, teller: Teller, *, in_colour: bool) -> None:
        self._wording = wording
        self._teller = teller
        self._paint = _paint if in_colour else _leave

    def show_list(self, found: Sequence[Copy], limit: int) -> None:
        """Print a table."""
        if not found:
            self._write(self._say("empty"))
            return
        rows = [self._teller.list_row(copy) for copy in found]
        self._write_table(_COLUMNS, _WIDTHS, rows)
        if len(found) == limit:
            self._write(self._say("page", id=str(found[-1].copy_id)))

    def show_story(self, found: Answer) -> None:
        """Print the sentence, the answers, and the events."""
        story = found.story
        assert story is not None
        summary = self._teller.say_summary(story, found.deliveries)
        for line in wrap(show_controls(summary), _WIDTH):
            self._write(self._paint(line, "bold"))
        if len(found.deliveries) > 1:
            self._list_answers(found)
        self._write("")
        if found.message_id:
            self._write(show_controls(found.message_id))
        for event in self._teller.list_events(story):
            where = " ".join(part for part in (event.system, event.queue_id) if part)
            first = f"{self._teller.say_stamp(event.at_us)}  {where}: "
            colour = _COLOURS[event.is_good]
            text = show_controls(event.text)
            for line in wrap(text, _WIDTH, first=show_controls(first), rest=" " * 21):
                self._write(self._paint(line, colour))
        if story.is_cut:
            self._write(self._say("cut"))

    def show_answer(self, found: Answer) -> None:
        """Print a heading and one sentence a recipient."""
        self._write(self._paint(show_controls(found.message_id or found.asked), "bold"))
        if found.story is None:
            self._write("  " + show_controls(self._say("unknown", asked=found.asked)))
        else:
            self._list_answers(found)
        self._write("")

    def show_repetitions(self, found: Sequence[Repetition], *, is_cut: bool) -> None:
        """Print a table, and how many there are of a kind."""
        if not found:
            self._write(self._say("empty"))
            return
        rows = [self._teller.list_repetition(one) for one in found]
        self._write_table(_REPEATED, _REPEATED_WIDTHS, rows)
        self._write("")
        for line in self._teller.count_repetitions(found):
            for part in wrap(show_controls(line), _WIDTH, rest="    "):
                self._write(part)
        self._write(self._say("more_on_one"))
        if is_cut:
            self._write(self._say("older"))

    def show_statistics(self, numbers: Statistics) -> None:
        """Print tables, each under its heading."""
        for line in tell_statistics(numbers, self._wording):
            text = show_controls(line.text)
            self._write(self._paint(text, "bold") if line.is_heading else text)

    def _write_table(
        self,
        columns: Sequence[str],
        widths_max: Sequence[int],
        rows: Sequence[ListRow | RepeatedRow],
    ) -> None:
        heads = [self._say("head", column) for column in columns]
        widths = [
            min(most, max(cell_width(head), *(cell_width(_cell(row, column)) for row in rows)))
            for column, head, most in zip(columns, heads, widths_max, strict=True)
        ]
        self._write(self._paint(_line(heads, widths), "bold"))
        for row in rows:
            self._write(_line([_cell(row, column) for column in columns], widths))

    def _list_answers(self, found: Answer) -> None:
        for answer in found.deliveries:
            said = self._teller.say_delivery(answer, found.story)
            first = f"  {answer.address}: "
            for line in wrap(show_controls(said), _WIDTH, first=show_controls(first), rest="    "):
                good = answer.outcome in ("delivered", "probably-delivered")
                self._write(self._paint(line, "green" if good else "red"))

    def _say(self, *keys: str, **fields: str) -> str:
        return self._wording.say("trail", *keys, fields=fields)

    def _write(self, line: str) -> None:
        sys.stdout.write(line.rstrip() + "\n")


def _cell(row: ListRow | RepeatedRow, column: str) -> str:
    return show_controls(str(getattr(row, column)))


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    """Return cells side by side, each cut to its width."""
    shown = []
    for cell, width in zip(cells, widths, strict=True):
        text = cell
        while cell_width(text) > width:
            text = text[: max(len(text) - 2, 0)] + "…" if len(text) > 1 else ""
        shown.append(pad(text, width))
    return "  ".join(shown)


_CODES = {"bold": "1", "green": "32", "red": "31"}


def _paint(text: str, style: str) -> str:
    """Return a text in a style of the terminal (ECMA-48 §8.3.117)."""
    code = _CODES.get(style)
    return f"\x1b[{code}m{text}\x1b[0m" if code and text else text


def _leave(text: str, style: str) -> str:
    """Return a text as it is."""
    del style
    return text
