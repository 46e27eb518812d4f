"""Made-up mails for large trails: some senders, hosts and words are frequent, most are rare."""

import random
from bisect import bisect
from collections.abc import Iterator
from itertools import accumulate
from typing import NamedTuple

from retour.model.trail import Arrival, End, HandOver, HandOverOutcome, Observation

SYSTEMS = ("mx0", "mx1", "mx2")
DAY_US = 86_400_000_000
DAYS = 60
START_US = 1_767_225_600_000_000  # 2026-01-01

_ANSWERS = 7
"""Every so many-th subject begins with "Re:": of ten million more than a million."""
_TARGETS = 4_999


class Mail(NamedTuple):
    """One mail: a copy with one hand-over."""

    at_us: int
    queue_id: str
    system_id: int
    message_id: str
    sender_id: int
    recipient_id: int
    peer_id: int
    host_id: int
    subject: str
    size_bytes: int
    host: tuple[str, str]
    outcome: HandOverOutcome
    status: str
    reply: str
    next_queue_id: str | None


class Traffic:
    """So many mails within sixty days, the same ones on every run."""

    def __init__(self, count: int) -> None:
        self.count = count
        self._step_us = DAYS * DAY_US // count
        self._senders = _Skewed(min(200_000, count // 20), 1)
        self._recipients = _Skewed(min(1_000_000, count // 5), 2)
        self._words = _Skewed(20_000, 3)
        self._peers = _Skewed(min(100_000, count // 50), 4)

    def at(self, n: int) -> int:
        """Return when the n-th mail arrives."""
        return START_US + n * self._step_us

    def mail(self, n: int) -> Mail:
        """Return the n-th mail."""
        chance = random.Random(n)
        sender, recipient = self._senders.draw(chance), self._recipients.draw(chance)
        subject = " ".join(f"w{self._words.draw(chance)}" for _ in range(5))
        target = 1 + recipient % _TARGETS
        next_id = f"{n * 7:012X}"
        outcome, status, reply = _end(n, next_id)
        return Mail(
            self.at(n),
            f"{n:012X}",
            1 + n % len(SYSTEMS),
            f"<{chance.getrandbits(64):016x}.{n}@mail{sender % 331}.example.com>",
            sender,
            self._senders.size + recipient,
            _TARGETS + self._peers.draw(chance),
            target,
            f"Re: {subject}" if n % _ANSWERS == 0 else subject,
            4_000 + n % 9_999,
            _name_target(target),
            outcome,
            status,
            reply,
            next_id if outcome == "relayed" else None,
        )

    def address(self, number: int) -> str:
        """Return the address of a number: senders come first."""
        if number <= self._senders.size:
            return f"first{number}.last{number % 977}@dom{number % 997}.example.com"
        number -= self._senders.size
        return f"name{number}@dest{number % 4_999}.example.net"

    def addresses(self) -> Iterator[tuple[int, str]]:
        """Yield all numbers and addresses."""
        for number in range(1, self._senders.size + self._recipients.size + 1):
            yield number, self.address(number)

    def host(self, number: int) -> tuple[str, str]:
        """Return name and IP address of a host: those that mail goes to come first."""
        if number <= _TARGETS:
            return _name_target(number)
        number -= _TARGETS
        return (
            f"c{number}.example.org",
            f"198.{18 + number // 62_500}.{number // 250 % 250}.{number % 250}",
        )

    def hosts(self) -> Iterator[tuple[int, tuple[str, str]]]:
        """Yield all numbers and hosts."""
        for number in range(1, _TARGETS + self._peers.size + 1):
            yield number, self.host(number)

    def lines(self) -> Iterator[Observation]:
        """Yield what a log would say of all of them."""
        for mail in map(self.mail, range(self.count)):
            system = SYSTEMS[mail.system_id - 1]
            peer, host = self.host(mail.peer_id), self.host(mail.host_id)
            yield Arrival(
                mail.at_us, system, mail.queue_id, mail.message_id, self.address(mail.sender_id),
                *peer, None, "ESMTPS", "TLSv1.3", mail.size_bytes, 1, mail.subject,
            )  # fmt: skip
            yield HandOver(
                mail.at_us + 800_000, system, mail.queue_id, self.address(mail.recipient_id), None,
                mail.outcome, *host, mail.status, mail.reply, "TLSv1.3", 800, 20,
                mail.next_queue_id,
            )  # fmt: skip
            yield End(mail.at_us + 900_000, system, mail.queue_id)


def _name_target(number: int) -> tuple[str, str]:
    return f"mx.dest{number}.example.net", f"203.0.{number // 250}.{number % 250}"


def _end(n: int, next_id: str) -> tuple[HandOverOutcome, str, str]:
    """Return outcome, status and reply of the n-th mail's hand-over: one in thirty fails."""
    if n % 10_000 == 5_000:
        return "failed", "5.7.1", "550 5.7.1 Message rejected due to content"
    if n % 50 == 0:
        return "failed", "5.1.1", "550 5.1.1 user unknown"
    if n % 97 == 0:
        return "deferred", "4.2.2", "452 4.2.2 mailbox full"
    if n % 50_000 == 3:
        return "expired", "4.4.1", "connect to mx.example.net[192.0.2.1]:25: Connection timed out"
    return "relayed", "2.0.0", f"250 2.0.0 Ok: queued as {next_id}"


class _Skewed:
    """Numbers from 1 of which few are drawn far more often (Zipf's law with exponent 0.7)."""

    def __init__(self, size: int, seed: int) -> None:
        self.size = max(size, 1)
        self._numbers = list(range(1, self.size + 1))
        random.Random(seed).shuffle(self._numbers)
        self._weights = list(accumulate(1 / rank**0.7 for rank in range(1, self.size + 1)))

    def draw(self, chance: random.Random) -> int:
        """Draw one."""
        return self._numbers[bisect(self._weights, chance.random() * self._weights[-1])]
