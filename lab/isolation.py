"""The namespaces that the whole lab lives in.

Mounts, networks and processes are made in namespaces that belong to the process that runs the
scenarios. When it ends, however it ends, the kernel takes all of them away: nothing has to be torn
down, and nothing can be left behind.
"""

import os
import shutil
import subprocess
from collections.abc import Sequence
from typing import NoReturn

_MARK = "RETOUR_LAB"
_NAMESPACES = (
    "--mount",
    "--net",
    "--uts",
    "--ipc",
    "--pid",
    "--fork",
    "--kill-child",
    "--mount-proc",
)
_AS_ROOT = ("--user", "--map-root-user", "--map-auto")
"""Root of a user namespace with the subordinate ids of /etc/subuid: servers change their users."""

_TOOLS = ("unshare", "nsenter", "ip", "mount", "apt-get", "dpkg-deb", "tar")


def find_way() -> tuple[list[str], str | None]:
    """Return the command that makes the namespaces, or an empty one and why there is none."""
    path = f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin"
    missing = [tool for tool in _TOOLS if shutil.which(tool, path=path) is None]
    if missing:
        return [], f"the lab needs {', '.join(missing)} (Debian: util-linux, iproute2, apt, dpkg)"
    command = ["unshare", *(() if os.geteuid() == 0 else _AS_ROOT), *_NAMESPACES]
    tried = subprocess.run([*command, "true"], capture_output=True, text=True, check=False)
    if tried.returncode == 0:
        return command, None
    said = (tried.stderr.strip().splitlines() or ["unshare failed"])[-1]
    if os.geteuid() == 0:
        return [], f"the lab needs namespaces of its own: {said}"
    return [], f"the lab needs root, or subordinate ids (Debian: uidmap, /etc/subuid): {said}"


def enter(command: Sequence[str], fault: str | None, way: Sequence[str]) -> NoReturn:
    """Become a command in namespaces of its own; where there is a fault, it learns of it."""
    line = [*way, *command]
    os.execvpe(line[0], line, {**os.environ, _MARK: fault or "entered"})


def find_fault() -> str | None:
    """Return why the scenarios cannot run in this process, or None where they can."""
    mark = os.environ.get(_MARK)
    if mark is None:
        return "the scenarios run in namespaces of their own: make lab"
    return None if mark == "entered" else mark
