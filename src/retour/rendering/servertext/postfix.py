"""Postfix's ``bounce_template_file``: four templates in one file (bounce(5))."""

from retour.rendering.servertext.notice import write_notice
from retour.rendering.servertext.wish import Wish
from retour.wire.words import encode_words

FILE = "bounce.cf"
_TEMPLATES = ("failure", "delay", "success", "verify")
_WITH_COPY = ("failure", "delay")
_FACTS = {"host": "$myhostname", "days": "$maximal_queue_lifetime_days"}
_END = "EOF"


def write_postfix(wish: Wish) -> dict[str, str]:
    """Write the file.

    Header lines are ASCII of one line and never expanded; in the text only ``$`` is special.
    """
    lines = ["# Texts of Postfix's own notices; bounce_template_file in main.cf names this file."]
    for kind in _TEMPLATES:
        lines += ["", f"{kind}_template = <<{_END}", "Charset: utf-8"]
        lines += ["From: MAILER-DAEMON (Mail Delivery System)"]
        lines.append(f"Subject: {_header(wish, kind, 'subject')}")
        if kind in _WITH_COPY:
            lines.append(f"Postmaster-Subject: {_header(wish, kind, 'postmaster')}")
        text = write_notice(wish, kind, _FACTS, escape=lambda text: text.replace("$", "$$"))
        lines += ["", text, _END]
    return {FILE: "\n".join(lines) + "\n"}


def _header(wish: Wish, kind: str, key: str) -> str:
    """Return a header's text in all languages, on one line of ASCII."""
    text = " / ".join(wording.say("templates", kind, key) for wording in wish.wordings)
    return text if text.isascii() else " ".join(encode_words(text, indent=20).split())
