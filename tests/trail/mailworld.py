"""A small world of mail systems: copies of messages made by construction, with their truth.

Every copy is what the systems on its way would have left of it: each takes the message over one or
more of its servers, stamps it in its own dialect with its own clock, and forwards, expands, appends
or removes as it likes.
"""

import base64
import quopri
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from random import Random

from retour.model.copies import Copy, Envelope, EnvelopeRecipient
from retour.model.trail import HandOver
from retour.model.vocabulary import Verdict
from retour.trail.copy import read_copy

DIALECTS = ("postfix", "exim", "sendmail", "courier", "exchange", "plain")
DOMAINS = (
    "alpha.example", "bravo.example.org", "charlie.co.uk", "delta.net", "echo-mail.com",
    "foxtrot.org", "golf.de", "hotel.com.au", "india.io", "juliet.example.net",
)  # fmt: skip
TEXT = """please see figures below grüße für alle report invoice meeting tomorrow at nine backup
of server finished without errors naïve café the quick brown fox jumps over lazy dog"""
WORDS = TEXT.split()
DISCLAIMER = "-- \nThis message is confidential and meant for its addressee only.\n"
START = datetime(2026, 3, 1, 10, 0, 0, tzinfo=UTC)


@dataclass(frozen=True)
class System:
    """Mail servers of one owner."""

    domain: str
    dialect: str
    hosts: int
    skew: timedelta
    stamps_for: bool

    def name(self, n: int = 0) -> str:
        """Return the name of one of its servers."""
        return f"mx{n + 1}.{self.domain}"


@dataclass(frozen=True)
class Mail:
    """A message on its way: fields newest first, who has it, and when."""

    fields: tuple[tuple[str, str], ...]
    body: str
    holder: str = "client.home.example"
    at: datetime = START

    def put(self, *fields: tuple[str, str]) -> "Mail":
        """Return it with fields on top."""
        return replace(self, fields=(*fields, *self.fields))

    def without_traces(self) -> "Mail":
        """Return it as a system leaves it that removes all stamps."""
        kept = tuple(f for f in self.fields if f[0] not in ("Received", "Delivered-To"))
        return replace(self, fields=kept)


@dataclass(frozen=True)
class Arrival:
    """One copy as the receiving system meets it."""

    mail: Mail
    sender: str
    rcpt: tuple[str, ...]
    receiver: System
    queue_id: str
    handed_on: tuple[HandOver, ...] = ()
    form: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Case:
    """Two arrivals and what they are to each other."""

    truth: Verdict
    a: Arrival
    b: Arrival


