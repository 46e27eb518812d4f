"""Sendmail's ``confERROR_MESSAGE`` file: one text near the top of every notice.

Sendmail declares no charset for it, which makes it ASCII (RFC 2046 §4.1.2). Only ``$`` is special.
"""

from retour.rendering.servertext.notice import write_notice
from retour.rendering.servertext.wish import Wish

FILE = "error-header"


def write_sendmail(wish: Wish) -> dict[str, str]:
    """Write the file.

    Raises:
        TemplateError: a language that cannot be written in ASCII.
    """
    text = write_notice(
        wish,
        "notice",
        {"host": "$j"},
        escape=lambda text: text.replace("$", "$$"),
        ascii_only=True,
    )
    return {FILE: f"{text}\n\n"}
