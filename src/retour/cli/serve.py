"""``retour serve``: pages for the helpdesk and an API, from one process or several."""

import os
import secrets
from argparse import ArgumentParser, Namespace, _SubParsersAction

from retour.cli.ending import EPILOG, CommandError, ExitCode
from retour.service.complaint import SettingsError
from retour.service.settings import Settings, load_settings

_DRAIN_SECONDS = 10
_START_SECONDS = 60
"""What a process may take to start on a busy machine before it is started anew."""


def register(commands: "_SubParsersAction[ArgumentParser]") -> None:
    """Add the command to the parser."""
    parser = commands.add_parser(
        "serve",
        help="show pages for the helpdesk, and an API",
        description="Show pages in which people explain mails, follow them and compare them, and "
        "an API below /api/v1/. Without people who sign in it is for this machine alone "
        "(docs/web.md).",
        epilog=EPILOG,
        allow_abbrev=False,
    )
    parser.add_argument("--host", help="the address to listen on (127.0.0.1)")
    parser.add_argument("--port", type=int, help="the port to listen on (8025)")
    parser.add_argument(
        "--workers", type=int, default=1, metavar="N", help="processes that answer (1)"
    )
    parser.add_argument(
        "--store",
        metavar="URL",
        help="the trail: a file, or postgresql://...; else $RETOUR_STORE, the settings, "
        "~/.local/share/retour/trail.sqlite3",
    )
    parser.add_argument("--config", metavar="FILE", help="settings")
    parser.add_argument(
        "--new-token",
        metavar="NAME",
        help="make a token for a person or program, print it and the lines for the settings, "
        "and end",
    )
    parser.set_defaults(run=_run, is_service=True)


def _run(arguments: Namespace) -> int:
    """Serve until a signal ends it."""
    if arguments.new_token:
        return _print_token(arguments.new_token)
    # Processes that answer read the settings themselves, and find them where this one did.
    if arguments.config:
        os.environ["RETOUR_CONFIG"] = arguments.config
    if arguments.store:
        os.environ["RETOUR_STORE"] = arguments.store
    os.environ.setdefault("RETOUR_WEB_SECRET", secrets.token_hex(32))
    os.environ["RETOUR_WEB_WORKERS"] = str(max(arguments.workers, 1))
    try:
        settings = load_settings(arguments.config, os.environ)
        host, port = _choose_place(arguments, settings)
        return _serve(host, port, settings, workers=max(arguments.workers, 1))
    except SettingsError as error:
        raise CommandError(str(error)) from None


def _choose_place(arguments: Namespace, settings: Settings) -> tuple[str, int]:
    """Choose where to listen.

    Raises:
        CommandError: others could reach the server, and nobody signs in.
    """
    from retour.service.serving import LOOPBACK, WebSettings  # noqa: PLC0415

    web = settings.web or WebSettings()
    host = arguments.host or web.host
    if not web.knows_people and host not in LOOPBACK and f"[{host}]" not in LOOPBACK:
        raise CommandError(
            f"--host: {host} can be reached by others, and that needs people who sign in: "
            "web.tokens or web.oidc in the settings."
        )
    port = web.port if arguments.port is None else arguments.port
    if not 0 <= port <= 65535:
        raise CommandError(f"--port: {port} is no port.")
    return host.strip("[]"), port


def _serve(host: str, port: int, settings: Settings, *, workers: int) -> int:
    """Run the server in this process, or in several."""
    import uvicorn  # noqa: PLC0415 - only this command needs it

    from retour.web.application import create_app, create_from_environment  # noqa: PLC0415
    from retour.web.site import open_site  # noqa: PLC0415

    place = f"[{host}]" if ":" in host else host
    site = open_site(settings, os.environ)  # says what is wrong before anything listens
    several = workers > 1
    factory = f"{create_from_environment.__module__}:{create_from_environment.__name__}"
    if several:
        site.close()
    config = uvicorn.Config(
        factory if several else create_app(site),
        host=host,
        port=port,
        workers=workers,
        factory=several,
        access_log=False,
        log_level="warning",
        proxy_headers=False,
        server_header=False,
        timeout_graceful_shutdown=_DRAIN_SECONDS,
        timeout_worker_healthcheck=_START_SECONDS,
    )
    try:
        sock = config.bind_socket()
    except SystemExit:  # uvicorn has said why
        raise CommandError(f"{place}:{port}: cannot listen there.") from None
    print(f"http://{place}:{sock.getsockname()[1]}/", flush=True)
    server = uvicorn.Server(config)
    if several:
        from uvicorn.supervisors import Multiprocess  # noqa: PLC0415

        Multiprocess(config, sockets=[sock]).run()
    else:
        server.run(sockets=[sock])
    return ExitCode.OK


def _print_token(name: str) -> int:
    """Make a token; only its digest goes into the settings."""
    import hashlib  # noqa: PLC0415 - only here
    import json  # noqa: PLC0415 - only here

    token = f"retour_{secrets.token_urlsafe(32)}"
    digest = hashlib.sha256(token.encode()).hexdigest()
    print(f"The token, shown this once: {token}\n\nFor the settings:\n")
    print("[[web.tokens]]")
    print(f"name = {json.dumps(name)}")
    print('role = "helpdesk"  # or "viewer", "admin"')
    print('scopes = ["explain", "codes"]  # also "trail", "stats"')
    print(f'sha256 = "{digest}"')
    return ExitCode.OK