class World:
    """Makes systems and messages from one source of chance."""

    def __init__(self, chance: Random) -> None:
        self.chance = chance
        self.domains = chance.sample(DOMAINS, len(DOMAINS))
        self.ids = 0

    def make_system(self, *, with_ids: bool = False) -> System:
        """Return a system with a dialect, a clock and a number of servers of its own."""
        dialects = DIALECTS[:4] if with_ids else DIALECTS
        return System(
            self.domains.pop(),
            self.chance.choice(dialects),
            self.chance.choice((1, 1, 1, 2, 3)),
            timedelta(seconds=self.chance.choice((0, 0, 1, -40, 3700, -7300))),
            self.chance.random() < 0.7,
        )

    def write(self, to: list[str], **changes: str | None) -> Mail:
        """Return a new message of the author."""
        fields: dict[str, str | None] = {
            "From": "Tess Tester <tess@home.example>",
            "To": ", ".join(to),
            "Date": format_datetime(START),
            "Message-ID": f"<{self.make_id(20)}@home.example>",
            "Subject": " ".join(self.pick_words(3)),
        }
        body = changes.pop("body", None) or self.write_text()
        fields |= {name.replace("_", "-"): value for name, value in changes.items()}
        return Mail(tuple((k, v) for k, v in fields.items() if v is not None), body)

    def write_text(self) -> str:
        """Return a text of a few lines."""
        lines = [" ".join(self.pick_words(self.chance.randint(1, 12))) for _ in range(4)]
        return "\n".join(lines) + "\n"

    def pick_words(self, n: int) -> list[str]:
        """Return some words."""
        return [self.chance.choice(WORDS) for _ in range(n)]

    def make_id(self, length: int) -> str:
        """Return an identifier that is never made again."""
        self.ids += 1
        letters = "0123456789ABCDEF"
        return "".join(self.chance.choice(letters) for _ in range(length - 4)) + f"{self.ids:04}"

    def take(self, mail: Mail, system: System, rcpt: list[str]) -> Mail:
        """Return a message as a system has it that took it, over all of its servers in a row."""
        for n in range(system.hosts):
            mail = self.stamp(mail, system, n, rcpt)
        return mail

    def stamp(
        self, mail: Mail, system: System, n: int, rcpt: list[str], id_: str | None = None
    ) -> Mail:
        """Return a message with one server's stamp; with its queue id where that is known."""
        at = mail.at if id_ else mail.at + timedelta(seconds=self.chance.choice((0, 0, 1, 2)))
        host, date, giver = system.name(n), format_datetime(at + system.skew), mail.holder
        for_ = f"for <{rcpt[0]}>" if len(rcpt) == 1 and system.stamps_for else ""
        peer = f"{giver} ({giver} [192.0.2.9])"
        if system.dialect == "postfix":
            id_ = id_ or self.make_id(self.chance.choice((10, 11)))
            value = f"from {peer}\n\tby {host} (Postfix) with ESMTP id {id_}"
            value += f"\n\t{for_}; {date}" if for_ else f";\n\t{date}"
        elif system.dialect == "exim":
            id_ = id_ or f"1{self.make_id(5)}-{self.make_id(6)}-2F"
            value = f"from {giver} ([192.0.2.9])\n\tby {host} with esmtps (Exim 4.96)\n\tid {id_}"
            value += f"\n\t{for_};\n\t{date}" if for_ else f";\n\t{date}"
        elif system.dialect == "sendmail":
            id_ = id_ or f"6AO{self.make_id(11)}"
            value = f"from {peer}\n\tby {host} (8.17.1/8.17.1) with ESMTP "
            value += f"id {id_}\n\t{for_}; {date}"
        elif system.dialect == "courier":
            id_ = id_ or f"00000000{self.make_id(8)}.{self.make_id(16)}"
            value = f"from {giver} ([192.0.2.9])\n  by {host} with ESMTP\n  id {id_}; {date}"
        elif system.dialect == "exchange":
            value = f"from {giver} (192.0.2.9) by\n {host} (192.0.2.10) with Microsoft SMTP Server "
            value += f"(version=TLS1_2,\n cipher=X) id 15.20.8314.10; {date}"
        else:
            value = f"from {giver} (192.0.2.9)\n  by {host} with SMTP; {date}"
        return replace(mail.put(("Received", value)), holder=host, at=at)

    def arrive(
        self, mail: Mail, receiver: System, rcpt: list[str], *, sender: str = "tess@home.example"
    ) -> Arrival:
        """Return the arrival of a message."""
        return Arrival(mail, sender, tuple(rcpt), receiver, self.make_id(11))


def write_mail(mail: Mail, form: dict[str, str]) -> bytes:
    """Return a message's bytes in one of the forms that carry the same words."""
    charset = form.get("charset", "utf-8")
    content = mail.body.encode(charset, "replace")
    encoding = form.get("encoding", "8bit")
    if encoding == "base64":
        content = base64.encodebytes(content)
    elif encoding == "quoted-printable":
        content = quopri.encodestring(content)
    fields = [
        *mail.fields,
        ("MIME-Version", "1.0"),
        ("Content-Type", f"text/plain; charset={charset}"),
        ("Content-Transfer-Encoding", encoding),
    ]
    head = "".join(f"{name}: {value}\n" for name, value in fields).encode()
    raw = head + b"\n" + content
    return raw.replace(b"\n", b"\r\n") if form.get("ends") == "crlf" else raw


def see_at_gateway(arrival: Arrival, *, with_envelope: bool) -> Copy:
    """Return a copy as the receiving system's gateway sees it."""
    envelope = None
    if with_envelope:
        envelope = Envelope(
            mail=arrival.sender,
            rcpt=tuple(EnvelopeRecipient(address) for address in arrival.rcpt),
            peer_name=arrival.mail.holder,
            helo=arrival.mail.holder,
            queue_id=arrival.queue_id,
            host=arrival.receiver.name(),
            arrived_at=arrival.mail.at + arrival.receiver.skew,
            handed_on=arrival.handed_on,
        )
    return read_copy(write_mail(arrival.mail, arrival.form), envelope)


