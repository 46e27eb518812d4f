"""What a trail knows, in words: sentences about deliveries, the events of a story, rows of a list.

Nothing here prints. Texts stand in the catalogue's table ``[trail]``; foreign words are folded to a
line, and whoever writes them to a terminal makes control characters visible.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo

from retour.model.story import Copy, Delivery, Repetition, ReportClaim, Story
from retour.model.trail import HandOver
from retour.model.vocabulary import VERDICTS, Verdict
from retour.rendering.foreign import fold_line
from retour.rendering.quantity import say_duration
from retour.rendering.wording import Wording

REPLY_MAX = 400
RECIPIENTS_MAX = 3
"""Recipients that a row of a list names."""
_SENDERS_MAX = 10

_FIRST = datetime(1, 1, 2, tzinfo=UTC).timestamp()
_LAST = datetime(9999, 12, 30, tzinfo=UTC).timestamp()


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened to a message.

    Attributes:
        at_us: when.
        system: who wrote it down.
        queue_id: of which copy.
        text: what happened, in words.
        is_good: True: it got further; False: it did not; None: neither.
    """

    at_us: int
    system: str
    queue_id: str | None
    text: str
    is_good: bool | None


@dataclass(frozen=True, slots=True)
class ListRow:
    """One copy in a list, as texts."""

    at: str
    sender: str
    recipients: str
    state: str
    subject: str
    name: str


@dataclass(frozen=True, slots=True)
class RepeatedRow:
    """One message that arrived more than once in a list, as texts."""

    verdict: str
    senders: str
    count: str
    at: str
    span: str
    recipients: str
    message_id: str


def to_moment(at_us: int, zone: tzinfo | None = None) -> datetime:
    """Return a time in a zone (None: the machine's own); one beyond the calendar, its end."""
    seconds = min(max(at_us / 1_000_000, _FIRST), _LAST)
    return datetime.fromtimestamp(seconds, UTC).astimezone(zone)


