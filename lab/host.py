"""A host of the lab: a root, a network and a name of its own, and one mail server in it."""

import os
import shutil
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TypeVar

from lab import network
from lab.packages import FOLDER, folder_of

ROOT = Path(__file__).resolve().parent.parent
_CONFIGURATIONS = Path(__file__).resolve().parent / "servers"
_WAIT_S = 25
_T = TypeVar("_T")

_USERS = {
    "root": 0, "daemon": 1, "mail": 8, "nobody": 65534, "postfix": 101, "postdrop": 102,
    "Debian-exim": 103, "opensmtpd": 104, "opensmtpq": 105, "smmta": 106, "smmsp": 107,
    "dovecot": 108, "dovenull": 109, "vmail": 110, "ann": 1001, "bob": 1002,
}  # fmt: skip
_DEVICES = ("null", "zero", "full", "random", "urandom")


def wait_for(look: Callable[[], _T | None], what: str, seconds: float = _WAIT_S) -> _T:
    """Return what a look brings as soon as it brings something.

    Raises:
        TimeoutError: it brought nothing in this time; the text names what was waited for.
    """
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        found = look()
        if found:
            return found
        time.sleep(0.05)
    raise TimeoutError(f"{what}: nothing within {seconds:.0f} s")


class Host:
    """One mail server, running until the process that made it ends."""

    def __init__(self, name: str, server: str, settings: str = "") -> None:
        """Start a server.

        Args:
            name: The host's; its domain is ``NAME.test``, its own name ``mx.NAME.test``.
            server: A folder of ``lab/servers``: configuration, and ``start.sh`` that starts it.
            settings: Lines to be added to the server's configuration.
        """
        self.name, self.server = name, server
        self.domain, self.full_name = f"{name}.test", f"mx.{name}.test"
        self.address = network.take_address()
        self.root = FOLDER / "run" / name / "root"
        self._mount(folder_of(server))
        self._furnish(settings)
        self._process = self._boot()

    @property
    def log(self) -> Path:
        """The log that its mail server writes."""
        return self.root / "var/log/mail.log"

    @property
    def logs(self) -> list[Path]:
        """All its logs that there are."""
        return [log for log in (self.log, self.root / "var/log/dovecot.log") if log.is_file()]

    def wait_until_ready(self) -> None:
        """Return when the server answers on port 25."""
        wait_for(self._answers, f"{self.name} ({self.server}), see {self._said}")

    def close(self) -> None:
        """End the host's first process; what else runs in it ends with the lab."""
        self._process.kill()
        self._process.wait()
        self._syslog.close()

    def run(self, *command: str, check: bool = True) -> str:
        """Return what a command prints when run inside the host."""
        target = ("nsenter", f"--target={self._process.pid}", "--net", "--uts")
        line = [*target, f"--root={self.root}", "--wd=/", *command]
        done = subprocess.run(line, capture_output=True, text=True, check=False, env=self._world())
        if check and done.returncode:
            raise RuntimeError(f"{self.name}: {' '.join(command)}: {done.stdout}{done.stderr}")
        return done.stdout

    def spawn(self, *command: str, said: Path) -> subprocess.Popen[bytes]:
        """Return a command that runs on inside the host; what it prints goes to a file."""
        target = ("nsenter", f"--target={self._process.pid}", "--net", "--uts")
        line = [*target, f"--root={self.root}", "--wd=/", *command]
        with said.open("ab") as output:
            return subprocess.Popen(
                line,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                env=self._world(),
                start_new_session=True,
            )

    def _mount(self, packages: Path) -> None:
        """Lay the server's packages over an empty root, and over the machine's ``/usr``."""
        upper, work = self.root.parent / "upper", self.root.parent / "work"
        for folder in (self.root, upper, work):
            folder.mkdir(parents=True)
        _mount(
            "-t",
            "overlay",
            "-o",
            f"lowerdir={packages},upperdir={upper},workdir={work}",
            "lab",
            self.root,
        )
        _mount(
            "-t", "overlay", "-o", f"lowerdir={packages / 'usr'}:/usr,ro", "lab", self.root / "usr"
        )
        for name in (
            "dev",
            "proc",
            "run",
            "root",
            "etc",
            "lab",
            "var/log",
            "var/spool",
            "var/lib",
            "home",
        ):
            (self.root / name).mkdir(parents=True, exist_ok=True)
        for name in ("tmp", "var/tmp", "var/mail", "var/spool/mail"):
            (self.root / name).mkdir(exist_ok=True)
            (self.root / name).chmod(0o1777)
        if not (self.root / "var/run").exists():
            (self.root / "var/run").symlink_to("../run")
        for name in _DEVICES:
            (self.root / "dev" / name).touch()
            _mount("--bind", f"/dev/{name}", self.root / "dev" / name)
        _mount("--rbind", "/proc", self.root / "proc")
        for folder in {ROOT, Path(sys.base_prefix)}:
            if not folder.is_relative_to("/usr"):
                (self.root / folder.relative_to("/")).mkdir(parents=True, exist_ok=True)
                _mount("--bind", folder, self.root / folder.relative_to("/"))

    def _furnish(self, settings: str) -> None:
        """Write what a Debian system has in ``/etc``, and the server's configuration."""
        etc = self.root / "etc"
        shutil.copytree(
            "/etc/alternatives", etc / "alternatives", symlinks=True, dirs_exist_ok=True
        )
        users = "".join(
            f"{name}:x:{uid}:{uid}::{'/root' if name == 'root' else f'/home/{name}'}:/bin/sh\n"
            for name, uid in _USERS.items()
        )
        groups = "".join(f"{name}:x:{uid}:\n" for name, uid in _USERS.items())
        for name, text in {
            "passwd": users,
            "group": groups + "adm:x:4:\nnogroup:x:65533:\n",
            "nsswitch.conf": "passwd: files\ngroup: files\nhosts: files dns\nservices: files\n",
            "hosts": f"127.0.0.1 localhost\n{self.address} {self.full_name}\n",
            "resolv.conf": f"nameserver {network.NAME_SERVER}\noptions timeout:2 attempts:1\n",
            "services": "smtp 25/tcp mail\ndomain 53/tcp\ndomain 53/udp\nsubmission 587/tcp\n",
            "protocols": "ip 0 IP\nicmp 1 ICMP\ntcp 6 TCP\nudp 17 UDP\n",
            "mailname": f"{self.domain}\n",
        }.items():
            (etc / name).write_text(text)
        for name in ("ann", "bob"):
            home = self.root / "home" / name
            home.mkdir()
            os.chown(home, _USERS[name], _USERS[name])
        shutil.copytree(_CONFIGURATIONS / self.server, self.root / "lab", dirs_exist_ok=True)
        (self.root / "lab/settings").write_text(settings)
        self._syslog = Syslog(self.root / "dev/log", self.log, self.full_name)

    @property
    def _said(self) -> Path:
        return self.root.parent / "start.log"

    def _world(self) -> dict[str, str]:
        return {
            "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
            "NAME": self.name,
            "ADDRESS": self.address,
            "HOME": "/root",
            "LANG": "C.UTF-8",
        }

    def _boot(self) -> subprocess.Popen[bytes]:
        """Start the host's first process: it waits for its link, then starts the server."""
        script = f"hostname {self.full_name}; read go; exec chroot {self.root} sh -ex /lab/start.sh"
        with self._said.open("wb") as output:
            process = subprocess.Popen(
                ["unshare", "--mount", "--net", "--uts", "--ipc", "sh", "-c", script],
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=output,
                env=self._world(),
            )
        own = Path("/proc/self/ns/net").readlink()
        wait_for(lambda: Path(f"/proc/{process.pid}/ns/net").readlink() != own, self.name)
        network.attach(process.pid, self.address)
        assert process.stdin is not None
        process.stdin.write(b"go\n")
        process.stdin.close()
        return process

    def _answers(self) -> bool:
        try:
            with socket.create_connection((self.address, 25), timeout=2) as connection:
                return connection.recv(3) == b"220"
        except OSError:
            return False


