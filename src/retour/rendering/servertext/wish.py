"""What an operator wants of server texts, and why it may not be had."""

import re
from dataclasses import dataclass
from typing import Literal, get_args

from retour.rendering.wording import Fields, Wording

Server = Literal["exchange", "postfix", "exim", "sendmail"]
SERVERS: tuple[Server, ...] = get_args(Server)
Readers = Literal["internal", "external", "both"]
READERS: tuple[Readers, ...] = get_args(Readers)

# Nothing in it can end a quotation, a tag or a line, whatever the form of the file.
_PAGE = re.compile(r"https?://[\w.:\[\]-]+(?:/[\w.~%/?=&+:@{}-]*)?", re.ASCII)
_CODE = "{code}"


class TemplateError(ValueError):
    """A wish that a server cannot fulfil; one sentence for people."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What an operator wants.

    Attributes:
        wordings: the texts, one language or several, in the order in which they shall stand.
        readers: the people inside the organisation, those outside, or both.
        contact: one line on whom to ask, for readers inside; may be empty.
        page: the address of a page about codes, with ``{code}`` in it where the code belongs; may
            be empty.

    Raises:
        TemplateError: the page is no address that can stand in every form.
    """

    wordings: tuple[Wording, ...]
    readers: Readers = "both"
    contact: str = ""
    page: str = ""

    def __post_init__(self) -> None:
        rest = self.page.replace(_CODE, "")
        if self.page and ("{" in rest or "}" in rest or not _PAGE.fullmatch(self.page)):
            raise TemplateError(
                f"{self.page}: is no address of a page; it looks like "
                "https://retour.example.com/codes/{code}."
            )

    def page_for(self, code: str) -> str:
        """Return the page about a code."""
        return self.page.replace(_CODE, code)

    def common_page(self) -> str:
        """Return the page for a text that holds for any code: what stands before the code."""
        return self.page.partition(_CODE)[0]

    def common_contact(self) -> str:
        """Return the contact where only readers inside get the text."""
        return self.contact if self.readers == "internal" else ""


def unnamed(wording: Wording) -> Fields:
    """Return the forms of the names where neither recipient nor system is known."""
    return {**wording.forms("recipient", "unnamed"), **wording.forms("system", "unnamed")}
