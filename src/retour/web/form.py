"""Forms: read within bounds, and taken from our own pages alone.

A page gives each browser a random cookie and each form that cookie's signature (a signed double
submit); another site can make a browser send the cookie, but it cannot know the signature.
"""

import hmac
import secrets
from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import Depends, HTTPException
from markupsafe import Markup
from starlette.datastructures import FormData
from starlette.exceptions import HTTPException as StarletteHTTPException
from starlette.requests import Request
from starlette.responses import Response

from retour.web.guard import BASE64_SHARE
from retour.web.site import site_of

FIELD = "form_token"
_PURPOSE = "form"
_FILES_MAX = 1000
_FIELDS_MAX = 50
_MARGIN_BYTES = 1 << 16


class FormKey:
    """The key of one browser's forms."""

    def __init__(self, request: Request) -> None:
        """Take the key that a browser has, or choose one."""
        site = site_of(request)
        self._is_secure = site.web.base_url.startswith("https://")
        self._name = "__Host-retour_form" if self._is_secure else "retour_form"
        kept = request.cookies.get(self._name, "")
        self._is_new = not kept
        self._value = kept or secrets.token_urlsafe(24)
        self.token = site.sign(_PURPOSE, self._value)

    @property
    def field(self) -> Markup:
        """The hidden field that every form holds."""
        return Markup('<input type="hidden" name="{}" value="{}">').format(FIELD, self.token)

    def give(self, response: Response) -> None:
        """Give the key to the browser, where it has none."""
        if self._is_new:
            response.set_cookie(
                self._name,
                self._value,
                httponly=True,
                samesite="strict",
                secure=self._is_secure,
                path="/",
            )

    def fits(self, token: object) -> bool:
        """Tell whether a form came from a page that this browser was given."""
        return (
            not self._is_new
            and isinstance(token, str)
            and hmac.compare_digest(token.encode("utf-8", "replace"), self.token.encode())
        )


async def read_form(request: Request) -> AsyncIterator[FormData]:
    """Read a form of ours; what it brought is gone when it has been answered.

    Raises:
        HTTPException: it is too large or damaged, or came from elsewhere.
    """
    part_max = int(site_of(request).web.upload_max_bytes * BASE64_SHARE) + _MARGIN_BYTES
    try:
        form = await request.form(
            max_files=_FILES_MAX, max_fields=_FIELDS_MAX, max_part_size=part_max
        )
    except StarletteHTTPException as error:
        if error.status_code != 400:
            raise
        # What the library says of it is for programmers, and in English alone.
        raise HTTPException(400, "bad") from None
    try:
        if not FormKey(request).fits(form.get(FIELD)):
            raise HTTPException(403, "form")
        yield form
    finally:
        await form.close()


Form = Annotated[FormData, Depends(read_form)]
"""The form that a page's visitor sent."""
