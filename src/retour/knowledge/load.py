"""Package data to `Knowledge`, fast: what was read once is kept compiled in the user's cache.

The cache is an optimisation only: plain JSON, keyed by version and by the name, size and time of
every data file, trusted only where nobody else could have written it, silently done without.
"""

import hashlib
import json
import os
import stat
from collections.abc import Iterable
from dataclasses import fields
from functools import lru_cache
from pathlib import Path
from typing import Any

import retour
from retour.knowledge.match import Index, Pattern
from retour.knowledge.quote import parse_quote
from retour.knowledge.schema import Cause, Knowledge, Rule

# Beside this file, also in a wheel; importlib.resources would cost start time and gain nothing.
DATA = Path(__file__).with_name("data")
_FORMAT = 1
_RULE_FIELDS = tuple(field.name for field in fields(Rule))
_CAUSE_FIELDS = tuple(field.name for field in fields(Cause))


@lru_cache(maxsize=1)
def load() -> Knowledge:
    """Return the knowledge that ships with the package.

    Raises:
        KnowledgeError: a broken data file; the message names it.
    """
    return load_folder(DATA, cache=_cache_file(DATA))


def load_folder(data: Path, *, cache: Path | None = None) -> Knowledge:
    """Return the knowledge of a data folder.

    Args:
        data: a folder with ``causes.toml``, ``rules/`` and ``registries/``.
        cache: where to keep it compiled; None: nowhere.

    Raises:
        KnowledgeError: a broken data file; the message names it.
    """
    if cache is None:
        return _revive(_compile(data))
    key = _fingerprint(data)
    kept = _read_cache(cache, key)
    if kept is not None:
        try:
            return _revive(kept)
        except (KeyError, TypeError, ValueError):
            pass  # Written by something else: read the sources as if there were no cache.
    plain = _compile(data)
    _write_cache(cache, {"key": key, **plain})
    return _revive(plain)


def _compile(data: Path) -> dict[str, Any]:
    """Read and check all sources; return them as plain values that JSON can hold."""
    # Only needed when the cache does not serve: tomllib and csv cost start time.
    from retour.knowledge import causefile, registry, rulefile  # noqa: PLC0415

    causes = causefile.read_causes(data / "causes.toml")
    rules = [
        rule
        for path in sorted((data / "rules").rglob("*.toml"))
        for rule in rulefile.read_rules(path, data)
    ]
    rulefile.check_references(rules, (cause.name for cause in causes))
    registries = data / "registries"
    return {
        "causes": [[getattr(cause, name) for name in _CAUSE_FIELDS] for cause in causes],
        "rules": [[getattr(rule, name) for name in _RULE_FIELDS] for rule in rules],
        "patterns": list(_patterns(rules)),
        "statuses": registry.read_statuses(registries / "iana-enhanced-status-codes.csv"),
        "codes": list(registry.read_codes(registries / "smtp-reply-codes.csv").items()),
    }


def _patterns(rules: Iterable[Rule]) -> Iterable[list[Any]]:
    for n, rule in enumerate(rules):
        for text in rule.text:
            quote = parse_quote(text)
            holed = "" if quote.plain else quote.text
            yield [n, quote.anchor, quote.literal, holed, quote.before, quote.after]


def _revive(plain: dict[str, Any]) -> Knowledge:
    causes = [Cause(*values) for values in plain["causes"]]
    rules = [Rule(*(_tuples(value) for value in values)) for values in plain["rules"]]
    patterns = [Pattern(*values) for values in plain["patterns"]]
    return Knowledge(
        causes={cause.name: cause for cause in causes},
        rules={rule.id: rule for rule in rules},
        statuses=plain["statuses"],
        codes={int(code): meaning for code, meaning in plain["codes"]},
        matcher=Index(rules, patterns),
    )


def _tuples(value: Any) -> Any:
    """Turn JSON's lists back into tuples."""
    return tuple(map(_tuples, value)) if isinstance(value, (list, tuple)) else value


def _fingerprint(data: Path) -> str:
    """Return a key that changes with the version, the format and any data file."""
    state = hashlib.sha256(f"{retour.__version__}\0{_FORMAT}\0{_RULE_FIELDS}".encode())
    for folder, names, files in os.walk(data):
        names.sort()
        for file in sorted(files):
            path = os.path.join(folder, file)  # noqa: PTH118 - pathlib costs start time here
            facts = os.stat(path)  # noqa: PTH116
            state.update(f"\0{path}\0{facts.st_size}\0{facts.st_mtime_ns}".encode(errors="replace"))
    return state.hexdigest()


def _cache_file(data: Path) -> Path | None:
    """Return where this installation's compiled knowledge is kept; None where there is no home."""
    base = os.environ.get("XDG_CACHE_HOME", "")
    try:
        # XDG Base Directory Specification: a relative path is invalid and ignored.
        folder = Path(base) if base.startswith("/") else Path.home() / ".cache"
    except RuntimeError:
        return None
    place = hashlib.sha256(str(data).encode(errors="replace")).hexdigest()[:12]
    return folder / "retour" / f"knowledge-{place}.json"


def _read_cache(cache: Path, key: str) -> dict[str, Any] | None:
    try:
        with cache.open("rb") as file:
            facts = os.fstat(file.fileno())
            if hasattr(os, "getuid") and facts.st_uid != os.getuid():
                return None
            if facts.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
                return None
            kept = json.loads(file.read())
    except (OSError, ValueError, RecursionError):
        return None
    return kept if isinstance(kept, dict) and kept.get("key") == key else None


def _write_cache(cache: Path, plain: dict[str, Any]) -> None:
    """Write in one step, for this user only; without a writable folder do nothing."""
    part = cache.with_suffix(f".{os.getpid()}.part")
    try:
        cache.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            json.dump(plain, file, ensure_ascii=False, separators=(",", ":"))
        part.replace(cache)
    except (OSError, ValueError):
        part.unlink(missing_ok=True)
