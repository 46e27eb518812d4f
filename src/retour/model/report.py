"""What a report message claims, per recipient, without judgement."""

from datetime import datetime

from retour.model.defect import Defect
from retour.model.reply import Reply
from retour.model.value import value
from retour.model.vocabulary import Action, Kind, Phase, Returned, Speaker

MAIL_PROGRAM = "mail-program"
"""The ``producer`` of what a mail program shows at sending: there the sender's own outgoing server
(RFC 6409) speaks, not the recipient's."""


@value(frozen=True, slots=True)
class Statement:
    """Something that somebody said about one recipient.

    Attributes:
        speaker: ``remote`` (the server that refused), ``reporter`` (the server that wrote the
            notice) or ``wrapper`` (words put around a foreign reply).
        where: where it stands, for example ``delivery-status/1/Diagnostic-Code`` or ``text/4``
            (fourth line of the notice).
        text: the words, white space folded.
        reply: the text read as an SMTP reply; None where it has no reply or status code.
    """

    speaker: Speaker
    where: str
    text: str
    reply: Reply | None


@value(frozen=True, slots=True)
class Recipient:
    """The claims of one report about one recipient.

    Attributes:
        address: the final recipient (RFC 3464 §2.3.2), unwrapped for display; None where the
            report does not name one.
        original_address: the original recipient (RFC 3464 §2.3.1), where it is another one.
        action: the claimed action; for a notice in prose what its words say.
        status: the ``Status`` field's code, else the innermost reply's.
        status_field: the ``Status`` field's code alone, None where there is no such field.
        reply: the innermost reply.
        remote_mta: the host that gave the reply; None means that the reporter speaks for itself
            (RFC 3464 §2.3.5-6).
        phase: the SMTP phase in which it failed, where the report says so.
        last_attempt_at: aware time of the last attempt.
        will_retry_until: aware time until which the reporter goes on trying.
        statements: what was said, innermost voice first.
    """

    address: str | None
    original_address: str | None
    action: Action | None
    status: str | None
    status_field: str | None
    reply: Reply | None
    remote_mta: str | None
    phase: Phase | None
    last_attempt_at: datetime | None
    will_retry_until: datetime | None
    statements: tuple[Statement, ...]


@value(frozen=True, slots=True)
class Original:
    """The message that the report is about, as far as it came back.

    Attributes:
        message_id: with its angle brackets.
        from_: the address of the From field.
        to, cc: addresses.
        subject: decoded.
        date: aware time of the Date field.
        envelope_id: RFC 3464 §2.2.1.
        returned: how much of it came back.
        header_block: the header lines as they came (line ends LF), or an empty string.
    """

    message_id: str | None
    from_: str | None
    to: tuple[str, ...]
    cc: tuple[str, ...]
    subject: str | None
    date: datetime | None
    envelope_id: str | None
    returned: Returned
    header_block: str


@value(frozen=True, slots=True)
class Report:
    """A report message as it reads.

    Attributes:
        kind: what the message is.
        producer: the lower-case name of the system that wrote the notice, or None.
        language: BCP 47 tag of the notice's words, or None.
        subject: the notice's own subject, decoded.
        date: aware time of the notice.
        reporting_mta: the host that reports.
        recipients: claims per recipient, in the order of the report.
        original: the message it is about; None where nothing of it is known.
        notice: the notice's words for people (decoded text, LF), without the returned original.
        headers: the notice's own header lines as they came, LF.
        defects: what was odd.
    """

    kind: Kind
    producer: str | None
    language: str | None
    subject: str | None
    date: datetime | None
    reporting_mta: str | None
    recipients: tuple[Recipient, ...]
    original: Original | None
    notice: str
    headers: str
    defects: tuple[Defect, ...]
