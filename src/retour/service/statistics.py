"""Numbers over a trail: counts what has come since, and reads."""

import time
from collections import Counter

from retour.service.copies import list_repetitions
from retour.store import Store

_AT_ONCE = 100


def count(store: Store, seconds_max: float | None = None) -> bool:
    """Bring the numbers up to date, the newest hours first.

    Args:
        store: the trail; between two hours others may write to it.
        seconds_max: after how long the rest is left for another time; None: never.

    Returns:
        Whether nothing is left.
    """
    end = None if seconds_max is None else time.monotonic() + seconds_max
    while marked := store.list_uncounted(_AT_ONCE):
        for one in marked:
            if end is not None and time.monotonic() > end:
                return False
            repeated = list_repetitions(store, one.first_us, one.last_us)
            store.count_hour(one, Counter(found.verdict for found in repeated))
    return True
