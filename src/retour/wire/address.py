"""Mail addresses in header fields, report fields and prose (RFC 5322 §3.4, RFC 6531, RFC 6533)."""

import re
from collections.abc import Iterator

from retour.wire.charset import decode_text
from retour.wire.words import decode_words

# RFC 5321 §4.5.3.1 allows 64 octets of local part (VERP tags are longer) and 255 of domain.
_LOCAL_MAX = 256
_DOMAIN_MAX = 255

_ANGLE = re.compile(r"<\s*([^<>\s]{1,600})\s*>")
# A run of characters that may be an address; each character of a text is looked at once.
# Full-width colons, brackets and stops part words as the plain ones do.
_RUN = re.compile(r"[^\s<>()\[\],;:\"|\uff08\uff09\uff0c\uff1a\uff1b\u3001\u3002\u300c\u300d]+")
_DOMAIN_LITERAL = re.compile(r"\[[0-9A-Fa-f:.IPv]{3,50}\]")
_QUOTED_LOCAL = re.compile(r"\"[^\"\n@]{1,64}\"\Z")
# What almost all addresses look like; nothing has to be undone in one.
_SIMPLE = re.compile(
    r"[A-Za-z0-9][A-Za-z0-9._%+-]{0,63}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){1,10}"
)
# RFC 6533 §3: utf-8-addr-xtext, "\x{HEXPOINT}".
_XTEXT = re.compile(r"\\x\{([0-9A-Fa-f]{2,6})\}")
# RFC 3461 §4: xtext, "+2B" for "+".
_TRAILING = "'`.,;:!?)>]}*\\"
_LEADING = "'`(<[{*=/"


def parse_address(value: str | None) -> str | None:
    """Return the first address of a header value, the one in angle brackets where there is one.

    Args:
        value: for example a ``From`` field's value, one character a byte.

    Returns:
        ``local@domain`` as text for people, or None.
    """
    if not value:
        return None
    if "<" in value:
        for found in _ANGLE.finditer(value):
            inner = found[1]
            if "@" in inner:
                return inner if _SIMPLE.fullmatch(inner) else clean_address(inner)
    elif _SIMPLE.fullmatch(value):
        return value
    return next((address for address, _, _ in _scan(value)), None)


def parse_addresses(value: str | None, *, most: int = 200) -> tuple[str, ...]:
    """Return the addresses of a list field (``To``, ``Cc``), in order, each once."""
    if not value:
        return ()
    out: dict[str, None] = {}
    for address, _, _ in _scan(value):
        out[address] = None
        if len(out) >= most:
            break
    return tuple(out)


def find_addresses(text: str) -> list[tuple[str, int, int]]:
    """Find addresses in prose.

    Returns:
        ``(address, start, end)`` for each, in order; quotation marks and the like left out.
    """
    return list(_scan(text)) if "@" in text else []


def _scan(text: str) -> Iterator[tuple[str, int, int]]:
    at = 0
    for word in text.split():
        if "@" not in word:
            continue
        at = text.index(word, at)
        if _SIMPLE.fullmatch(word):
            yield word, at, at + len(word)
        else:
            yield from _scan_word(text, at, at + len(word))
        at += len(word)


def _scan_word(text: str, begin: int, stop: int) -> Iterator[tuple[str, int, int]]:
    """Find the addresses in a word: brackets, quotation marks and list marks part them."""
    for found in _RUN.finditer(text, begin, stop):
        run = found[0]
        if "@" not in run:
            continue
        start, end = found.span()
        if run[-1] == "@" and text[end : end + 1] == "[":
            literal = _DOMAIN_LITERAL.match(text, end)
            if literal:
                run, end = run + literal[0], literal.end()
        if run[0] == "@" and text[start - 1 : start] == '"':
            quoted = _QUOTED_LOCAL.search(text, max(0, start - 66), start)
            if quoted:
                run, start = quoted[0] + run, quoted.start()
        address = run if _SIMPLE.fullmatch(run) else clean_address(run)
        if address:
            yield address, start, end


def clean_address(text: str) -> str | None:
    r"""Make an address out of what stands where one should.

    Brackets, quotation marks and punctuation around it go, ``mailto:`` and ``\x{…}`` (RFC 6533)
    are undone, 8-bit is decoded.

    Returns:
        ``local@domain``, or None where there is no ``@`` with something on both sides.
    """
    text = text.strip().lstrip(_LEADING).rstrip(_TRAILING)
    head = text[:7].lower()
    if head == "mailto:":
        text = text[7:]
    elif head[:5] in ("smtp=", "smtp:"):  # X.400 domain-defined attribute (RFC 2156)
        text = text[5:]
    local, at, domain = text.rpartition("@")
    if not at or not local or not domain or len(local) > _LOCAL_MAX or len(domain) > _DOMAIN_MAX:
        return None
    if domain[0] == "[":
        text = f"{local}@{domain.rstrip(']')}]"
    if not text.isascii() and max(text) < "\u0100":
        text = decode_text(text, "utf-8")
        if not all(text.rpartition("@")):
            return None
    return _XTEXT.sub(_unescape, text) if "\\x{" in text else text


