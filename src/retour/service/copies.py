"""Copies that a trail knows, made comparable, and what they are to each other."""

from retour.model.copies import Copy
from retour.model.story import Copy as TrailCopy
from retour.model.story import Story
from retour.service.comparison import KnownCopy
from retour.store import Store
from retour.trail.arrivals import list_arrivals, make_copy, make_ways
from retour.trail.ways import Ways


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
