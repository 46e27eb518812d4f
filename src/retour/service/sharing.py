"""Reports that somebody shared: kept in a folder for some days, each opened by its link alone.

A file is named after the digest of its link's secret, so that who reads the folder's names cannot
open a link, and who guesses cannot find one.
"""

import hashlib
import json
import os
import re
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from retour.model.document import Audience

_TOKEN = re.compile(r"[A-Za-z0-9_-]{43}")
_SUFFIX = ".shared"
_DAY_SECONDS = 86400
_SWEEP_SECONDS = 600
"""Between two looks through the folder: each reads the head of every file."""


class SharingError(Exception):
    """A report cannot be kept; one sentence."""


@dataclass(frozen=True, slots=True)
class Share:
    """A shared report.

    Attributes:
        raw: the mail.
        language: the report is shown in.
        audience: whose parts are shown.
        by: who shared it.
        until: seconds since 1970; it cannot be opened from then on.
    """

    raw: bytes
    language: str
    audience: Audience
    by: str
    until: int


class Shares:
    """The folder; several processes may use it at once."""

    def __init__(self, folder: Path, *, clock: Callable[[], float] = time.time) -> None:
        """Name the folder; it is made when something is shared.

        Args:
            folder: for nothing but this.
            clock: seconds since 1970.
        """
        self._folder = folder
        self._clock = clock
        self._swept_at = float("-inf")

    def keep(
        self, raw: bytes, *, language: str, audience: Audience, by: str, days: int
    ) -> tuple[str, int]:
        """Keep a report, and from time to time delete what has expired.

        Returns:
            The secret of its link, and the second from which on it opens nothing.

        Raises:
            SharingError: the folder cannot be written.
        """
        token = secrets.token_urlsafe(32)
        until = int(self._clock()) + days * _DAY_SECONDS
        head = {"language": language, "audience": audience, "by": by, "until": until}
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            if abs(self._clock() - self._swept_at) >= _SWEEP_SECONDS:
                self.sweep()
            _write(self._file(token), json.dumps(head).encode() + b"\n" + raw)
        except OSError as error:
            raise SharingError(f"{self._folder} cannot be written: {error.strerror}.") from None
        return token, until

    def find(self, token: str) -> Share | None:
        """Return what a link leads to; None where there is nothing, or no longer."""
        if not _TOKEN.fullmatch(token):
            return None
        try:
            share = _read(self._file(token).read_bytes())
        except (OSError, ValueError, KeyError):
            return None
        return share if share.until > self._clock() else None

    def sweep(self) -> None:
        """Delete what has expired."""
        self._swept_at = self._clock()
        for file in self._folder.glob(f"*{_SUFFIX}"):
            try:
                with file.open("rb") as stream:
                    expired = json.loads(stream.readline())["until"] <= self._clock()
            except (OSError, ValueError, KeyError):
                continue  # being written, or not ours
            if expired:
                file.unlink(missing_ok=True)

    def _file(self, token: str) -> Path:
        return self._folder / (hashlib.sha256(token.encode()).hexdigest() + _SUFFIX)


def _write(file: Path, content: bytes) -> None:
    """Write a new file, or none where the disk is full."""
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(content)
    except OSError:
        file.unlink(missing_ok=True)
        raise


def _read(content: bytes) -> Share:
    head, _, raw = content.partition(b"\n")
    values = json.loads(head)
    audience = cast("Audience", values["audience"])
    return Share(raw, values["language"], audience, values["by"], int(values["until"]))
