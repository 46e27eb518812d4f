"""What a reader remembers from line to line, bounded: the oldest gives way."""

from typing import TypeVar

Value = TypeVar("Value")

ENTRIES_MAX = 4_096
"""More connections and deliveries than a busy server has open at once."""


def remember(memory: dict[str, Value], key: str, value: Value) -> None:
    """Keep a value as the youngest; the oldest is forgotten where there are too many."""
    memory.pop(key, None)
    if len(memory) >= ENTRIES_MAX:
        del memory[next(iter(memory))]
    memory[key] = value