def see_in_mailbox(world: World, arrival: Arrival, *, through: System | None = None) -> Copy:
    """Return a copy as its recipient has it, maybe after a scanner that hands it back."""
    rcpt = [arrival.rcpt[0]]
    mail = stamp_arrival(world, arrival)
    for n in range(1, arrival.receiver.hosts):
        mail = world.stamp(mail, arrival.receiver, n, rcpt)
    if through:
        mail = world.take(mail, through, rcpt)
        mail = world.take(mail, arrival.receiver, rcpt)
    mail = mail.put(
        ("Return-Path", f"<{arrival.sender}>"),
        ("X-Original-To", rcpt[0]),
        ("Delivered-To", rcpt[0]),
    )
    return read_copy(write_mail(mail, arrival.form))


def make_retry(world: World) -> Case:
    """One sending system hands one message over twice for one recipient."""
    sender, receiver = world.make_system(), world.make_system()
    rcpt = [f"user{n}@{receiver.domain}" for n in range(world.chance.choice((1, 1, 2, 4)))]
    mail = world.take(world.write(rcpt), sender, rcpt)
    later = replace(mail, at=mail.at + timedelta(seconds=world.chance.choice((1, 20, 900))))
    return Case("retry", world.arrive(mail, receiver, rcpt), world.arrive(later, receiver, rcpt))


def make_split(world: World) -> Case:
    """One sending system, one hand-over for each recipient."""
    sender, receiver = world.make_system(), world.make_system()
    rcpt = [f"user{n}@{receiver.domain}" for n in range(world.chance.choice((2, 3)))]
    mail = world.take(world.write(rcpt), sender, rcpt)
    a, b = world.chance.sample(rcpt, 2)
    return Case("split", world.arrive(mail, receiver, [a]), world.arrive(mail, receiver, [b]))


def make_list_copy(world: World) -> Case:
    """A message to a person and to a list that the person is on."""
    sender, receiver, host = (world.make_system() for _ in range(3))
    user, list_ = f"user@{receiver.domain}", f"team@lists.{host.domain}"
    mail = world.take(world.write([user, list_]), sender, [user, list_])
    via = put_through_list(world, world.take(mail, host, [list_]), list_)
    if world.chance.random() < 0.5:
        via = world.stamp(via, host, 0, [user])
    if world.chance.random() < 0.3:
        via = strip_some(world, via)
    bounces = f"team-bounces@lists.{host.domain}"
    a = world.arrive(mail, receiver, [user])
    return Case("fan-out", a, world.arrive(via, receiver, [user], sender=bounces))


def put_through_list(world: World, mail: Mail, list_: str) -> Mail:
    """Return a message as a list manager sends it on."""
    name = list_.partition("@")[0]
    fields = list(mail.fields)
    if world.chance.random() < 0.6:
        fields = [(k, f"[{name}] {v}" if k == "Subject" else v) for k, v in fields]
    if world.chance.random() < 0.3:
        fields = [(k, f"Tess via {name} <{list_}>" if k == "From" else v) for k, v in fields]
    body = mail.body + ("___\n" + DISCLAIMER if world.chance.random() < 0.6 else "")
    mail = replace(mail, fields=tuple(fields), body=body)
    return mail.put(("List-Id", f"Team <{list_.replace('@', '.')}>"), ("Precedence", "list"))


def strip_some(world: World, mail: Mail) -> Mail:
    """Return a message without its oldest stamps."""
    stamps = [n for n, (name, _) in enumerate(mail.fields) if name == "Received"]
    gone = set(stamps[-world.chance.randint(1, len(stamps)) :])
    return replace(mail, fields=tuple(f for n, f in enumerate(mail.fields) if n not in gone))


def rename_hosts(mail: Mail, system: System) -> Mail:
    """Return a message in which a gateway replaced the names of a system's servers."""
    hidden = tuple((k, v.replace(f".{system.domain}", ".inside.example")) for k, v in mail.fields)
    return replace(mail, fields=hidden)


def make_forward_copy(world: World) -> Case:
    """A message to a person and to another address that is forwarded to the same person."""
    sender = world.make_system(with_ids=True)
    receiver, host = world.make_system(), world.make_system()
    user, other = f"user@{receiver.domain}", f"me@{host.domain}"
    mail = world.take(world.write([user, other]), sender, [user, other])
    via = world.take(mail, host, [other])
    if world.chance.random() < 0.5:
        via = via.put(("X-Forwarded-To", user), ("X-Forwarded-For", f"{other} {user}"))
    if world.chance.random() < 0.4:
        via = replace(via, body=DISCLAIMER + via.body)
    if world.chance.random() < 0.3:
        via = rename_hosts(via, sender)
    a = world.arrive(mail, receiver, [user])
    return Case("fan-out", a, world.arrive(via, receiver, [user]))


