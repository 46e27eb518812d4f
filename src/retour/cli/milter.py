"""``retour milter``: the daemon that Postfix and Sendmail call while they take a message."""

import os
from argparse import ArgumentParser, Namespace, _SubParsersAction

from retour.cli.ending import EPILOG, CommandError, ExitCode
from retour.service.complaint import SettingsError
from retour.service.settings import Settings, load_settings


def register(commands: "_SubParsersAction[ArgumentParser]") -> None:
    """Add the command."""
    parser = commands.add_parser(
        "milter",
        help="rewrite reports in the mail flow of Postfix or Sendmail",
        description="Rewrite reports that pass through Postfix or Sendmail so that people "
        "understand them, until SIGTERM. SIGHUP reads the settings again. docs/howto/postfix.md "
        "shows the settings of both sides.",
        epilog=EPILOG,
        allow_abbrev=False,
    )
    parser.add_argument(
        "--config",
        metavar="FILE",
        help="settings; else $RETOUR_CONFIG, ~/.config/retour/retour.toml, /etc/retour/retour.toml",
    )
    parser.add_argument(
        "--check", action="store_true", help="check the settings and end; nothing is started"
    )
    parser.set_defaults(run=run, is_service=True)


def run(arguments: Namespace) -> int:
    """Run the daemon.

    Raises:
        CommandError: it cannot start.
    """

    def load() -> Settings:
        return load_settings(arguments.config, os.environ)

    from retour.gateway.milter.supervisor import StartError, run_milter  # noqa: PLC0415

    try:
        if arguments.check:
            load()
            return ExitCode.OK
        return run_milter(load)
    except (SettingsError, StartError) as error:
        raise CommandError(str(error)) from None
