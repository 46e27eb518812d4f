"""The two streams of an SMTP connection to its dialogue (RFC 5321, 2920, 3030, 3207, 2033).

No I/O: octets go in as they came, in causal order (a reply after what it answers), with the packet
that brought them. Never raises on content. What is kept is bounded; content is counted, not kept,
and log-ins are not shown.
"""

import re
from collections import deque
from dataclasses import dataclass, field
from enum import Enum, auto

from retour.model.capture import Moment, Rcpt, SessionPhase, Side, Tls, Transfer, Turn, TurnKind
from retour.wire.tls import TlsReader
from retour.wire.transaction import Draft, read_chunk, read_path, read_size

TEXT_MAX = 1_000
"""Characters of a line that are kept; RFC 5321 §4.5.3.1.4 allows 512 octets."""
TURNS_MAX = 2_000
KEPT_MAX = 1 << 19
"""Octets of one dialogue that are kept; what comes then is only counted."""
REPLY_LINES_MAX = 100
HELD_MAX = 1 << 18
"""Octets that may wait for the reply that says what they are."""
_RECIPIENTS_MAX = 1_000
_PENDING_MAX = 4_096
_LINE_MAX = 2_048

_VERB = re.compile(r"[A-Za-z]{3,12}(?=\s|\Z)")
_REPLY = re.compile(rb"[2-5][0-9]{2}(?:[ -]|\r?\n|\Z)")
_AUTH = re.compile(r"(AUTH\s+\S+)\s+\S.*", re.I | re.S)
_GREETINGS = ("220", "421", "554")
_HELLOS = ("EHLO", "HELO", "LHLO")
_PHASES: dict[str, SessionPhase] = {
    "greeting": "greeting",
    "EHLO": "helo",
    "HELO": "helo",
    "LHLO": "helo",
    "STARTTLS": "starttls",
    "AUTH": "auth",
    "MAIL": "mail",
    "RCPT": "rcpt",
    "DATA": "data",
    "BDAT": "message",
    "end-of-data": "end-of-data",
    "QUIT": "quit",
}


class _Mode(Enum):
    """What the client's octets are."""

    COMMANDS = auto()
    WAITING = auto()
    CONTENT = auto()
    CHUNK = auto()
    TLS = auto()


@dataclass(slots=True)
class _Due:
    """A reply that the server owes: to what, since when, in which transaction."""

    verb: str
    since: Moment | None
    draft: Draft | None = None
    rcpt: int | None = None


@dataclass(slots=True)
class _Line:
    """A line under way on one side."""

    data: bytearray = field(default_factory=bytearray)
    began: Moment | None = None
    size: int = 0

    def take(self, data: bytes, moment: Moment) -> None:
        """Add octets."""
        self.began = self.began or moment
        self.size += len(data)
        self.data += data[: max(_LINE_MAX - len(self.data), 0)]


