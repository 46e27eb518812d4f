"""``retour doctor``: looks at this machine's mail server and says which lines to change."""

import os
from argparse import ArgumentParser, Namespace, _SubParsersAction

from retour.cli.ending import EPILOG, CommandError, ExitCode
from retour.service.settings import SettingsError, load_settings


def register(commands: "_SubParsersAction[ArgumentParser]") -> None:
    """Add the command."""
    parser = commands.add_parser(
        "doctor",
        help="check that Postfix and 'retour milter' find each other",
        description="Look at the settings of the Postfix on this machine and at the milter's "
        "socket, and print the exact lines to change. Exit status 1: something has to be changed.",
        epilog=EPILOG,
        allow_abbrev=False,
    )
    parser.add_argument("--config", metavar="FILE", help="settings of Retour, as for 'milter'")
    parser.add_argument(
        "--postfix", metavar="FOLDER", help="Postfix's configuration; else what postconf takes"
    )
    parser.set_defaults(run=run)


def run(arguments: Namespace) -> int:
    """Check and print.

    Raises:
        CommandError: settings are wrong, or there is no Postfix to look at.
    """
    from retour.gateway.milter.doctor import NoPostfixError, examine  # noqa: PLC0415
    from retour.service.milter import MilterSettings  # noqa: PLC0415

    try:
        settings = load_settings(arguments.config, os.environ)
        findings = examine(settings.milter or MilterSettings(), arguments.postfix)
    except (SettingsError, NoPostfixError) as error:
        raise CommandError(str(error)) from None
    for finding in findings:
        print(f"{'ok ' if finding.is_well else '-- '} {finding.said}")
        for line in finding.change:
            print(f"       {line}")
    return ExitCode.OK if all(finding.is_well for finding in findings) else ExitCode.UNREADABLE
