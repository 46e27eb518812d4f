"""``retour templates``: texts for the notices of mail servers where nothing of ours can run."""

import os
import sys
from argparse import ArgumentParser, ArgumentTypeError, Namespace, _SubParsersAction
from pathlib import Path

from retour.cli.ending import EPILOG, CommandError, ExitCode
from retour.service.complaint import SettingsError
from retour.service.settings import Settings, load_settings

# As in `retour.rendering.servertext.wish`, which most runs need not load.
_SERVERS = ("exchange", "postfix", "exim", "sendmail")
_READERS = ("internal", "external", "both")


def register(commands: "_SubParsersAction[ArgumentParser]") -> None:
    """Add the command to the parser."""
    parser = commands.add_parser(
        "templates",
        help="write the texts of a mail server's own notices: Exchange, Postfix, Exim, Sendmail",
        description="Write the texts of a mail server's own notices, in the form that the server "
        "takes; docs/howto/templates.md says how to install them.",
        epilog=EPILOG,
        allow_abbrev=False,
    )
    parser.add_argument("server", choices=_SERVERS)
    parser.add_argument(
        "--lang",
        type=_read_languages,
        metavar="LANGUAGES",
        help="as 'de', 'de,en' or 'all'; for Exchange a text each, else one below the other; "
        "without it the language of the settings, else English",
    )
    parser.add_argument(
        "--scope",
        choices=_READERS,
        default="both",
        help="who reads: people inside the organisation, outside, or 'both' (the default); "
        "only those inside are told the contact of the settings",
    )
    parser.add_argument(
        "--page",
        default="",
        metavar="URL",
        help="a page about codes to refer to, as https://retour.example.com/codes/{code}",
    )
    parser.add_argument(
        "-o",
        "--output",
        metavar="FILE|FOLDER/",
        help="write into this file, or files with their usual names into this folder",
    )
    parser.add_argument("--config", metavar="FILE", help="settings, see docs/cli.md")
    parser.set_defaults(run=_run)


def _read_languages(asked: str) -> tuple[str, ...]:
    """Return the languages of ``--lang``; argparse says what is wrong with it."""
    from retour.rendering.catalogues import find_catalogue, languages  # noqa: PLC0415

    if asked == "all":
        return languages()
    found: list[str] = []
    for tag in asked.split(","):
        name = find_catalogue(tag.strip())
        if name is None:
            known = ", ".join(languages())
            raise ArgumentTypeError(f"{tag!r} is no language that there is; there are {known}")
        if name not in found:
            found.append(name)
    return tuple(found)


def _run(arguments: Namespace) -> int:
    """Write the files."""
    from retour.rendering.catalogues import load_wording  # noqa: PLC0415
    from retour.rendering.servertext.files import write_templates  # noqa: PLC0415
    from retour.rendering.servertext.wish import TemplateError, Wish  # noqa: PLC0415

    try:
        settings = load_settings(arguments.config, os.environ)
        wish = Wish(
            tuple(
                load_wording(tag, texts=settings.texts)
                for tag in arguments.lang or _usual_language(settings)
            ),
            readers=arguments.scope,
            contact=settings.letterhead.contact if settings.letterhead else "",
            page=arguments.page,
        )
        files = write_templates(arguments.server, wish)
    except (SettingsError, TemplateError) as error:
        raise CommandError(str(error)) from None
    _put(files, arguments.output)
    return ExitCode.OK


def _usual_language(settings: Settings) -> tuple[str]:
    return ("en" if settings.language == "auto" else settings.language,)


def _put(files: dict[str, str], output: str | None) -> None:
    """Write files where they shall go: a folder takes any number, all else one.

    Raises:
        CommandError: there are several and no folder, or one cannot be written.
    """
    path = Path(output) if output else None
    if output and path and (output.endswith("/") or path.is_dir()):
        places = {path / name: content for name, content in files.items()}
    elif len(files) > 1:
        raise CommandError(f"this server takes {' and '.join(files)}: name a folder, -o FOLDER/.")
    elif path is None:
        sys.stdout.buffer.write(next(iter(files.values())).encode())
        sys.stdout.buffer.flush()
        return
    else:
        places = {path: next(iter(files.values()))}
    for place, content in places.items():
        try:
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(content.encode())
        except OSError as error:
            raise CommandError(f"{place}: cannot be written: {error.strerror}.") from None
