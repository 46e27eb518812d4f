"""Mails that a visitor brings: out of a form, explained, and carried along in the page.

Nothing is kept on the server: the page that shows a report holds the mail itself, and each button
sends it again.
"""

import base64
import binascii
from dataclasses import dataclass

from fastapi import HTTPException
from starlette.datastructures import FormData, UploadFile

from retour.analyse import explain
from retour.model.analysis import Analysis
from retour.service.context import add_context
from retour.service.explanation import ContextError, Explained, Unexplained, explain_bytes
from retour.store import StoreError
from retour.web.site import Site

PASTED = "-"
"""The source of what was pasted, as the command line names standard input."""
_NAME_MAX = 200


@dataclass(frozen=True, slots=True)
class Brought:
    """A file, or pasted text.

    Attributes:
        name: of the file; `PASTED` for text.
        data: its bytes.
    """

    name: str
    data: bytes


def take_mails(form: FormData, limit_bytes: int) -> list[Brought]:
    """Take what a form brings: the mail that the page carried, else files, else pasted text.

    Raises:
        HTTPException: what was carried is damaged, or it is too much.
    """
    carried = form.get("mail")
    if isinstance(carried, str) and carried:
        name = str(form.get("name") or PASTED)[:_NAME_MAX]
        try:
            found = [Brought(name, base64.b64decode(carried, validate=True))]
        except (binascii.Error, ValueError):
            raise HTTPException(400) from None
    else:
        # The parser has put them where reading does not block for long: into memory or a file.
        found = [
            Brought((item.filename or PASTED)[:_NAME_MAX], item.file.read())
            for item in form.getlist("files")
            if isinstance(item, UploadFile)
        ]
        text = form.get("text")
        if isinstance(text, str) and text.strip():
            # Browsers send every line end of a field as CRLF; people pasted something else.
            lines = text.replace("\r\n", "\n").encode("utf-8", "replace")
            found.append(Brought(PASTED, lines))
        found = [one for one in found if one.data]
    if sum(len(one.data) for one in found) > limit_bytes:
        raise HTTPException(413)
    return found


def carry(analysis: Analysis) -> str:
    """Return a mail as a hidden field holds it."""
    return base64.b64encode(analysis.raw).decode()


class Weighing:
    """Weighs answers with the trail, where one is named; without it where it is out of reach.

    Attributes:
        failed: whether the trail should have been asked and could not.
    """

    def __init__(self, site: Site) -> None:
        """Ask the trail of a server."""
        self._site = site
        self.failed = False

    def __call__(self, analysis: Analysis) -> Analysis:
        """Return an answer that knows what the trail knows."""
        if not self._site.weighs or self.failed:
            return analysis
        try:
            return add_context(self._site.store, analysis)
        except (ContextError, StoreError):
            self.failed = True
            return analysis


def explain_brought(
    site: Site, brought: list[Brought], limit: int
) -> tuple[list[Explained | Unexplained], bool]:
    """Explain what was brought, up to a number of mails.

    Returns:
        The results, and whether the trail could not be asked.
    """
    weighing = Weighing(site)
    results: list[Explained | Unexplained] = []
    for one in brought:
        for result in explain_bytes(one.name, one.data, weighing):
            results.append(result)
            if len(results) == limit:
                return results, weighing.failed
    return results, weighing.failed


def explain_kept(site: Site, raw: bytes) -> Analysis:
    """Explain one mail that was taken out of its file before."""
    return Weighing(site)(explain(raw))
