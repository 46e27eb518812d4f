"""The list of causes: TOML to values, every value checked."""

import tomllib
from pathlib import Path
from typing import get_args

from retour.knowledge.schema import Cause, KnowledgeError
from retour.model.vocabulary import Actor, Retry, Scope

_ALLOWED = {
    "actor": get_args(Actor),
    "scope": get_args(Scope),
    "retry": get_args(Retry),
    "permanent": (True, False),
}


def read_causes(path: Path) -> list[Cause]:
    """Read the list of causes.

    Raises:
        KnowledgeError: the file is no TOML, or a value is missing or unknown.
    """
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise KnowledgeError(f"{path.name}: not valid TOML: {error}") from error
    causes = []
    for name, values in table.items():
        for key, allowed in _ALLOWED.items():
            if values.get(key) not in allowed:
                raise KnowledgeError(f"{path.name}: cause {name}: {key} is {values.get(key)!r}")
        try:
            causes.append(Cause(name=name, **values))
        except TypeError as error:
            raise KnowledgeError(f"{path.name}: cause {name}: {error}") from error
    return causes
