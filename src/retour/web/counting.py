"""Counts the trail while the server runs, so that the overview only has to read."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from retour.service.statistics import count
from retour.store import StoreError
from retour.web.site import Site

_PAUSE_S = 2.0
_TURN_S = 1.0
"""How long it counts before it looks whether the server ends."""
_END_S = 5.0


@contextmanager
def counting(site: Site) -> Iterator[None]:
    """Count in a thread of its own: whoever asks never waits for a lock.

    It begins when a page has opened the trail, or at once where somebody named one. Several
    processes may do it side by side: an hour that was counted twice has the same numbers.
    """
    ended = threading.Event()
    thread = threading.Thread(target=_run, args=(site, ended), name="counting", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join(_END_S)


def _run(site: Site, ended: threading.Event) -> None:
    is_done = True
    while not ended.wait(_PAUSE_S if is_done else 0):
        is_done = True
        try:
            store = site.store if site.weighs else site.opened
            if store is not None:
                is_done = count(store, _TURN_S)
        except StoreError:
            pass  # out of reach now; the pages say so, and the next turn tries again