class Syslog:
    """What a host's ``/dev/log`` is told, written as a log in the traditional form."""

    def __init__(self, place: Path, log: Path, host: str) -> None:
        """Listen until the process ends."""
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(str(place))
        place.chmod(0o666)
        self._log, self._host = log, host
        threading.Thread(target=self._listen, daemon=True).start()

    def close(self) -> None:
        """Listen no more."""
        self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()

    def _listen(self) -> None:
        while said := self._socket.recv(65536):
            line = said.rstrip(b"\0\n").decode("utf-8", "replace")
            _, _, text = line.partition(">")  # the priority: <22>
            stamp, rest = text[:15], text[16:]
            with self._log.open("a", encoding="utf-8") as log:
                log.write(f"{stamp} {self._host} {rest}\n")


def _mount(*arguments: str | Path) -> None:
    done = subprocess.run(["mount", *arguments], capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"mount {' '.join(map(str, arguments))}: {done.stderr.strip()}")


@contextmanager
def full_disk(folder: Path) -> Iterator[None]:
    """Lay a file system over a folder that has no room left."""
    _mount("-t", "tmpfs", "-o", "size=64k", "lab", folder)
    with suppress(OSError):
        (folder / "filling").write_bytes(bytes(1 << 20))
    yield
    subprocess.run(["umount", "--lazy", str(folder)], check=True)
