"""Follows mails: finds them in a trail, tells their story, says whether they were delivered."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from retour.analyse import explain
from retour.model.story import Delivery, Query, Story
from retour.rendering.json import to_line
from retour.rendering.trailjson import copy_to_dict
from retour.store import Store
from retour.trail.delivery import judge
from retour.trail.mail import find_queue_id, find_sending_time
from retour.trail.naming import strip_name

_MAIL_BYTES_MAX = 32 << 20
_PART_MIN = 6
"""Characters of the beginning of a name that may stand for it."""


Found = tuple[Story | None, str | None]
"""A story, and a Message-ID."""
Lookup = Callable[[Store, str], Found]


@dataclass(frozen=True, slots=True)
class Answer:
    """Whether one message was delivered.

    Attributes:
        asked: as it was asked for.
        message_id: None where the trail does not know it.
        deliveries: one a recipient; none where the trail knows nothing.
        story: all that the trail knows; None where it knows nothing.
    """

    asked: str
    message_id: str | None
    deliveries: tuple[Delivery, ...]
    story: Story | None


def answer(
    store: Store,
    names: Iterable[str],
    recipient: str | None = None,
    look_up: Lookup | None = None,
) -> Iterator[Answer]:
    """Say whether messages were delivered.

    Args:
        store: the trail.
        names: Message-IDs, queue ids, numbers of copies, or paths to report messages.
        recipient: only this one.
        look_up: finds what a name means; None: `look_up_path`, which opens files. What strangers
            may ask for takes `look_up_name`.

    Yields:
        One answer a name, in their order.

    Raises:
        OSError: a file that is there cannot be read.
    """
    look = look_up or look_up_path
    for name in names:
        story, message_id = look(store, name)
        if story is None:
            yield Answer(name, message_id, (), None)
            continue
        asked = [copy for copy in story.copies if copy.copy_id in story.asked]
        known = next((copy.message_id for copy in asked if copy.message_id), message_id)
        yield Answer(name, known, tuple(judge(story, recipient)), story)


def look_up_path(store: Store, name: str) -> Found:
    """Look a message up by a file that holds a report about it, else by its name.

    Returns:
        Its story, None where the trail knows none; and its Message-ID, as far as the name tells it.
    """
    path = Path(name)
    if not _is_file(path):
        return _look_up_part(store, name)
    with path.open("rb") as file:
        return look_up_report(store, file.read(_MAIL_BYTES_MAX))


def look_up_name(store: Store, name: str) -> Found:
    """Look a message up by its Message-ID, a queue id or the number of a copy; open no file."""
    bare = strip_name(name)
    return store.read_named(name), f"<{bare}>" if "@" in bare else None


def _look_up_part(store: Store, name: str) -> Found:
    """Look a message up by its name, else by the beginning of one that only it has."""
    found = look_up_name(store, name)
    part = strip_name(name)
    if found[0] is not None or len(part) < _PART_MIN:
        return found
    for query in (Query(message_id=part), Query(queue_id=part)):
        copies = store.find(query)
        names = {copy.message_id or str(copy.copy_id) for copy in copies}
        if len(names) == 1:
            return look_up_name(store, names.pop())
    return found


def look_up_report(store: Store, raw: bytes) -> Found:
    """Look a message up by a report about it."""
    original = explain(raw).report.original
    message_id = original.message_id if original else None
    queue_id = find_queue_id(raw, original.header_block if original else "")
    if message_id and (story := store.read_named(message_id)):
        return story, message_id
    return (store.read_named(queue_id, find_sending_time(raw)) if queue_id else None), message_id


def _is_file(path: Path) -> bool:
    """Tell whether a name is a file's; a Message-ID may be too long to be asked for."""
    try:
        return path.is_file()
    except (OSError, ValueError):
        return False


def export_mail(store: Store, name: str) -> bytes | None:
    """Return a copy that is kept whole, as a mail; None where none is."""
    story = store.read_named(name)
    if story is None:
        return None
    kept = [copy for copy in story.copies if copy.copy_id in story.asked and copy.has_body]
    return next((raw for copy in kept if (raw := store.read_raw(copy.copy_id)) is not None), None)


def export_person(store: Store, address: str) -> bytes:
    """Return all that is known of a person, as JSON Lines."""
    return b"".join(
        to_line(copy_to_dict(copy)).encode() + b"\n" for copy in store.list_of_person(address)
    )
