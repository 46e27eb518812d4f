"""Foreign texts, made fit for both databases."""

from hashlib import blake2b

NAME_CHARS_MAX = 512
"""Names are indexed, and PostgreSQL's indexes take no more than 2.7 kB a key."""
TEXT_CHARS_MAX = 65_536


def clean_text(text: str, limit: int = TEXT_CHARS_MAX) -> str:
    """Return a text that both databases take: no NUL, no lone surrogates, not endless."""
    if len(text) <= limit and text.isascii() and "\0" not in text:
        return text
    text = text[:limit].replace("\0", "\ufffd")
    return text.encode(errors="surrogatepass").decode(errors="replace")


def clean_name(text: str) -> str:
    """Return a name that can be a key; different names stay different, however long."""
    if len(text) <= NAME_CHARS_MAX:
        return text if text.isascii() and "\0" not in text else clean_text(text)
    digest = blake2b(text.encode(errors="surrogatepass"), digest_size=12).hexdigest()
    return f"{clean_text(text, NAME_CHARS_MAX - 25)}…{digest}"