def _unescape(found: re.Match[str]) -> str:
    point = int(found[1], 16)
    return chr(point) if 0x20 < point < 0x110000 and not 0xD800 <= point < 0xE000 else found[0]


def parse_typed(value: str) -> tuple[str, str]:
    """Split a report field of the form ``type; text`` (RFC 3464 §2.1.2).

    Returns:
        ``(type in lower case, text)``; the type is empty where there is none.
    """
    kind, semicolon, text = value.partition(";")
    if semicolon and len(kind) < 30 and "@" not in kind and "<" not in kind:
        return kind.strip().lower(), text.strip()
    return "", value.strip()


def parse_recipient(value: str | None) -> str | None:
    """Read a ``Final-Recipient`` or ``Original-Recipient`` field (RFC 3464 §2.3.1-2, RFC 6533 §3).

    Returns:
        The address for people, senders' wrappings undone; a local name without domain as it is.
    """
    if not value:
        return None
    _, text = parse_typed(value)
    if _SIMPLE.fullmatch(text):
        return unwrap_address(text) if "=" in text else text
    if not text:
        return None
    if text[0] in "|/":  # a command or a file of the reporting host, not an address (Exim)
        return text[:_LOCAL_MAX]
    text = decode_words(text) if "=?" in text else text
    address = parse_address(text) if "@" in text else None
    if address is None:
        address = clean_address(text)
    if address is None:
        bare = text.strip().strip("<>\"' ")
        return bare if bare and len(bare) <= _LOCAL_MAX and " " not in bare else None
    return unwrap_address(address)


# Compiled when the first such address is met; most mails have none.
_PRVS = r"(?:prvs|msprvs1)=[^=@]{1,30}=(.+@.+)"
_PRVS_SWAPPED = r"prvs=([^=@/]{1,64})/[0-9a-z]{6,12}(@.+)"
_BTV = r"btv1==[^=@]{1,20}==(.+@.+)"
_SRS0 = r"srs0[=+-][^=@]{1,12}=[^=@]{1,4}=([^=@]{1,255})=([^@]{1,64})@.+"
_SRS1 = (
    r"srs1[=+-][^=@]{1,12}=[^=@]{1,255}==?[=+-]?[^=@]{1,12}=[^=@]{1,4}"
    r"=([^=@]{1,255})=([^@]{1,64})@.+"
)
_VERP_DOMAIN = r"([a-z0-9](?:[a-z0-9-]{0,62}\.)+[a-z]{2,24})"
_PLUS_VERP = rf"[^@+]*\+([^@=]{{1,128}})={_VERP_DOMAIN}@.+"
_VERP = rf"[^@]*[-=_]([^@=+\-]{{1,64}}(?:[+.\-][^@=]{{1,64}})?)={_VERP_DOMAIN}@.+"


def unwrap_address(address: str) -> str:
    """Undo what servers put around an address, for display and for comparing.

    BATV (``prvs=``, ``btv1==``) and SRS (``SRS0=``, ``SRS1=``) are undone; a VERP tag names another
    person and is left (`read_verp`).
    """
    if "=" not in address:
        return address
    head = address[:5].lower()
    if head == "srs0=" or head[:4] == "srs0":
        found = _match(_SRS0, address)
        return f"{found[2]}@{found[1]}" if found else address
    if head[:4] == "srs1":
        found = _match(_SRS1, address)
        return f"{found[2]}@{found[1]}" if found else address
    if "prvs" in address[:8].lower():
        found = _match(_PRVS, address)
        if found:
            return found[1]
        swapped = _match(_PRVS_SWAPPED, address)
        return swapped[1] + swapped[2] if swapped else address
    if head == "btv1=":
        found = _match(_BTV, address)
        return found[1] if found else address
    return address


def read_verp(address: str) -> str | None:
    """Return the recipient that a VERP return path names (``list-bounces+user=example.net@…``)."""
    if "=" not in address or address[:4].lower() in ("srs0", "srs1", "prvs", "btv1"):
        return None
    found = _match(_PLUS_VERP, address) or _match(_VERP, address)
    return f"{found[1]}@{found[2]}" if found else None


def _match(pattern: str, address: str) -> re.Match[str] | None:
    return re.fullmatch(pattern, address, re.IGNORECASE)
