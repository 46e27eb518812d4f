"""Mail servers as Debian packages, unpacked beside each other.

Debian installs one mail transport agent at a time. Here nothing is installed: each server's
packages, with what the machine lacks of their dependencies, are unpacked into a folder, and a host
of the lab sees that folder laid over the machine's ``/usr``.
"""

import hashlib
import shutil
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

FOLDER = Path(__file__).resolve().parent.parent / "build" / "lab"

PACKAGES = {
    "postfix": ("postfix",),
    "exim": ("exim4-daemon-light",),
    "opensmtpd": ("opensmtpd",),
    "sendmail": ("sendmail-bin", "sendmail-cf", "m4"),
    "dovecot": ("postfix", "dovecot-core", "dovecot-lmtpd"),
}
_MERGED = ("bin", "sbin", "lib", "lib32", "lib64", "libx32")
_STATUS = Path("/var/lib/dpkg/status")


class MissingPackagesError(Exception):
    """A server's packages cannot be had; the text says why."""


def folder_of(server: str) -> Path:
    """Return where a server's packages are unpacked."""
    return FOLDER / "servers" / server


def unpack_servers() -> None:
    """Unpack all servers, unless that has been done and the machine has not changed since.

    Raises:
        MissingPackagesError: They cannot be fetched.
    """
    stamp = FOLDER / "stamp"
    state = hashlib.sha256(repr(PACKAGES).encode() + _STATUS.read_bytes()).hexdigest()
    if not stamp.is_file() or stamp.read_text() != state:
        stamp.unlink(missing_ok=True)
        _run(*_apt("lists"), "update")
        with ThreadPoolExecutor(len(PACKAGES)) as pool:
            list(pool.map(_unpack, PACKAGES))
        stamp.write_text(state)


def _apt(name: str) -> list[str]:
    """Return apt-get with folders of its own, so that no right of root is needed, nor its locks."""
    folder = FOLDER / "apt"
    places = {"Dir::State::lists": folder / "lists", "Dir::Cache": folder / name}
    for place in places.values():
        (place / "partial").mkdir(parents=True, exist_ok=True)
    (folder / name / "archives" / "partial").mkdir(parents=True, exist_ok=True)
    options = [f"{option}={place}" for option, place in places.items()]
    options += [f"Dir::State::status={_STATUS}", "Debug::NoLocking=1", "APT::Sandbox::User="]
    return ["apt-get", "-qq", *(word for option in options for word in ("-o", option))]


def _unpack(name: str) -> None:
    """Fetch a server's packages and lay their files out in its folder."""
    target = folder_of(name)
    shutil.rmtree(target, ignore_errors=True)
    shutil.rmtree(FOLDER / "apt" / name, ignore_errors=True)
    for folder in _MERGED:  # packages that know of no merged /usr unpack through the links
        (target / "usr" / folder).mkdir(parents=True, exist_ok=True)
        (target / folder).symlink_to(f"usr/{folder}")
    install = ("install", "--yes", "--no-install-recommends", "--reinstall", "--download-only")
    _run(*_apt(name), *install, *PACKAGES[name])
    for package in sorted((FOLDER / "apt" / name / "archives").glob("*.deb")):
        files = subprocess.Popen(["dpkg-deb", "--fsys-tarfile", package], stdout=subprocess.PIPE)
        _run("tar", "-x", "--keep-directory-symlink", "-C", str(target), stdin=files.stdout)
        if files.wait():
            raise MissingPackagesError(f"{package.name} cannot be unpacked")


def _run(*command: str, stdin: object = None) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False, stdin=stdin)  # type: ignore[call-overload]
    if done.returncode:
        said = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
        raise MissingPackagesError(f"{command[0]} {command[-1]}: {said}")
