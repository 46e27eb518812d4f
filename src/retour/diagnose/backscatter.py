"""Whether the reader sent the original at all."""

from retour.model.report import Report


def find_backscatter(report: Report) -> bool | None:  # noqa: ARG001 - the question is about it
    """Say whether a report is about a message that its reader never sent.

    A report alone cannot prove it: who forges the sender also forges what comes back. A trail of
    sent messages, BATV or VERP can.

    Args:
        report: the report.

    Returns:
        True: not sent by the reader; False: proven to be; None: cannot be known, which without a
        trail is always so.
    """
    return None
