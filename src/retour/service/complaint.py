"""What is said about settings that are wrong."""


class SettingsError(ValueError):
    """A settings file that is missing or wrong; one sentence with file, line and key."""


def join(words: tuple[str, ...], last: str = "and") -> str:
    """Join words as in a sentence."""
    *first, end = words
    return f"{', '.join(first)} {last} {end}" if first else end
