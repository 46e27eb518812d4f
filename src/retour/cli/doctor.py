"""``retour doctor``: looks at this machine's mail server and says which lines to change."""

import os
import shutil
from argparse import ArgumentParser, Namespace, _SubParsersAction
from pathlib import Path

from retour.cli.ending import EPILOG, CommandError, ExitCode
from retour.service.complaint import SettingsError
from retour.service.settings import load_settings


def register(commands: "_SubParsersAction[ArgumentParser]") -> None:
    """Add the command."""
    parser = commands.add_parser(
        "doctor",
        help="check that Postfix or Sendmail and 'retour milter' find each other",
        description="Look at the settings of the Postfix or Sendmail on this machine and at the "
        "milter's socket, and print the exact lines to change. Exit status 1: something has to "
        "be changed.",
        epilog=EPILOG,
        allow_abbrev=False,
    )
    parser.add_argument("--config", metavar="FILE", help="settings of Retour, as for 'milter'")
    parser.add_argument(
        "--postfix", metavar="FOLDER", help="Postfix's configuration; else what postconf takes"
    )
    parser.add_argument(
        "--sendmail",
        metavar="FILE",
        help="look at a Sendmail with this sendmail.cf; without both, what is on this machine",
    )
    parser.set_defaults(run=run)


def run(arguments: Namespace) -> int:
    """Check and print.

    Raises:
        CommandError: settings are wrong, or there is no Postfix to look at.
    """
    from retour.gateway.milter.doctor import examine  # noqa: PLC0415
    from retour.gateway.milter.finding import NoServerError  # noqa: PLC0415
    from retour.gateway.milter.sendmail_doctor import (  # noqa: PLC0415
        CONFIGURATION,
        examine_sendmail,
    )
    from retour.service.milter import MilterSettings  # noqa: PLC0415

    try:
        settings = load_settings(arguments.config, os.environ)
        milter = settings.milter or MilterSettings()
        file = arguments.sendmail
        if not (file or arguments.postfix or shutil.which("postconf")):
            file = CONFIGURATION if Path(CONFIGURATION).exists() else None
        findings = examine_sendmail(milter, file) if file else examine(milter, arguments.postfix)
    except (SettingsError, NoServerError) as error:
        raise CommandError(str(error)) from None
    for finding in findings:
        print(f"{'ok ' if finding.is_well else '-- '} {finding.said}")
        for line in finding.change:
            print(f"       {line}")
    return ExitCode.OK if all(finding.is_well for finding in findings) else ExitCode.UNREADABLE