def make_returning_list(world: World) -> Case:
    """A message leaves to an outside list and comes back once for a subscriber: no loop."""
    home, host = world.make_system(with_ids=True), world.make_system()
    user, list_ = f"user@{home.domain}", f"team@lists.{host.domain}"
    written = world.write([user, list_])
    first = world.arrive(written, home, [user, list_])
    mail = stamp_arrival(world, first)
    via = put_through_list(world, world.take(mail, host, [list_]), list_)
    handed = HandOver(
        0, home.name(), first.queue_id, list_, outcome="relayed", host=host.name(), reply="250 ok"
    )
    first = replace(first, handed_on=(handed,))
    return Case("fan-out", first, world.arrive(via, home, [user], sender=f"b@{host.domain}"))


def make_returning_forward(world: World) -> Case:
    """A message to two people, one of whom forwards it, without a mark, to the other: no loop."""
    home, host = world.make_system(with_ids=True), world.make_system()
    user, other = f"user@{home.domain}", f"bob@{host.domain}"
    written = world.write(world.chance.choice(([user, other], [user])))  # or a blind copy to Bob
    first = world.arrive(written, home, [user, other])
    via = world.take(stamp_arrival(world, first), host, [other])
    return Case("fan-out", first, world.arrive(via, home, [user]))


def stamp_arrival(world: World, arrival: Arrival) -> Mail:
    """Return the message as the receiving system has it: with its own stamp and queue id."""
    return world.stamp(arrival.mail, arrival.receiver, 0, list(arrival.rcpt), arrival.queue_id)


def make_resent(world: World) -> Case:
    """A person sends a message on, as it is."""
    sender, receiver, host = (world.make_system() for _ in range(3))
    user, other = f"user@{receiver.domain}", f"bob@{host.domain}"
    mail = world.take(world.write([user, other]), sender, [user, other])
    via = world.take(mail, host, [other]) if world.chance.random() < 0.5 else mail
    if world.chance.random() < 0.3:
        via = via.without_traces()
    via = via.put(
        ("Resent-From", other),
        ("Resent-To", user),
        ("Resent-Date", format_datetime(via.at + timedelta(minutes=9))),
        ("Resent-Message-ID", f"<{world.make_id(12)}@{host.domain}>"),
    )
    via = world.take(replace(via, holder="desk.example"), host, [user])
    a = world.arrive(mail, receiver, [user])
    return Case("resent", a, world.arrive(via, receiver, [user], sender=other))


def make_loop(world: World) -> Case:
    """An address is forwarded to another one, which is forwarded back."""
    sender, home, other = (world.make_system(with_ids=True) for _ in range(3))
    user, away = f"user@{home.domain}", f"user@{other.domain}"
    mail = world.take(world.write([user]), sender, [user])
    rounds = [world.arrive(mail, home, [user])]
    for _ in range(world.chance.choice((1, 1, 2))):
        mail = stamp_arrival(world, rounds[-1]).put(("Delivered-To", user))
        mail = world.take(mail, other, [away]).put(("Delivered-To", away))
        rounds.append(world.arrive(mail, home, [user]))
    return Case("loop", rounds[0], rounds[-1])


def make_relay_loop(world: World) -> Case:
    """Two systems that each take the other for the next one."""
    sender, home, other = (world.make_system(with_ids=True) for _ in range(3))
    user = f"user@{home.domain}"
    mail = world.take(world.write([user]), sender, [user])
    rounds = [world.arrive(mail, home, [user])]
    for _ in range(world.chance.choice((1, 2, 5))):
        mail = world.take(stamp_arrival(world, rounds[-1]), other, [user])
        rounds.append(world.arrive(mail, home, [user]))
    return Case("loop", rounds[world.chance.randrange(len(rounds) - 1)], rounds[-1])


def make_stripped_loop(world: World) -> Case:
    """The other side of a loop removes all stamps: only our outgoing record tells."""
    sender, home, other = (world.make_system(with_ids=True) for _ in range(3))
    user = f"user@{home.domain}"
    mail = world.take(world.write([user]), sender, [user])
    first = world.arrive(mail, home, [user])
    mail = world.take(stamp_arrival(world, first), replace(other, hosts=1), [user])
    handed = HandOver(
        0, home.name(), first.queue_id, user, outcome="relayed", host=other.name(), reply="250 ok"
    )
    first = replace(first, handed_on=(handed,))
    return Case("loop", first, world.arrive(mail.without_traces(), home, [user]))


