"""Bodies made comparable: what the words are, whatever wrapped, encoded or recoded them.

Servers between re-encode (8bit to quoted-printable), rewrap, recode and append: none of that makes
another message. What counts are the words for people and the attachments' bytes.
"""

import hashlib

from retour.model.copies import Attachment, Body, BodyRelation, Copy
from retour.read.html import strip_html
from retour.wire.mime import Part

# Characters of words that are laid on each other; longer texts are compared by their hash too.
WORDS_MAX = 131_072
# Words from the beginning of a text that say whether it is an altered one.
_VOCABULARY_MAX = 2_000
# Text that is looked at, in characters.
_TEXT_MAX = 262_144
# Of the shorter text's different words, the share that makes two texts one that was altered.
_ALTERED_SHARE = 0.7


def cut_body(raw: bytes) -> bytes:
    """Return a mail's body as it stands."""
    ends = [at + len(end) for end in (b"\r\n\r\n", b"\n\n") if (at := raw.find(end)) >= 0]
    return raw[min(ends, default=len(raw)) :]


def read_body(size_bytes: int, root: Part) -> Body:
    """Take from a body what is compared.

    Args:
        size_bytes: of the body as it stands.
        root: the mail's structure.
    """
    plain, html, attachments = _sort(root)
    is_cut = False
    texts = []
    room = _TEXT_MAX
    for part in plain or html:
        text = part.decode_text()
        is_cut = is_cut or len(text) > room
        text = text[:room]
        room -= len(text)
        texts.append(text if plain else strip_html(text))
    text = "\n".join(texts)
    # "From " at the start of a line is quoted by mailboxes on the way (RFC 4155).
    words = ["From" if word == ">From" else word for word in text.split()]
    joined = " ".join(words)
    digest = hashlib.sha256(joined.encode("utf-8", "replace")).hexdigest()
    return Body(
        size_bytes,
        text,
        joined[:WORDS_MAX],
        frozenset(words[:_VOCABULARY_MAX]),
        digest,
        attachments,
        is_cut or len(joined) > WORDS_MAX,
    )


def _sort(root: Part) -> tuple[list[Part], list[Part], tuple[Attachment, ...]]:
    """Sort the leaves into plain texts, HTML texts and attachments."""
    plain: list[Part] = []
    html: list[Part] = []
    attachments: list[Attachment] = []
    todo = [root]
    while todo:
        part = todo.pop()
        if part.children:
            todo.extend(reversed(part.children))
        elif part.content_type == "text/html":
            html.append(part)
        elif part.content_type.startswith("text"):
            plain.append(part)
        else:
            content = part.decode_body().rstrip("\n").encode("latin-1", "replace")
            digest = hashlib.sha256(content).hexdigest()
            attachments.append(Attachment(part.content_type, digest))
    return plain, html, tuple(attachments)


def relate_bodies(a: Copy, b: Copy) -> BodyRelation:
    """Say how the bodies of two copies stand to each other."""
    if a.body_sha256 is not None and a.body_sha256 == b.body_sha256:
        return "identical"
    if a.body is None or b.body is None:
        return "unknown"
    return _relate(a.body, b.body)


def _relate(a: Body, b: Body) -> BodyRelation:
    has_same_files = a.attachments == b.attachments
    if a.words_sha256 == b.words_sha256:
        # A mail of files alone has no words that could be the same.
        return "same-text" if has_same_files else "altered" if a.words else "different"
    small, large = sorted((a, b), key=lambda body: len(body.words))
    if not small.words:
        return "altered" if has_same_files and small.attachments else "different"
    if _contains(large.words, small.words) and not small.is_cut:
        return "extended" if set(small.attachments) <= set(large.attachments) else "altered"
    shared = len(small.vocabulary & large.vocabulary)
    return "altered" if shared > _ALTERED_SHARE * len(small.vocabulary) else "different"


def _contains(large: str, small: str) -> bool:
    """Say whether the words of one text stand in the other in one piece."""
    return f" {small} " in f" {large} "
