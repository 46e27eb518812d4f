"""Sendmail's way: a list of addresses with reasons, then a transcript of the SMTP session.

The same form is written by Sendmail 5 and 8, ActiveHunter, au and others that copied it.
"""

import re
from dataclasses import dataclass, field

from retour.read.message import RECIPIENTS_MAX
from retour.wire.address import find_addresses, parse_address

_SECTION = re.compile(r"^[ \t]*-{2,}[ \t]*(.{0,80}?)[ \t]*-{2,}[ \t]*$", re.M)
_LISTED = re.compile(
    r"(?:following|these) addresses|addresses? (?:had|have)|failed addresses|unsuccessful", re.I
)
_TRANSCRIPT = re.compile(r"transcript|session", re.I)
_REASON = re.compile(
    r"\(reason: (.{1,2000}?)\)[ \t]*(?=\n[ \t]*\(|\n\S|\n[ \t]*<|\n\n|\n?\Z)", re.S
)
_EXPANDED = re.compile(r"\(expanded from: <?([^>\n)]{1,300})>?\)")
_TALKING = re.compile(r"while talking to \[?([^\s:\]]+)", re.I)
_COMMAND = re.compile(r"^>>> ?(.{1,500})", re.M)
_ANSWER_LINE = re.compile(r"<<< ?([245][0-9][0-9])([- ])(.*)")
_LOCAL_LINE = re.compile(r"[45][0-5][0-9][ -]")
# A line of a dialogue in the manner of MDaemon and of many logs, behind the time and the like.
_ARROW = re.compile(r"(?:[^<>\n]{0,60}[\s\]:])?(?:(-{1,2}>|>>>|=>)|(<-{1,2}|<<<|<=))[ \t]*(\S.*)")
_GREETING = re.compile(r"<<< 220[- ]([A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+)")
LINES_MAX = 400


@dataclass(slots=True)
class Account:
    """What a transcript says about one recipient: the remote (answers), its client (notes)."""

    address: str
    expanded_from: str | None = None
    reason: str | None = None
    host: str | None = None
    phase: str | None = None
    answers: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def read_transcript(notice: str) -> list[Account]:
    """Read a notice of this form.

    Args:
        notice: the notice's own words, without the quoted original.

    Returns:
        One account a recipient, in order; empty where the notice has another form.
    """
    if "---" not in notice or ("ranscript" not in notice and "ddresses" not in notice):
        return []
    sections = _split_sections(notice)
    if not sections:
        return []
    accounts = _listed(sections.get("listed", ""))
    _add_session(accounts, sections.get("session", ""))
    return list(accounts.values())


def read_dialogue(notice: str) -> list[Account]:
    """Read a dialogue with the remote whose lines are marked by arrows, with the time or the like.

    Args:
        notice: the notice's own words, without the quoted original.

    Returns:
        One account a recipient that a ``RCPT`` command names and that was refused, in order.
    """
    if "rcpt to" not in notice.lower():
        return []
    lines = []
    accounts: dict[str, Account] = {}
    for line in notice.split("\n", LINES_MAX)[:LINES_MAX]:
        found = _ARROW.match(line)
        if found:
            lines.append(f"{'>>>' if found[1] else '<<<'} {found[3]}")
            address = parse_address(line) if found[3][:7].lower() == "rcpt to" else None
            if address:
                accounts.setdefault(address.lower(), Account(address))
    session = _Session(accounts)
    for line in lines:
        greeting = _GREETING.match(line)
        session.host = greeting[1] if greeting else session.host
        session.read(line)
    session.finish()
    return [account for account in accounts.values() if account.answers]


def _split_sections(notice: str) -> dict[str, str]:
    heads = list(_SECTION.finditer(notice))
    sections: dict[str, str] = {}
    for index, head in enumerate(heads):
        end = heads[index + 1].start() if index + 1 < len(heads) else len(notice)
        if _TRANSCRIPT.search(head[1]):
            sections.setdefault("session", notice[head.end() : end])
        elif _LISTED.search(head[1]):
            sections["listed"] = sections.get("listed", "") + notice[head.end() : end]
    return sections


