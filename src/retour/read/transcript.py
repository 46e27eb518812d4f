"""Sendmail's way: a list of addresses with reasons, then a transcript of the SMTP session.

The same form is written by Sendmail 5 and 8, ActiveHunter, au and others that copied it.
"""

import re
from dataclasses import dataclass, field

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
_LOCAL_LINE = re.compile(r"([245][0-5][0-9])[ -](?:[245]\.[0-9]{1,3}\.[0-9]{1,3} )?(.*)")
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
    account: Account | None = None
    for block in re.split(r"\n(?=[<>\S])", text):
        lines = block.strip("\n")
        if not lines.strip():
            continue
        first = lines.split("\n", 1)[0]
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


def _add_session(accounts: dict[str, Account], text: str) -> None:
    """Walk the session; a reply belongs to the recipient named in it or in the command above."""
    host: str | None = None
    command = ""
    current: Account | None = None
    answer: list[str] = []
    for line in map(str.strip, text.split("\n", LINES_MAX)[:LINES_MAX]):
        talking = _TALKING.search(line)
        if talking:
            host = talking[1].rstrip(".:")
            current = None
            continue
        said = _COMMAND.match(line)
        if said:
            command = said[1]
            current = (
                _named(accounts, command)
                if "@" in command and command[:4].lower() != "mail"
                else None
            )
            answer = []
            continue
        got = _ANSWER_LINE.match(line)
        if got:
            answer.append(line[3:].strip())
            if got[2] != "-":
                _attach(
                    accounts, current or _named(accounts, line), host, command, " ".join(answer)
                )
                answer = []
            continue
        local = _LOCAL_LINE.match(line)
        if local and line[:1] != "2":
            _note(accounts, line, host)


def _named(accounts: dict[str, Account], text: str) -> Account | None:
    for address, _, _ in find_addresses(text):
        found = accounts.get(address.lower())
        if found:
            return found
        for account in accounts.values():
            if account.expanded_from and account.expanded_from.lower() == address.lower():
                return account
    return None


def _attach(
    accounts: dict[str, Account],
    account: Account | None,
    host: str | None,
    command: str,
    answer: str,
) -> None:
    if answer[:1] == "2" or answer[:1] == "3":
        return
    targets = [account] if account else list(accounts.values())
    for target in targets:
        if account is None and target.answers:
            continue
        target.answers.append(answer)
        target.host = target.host or host
        target.phase = target.phase or command


def _note(accounts: dict[str, Account], line: str, host: str | None) -> None:
    account = _named(accounts, line)
    if account is None:
        names = find_addresses(line)
        on_session_alone = not accounts or all(
            not a.reason and not a.answers and not a.notes for a in accounts.values()
        )
        if (
            names
            and line[:1] in "45"
            and "..." in line
            and on_session_alone | (len(accounts) > 0 and not _had_list(accounts))
        ):
            address = names[0][0]
            account = accounts.setdefault(address.lower(), Account(address))
    targets = [account] if account else [a for a in accounts.values() if not a.notes]
    for target in targets:
        target.notes.append(line)
        target.host = target.host or host


def _had_list(accounts: dict[str, Account]) -> bool:
    return any(account.reason or account.expanded_from for account in accounts.values())
