"""The difference between a message as the server holds it and a new one, as edits."""

from collections import defaultdict
from collections.abc import Iterator, Sequence

from retour.gateway.milter.command import Header
from retour.gateway.milter.reply import AddHeader, ChangeHeader, DeleteHeader, Edit, ReplaceBody

# The server puts its own above those that it shows, and counts as it likes.
_TRACE = frozenset((b"received", b"return-path"))


def list_edits(fields: Sequence[Header], new: bytes) -> tuple[Edit, ...]:
    """List what makes a message of a new one.

    Fields are told apart by their place among those of the same name; a field that is new stands
    below all others. Trace fields are left alone.

    Args:
        fields: the message's header as the server showed it.
        new: the whole new message, with CRLF.

    Returns:
        The edits in an order in which no one changes the place that a later one counts from.
    """
    header, _, body = new.partition(b"\r\n\r\n")
    old_values: dict[bytes, list[bytes]] = defaultdict(list)
    for field in fields:
        old_values[field.name.lower()].append(field.value.replace(b"\r\n", b"\n"))
    new_fields = [field for field in _split(header + b"\r\n") if field.name.lower() not in _TRACE]
    counts: dict[bytes, int] = defaultdict(int)
    edits: list[Edit] = []
    added: list[Edit] = []
    for field in new_fields:
        name = field.name.lower()
        index = counts[name]
        counts[name] += 1
        if index >= len(old_values[name]):
            added.append(AddHeader(field.name, field.value))
        elif old_values[name][index] != field.value:
            edits.append(ChangeHeader(index + 1, field.name, field.value))
    for name, values in old_values.items():
        if name not in _TRACE:
            edits += (DeleteHeader(index, name) for index in range(len(values), counts[name], -1))
    return (*edits, *added, ReplaceBody(body))


def _split(header: bytes) -> Iterator[Header]:
    """Split a header that we have written: every line is a field or continues one."""
    name, value = b"", b""
    for line in header.split(b"\r\n")[:-1]:
        if line[:1] in (b" ", b"\t"):
            value += b"\n" + line
            continue
        if name:
            yield Header(name, value)
        name, _, value = line.partition(b":")
    if name:
        yield Header(name, value)
