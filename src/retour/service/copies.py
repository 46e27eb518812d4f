"""Copies that a trail knows, made comparable, and what they are to each other."""

from collections.abc import Collection, Iterator

from retour.model.copies import Copy
from retour.model.story import Copy as TrailCopy
from retour.model.story import Repetition, Story
from retour.model.vocabulary import Verdict
from retour.service.comparison import KnownCopy
from retour.store import Store
from retour.trail.arrivals import list_arrivals, make_copy, make_ways, name_sender
from retour.trail.compare import compare
from retour.trail.ways import Ways

JUDGED_MAX = 12
"""Arrivals of one message that are held against each other in a list; a loop has hundreds."""


def find_copies(store: Store, name: str) -> list[KnownCopy]:
    """Find what a Message-ID, a queue id or a copy's number names.

    Args:
        store: the trail.
        name: see ``retour trail show``.

    Returns:
        The copies that are to be compared (see :func:`retour.trail.arrivals.list_arrivals`); none
        where the trail knows nothing of it.
    """
    story = store.read_named(name)
    if story is None:
        return []
    ways = make_ways(story)
    arrivals = list_arrivals(story, ways)
    sources = [name] if len(arrivals) == 1 else _name(arrivals, story)
    return [
        KnownCopy(source, _read(store, arrival, ways))
        for source, arrival in zip(sources, arrivals, strict=True)
    ]


def list_repetitions(
    store: Store, since_us: int, until_us: int | None, verdicts: Collection[Verdict] = ()
) -> Iterator[Repetition]:
    """Judge the messages that one system took more than once, newest first.

    Args:
        store: the trail.
        since_us: when the newest arrival was at the earliest.
        until_us: the latest arrival that counts; None: without an end.
        verdicts: only these; all where none is named.
    """
    stories = (
        store.list_repeated(since_us)
        if until_us is None
        else (store.list_repeated(since_us, until_us))
    )
    for story in stories:
        found = _judge(store, story)
        if not verdicts or found.verdict in verdicts:
            yield found


def _judge(store: Store, story: Story) -> Repetition:
    ways = make_ways(story)
    arrivals = list_arrivals(story, ways)
    judged = arrivals[:JUDGED_MAX]
    comparison = compare([_read(store, arrival, ways) for arrival in judged])
    subjects = (copy.subject for copy in story.copies if copy.copy_id in story.asked)
    return Repetition(
        arrivals[0].message_id,
        next(filter(None, subjects), None),
        comparison.verdict,
        comparison.pairs,
        tuple(dict.fromkeys(name_sender(arrival) for arrival in arrivals)),
        tuple(arrivals),
        len(arrivals) > len(judged),
    )


def _read(store: Store, arrival: TrailCopy, ways: Ways) -> Copy:
    raw = store.read_raw(arrival.copy_id) if arrival.has_body else None
    return make_copy(arrival, ways, raw)


def _name(arrivals: list[TrailCopy], story: Story) -> list[str]:
    """Name copies as ``trail show`` takes it: by queue id where that is one copy's alone."""
    names = [copy.queue_id for copy in story.copies]
    return [
        copy.queue_id if copy.queue_id and names.count(copy.queue_id) == 1 else str(copy.copy_id)
        for copy in arrivals
    ]
