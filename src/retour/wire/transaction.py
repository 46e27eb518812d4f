"""Mail transactions on the wire (RFC 5321 §3.3): the envelope, and what becomes of the content."""

import re
from dataclasses import dataclass, field

from retour.model.capture import Moment, Rcpt, Transfer, Turn
from retour.wire.content import Content
from retour.wire.queue_id import find_queue_id

_PATH = re.compile(r"(?:MAIL\s+FROM|RCPT\s+TO)\s*:\s*(?:<([^>]*)>|(\S*))", re.I)
_SIZE = re.compile(r"\sSIZE=(\d{1,20})\b", re.I)
_CHUNK = re.compile(r"BDAT\s+(\d{1,18})(\s+LAST)?\s*\Z", re.I)


@dataclass(slots=True)
class Draft:
    """A transaction under way."""

    began: Moment
    mail_from: str | None = None
    rcpt_to: list[Rcpt] = field(default_factory=list)
    declared_size: int | None = None
    content: Content = field(default_factory=Content)
    end_of_data: Moment | None = None
    reply: Turn | None = None

    def freeze(self) -> Transfer:
        """Return the transaction as a value."""
        self.content.finish()
        is_positive = self.reply is not None and self.reply.text[:1] == "2"
        return Transfer(
            mail_from=self.mail_from,
            rcpt_to=tuple(self.rcpt_to),
            declared_size=self.declared_size,
            size=self.content.size,
            is_whole=self.content.is_whole,
            message_id=self.content.message_id,
            began=self.began,
            end_of_data=self.end_of_data,
            reply=self.reply,
            queue_id=find_queue_id(self.reply.text) if self.reply and is_positive else None,
        )


def read_path(line: str) -> str | None:
    """Return the address of a MAIL or RCPT command without its brackets; None for other lines."""
    found = _PATH.match(line)
    if found is None:
        return None
    return found[1] if found[1] is not None else found[2]


def read_size(line: str) -> int | None:
    """Return the SIZE parameter of a MAIL command (RFC 1870), or None."""
    found = _SIZE.search(line)
    return int(found[1]) if found else None


def read_chunk(line: str) -> tuple[int, bool] | None:
    """Return a BDAT command's size and whether it is the last one (RFC 3030 §2); else None."""
    found = _CHUNK.match(line)
    return (int(found[1]), found[2] is not None) if found else None
