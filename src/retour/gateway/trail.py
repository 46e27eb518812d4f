"""The trail beside the mail flow: what passes is written into it, and reports are held against it.

One process has one; the database is opened when it is first needed, and again after it failed, so
that mail never waits for it.
"""

import threading
from collections.abc import Sequence
from typing import TYPE_CHECKING

from retour.gateway.recording import Sighting, to_arrival
from retour.model.analysis import Analysis
from retour.model.story import Copy, Query
from retour.model.trail import Arrival
from retour.wire.header import parse_headers
from retour.wire.words import decode_words

if TYPE_CHECKING:
    from retour.store import Store

_COPIES_MAX = 50


class Trail:
    """A trail that may be away."""

    def __init__(self, url: str, *, with_subjects: bool = True) -> None:
        """Begin; nothing is opened yet.

        Args:
            url: as for `retour.store.open_store`.
            with_subjects: whether subjects are kept.
        """
        self._url = url
        self._with_subjects = with_subjects
        self._store: Store | None = None
        self._lock = threading.Lock()

    def write(self, sightings: Sequence[Sighting]) -> None:
        """Write messages that passed.

        Raises:
            StoreError: the database cannot be used.
        """
        self._open().write(_to_arrivals(sightings))

    def verify(self, analysis: Analysis) -> bool | None:
        """Tell whether we sent what a report is about.

        Returns:
            True where the trail has the original, with a sender, for all recipients that the
            report names: whoever knows a Message-ID alone proves nothing. Else None: mail may have
            gone out where nobody wrote it down.

        Raises:
            StoreError: the database cannot be used.
        """
        original = analysis.report.original
        named = [
            {name.lower() for name in (found.address, found.original_address) if name}
            for found in analysis.report.recipients
        ]
        if original is None or not original.message_id or not named:
            return None
        query = Query(message_id=original.message_id, limit=_COPIES_MAX)
        copies = self._open().find(query)
        # The query also finds what begins so; half an id must not stand for a whole one.
        exact = (copy for copy in copies if copy.message_id == original.message_id)
        return True if any(_is_sent_to(copy, named) for copy in exact) else None

    def _open(self) -> "Store":
        from retour.store import open_store  # noqa: PLC0415 - only where a trail is named

        with self._lock:
            if self._store is None:
                self._store = open_store(self._url, with_subjects=self._with_subjects)
            return self._store


def _is_sent_to(copy: Copy, named: list[set[str]]) -> bool:
    known = {recipient.lower() for recipient in copy.recipients}
    return bool(copy.mail_from) and all(names & known for names in named)


def _to_arrivals(sightings: Sequence[Sighting]) -> list[Arrival]:
    arrivals = []
    for sighting in sightings:
        headers = parse_headers(sighting.header.decode("latin-1").replace("\r\n", "\n"))
        subject = headers.get("subject")
        arrivals.append(
            to_arrival(
                sighting,
                message_id=headers.get("message-id") or None,
                subject=decode_words(subject) if subject else None,
            )
        )
    return arrivals
