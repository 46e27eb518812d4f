"""Exim's ``bounce_message_file`` and ``warn_message_file``: items between lines of asterisks.

Exim specification, chapter "Customizing bounce and warning messages". Every item is expanded, so
``$`` and backslash are made literal. Exim declares the text as us-ascii, whatever it holds.
"""

from retour.rendering.servertext.notice import to_ascii, write_notice
from retour.rendering.servertext.wish import Wish
from retour.wire.words import encode_words

BOUNCE_FILE, WARN_FILE = "bounce_message.txt", "warn_message.txt"
_SEPARATOR = "\n****\n"
_FACTS = {"host": "$primary_hostname"}
# What introduces: a program's output; the message whole, cut, and its header alone.
_COPIES = ("program", "whole", "cut", "headers")


def write_exim(wish: Wish) -> dict[str, str]:
    """Write both files.

    Raises:
        TemplateError: a language that cannot be written in ASCII.
    """
    copies = ["\n".join(["", *_introduce(wish, kind), ""]) for kind in _COPIES]
    return {
        BOUNCE_FILE: _SEPARATOR.join([*_open(wish, "failure"), *copies]) + _SEPARATOR,
        WARN_FILE: _SEPARATOR.join(_open(wish, "delay")) + _SEPARATOR,
    }


def _open(wish: Wish, kind: str) -> tuple[str, str]:
    """Return the first two items: header fields, and the text on top."""
    subject = " / ".join(wording.say("templates", kind, "subject") for wording in wish.wordings)
    if not subject.isascii():
        subject = encode_words(subject, indent=len("Subject: "))
    text = write_notice(wish, kind, _FACTS, escape=_escape, ascii_only=True)
    return f"Subject: {_escape(subject)}", f"{text}\n"


def _introduce(wish: Wish, kind: str) -> list[str]:
    said = [wording.say("templates", "copy", kind) for wording in wish.wordings]
    return [to_ascii(_escape(text), wish) for text in said]


def _escape(text: str) -> str:
    return text.replace("\\", "\\\\").replace("$", "\\$")
