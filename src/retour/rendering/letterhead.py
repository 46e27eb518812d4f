"""What an operator puts on its reports: name, contact, logo, colours. No template is touched."""

import base64
from dataclasses import dataclass

from retour.rendering.theme import ACCENT, STRIPE

PNG_MAGIC = b"\x89PNG\r\n\x1a\n"


@dataclass(frozen=True, slots=True)
class Letterhead:
    """An operator's marks.

    Attributes:
        name: the organisation's name, at the head.
        contact: one line at the foot: whom to ask.
        logo: a PNG picture in place of the name at the head; the name is what it says to those who
            do not see it.
        accent: ``#rrggbb``, for links and headings.
        stripe: ``#rrggbb``, for the other stripes of the border.
    """

    name: str = ""
    contact: str = ""
    logo: bytes = b""
    accent: str = ACCENT
    stripe: str = STRIPE


def embed(logo: bytes) -> str:
    """Return a picture as the URL of itself (RFC 2397), for a page that stands alone."""
    return f"data:image/png;base64,{base64.b64encode(logo).decode()}"


def measure(logo: bytes) -> tuple[int, int]:
    """Return width and height of a PNG picture, from its first chunk.

    Raises:
        ValueError: it is none.
    """
    if logo[:8] != PNG_MAGIC or logo[12:16] != b"IHDR" or len(logo) < 24:
        raise ValueError("no PNG picture")
    return int.from_bytes(logo[16:20]), int.from_bytes(logo[20:24])
