"""The trail beside the mail flow: what passes is written into it, and reports are held against it.

One process has one; the database is opened when it is first needed, and again after it failed, so
that mail never waits for it.
"""

import threading
import time
from collections.abc import Collection, Sequence

from retour.gateway.journal import Journal
from retour.gateway.recording import GATHER_S, Sighting, to_mail
from retour.model.analysis import Analysis
from retour.model.story import Copy, Query
from retour.service.context import add_context, find_by_return_path, find_moment
from retour.service.explanation import ContextError
from retour.store import Store, StoreError, open_store

_COPIES_MAX = 50
_SOURCE = "milter"
_JUST_S = 10
_WRITTEN_S = GATHER_S + 0.3
"""After what a recorder gathers has mostly been written."""


class Trail:
    """A trail that may be away."""

    def __init__(
        self,
        url: str,
        journal: Journal,
        *,
        with_subjects: bool = True,
        with_bodies: bool = False,
        domains: Collection[str] = (),
    ) -> None:
        """Begin; nothing is opened yet.

        Args:
            url: as for `retour.store.open_store`.
            journal: hears where the trail cannot be asked.
            with_subjects: whether subjects are kept.
            with_bodies: whether bodies that were read are kept; else only their hashes.
            domains: whose mail all goes out over the trail's systems; none: inferred from it.
        """
        self._url = url
        self._journal = journal
        self._with_subjects = with_subjects
        self._with_bodies = with_bodies
        self._domains = domains
        self._store: Store | None = None
        self._lock = threading.Lock()

    def write(self, sightings: Sequence[Sighting]) -> None:
        """Write messages that passed.

        Raises:
            StoreError: the database cannot be used.
        """
        mails = [to_mail(sighting) for sighting in sightings]
        self._open().write_mails(mails, _SOURCE, keep_bodies=self._with_bodies)

    def verify(self, analysis: Analysis, return_paths: Sequence[str] = ()) -> bool | None:
        """Tell whether we sent what a report is about.

        Args:
            analysis: of the report.
            return_paths: for whom the report is.

        Returns:
            True where the trail has the original, with a sender, for all recipients that the
            report names (whoever knows a Message-ID alone proves nothing), or the one message that
            bore this marked return path. Else None: mail may have gone out where nobody wrote it
            down.

        Raises:
            StoreError: the database cannot be used.
        """
        if self._knows(analysis, return_paths):
            return True
        if self._is_just_sent(analysis):
            # What a worker takes is written a moment later; this report was quicker.
            time.sleep(_WRITTEN_S)
            if self._knows(analysis, return_paths):
                return True
        return None

    def _knows(self, analysis: Analysis, return_paths: Sequence[str]) -> bool:
        report = analysis.report
        named = [
            {name.lower() for name in (found.address, found.original_address) if name}
            for found in report.recipients
        ]
        if not named:
            return False
        if report.original is not None and report.original.message_id:
            message_id = report.original.message_id
            copies = self._open().find(Query(message_id=message_id, limit=_COPIES_MAX))
            # The query also finds what begins so; half an id must not stand for a whole one.
            exact = (copy for copy in copies if copy.message_id == message_id)
            if any(_is_sent_to(copy, named) for copy in exact):
                return True
        paths = [path.lower() for path in return_paths]
        return find_by_return_path(self._open(), report, paths) is not None

    def _is_just_sent(self, analysis: Analysis) -> bool:
        """Tell whether the original says that it set out within the last seconds."""
        moment = find_moment(analysis)
        return moment is not None and abs(time.time() - moment.timestamp()) <= _JUST_S

    def weigh(self, analysis: Analysis) -> Analysis:
        """Add what the trail knows of the original.

        Where the trail is away, the answer comes from the mail alone, as without a trail.
        """
        try:
            return add_context(self._open(), analysis, self._domains)
        except (ContextError, StoreError) as error:
            self._journal.complain("trail not asked", error=str(error))
            return analysis

    def _open(self) -> Store:
        with self._lock:
            if self._store is None:
                self._store = open_store(self._url, with_subjects=self._with_subjects)
            return self._store


def _is_sent_to(copy: Copy, named: list[set[str]]) -> bool:
    known = {recipient.lower() for recipient in copy.recipients}
    return bool(copy.mail_from) and all(names & known for names in named)
