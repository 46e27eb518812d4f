"""A progress bar on standard error, where a person waits and it disturbs nothing."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

LONG_INPUT = 8 << 20
"""Bytes from which on a bar is worth its room."""


@contextmanager
def show_progress(paths: list[str], *, beside_reports: bool) -> Iterator[Callable[[int], None]]:
    """Show a bar over the input's bytes while the block runs.

    Args:
        paths: what is read.
        beside_reports: reports go to the same terminal; then there is no bar.

    Yields:
        What to call with the bytes of each mail that is done.
    """
    total = None
    if sys.stderr.isatty() and not beside_reports:
        from retour.ingest.source import measure_sources  # noqa: PLC0415

        total = measure_sources(paths)
    if total is None or total < LONG_INPUT:
        yield _ignore
        return
    from rich.console import Console  # noqa: PLC0415
    from rich.progress import BarColumn, DownloadColumn, Progress, TimeRemainingColumn  # noqa: PLC0415

    columns = (BarColumn(), DownloadColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("explain", total=total)
        yield lambda size: bar.advance(task, size)


def _ignore(_size: int) -> None:
    """Take the bytes of a mail where nobody watches."""
