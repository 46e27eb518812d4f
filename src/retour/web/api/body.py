"""Mails out of a request's body: one, a mailbox, a form's uploads, or NDJSON for many."""

import base64
import binascii
import io
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from fastapi import HTTPException
from starlette.datastructures import UploadFile
from starlette.requests import Request

from retour.ingest import RawMail, UnreadableMail, open_bytes
from retour.web.api.contract import NDJSON
from retour.web.site import site_of

SOURCE = "-"
"""The source of a mail that has no name."""
_WHOLE = ("message/rfc822", "message/global", "application/octet-stream", "application/mbox",
          "application/vnd.ms-outlook", "text/plain")  # fmt: skip
_FORM = "multipart/form-data"
_FILES_MAX = 1000
_NAME_MAX = 300
_EXAMPLE = (
    "From: MAILER-DAEMON@mx.example.org\nSubject: Undelivered Mail Returned to Sender\n\n"
    "<info@example.net>: host mx.example.net said: 550 5.1.1 user unknown\n"
)
OPENAPI = {
    "required": True,
    "content": {
        "message/rfc822": {"schema": {"type": "string", "minLength": 1}, "example": _EXAMPLE},
        "text/plain": {
            "schema": {"type": "string", "minLength": 1},
            "example": "550 5.1.1 <info@example.net>: user unknown",
        },
        _FORM: {
            "schema": {
                "type": "object",
                "required": ["files"],
                "properties": {
                    "files": {
                        "type": "array",
                        "minItems": 1,
                        "maxItems": _FILES_MAX,
                        "items": {"type": "string", "format": "binary"},
                    }
                },
            }
        },
        NDJSON: {
            "schema": {"type": "string", "minLength": 1},
            "example": '{"source": "a.eml", "raw": "RnJvbTogTUFJTEVSLURBRU1PTg=="}\n'
            '{"source": "ticket 7", "text": "550 5.1.1 user unknown"}\n',
        },
    },
}
"""What OpenAPI says of such a body."""


@dataclass(frozen=True, slots=True)
class Body:
    """What a request brought.

    Attributes:
        files: names and contents, in order, to be taken once; an entry of NDJSON that cannot be
            read is its error.
        is_many: whether the answer is NDJSON whatever the number of mails.
    """

    files: Iterable[tuple[str, bytes | UnreadableMail]]
    is_many: bool

    def mails(self) -> Iterator[RawMail | UnreadableMail]:
        """Read every mail, in order."""
        for name, content in self.files:
            if isinstance(content, UnreadableMail):
                yield content
            else:
                yield from open_bytes(name, content)


async def read_body(request: Request) -> Body:
    """Read a body by its Content-Type.

    Raises:
        HTTPException: 415 for a type that is not known, 400 for a damaged or empty body.
    """
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind == _FORM:
        return Body(await _read_form(request), is_many=False)
    if kind not in (*_WHOLE, NDJSON):
        raise HTTPException(415)
    content = await request.body()
    if not content:
        raise HTTPException(400, "The body is empty.")
    if kind == NDJSON:
        lines = (_read_line(line) for line in io.BytesIO(content) if line.strip())
        return Body(lines, is_many=True)
    return Body([(SOURCE, content)], is_many=False)


async def _read_form(request: Request) -> list[tuple[str, bytes | UnreadableMail]]:
    files: list[tuple[str, bytes | UnreadableMail]] = []
    part_max = site_of(request).web.upload_max_bytes
    async with request.form(
        max_files=_FILES_MAX, max_fields=_FILES_MAX, max_part_size=part_max
    ) as form:
        for value in form.getlist("files"):
            if isinstance(value, UploadFile):
                files.append(((value.filename or SOURCE)[:_NAME_MAX], await value.read()))
            else:  # a field without a file name holds pasted text
                files.append((SOURCE, value.encode("utf-8", "replace")))
    if not files:
        raise HTTPException(400, "The form has no field 'files'.")
    return files


def _read_line(line: bytes) -> tuple[str, bytes | UnreadableMail]:
    """Read one object of NDJSON: ``source``, and ``raw`` (base64) or ``text``."""
    source = SOURCE
    try:
        value = json.loads(line)
        if not isinstance(value, dict):
            raise ValueError
        if isinstance(named := value.get("source"), str):
            source = named[:_NAME_MAX]
        if isinstance(text := value.get("text"), str):
            return source, text.encode("utf-8", "replace")
        return source, base64.b64decode(value["raw"], validate=True)
    except (ValueError, KeyError, TypeError, RecursionError, binascii.Error):
        error = "The line is no JSON object with 'raw' (base64) or 'text'."
        return source, UnreadableMail(source, 0, error)