def _listed(text: str) -> dict[str, Account]:
    accounts: dict[str, Account] = {}
    for block in re.split(r"\n(?=[<>\S])", text):
        lines = block.strip("\n")
        if not lines.strip():
            continue
        first = lines.split("\n", 1)[0]
        if len(accounts) >= RECIPIENTS_MAX:
            break
        address = parse_address(first) if "@" in first else None
        if address is None:
            bare = first.strip().strip("<>\"' ,")
            if not bare or " " in bare or first[:1].isspace() or first.lstrip().startswith("("):
                continue
            address = bare
        account = accounts.setdefault(address.lower(), Account(address))
        reason = _REASON.search(lines)
        if reason and account.reason is None:
            account.reason = " ".join(reason[1].split())
        expanded = _EXPANDED.search(lines)
        if expanded:
            account.expanded_from = parse_address(expanded[1]) or expanded[1].strip()
        if account.reason is None:
            note = re.search(r"\((?!reason:|expanded from:)([^()\n]{3,200})\)", lines)
            if note and "unrecoverable" not in note[1]:
                account.notes.append(note[1])
    return accounts


class _Session:
    """One walk through a transcript: a reply belongs to whom it, or the command above it, names.

    A reply that names nobody waits for the reporter's own line below it, which names the recipient;
    what still waits at the end belongs to the listed recipients that got no reply.
    """

    def __init__(self, accounts: dict[str, Account]) -> None:
        self.accounts = accounts
        self.is_listed = bool(accounts)
        self.host: str | None = None
        self.command = ""
        self.current: Account | None = None
        self.lines: list[str] = []
        self.waiting: list[tuple[str, str]] = []

    def read(self, line: str) -> None:
        """Read the next line."""
        talking = _TALKING.search(line)
        said = _COMMAND.match(line)
        got = _ANSWER_LINE.match(line)
        if talking:
            self._talk(talking[1].rstrip(".:"))
        elif said:
            self._command(said[1])
        elif got:
            self.lines.append(line[3:].strip())
            if got[2] != "-":
                self._answer(" ".join(self.lines))
        elif _LOCAL_LINE.match(line):
            self._note(line)

    def finish(self) -> None:
        """Hand out what still waits."""
        for account in self.accounts.values():
            if not account.answers:
                self._take_waiting(account)

    def _talk(self, host: str) -> None:
        if not self.is_listed:
            self.waiting.clear()
        self.host = host
        self.current = None

    def _command(self, command: str) -> None:
        self.command = command
        self.lines = []
        is_recipient = "@" in command and command[:4].lower() != "mail"
        self.current = _find_account(self.accounts, command) if is_recipient else None

    def _answer(self, answer: str) -> None:
        self.lines = []
        if answer[:1] in "23":
            return
        account = self.current or _find_account(self.accounts, answer)
        if account is None:
            self.waiting.append((self.command, answer))
        else:
            self._give(account, self.command, answer)

    def _give(self, account: Account, command: str, answer: str) -> None:
        account.answers.append(answer)
        account.host = account.host or self.host
        account.phase = account.phase or command

    def _take_waiting(self, account: Account) -> None:
        for command, answer in self.waiting:
            self._give(account, command, answer)

    def _note(self, line: str) -> None:
        """Read a line of the reporter's own: ``554 <a@b>... Host unknown``."""
        account = _find_account(self.accounts, line)
        names = find_addresses(line) if account is None and not self.is_listed else []
        if names and "..." in line and len(self.accounts) < RECIPIENTS_MAX:
            address = names[0][0]
            account = self.accounts.setdefault(address.lower(), Account(address))
        if account is not None:
            self._take_waiting(account)
            self.waiting.clear()
        targets = [account] if account else [a for a in self.accounts.values() if not a.notes]
        for target in targets:
            target.notes.append(line)
            target.host = target.host or self.host


def _add_session(accounts: dict[str, Account], text: str) -> None:
    session = _Session(accounts)
    for line in text.split("\n", LINES_MAX)[:LINES_MAX]:
        session.read(line.strip())
    session.finish()


def _find_account(accounts: dict[str, Account], text: str) -> Account | None:
    for address, _, _ in find_addresses(text):
        found = accounts.get(address.lower())
        if found:
            return found
        for account in accounts.values():
            if account.expanded_from and account.expanded_from.lower() == address.lower():
                return account
    return None
