"""What log a file is, by its content, and the reader for it."""

import re
from collections.abc import Callable, Mapping

from retour.ingest.logs.courier import CourierDialect
from retour.ingest.logs.dovecot import DovecotDialect, DovecotReader
from retour.ingest.logs.exchange import ExchangeReader
from retour.ingest.logs.exim import EximDialect, EximReader
from retour.ingest.logs.opensmtpd import OpenSmtpdDialect
from retour.ingest.logs.postfix import DAEMONS, PostfixDialect
from retour.ingest.logs.reader import LogContext, LogReader
from retour.ingest.logs.sendmail import SendmailDialect
from retour.ingest.logs.syslog import Dialect, SyslogReader

_LOOK_MAX = 200
"""Lines that are tried."""
_DOVECOT = re.compile(
    r"(?:[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d|\d{4}-\d\d-\d\d[ T]\S+) "
    r"(?:lmtp|lda|deliver|imap|pop3|master|auth|config|log|managesieve)[(:]"
)


def _build_syslog(context: LogContext) -> LogReader:
    courier, sendmail, exim = CourierDialect(), SendmailDialect(), EximDialect()
    postfix = PostfixDialect()
    dialects: dict[str, Dialect] = {
        "postfix": postfix,
        "smtpd": OpenSmtpdDialect(),
        "dovecot": DovecotDialect(),
        "sendmail": sendmail,
        "sm": sendmail,  # Debian's sm-mta and sm-msp
        "exim": exim,
        "exim4": exim,
    }
    dialects |= dict.fromkeys(
        ("courierd", "courieresmtp", "courieresmtpd", "courierlocal", "courierdsn"), courier
    )
    dialects |= {f"*/{daemon}": postfix for daemon in DAEMONS}
    return SyslogReader(context, dialects)


READERS: Mapping[str, Callable[[LogContext], LogReader]] = {
    "exchange": ExchangeReader,
    "exim": EximReader,
    "dovecot": DovecotReader,
    "syslog": _build_syslog,
}
"""Every format by its name, the most particular first."""


def recognise(lines: list[str], context: LogContext) -> str | None:
    """Name the format of a log.

    Args:
        lines: its first lines, without line ends; a few hundred are enough.
        context: what they leave unsaid.

    Returns:
        A key of `READERS`; None where no reader knows the form of any line.
    """
    look = [line for line in lines[:_LOOK_MAX] if line.strip()]
    if any(_DOVECOT.match(line) for line in look):
        return "dovecot"
    scores = {
        name: _score(build(context), look) for name, build in READERS.items() if name != "dovecot"
    }
    best = max(scores, key=lambda name: scores[name])
    return best if any(scores[best]) else None


def _score(reader: LogReader, lines: list[str]) -> tuple[int, int]:
    """Count the lines that say something to a reader, and those whose form it knows."""
    said = [reader.read(line) for line in lines]
    return sum(bool(some) for some in said), sum(some is not None for some in said)
