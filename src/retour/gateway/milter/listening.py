"""The milter's socket."""

import contextlib
import grp
import os
import socket
import stat
from pathlib import Path

from retour.gateway.milter.server import BACKLOG
from retour.service.milter import MilterSettings, Place

_WAIT_S = 1.0


class ListenError(Exception):
    """The socket cannot be had; one sentence."""


def listen(settings: MilterSettings) -> socket.socket:
    """Bind and listen.

    A Unix socket that nobody listens on any more is replaced; whatever else stands at its place is
    left alone.

    Raises:
        ListenError: it cannot be bound, or its rights cannot be set.
    """
    place = settings.socket
    try:
        if place.path:
            return _listen_unix(settings)
        family, kind, number, _, address = socket.getaddrinfo(
            place.host, place.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        listener = socket.socket(family, kind, number)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
    except OSError as error:
        raise ListenError(f"milter.socket: {place}: {error.strerror or error}.") from None
    listener.listen(BACKLOG)
    return listener


def unlink(place: Place) -> None:
    """Take a Unix socket away."""
    if place.path:
        with contextlib.suppress(OSError):
            Path(place.path).unlink()


def _listen_unix(settings: MilterSettings) -> socket.socket:
    path = Path(settings.socket.path)
    if not path.parent.is_dir():
        raise ListenError(f"milter.socket: the folder {path.parent} is not there.")
    _remove_left_over(path)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    before = os.umask(0o777)  # nobody gets in before the rights are set
    try:
        listener.bind(str(path))
    finally:
        os.umask(before)
    if settings.socket_group:
        try:
            os.chown(path, -1, grp.getgrnam(settings.socket_group).gr_gid)
        except KeyError:
            raise ListenError(
                f"milter.socket_group: there is no group {settings.socket_group!r}."
            ) from None
        except OSError as error:
            raise ListenError(f"milter.socket_group: {error.strerror}.") from None
    path.chmod(settings.socket_mode)
    listener.listen(BACKLOG)
    return listener


def _remove_left_over(path: Path) -> None:
    try:
        mode = path.lstat().st_mode
    except FileNotFoundError:
        return
    if not stat.S_ISSOCK(mode):
        raise ListenError(f"milter.socket: {path} is there and is no socket.")
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        probe.settimeout(_WAIT_S)
        try:
            probe.connect(str(path))
        except (ConnectionRefusedError, FileNotFoundError):
            path.unlink(missing_ok=True)
            return
    raise ListenError(f"milter.socket: {path}: another process listens there.")
