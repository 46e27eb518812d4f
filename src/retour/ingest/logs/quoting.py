"""Values that a log puts into quotation marks."""

import re


def unquote(text: str) -> str:
    """Take off quotation marks where they are around the whole, and the backslashes inside."""
    if len(text) > 1 and text[0] == text[-1] == '"':
        return re.sub(r"\\(.)", r"\1", text[1:-1])
    return text
