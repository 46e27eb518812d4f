"""Open the trail that options and settings name."""

import os
from argparse import Namespace
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from retour.cli.ending import CommandError, ExitCode
from retour.cli.options import choose_screen_format, choose_screen_language, read_settings
from retour.service.complaint import SettingsError
from retour.service.settings import Settings, choose_store, find_store

if TYPE_CHECKING:
    from retour.cli.trailprint import TrailPrinter
    from retour.store import Store


def has_trail(arguments: Namespace) -> bool:
    """Tell whether somebody named a trail, or one lies where it is kept otherwise.

    Raises:
        CommandError: the settings are wrong.
    """
    settings = read_settings(arguments)
    if find_store(arguments.store, os.environ, settings):
        return True
    try:
        return Path(choose_store(None, os.environ, settings)).is_file()
    except SettingsError as error:
        raise CommandError(str(error)) from None


@contextmanager
def open_trail(arguments: Namespace) -> "Iterator[tuple[Store, Settings]]":
    """Open the trail that options and settings name.

    Raises:
        CommandError: the settings are wrong, or the trail cannot be used.
    """
    settings = read_settings(arguments)
    try:
        url = choose_store(arguments.store, os.environ, settings)
    except SettingsError as error:
        raise CommandError(str(error)) from None
    from retour.store import StoreError, open_store  # noqa: PLC0415 - takes a while

    try:
        with open_store(url, with_subjects=settings.trail.subjects) as store:
            yield store, settings
    except StoreError as error:
        raise CommandError(str(error), ExitCode.UNREADABLE) from None


@contextmanager
def open_answers(arguments: Namespace) -> "Iterator[tuple[Store, TrailPrinter, Settings]]":
    """Open the trail, and the printer that options and settings ask for."""
    with open_trail(arguments) as (store, settings):
        from retour.cli.trailprint import make_printer  # noqa: PLC0415

        form = choose_screen_format(arguments.format, settings)
        language = choose_screen_language(arguments.lang, settings)
        yield store, make_printer(form, language), settings
