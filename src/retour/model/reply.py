"""An SMTP reply as a value (RFC 5321 §4.2, RFC 3463)."""

from retour.model.value import value


@value(frozen=True, slots=True)
class Reply:
    """One server's reply, on one line.

    Attributes:
        code: the three-digit reply code, or None where the text has none.
        status: the enhanced status code inside the reply (``5.1.1``), or None.
        text: the reply's words without the three-digit code, white space folded,
            multi-line replies joined by a space.
    """

    code: int | None
    status: str | None
    text: str
