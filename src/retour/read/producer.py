"""Which system wrote a notice: told by marks that the systems leave in fields and words."""

from retour.knowledge import marks
from retour.model.report import MAIL_PROGRAM
from retour.wire.header import Headers

# Fields whose presence alone tells.
_TELLING_FIELDS = frozenset(
    (
        "x-ms-exchange-message-is-ndr",
        "x-dsncontext",
        "x-ui-out-filterresults",
        "x-mc-system",
        "x-mailmarshal",
    )
)
_NOTICE_MAX = 1_000
_MACHINE_MAX = 400


def find_producer(headers: Headers, notice: str, machine: str) -> str | None:
    """Name the system that wrote a notice.

    Args:
        headers: the notice's own fields.
        notice: its words.
        machine: the text of its machine-readable part.

    Returns:
        A lower-case name, or None.
    """
    if not len(headers) and marks.is_of_mail_program(notice[:_NOTICE_MAX].lower()):
        return MAIL_PROGRAM
    get = headers.get
    found = marks.find_producer(
        f"{get('from')}\n{get('x-mailer')}\n{get('message-id')}\n{get('subject')}\n"
        f"{' '.join(_TELLING_FIELDS & headers.keys())}\n"
        f"{notice[:_NOTICE_MAX]}\n{machine[:_MACHINE_MAX]}".lower()
    )
    if found is None and "x-failed-recipients" in headers:
        return "exim"
    return found