class Dialogue:
    """Follows one connection.

    Attributes:
        has_greeting: whether the server's first octets are an SMTP greeting; None: not known yet.
        has_hello: whether the client's first line is EHLO, HELO or LHLO; None: not known yet.
    """

    def __init__(self, *, opened: Moment | None) -> None:
        """Begin.

        Args:
            opened: when the connection stood, so that the greeting was due; None: it is under way.
        """
        self._kept = 0
        self.has_greeting: bool | None = None
        self.has_hello: bool | None = None
        self._greeting = ""
        self._mode = _Mode.COMMANDS
        self._octets: dict[Side, int] = {"client": 0, "server": 0}
        self._lines: dict[Side, _Line] = {"client": _Line(), "server": _Line()}
        self._due: deque[_Due] = deque()
        if opened is not None:
            self._due.append(_Due("greeting", opened))
        self._turns: list[Turn] = []
        self._omitted = 0
        self._drafts: list[Draft] = []
        self._draft: Draft | None = None
        self._chunk_left = 0
        self._is_last_chunk = False
        self._held: list[tuple[bytes, Moment, int]] = []
        self._held_octets = 0
        self._reply_lines: list[str] = []
        self._reply_began: Moment | None = None
        self._reply_size = 0
        self._replied: Moment | None = None
        self._last_verb: str | None = None
        self._is_lmtp = False
        self._in_auth = False
        self._tls: TlsReader | None = None
        self._helo: str | None = None

    @property
    def weight(self) -> int:
        """Octets that are kept, roughly."""
        head = self._draft.content.held if self._draft else 0
        lines = sum(len(line.data) for line in self._lines.values())
        return self._kept + self._held_octets + head + lines

    @property
    def speaks_smtp(self) -> bool | None:
        """Whether this is SMTP by its content; None: not known yet."""
        if self.has_greeting and (self.has_hello or self._names_itself()):
            return True
        if self.has_greeting is False or (self.has_greeting and self.has_hello is False):
            return False
        return None

    @property
    def turns(self) -> tuple[Turn, ...]:
        """The dialogue so far."""
        return tuple(self._turns)

    @property
    def omitted(self) -> int:
        """Turns that were left off."""
        return self._omitted

    @property
    def helo(self) -> str | None:
        """The name that the client gave last."""
        return self._helo

    def transfers(self) -> tuple[Transfer, ...]:
        """Return the transactions so far."""
        return tuple(draft.freeze() for draft in self._drafts)

    def tls(self) -> Tls | None:
        """Return what was seen of the encrypted part; None without one."""
        return self._tls.result() if self._tls else None

    def phase(self) -> tuple[SessionPhase, Side | None]:
        """Tell where the dialogue stands, and whose turn it is."""
        if self._mode is _Mode.TLS:
            return "tls", None
        if self._mode in (_Mode.CONTENT, _Mode.CHUNK):
            return "message", "client"
        if self._due:
            return _PHASES.get(self._due[0].verb, "between"), "server"
        if self._last_verb == "QUIT":
            return "quit", None
        if self._last_verb is None:
            return "unknown", None
        if self._last_verb == "end-of-data":
            return "between", "client"
        return _PHASES.get(self._last_verb, "between"), "client"

    def feed(self, side: Side, data: bytes, moment: Moment) -> None:
        """Take the next octets of one side."""
        start = self._octets[side]
        self._octets[side] += len(data)
        self._look_for_tls(side, data, start)
        if self._mode is _Mode.TLS:
            self._take_tls(side, data, moment)
        elif side == "client":
            self._take_client(data, moment, start)
        else:
            self._take_server(data, moment, start)

    def lose(self, side: Side, size: int, moment: Moment) -> None:
        """Take note that the next octets of one side are missing.

        Args:
            side: whose.
            size: how many.
            moment: the packet that shows it.
        """
        self._octets[side] += size
        self._add(side, "missing", "", size, moment, moment, self._octets[side])
        self._lines[side] = _Line()
        if self._tls and self._mode is _Mode.TLS:
            self._tls.lose(side)
            return
        # Which reply belongs to which command is not known any more.
        self._due.clear()
        if side == "client":
            self._lose_client(size)
            return
        self._reply_lines = []
        self.has_greeting = bool(self.has_greeting)
        if self._mode is _Mode.WAITING:
            self._stop_waiting(_Mode.CONTENT if self._last_verb == "DATA" else None)

    # The client's side.

    def _take_client(self, data: bytes, moment: Moment, start: int) -> None:
        """Read commands and content."""
        at = 0
        while at < len(data):
            if self._mode is _Mode.WAITING:
                self._hold(data[at:], moment, start + at)
                return
            if self._mode is _Mode.TLS:
                self._take_tls("client", data[at:], moment)
                return
            if self._mode is _Mode.CONTENT:
                at = self._take_content(data, at, moment, start)
            elif self._mode is _Mode.CHUNK:
                at = self._take_chunk(data, at, moment, start)
            else:
                at = self._take_command(data, at, moment, start)

    def _take_command(self, data: bytes, at: int, moment: Moment, start: int) -> int:
        """Take octets up to the end of a command line; return where that is."""
        stop = data.find(b"\n", at) + 1 or len(data)
        line = self._lines["client"]
        line.take(data[at:stop], moment)
        if data[stop - 1 : stop] == b"\n":
            self._lines["client"] = _Line()
            self._read_command(line, moment, start + stop)
        return stop

    def _read_command(self, line: _Line, moment: Moment, end: int) -> None:
        """Understand one command line."""
        text = _decode(line.data)
        found = _VERB.match(text)
        verb = found[0].upper() if found else "?"
        if self.has_hello is None:
            self.has_hello = verb in _HELLOS
        path = read_path(text)
        kind: TurnKind = "command" if found else "other"
        if self._in_auth and path is None:
            verb, kind, text = "AUTH", "secret", ""
        elif verb == "AUTH":
            self._in_auth = True
            text = _AUTH.sub(r"\1 ***", text)
        due = _Due(verb, moment, self._draft)
        if verb in _HELLOS:
            self._helo, self._is_lmtp = text[5:].strip() or None, verb == "LHLO"
        self._last_verb = verb
        self._add("client", kind, text, line.size, line.began or moment, moment, end)
        self._follow(verb, text, path, due)
        if due.verb and len(self._due) < _PENDING_MAX:
            self._due.append(due)

    def _follow(self, verb: str, text: str, path: str | None, due: _Due) -> None:
        """Do what a command does to the transaction and to what comes next."""
        if verb in ("MAIL", "RCPT") and path is not None:
            self._in_auth = False
            self._name(verb, text, path, due)
        elif verb in ("DATA", "STARTTLS"):
            self._mode = _Mode.WAITING
        elif verb == "BDAT" and (chunk := read_chunk(text)):
            self._chunk_left, self._is_last_chunk = chunk
            self._mode = _Mode.CHUNK
            due.verb = ""  # the reply is due once the chunk is there
            self._open_content(due.since)
            if not self._chunk_left:
                self._end_chunk(due.since, self._octets["client"])
        elif verb in ("RSET", *_HELLOS):
            self._draft = None

    def _name(self, verb: str, text: str, address: str, due: _Due) -> None:
        """Take a MAIL or RCPT into the transaction."""
        if verb == "MAIL" or self._draft is None:
            self._draft = self._begin(due.since)
        due.draft = self._draft
        self._kept += len(address)
        if verb == "MAIL":
            self._draft.mail_from = address
            self._draft.declared_size = read_size(text)
        elif len(self._draft.rcpt_to) < _RECIPIENTS_MAX:
            due.rcpt = len(self._draft.rcpt_to)
            self._draft.rcpt_to.append(Rcpt(address, None))

    def _begin(self, moment: Moment | None) -> Draft:
        """Begin a transaction."""
        draft = Draft(moment or Moment(0, 0))
        if len(self._drafts) < TURNS_MAX:
            self._drafts.append(draft)
        self._kept += 600
        return draft

    def _open_content(self, moment: Moment | None) -> Draft:
        """Return the transaction that content belongs to."""
        if self._draft is None:
            self._draft = self._begin(moment)
        return self._draft

    def _take_content(self, data: bytes, at: int, moment: Moment, start: int) -> int:
        """Take content up to the final dot; return where it ends."""
        draft = self._open_content(moment)
        line = self._lines["client"]
        line.began = line.began or moment
        taken = draft.content.take_dotted(data[at:] if at else data)
        if taken is None:
            return len(data)
        self._mode = _Mode.COMMANDS
        self._end_content(draft, "message", draft.content.size, moment, start + at + taken)
        return at + taken

    def _take_chunk(self, data: bytes, at: int, moment: Moment, start: int) -> int:
        """Take octets of a BDAT chunk; return where it ends."""
        draft = self._open_content(moment)
        line = self._lines["client"]
        line.began = line.began or moment
        chunk = data[at : at + self._chunk_left]
        draft.content.take_chunk(chunk)
        line.size += len(chunk)
        self._chunk_left -= len(chunk)
        if not self._chunk_left:
            self._end_chunk(moment, start + at + len(chunk))
        return at + len(chunk)

    def _end_chunk(self, moment: Moment | None, end: int) -> None:
        """Finish a chunk: its reply is due."""
        moment = moment or Moment(0, 0)
        draft = self._open_content(moment)
        self._mode = _Mode.COMMANDS
        if self._is_last_chunk:
            draft.content.finish()
            self._end_content(draft, "chunk", self._lines["client"].size, moment, end)
            return
        line, self._lines["client"] = self._lines["client"], _Line()
        self._add("client", "chunk", "", line.size, line.began or moment, moment, end)
        self._due.append(_Due("BDAT", moment, draft))
        self._last_verb = "BDAT"

    def _end_content(
        self, draft: Draft, kind: TurnKind, size: int, moment: Moment, end: int
    ) -> None:
        """Finish a message: the reply that decides about it is due (LMTP: one a recipient)."""
        line, self._lines["client"] = self._lines["client"], _Line()
        self._add("client", kind, "", size, line.began or moment, moment, end)
        draft.end_of_data = moment
        self._last_verb = "end-of-data"
        self._draft = None
        if draft.reply is not None:
            return  # the server spoke before the end
        count = 1
        if self._is_lmtp:
            count = sum(1 for to in draft.rcpt_to if to.reply and to.reply.text[:1] == "2")
        self._due.extend(_Due("end-of-data", moment, draft) for _ in range(max(count, 1)))

    def _hold(self, data: bytes, moment: Moment, start: int) -> None:
        """Keep octets until the reply says what they are."""
        self._held.append((data, moment, start))
        self._held_octets += len(data)
        if self._held_octets > HELD_MAX or len(self._held) > TURNS_MAX:
            self._stop_waiting(_Mode.CONTENT if self._last_verb == "DATA" else None)

    def _stop_waiting(self, mode: _Mode | None) -> None:
        """Read on in a mode, first what was held; None: decide by what comes."""
        held, self._held, self._held_octets = self._held, [], 0
        if mode is None:
            is_sealed = bool(held) and _is_record(held[0][0])
            mode = _Mode.TLS if is_sealed else _Mode.COMMANDS
        self._mode = mode
        if mode is _Mode.TLS and self._tls is None:
            self._tls = TlsReader(implicit=False)
        elif mode is _Mode.CONTENT:
            self._open_content(held[0][1] if held else None)
        for data, moment, start in held:
            self._take_client(data, moment, start)

    def _lose_client(self, size: int) -> None:
        """Go on behind a hole in the client's stream."""
        self.has_hello = bool(self.has_hello)
        if self._mode is _Mode.CONTENT and self._draft:
            self._draft.content.lose()
        elif self._mode is _Mode.CHUNK:
            if self._draft:
                self._draft.content.lose()
            if size < self._chunk_left:
                self._chunk_left -= size
            else:
                self._mode = _Mode.COMMANDS
        elif self._mode is _Mode.WAITING:
            self._stop_waiting(_Mode.COMMANDS)

    # The server's side.

    def _take_server(self, data: bytes, moment: Moment, start: int) -> None:
        """Read replies."""
        at = 0
        while at < len(data):
            if self._mode is _Mode.TLS:
                self._take_tls("server", data[at:], moment)
                return
            stop = data.find(b"\n", at) + 1 or len(data)
            line = self._lines["server"]
            line.take(data[at:stop], moment)
            if data[stop - 1 : stop] == b"\n":
                self._lines["server"] = _Line()
                self._read_reply_line(line, moment, start + stop)
            at = stop

    def _read_reply_line(self, line: _Line, moment: Moment, end: int) -> None:
        """Understand one line of a reply (RFC 5321 §4.2)."""
        text = _decode(line.data)
        began = line.began or moment
        is_reply = _REPLY.match(line.data) is not None
        if self.has_greeting is None:
            self.has_greeting = is_reply and text[:3] in _GREETINGS
            self._greeting = text
        if not is_reply:
            self._add("server", "other", text, line.size, began, moment, end)
            return
        if not self._reply_lines:
            self._reply_began, self._reply_size = began, 0
        self._reply_size += line.size
        if len(self._reply_lines) < REPLY_LINES_MAX:
            self._reply_lines.append(text)
        if text[3:4] != "-":
            self._read_reply("\n".join(self._reply_lines), moment, end)
            self._reply_lines = []

    def _read_reply(self, text: str, moment: Moment, end: int) -> None:
        """Understand one whole reply: what it answers, and what that changes."""
        began = self._reply_began or moment
        due = self._due.popleft() if self._due else None
        early = self._draft if self._mode in (_Mode.CONTENT, _Mode.CHUNK) and not due else None
        answers = due.verb if due else "end-of-data" if early else None
        since = due.since if due else None
        if since and self._replied:
            since = max(since, self._replied)  # pipelined: one reply after the other
        turn = Turn("server", "reply", text, self._reply_size, began, moment, end, answers, since)
        self._keep(turn)
        self._replied = moment
        draft = due.draft if due else early
        if draft and answers == "end-of-data":
            draft.reply = turn
            if early and not draft.content.is_whole:  # the final dot is in the hole
                self._mode, self._draft, self._last_verb = _Mode.COMMANDS, None, "end-of-data"
                self._lines["client"] = _Line()
        if draft and due and due.rcpt is not None:
            draft.rcpt_to[due.rcpt] = Rcpt(draft.rcpt_to[due.rcpt].address, turn)
        self._obey(text, due)

    def _obey(self, text: str, due: _Due | None) -> None:
        """Change the mode as the reply says."""
        verb = due.verb if due else None
        if due and due.verb == "greeting":
            self._last_verb = "greeting"
        if verb == "AUTH" or not due:
            self._in_auth = self._in_auth and text[:3] == "334"
        if self._mode is _Mode.WAITING and (not self._due or verb in ("DATA", "STARTTLS")):
            if text[:3] == "354":
                self._stop_waiting(_Mode.CONTENT)
            elif verb == "STARTTLS" and text[:1] == "2":
                self._stop_waiting(_Mode.TLS)
            elif verb in ("DATA", "STARTTLS"):
                self._stop_waiting(_Mode.COMMANDS)
        elif text[:3] == "354" and self._mode is _Mode.COMMANDS and not due:
            self._mode = _Mode.CONTENT  # DATA itself is in a hole

    # Both sides.

    def _look_for_tls(self, side: Side, data: bytes, start: int) -> None:
        """Notice a connection that is encrypted from the first octet that we see."""
        if start or self._tls or self._mode is not _Mode.COMMANDS or not _is_record(data):
            return
        if self._octets["server" if side == "client" else "client"]:
            return
        self._mode = _Mode.TLS
        self._tls = TlsReader(implicit=True)
        self._due.clear()

    def _take_tls(self, side: Side, data: bytes, moment: Moment) -> None:
        """Take octets that are encrypted; a run of one side is one turn."""
        if self._tls is None:
            return
        self._tls.feed(side, data, moment)
        last = self._turns[-1] if self._turns else None
        end = self._octets[side]
        if last and last.kind == "tls" and last.side == side:
            began, size = last.began, last.size + len(data)
            self._turns[-1] = Turn(side, "tls", "", size, began, moment, end)
        else:
            self._add(side, "tls", "", len(data), moment, moment, end)

    def _add(
        self,
        side: Side,
        kind: TurnKind,
        text: str,
        size: int,
        began: Moment,
        ended: Moment,
        end: int,
    ) -> None:
        self._keep(Turn(side, kind, text, size, began, ended, end))

    def _keep(self, turn: Turn) -> None:
        """Keep a turn, as long as there is room."""
        if len(self._turns) >= TURNS_MAX or self._kept > KEPT_MAX:
            self._omitted += 1
            return
        self._turns.append(turn)
        self._kept += 200 + len(turn.text)

    def _names_itself(self) -> bool:
        return re.search(r"\b(?:E?SMTP|LMTP)\b", self._greeting, re.I) is not None


def _decode(data: bytes | bytearray) -> str:
    """Return a line as text, without its end."""
    return bytes(data[:TEXT_MAX]).decode("utf-8", "replace").rstrip("\r\n")


def _is_record(data: bytes) -> bool:
    """Tell whether octets begin a TLS record; no SMTP line begins with such a control character."""
    return data[:1] in (b"\x14", b"\x15", b"\x16", b"\x17")
