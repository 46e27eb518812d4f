"""A Postfix of its own for tests: configuration, queue and mailboxes in one folder, on loopback."""

import os
import pwd
import shutil
import smtplib
import socket
import socketserver
import subprocess
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

_T = TypeVar("_T")
_MASTER = Path("/usr/share/postfix/master.cf.dist")
_WAIT_S = 60

MAIN = """\
compatibility_level = 3.6
queue_directory = {folder}/queue
data_directory = {folder}/data
maillog_file = {folder}/log/mail.log
maillog_file_prefixes = {folder}
mail_owner = postfix
myhostname = mail.home.test
mydestination =
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
mynetworks = 127.0.0.0/8
alias_maps =
local_recipient_maps =
smtpd_peername_lookup = no
smtpd_relay_restrictions = permit_mynetworks, reject
virtual_mailbox_domains = home.test, lists.test
virtual_mailbox_base = {folder}/mail
virtual_mailbox_maps = static:all/
virtual_minimum_uid = 1
virtual_uid_maps = static:{uid}
virtual_gid_maps = static:{gid}
default_transport = smtp:[127.0.0.1]:{refuser}
disable_dns_lookups = yes
smtp_tls_security_level = none
milter_default_action = accept
milter_connect_timeout = 3s
milter_command_timeout = 3s
milter_content_timeout = 10s
smtpd_delay_open_until_valid_rcpt = yes
"""


def find_fault() -> str | None:
    """Return why no Postfix can run here, or None."""
    if shutil.which("postfix") is None:
        return "Postfix is not installed (Debian package postfix)"
    if os.geteuid() != 0:
        return "Postfix runs as root only"
    return None


def find_port() -> int:
    """Return a free TCP port on loopback."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def wait_for(look: Callable[[], _T | None], what: str) -> _T:
    """Return what a look brings as soon as it brings something."""
    end = time.monotonic() + _WAIT_S
    while time.monotonic() < end:
        found = look()
        if found:
            return found
        time.sleep(0.05)
    raise AssertionError(f"{what}: nothing within {_WAIT_S} s")


class Refuser:
    """A next hop that refuses every recipient."""

    REPLY = b"550 5.1.1 <unknown@away.test>: Recipient address rejected: User unknown"

    def __init__(self) -> None:
        class Handler(socketserver.StreamRequestHandler):
            def handle(self) -> None:
                self.wfile.write(b"220 mx.away.test ESMTP\r\n")
                for line in self.rfile:
                    verb = line[:4].upper()
                    self.wfile.write((Refuser.REPLY if verb == b"RCPT" else b"250 ok") + b"\r\n")
                    if verb == b"QUIT":
                        return

        self._server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.port: int = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


class Postfix:
    """One instance."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = find_port()
        self._refuser = Refuser()
        self.config = folder / "etc"
        self.log = folder / "log" / "mail.log"
        for name in ("etc", "queue/pid", "queue/retour", "data", "mail/all", "log"):
            (folder / name).mkdir(parents=True, exist_ok=True)
        folder.chmod(0o755)
        user = pwd.getpwnam("postfix")
        for name in ("data", "mail", "mail/all"):
            os.chown(folder / name, user.pw_uid, user.pw_gid)
        main = MAIN.format(
            folder=folder, uid=user.pw_uid, gid=user.pw_gid, refuser=self._refuser.port
        )
        (self.config / "main.cf").write_text(main)
        master = Path("/etc/postfix/master.cf")
        lines = (master if master.exists() else _MASTER).read_text().splitlines()
        lines = [line for line in lines if not line.startswith("smtp      inet")]
        # Without chroot no resolver files have to be copied; the rest is as Debian ships it.
        lines.append(f"127.0.0.1:{self.port} inet n - n - - smtpd")
        text = "\n".join(lines) + "\n"
        (self.config / "master.cf").write_text(text)
        (self.config / "dynamicmaps.cf").write_text("")

    def set(self, **values: str) -> None:
        """Change settings of a Postfix that is not running, or before `reload`."""
        for name, value in values.items():
            self._run("postconf", "-c", str(self.config), "-e", f"{name}={value}")

    def start(self) -> None:
        self._run("postfix", "-c", str(self.config), "start")
        wait_for(self._answers, "Postfix")

    def stop(self) -> None:
        subprocess.run(
            ["postfix", "-c", str(self.config), "stop"], capture_output=True, check=False
        )
        self._refuser.close()

    def reload(self) -> None:
        self._run("postfix", "-c", str(self.config), "reload")

    def send(self, sender: str, recipients: list[str], mail: bytes) -> None:
        """Hand a mail in by SMTP."""
        with smtplib.SMTP("127.0.0.1", self.port, local_hostname="client.test") as client:
            client.sendmail(sender, recipients, mail)

    def wait_for_mail(self, about: bytes) -> bytes:
        """Return the delivered mail that holds these bytes, without what delivery put before it."""
        return wait_for(lambda: self.find_mail(about), f"mail with {about!r}")

    def find_mail(self, about: bytes) -> bytes | None:
        """Return the delivered mail that holds these bytes, if it is there."""
        for path in sorted(self.folder.glob("mail/all/new/*")):
            raw = path.read_bytes()
            if about in raw:
                return raw
        return None

    def _answers(self) -> bool:
        try:
            with smtplib.SMTP("127.0.0.1", self.port, timeout=2):
                return True
        except OSError:
            return False

    def _run(self, *command: str) -> None:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        log = self.log.read_text()[-2000:] if self.log.exists() else ""
        assert done.returncode == 0, f"{command}: {done.stdout}{done.stderr}{log}"
