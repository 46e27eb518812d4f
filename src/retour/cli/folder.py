"""Results as files of a folder, one a mail, named after the mail's source."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from retour.cli.ending import CommandError
from retour.rendering.json import analysis_to_dict, to_line
from retour.rendering.printing import Form, render
from retour.rendering.scope import narrow
from retour.service.explanation import Explained, Unexplained
from retour.service.settings import Settings

_UNSAFE = re.compile(r"[^A-Za-z0-9_]+")
_NAME_MAX = 80
_SUFFIXES = {"html": ".html", "eml": ".eml", "text": ".txt", "json": ".json"}


class FolderPrinter:
    """Writes one file a mail. A file of an earlier run is replaced, an input never."""

    def __init__(self, folder: Path, settings: Settings, inputs: Sequence[str]) -> None:
        """Make the folder.

        Args:
            folder: where files go.
            settings: how they are printed; the terminal's form is plain text here.
            inputs: the paths that are read.

        Raises:
            CommandError: the folder lies in an input, or cannot be made.
        """
        self._folder = folder
        self._settings = settings
        # A file is no terminal.
        self._form: Form | Literal["eml"] = "text"
        if settings.format is not None and settings.format != "terminal":
            self._form = settings.format
        self._taken: set[str] = set()
        self._inputs = {Path(path).resolve() for path in inputs}
        here = folder.resolve()
        for path in self._inputs:
            if path.is_dir() and here.is_relative_to(path):
                raise CommandError(f"{folder}: lies in an input, and reports are no mails.")
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise CommandError(f"{folder}: cannot be made: {error.strerror}.") from None

    def show(self, result: Explained | Unexplained) -> None:
        """Write one mail's file; one that has none had its word on standard error."""
        if isinstance(result, Unexplained):
            return
        file = self._name(result)
        try:
            file.write_bytes(self._print(result))
        except OSError as error:
            raise CommandError(f"{file}: cannot be written: {error.strerror}.") from None

    def _print(self, result: Explained) -> bytes:
        settings = self._settings
        if self._form == "json":
            analysis = narrow(result.analysis, settings.scope)
            found = analysis_to_dict(analysis, source=result.source, index=result.index)
            return (to_line(found) + "\n").encode()
        printed = render(
            result.analysis,
            format=self._form,
            language=settings.language,
            audience=settings.audience,
            scope=settings.scope,
            letterhead=settings.letterhead,
            texts=settings.texts,
            pages=settings.pages,
        )
        if isinstance(printed, bytes):
            return printed
        return printed.encode("utf-8", "backslashreplace")

    def _name(self, result: Explained) -> Path:
        """Return a file whose name is safe anywhere and stands for one mail of this run only."""
        source = Path(result.source)
        stem = _UNSAFE.sub("-", source.stem).strip("-")[:_NAME_MAX] or "mail"
        suffix, number = _SUFFIXES[self._form], result.index + 1
        name = stem if number == 1 else f"{stem}-{number}"
        # Two names that differ by case alone are one file on many systems.
        while name.lower() in self._taken or self._is_input(self._folder / f"{name}{suffix}"):
            number += 1
            name = f"{stem}-{number}"
        self._taken.add(name.lower())
        return self._folder / f"{name}{suffix}"

    def _is_input(self, file: Path) -> bool:
        return file.resolve() in self._inputs