def make_two_runs(world: World) -> Case:
    """A program runs twice and writes the same text, without or with one constant Message-ID."""
    sender, receiver = world.make_system(with_ids=True), world.make_system()
    rcpt = [f"user@{receiver.domain}"]
    message_id = world.chance.choice((None, "<1@localhost>"))
    mail = world.write(rcpt, Message_ID=message_id, Date=None, Subject="cron job", body="ok\n")
    again = replace(mail, at=mail.at + timedelta(seconds=world.chance.choice((0, 1, 86400))))
    if world.chance.random() < 0.5:
        date_a, date_b = format_datetime(mail.at), format_datetime(mail.at + timedelta(hours=1))
        mail, again = mail.put(("Date", date_a)), again.put(("Date", date_b))
    a, b = world.take(mail, sender, rcpt), world.take(again, sender, rcpt)
    return Case("distinct", world.arrive(a, receiver, rcpt), world.arrive(b, receiver, rcpt))


def make_other_content(world: World) -> Case:
    """Two messages under one Message-ID."""
    one, two, receiver = (world.make_system() for _ in range(3))
    rcpt = [f"user@{receiver.domain}"]
    first = world.write(rcpt, Message_ID="<1.1@localhost>", body="backup of web1 ok\n")
    second = world.write(rcpt, Message_ID="<1.1@localhost>", body="restore on db7 FAILED\n")
    a = world.take(first, one, rcpt)
    b = world.take(second, world.chance.choice((one, two)), rcpt)
    return Case("distinct", world.arrive(a, receiver, rcpt), world.arrive(b, receiver, rcpt))


def make_two_submissions(world: World) -> Case:
    """A program that reuses its Message-ID runs twice in one second."""
    sender, receiver = world.make_system(with_ids=True), world.make_system()
    rcpt = [f"user@{receiver.domain}"]
    mail = world.write(rcpt, Message_ID="<1.1@localhost>", Subject="cron job", body="ok\n")
    a, b = world.take(mail, sender, rcpt), world.take(mail, sender, rcpt)
    return Case("distinct", world.arrive(a, receiver, rcpt), world.arrive(b, receiver, rcpt))


def make_sent_twice(world: World) -> Case:
    """A person presses Send twice."""
    sender, receiver = world.make_system(), world.make_system()
    rcpt = [f"user@{receiver.domain}"]
    mail = world.write(rcpt)
    again = replace(mail, at=mail.at + timedelta(seconds=3))
    new = {"Date": format_datetime(again.at), "Message-ID": f"<{world.make_id(18)}@home.example>"}
    again = replace(again, fields=tuple((k, new.get(k, v)) for k, v in again.fields))
    a, b = world.take(mail, sender, rcpt), world.take(again, sender, rcpt)
    return Case("distinct", world.arrive(a, receiver, rcpt), world.arrive(b, receiver, rcpt))


SCENARIOS: dict[str, Callable[[World], Case]] = {
    "retry": make_retry,
    "split": make_split,
    "list-copy": make_list_copy,
    "forward-copy": make_forward_copy,
    "returning-list": make_returning_list,
    "resent": make_resent,
    "returning-forward": make_returning_forward,
    "loop": make_loop,
    "relay-loop": make_relay_loop,
    "stripped-loop": make_stripped_loop,
    "two-runs": make_two_runs,
    "two-submissions": make_two_submissions,
    "other-content": make_other_content,
    "sent-twice": make_sent_twice,
}
FORMS = ("encoding", "charset", "ends")


def vary(world: World, case: Case) -> Case:
    """Return a case with copies in other forms and another order of arrival."""
    a, b = (replace(one, form=_pick_form(world)) for one in (case.a, case.b))
    if world.chance.random() < 0.5:
        a, b = b, a
    return Case(case.truth, a, b)


def _pick_form(world: World) -> dict[str, str]:
    choices = {
        "encoding": ("8bit", "quoted-printable", "base64"),
        "charset": ("utf-8", "iso-8859-1"),
        "ends": ("lf", "crlf"),
    }
    return {name: world.chance.choice(choices[name]) for name in FORMS}