class Teller:
    """Tells in one language, with times in one zone."""

    def __init__(self, wording: Wording, now: datetime, zone: tzinfo | None = None) -> None:
        """Prepare.

        Args:
            wording: the language.
            now: the reader's time; times of that day go without the day.
            zone: of the times shown; None: the machine's own.
        """
        self._wording = wording
        self._zone = zone
        self._today = now.astimezone(zone).date()

    def say_time(self, at_us: int) -> str:
        """Return ``10:00:04`` of today, or ``2026-03-01 10:00:04``."""
        at = to_moment(at_us, self._zone)
        return f"{at:%H:%M:%S}" if at.date() == self._today else f"{at:%Y-%m-%d %H:%M:%S}"

    def say_stamp(self, at_us: int) -> str:
        """Return ``2026-03-01 10:00:04``."""
        return f"{to_moment(at_us, self._zone):%Y-%m-%d %H:%M:%S}"

    def say_summary(self, story: Story | None, deliveries: Iterable[Delivery]) -> str:
        """Return the one sentence that stands on top of a story."""
        answers = list(deliveries)
        if len(answers) == 1:
            return self.say_delivery(answers[0], story)
        if not answers:
            return self._say("nothing")
        reached = [a for a in answers if a.outcome in ("delivered", "probably-delivered")]
        others = [a.address for a in answers if a not in reached]
        fields = {
            "n": str(len(reached)),
            "all": str(len(answers)),
            "others": self._join(others[:RECIPIENTS_MAX], len(others)),
        }
        return self._say("all" if not others else "some" if reached else "none", **fields)

    def say_delivery(self, answer: Delivery, story: Story | None) -> str:
        """Return what became of one recipient, with the proof, in a sentence."""
        fields = {}
        if answer.host:
            fields["host"] = fold_line(answer.host)
        if answer.reply:
            fields["reply"] = fold_line(answer.reply, REPLY_MAX)
        if answer.at_us is not None:
            fields["at"] = self.say_time(answer.at_us)
            sent_us = _find_start(story)
            if sent_us is not None and answer.at_us >= sent_us:
                fields["after"] = self._say_duration((answer.at_us - sent_us) / 1_000_000)
        key = answer.outcome
        return self._say("report" if answer.handed_to == "report" else "said", key, **fields)

    def list_events(self, story: Story) -> list[Event]:
        """Return everything that is known of a message, in time order."""
        events: list[Event] = []
        for copy in story.copies:
            if copy.copy_id in story.report_copies:
                events.append(self._tell_report_copy(copy))
                continue
            events.extend(self._tell_copy(copy))
        events.extend(self._tell_claim(claim) for claim in story.claims)
        return sorted(events, key=lambda event: event.at_us)

    def list_row(self, copy: Copy) -> ListRow:
        """Return a copy as a row of a list."""
        last = copy.hand_overs[-1] if copy.hand_overs else None
        if last:
            outcomes = {attempt.outcome for attempt in copy.hand_overs[-50:]}
            state = self._say("attempt", last.outcome)
            if len(outcomes) > 1 and len({a.recipient for a in copy.hand_overs[-50:]}) > 1:
                state = self._say("attempt", "mixed")
        elif copy.refusals:
            state = self._say("attempt", "refused")
        else:
            state = self._say("attempt", "unknown")
        return ListRow(
            self.say_stamp(copy.first_us),
            "<>" if copy.mail_from == "" else fold_line(copy.mail_from, 60),
            fold_line(self._join(copy.recipients[:RECIPIENTS_MAX], len(copy.recipients)), 120),
            state,
            fold_line(copy.subject, 80),
            fold_line(copy.queue_id, 40) or str(copy.copy_id),
        )

    def list_repetition(self, found: Repetition) -> RepeatedRow:
        """Return a message that arrived more than once as a row of a list."""
        first, last = found.arrivals[0], found.arrivals[-1]
        names = dict.fromkeys(name for copy in found.arrivals for name in copy.recipients)
        return RepeatedRow(
            self._wording.say("copies", "verdict", found.verdict),
            self._join_senders(found),
            str(len(found.arrivals)),
            self.say_stamp(first.first_us),
            self._say_duration((last.first_us - first.first_us) / 1_000_000),
            fold_line(self._join(list(names)[:RECIPIENTS_MAX], len(names)), 120),
            fold_line(found.message_id, 300),
        )

    def count_repetitions(self, found: Iterable[Repetition]) -> list[str]:
        """Return a line a verdict: how many there are, and which systems brought how many."""
        counts: dict[Verdict, Counter[str]] = {}
        for one in found:
            counts.setdefault(one.verdict, Counter())[self._join_senders(one)] += 1
        return [
            self._say(
                "kind",
                verdict=self._wording.say("copies", "verdict", verdict),
                n=str(of.total()),
                senders="; ".join(f"{name} {n}" for name, n in of.most_common(_SENDERS_MAX)),
            )
            for verdict, of in sorted(counts.items(), key=lambda kind: VERDICTS.index(kind[0]))
        ]

    def _join_senders(self, found: Repetition) -> str:
        shown = [fold_line(name, 60) for name in found.senders[:RECIPIENTS_MAX]]
        more = "+" if len(found.senders) > RECIPIENTS_MAX else ""
        return " + ".join(filter(None, (*shown, more))) or "?"

    def _tell_copy(self, copy: Copy) -> Iterator[Event]:
        """Tell of one arrival and of all that followed there."""
        if copy.queue_id is not None:
            peer = copy.peer_name or copy.peer_address or copy.helo
            fields = _present(
                peer=peer,
                address=copy.peer_address if copy.peer_address != peer else None,
                sender="<>" if copy.mail_from == "" else copy.mail_from,
                protocol=copy.protocol,
                tls=copy.tls,
                queue_id=copy.queue_id,
                size=None if copy.size_bytes is None else str(copy.size_bytes),
            )
            yield self._event(copy, copy.first_us, "arrived", fields, is_good=None)
        for attempt in copy.hand_overs:
            yield self._tell_attempt(copy, attempt)
        for refusal in copy.refusals:
            fields = _present(
                peer=refusal.peer_name or refusal.peer_address,
                recipient=refusal.recipient,
                sender="<>" if refusal.mail_from == "" else refusal.mail_from,
                reply=refusal.reply,
            )
            yield self._event(copy, refusal.at_us, "refused", fields, is_good=False)
        for link in copy.links:
            text = self._say("link", link.relation, queue_id=fold_line(link.other_queue_id, 60))
            yield Event(link.at_us, copy.system, copy.queue_id, text, None)
        for remark in copy.remarks:
            text = self._say("remark", remark.name)
            yield Event(remark.at_us, copy.system, copy.queue_id, text, is_good=False)
        if copy.given_up_us is not None:
            yield self._event(copy, copy.given_up_us, "given_up", {}, is_good=False)

    def _tell_attempt(self, copy: Copy, attempt: HandOver) -> Event:
        fields = _present(
            recipient=attempt.recipient,
            original=attempt.original_recipient,
            host=attempt.host or attempt.address,
            reply=attempt.reply,
            tls=attempt.tls,
        )
        text = self._say("tried", attempt.outcome, **fields)
        good = {"delivered": True, "relayed": True, "expanded": True, "held": None}
        is_good = good.get(attempt.outcome, False)
        return Event(attempt.at_us, copy.system, copy.queue_id, text, is_good)

    def _tell_report_copy(self, copy: Copy) -> Event:
        fields = _present(queue_id=copy.queue_id)
        return self._event(copy, copy.first_us, "report_arrived", fields, is_good=None)

    def _tell_claim(self, claim: ReportClaim) -> Event:
        fields = _present(
            recipient=claim.original_recipient or claim.recipient,
            host=claim.remote_mta or claim.reporting_mta,
            reply=claim.reply,
        )
        text = self._say("claimed", claim.action or "other", **fields)
        is_good = claim.action in ("delivered", "relayed", "expanded")
        return Event(claim.at_us, claim.reporting_mta or "", None, text, is_good)

    def _event(
        self, copy: Copy, at_us: int, key: str, fields: dict[str, str], *, is_good: bool | None
    ) -> Event:
        return Event(at_us, copy.system, copy.queue_id, self._say(key, **fields), is_good)

    def _say(self, *keys: str, **fields: str) -> str:
        return self._wording.say("trail", *keys, fields=fields)

    def _say_duration(self, seconds: float) -> str:
        if seconds < 60:
            return self._say("seconds", n=str(round(seconds)))
        return say_duration(self._wording, seconds)

    def _join(self, names: Iterable[str], count: int) -> str:
        shown = list(names)
        text = ", ".join(fold_line(name, 80) for name in shown)
        more = count - len(shown)
        return text + self._say("more", n=str(more)) if more > 0 else text


def _present(**fields: str | None) -> dict[str, str]:
    """Return the fields that are known, fit to be shown."""
    return {
        name: fold_line(value, REPLY_MAX) for name, value in fields.items() if value is not None
    }


def _find_start(story: Story | None) -> int | None:
    """Return when a message was sent, as far as the trail reaches back."""
    if story is None:
        return None
    others = [copy for copy in story.copies if copy.copy_id not in story.report_copies]
    return min((copy.first_us for copy in others), default=None)
