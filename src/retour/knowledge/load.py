"""Package data to `Knowledge`, fast: what was read once is kept compiled in the user's cache.

The cache (see `cache`) is JSON Lines: the compiled index, then one rule a line, then the texts
behind one anchor a line.
"""

import json
import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar, cast

from retour.knowledge.cache import cache_file, fingerprint, read_cache, write_cache
from retour.knowledge.compilation import Entry, compile_rules
from retour.knowledge.match import Index
from retour.knowledge.schema import Cause, Knowledge, Rule

# Beside this file, also in a wheel; importlib.resources would cost start time and gain nothing.
DATA = Path(__file__).with_name("data")
_FORMAT = 8
_RULE_FIELDS = tuple(field.name for field in fields(Rule))
_CAUSE_FIELDS = tuple(field.name for field in fields(Cause))


T = TypeVar("T")
_decode = json.JSONDecoder().raw_decode


class Lines(dict[int, T]):
    """Values by number, each made from its JSON line when it is first asked for: few ever are."""

    __slots__ = ("_lines", "_make")

    def __init__(self, lines: list[bytes], make: Callable[[Any], T]) -> None:
        super().__init__()
        self._lines = lines
        self._make = make

    def __missing__(self, n: int) -> T:
        # `json.loads` would first ask for the encoding and last for more: half of its time here.
        value = self[n] = self._make(_decode(self._lines[n].decode())[0])
        return value


class Rules(Mapping[str, Rule]):
    """Rules by id."""

    __slots__ = ("_numbers", "_rules")

    def __init__(self, ids: list[str], rules: Lines[Rule]) -> None:
        self._numbers = {name: n for n, name in enumerate(ids)}
        self._rules = rules

    def __getitem__(self, name: str) -> Rule:
        return self._rules[self._numbers[name]]

    def __iter__(self) -> Iterator[str]:
        return iter(self._numbers)

    def __len__(self) -> int:
        return len(self._numbers)


@lru_cache(maxsize=1)
def load() -> Knowledge:
    """Return the knowledge that ships with the package.

    Raises:
        KnowledgeError: a broken data file; the message names it.
    """
    return load_folder(DATA, cache=cache_file("knowledge", DATA))


def load_folder(data: Path, *, cache: Path | None = None) -> Knowledge:
    """Return the knowledge of a data folder.

    Args:
        data: a folder with ``causes.toml``, ``rules/`` and ``registries/``.
        cache: the file to keep it in, compiled; None: nowhere.

    Raises:
        KnowledgeError: a broken data file; the message names it.
    """
    if cache is None:
        return _revive(_compile(data, ""))
    key = _fingerprint(data)
    kept = read_cache(cache)
    if kept is not None:
        try:
            return _revive(kept, key)
        except (AttributeError, KeyError, TypeError, ValueError, RecursionError):
            pass  # Outdated, cut short or foreign: read the sources as if there were no cache.
    lines = _compile(data, key)
    write_cache(cache, lines)
    return _revive(lines)


def _compile(data: Path, key: str) -> list[bytes]:
    """Read and check all sources; return the lines that the cache keeps."""
    # Only needed when the cache does not serve: tomllib and csv cost start time.
    from retour.knowledge import causefile, registry, rulefile  # noqa: PLC0415

    causes = causefile.read_causes(data / "causes.toml")
    rules = [
        rule
        for path in sorted((data / "rules").rglob("*.toml"))
        for rule in rulefile.read_rules(path, data)
    ]
    rulefile.check_together(rules, (cause.name for cause in causes))
    registries = data / "registries"
    index, entries = compile_rules(rules)
    head = {
        "key": key,
        "causes": [[getattr(cause, name) for name in _CAUSE_FIELDS] for cause in causes],
        "ids": [rule.id for rule in rules],
        "index": index,
        "statuses": registry.read_statuses(registries / "iana-enhanced-status-codes.csv"),
        "codes": list(registry.read_codes(registries / "smtp-reply-codes.csv").items()),
    }
    rows = [_dump([getattr(rule, name) for name in _RULE_FIELDS]) for rule in rules]
    rows += map(_dump, entries)
    return [_dump({**head, "size": sum(map(len, rows))}), *rows]


def _dump(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def _revive(lines: list[bytes], key: str | None = None) -> Knowledge:
    """Make knowledge of the lines that `_compile` made.

    Raises:
        ValueError: the lines have another key than the one given, or are no such lines; also
            KeyError and TypeError.
    """
    head: dict[str, Any] = json.loads(lines[0])
    if key is not None and head["key"] != key:
        raise ValueError("the cache is outdated")
    if head["size"] != sum(map(len, lines[1:])):
        raise ValueError("the cache is cut short")
    first_entry = 1 + len(head["ids"])
    if len(lines) != first_entry + len(head["index"]["anchors"]):
        raise ValueError("as many rules as ids are needed, and as many entries as anchors")
    rules = Lines(lines[1:first_entry], _make_rule)
    entries: Lines[list[Entry]] = Lines(lines[first_entry:], _make_entries)
    causes = [Cause(*values) for values in head["causes"]]
    return Knowledge(
        causes={cause.name: cause for cause in causes},
        rules=Rules(head["ids"], rules),
        statuses=head["statuses"],
        codes=dict(head["codes"]),
        matcher=Index(head["index"], entries, rules),
    )


def _make_rule(values: list[Any]) -> Rule:
    return Rule(*[_tuples(value) if isinstance(value, list) else value for value in values])


def _make_entries(values: list[list[Any]]) -> list[Entry]:
    return cast("list[Entry]", list(map(tuple, values)))


def _tuples(value: Any) -> Any:
    """Turn JSON's lists back into tuples."""
    return tuple(map(_tuples, value)) if isinstance(value, list) else value


def _fingerprint(data: Path) -> str:
    """Return a key that changes with the version, the format and any data file."""
    paths = []
    for folder, names, files in os.walk(data):
        names.sort()
        paths += [os.path.join(folder, file) for file in sorted(files)]  # noqa: PTH118 - quick
    return fingerprint(paths, f"{_FORMAT} {_RULE_FIELDS}")
