"""Mail servers of the machine, run in a folder of their own for a test.

Exim and Sendmail want users and files at fixed places: they get them in a mount namespace that ends
with the test, so that nothing of the machine is changed.
"""

import os
import shlex
import shutil
import subprocess
import time
from collections.abc import Iterable
from pathlib import Path

import pytest

UNPACKED = Path(__file__).resolve().parents[2] / "build" / "servers"
"""Where ``.ci/servers`` unpacks what cannot be installed beside each other."""

UID = 64999

_SENDMAIL = """\
define(`_CF_DIR_', `{cf}/')dnl
include(`{cf}/m4/cf.m4')dnl
OSTYPE(`linux')dnl
define(`confDOMAIN_NAME', `mail.example.test')dnl
define(`confDEF_USER_ID', `root:root')dnl
define(`confSERVICE_SWITCH_FILE', `{folder}/switch')dnl
define(`confPID_FILE', `{folder}/pid')dnl
define(`confTRUSTED_USER', `root')dnl
define(`QUEUE_DIR', `{folder}/queue')dnl
define(`STATUS_FILE', `')dnl
define(`LOCAL_MAILER_PATH', `{folder}/deliver')dnl
define(`LOCAL_MAILER_ARGS', `deliver $u')dnl
define(`LOCAL_MAILER_FLAGS', `l')dnl
MODIFY_MAILER_FLAGS(`LOCAL', `-Aw5')dnl
FEATURE(`nocanonify')dnl
{lines}
LOCAL_DOMAIN(`example.test')dnl
MAILER(`local')dnl
"""


def require(condition: object, missing: str) -> None:
    """Skip the test with one line, or fail it where the servers have to be there."""
    if condition:
        return
    if os.environ.get("RETOUR_REQUIRE_SERVERS"):
        pytest.fail(missing)
    pytest.skip(missing)


def find(name: str, unpacked: str) -> str:
    """Return the path of a server's program; skips where there is none or no right to run it."""
    require(os.geteuid() == 0, f"{name} can only be run by root")
    own = UNPACKED / unpacked
    found = str(own) if own.is_file() else shutil.which(name, path="/usr/sbin:/usr/bin:/bin")
    require(found, f"{name} is not here (see .ci/servers)")
    assert found
    return found


def configure_sendmail(folder: Path, lines: Iterable[str], deliver: str) -> str:
    """Write a Sendmail's configuration, ``test.cf``, and what it needs beside it.

    Args:
        folder: for all of it; mails that are delivered have their place in ``mail`` below it.
        lines: of m4, that are a test's own.
        deliver: the script that delivers a mail; it gets the user's name.

    Returns:
        The configuration.
    """
    require(shutil.which("m4"), "m4 is not here, which makes Sendmail's configuration")
    cf = UNPACKED / "usr/share/sendmail/cf"
    cf = cf if cf.is_dir() else Path("/usr/share/sendmail/cf")
    for name in ("queue", "mail"):
        (folder / name).mkdir()
    (folder / "switch").write_text("hosts files\n")
    (folder / "deliver").write_text(deliver)
    (folder / "deliver").chmod(0o755)
    source = _SENDMAIL.format(folder=folder, cf=cf, lines="\n".join(lines))
    (folder / "test.mc").write_text(source)
    made = subprocess.run(["m4", folder / "test.mc"], capture_output=True, check=True)
    (folder / "test.cf").write_bytes(made.stdout)
    return made.stdout.decode()


def run_private(folder: Path, lines: list[str]) -> None:
    """Run shell lines where mounts and the host name are the test's own.

    Users ``Debian-exim`` (`UID`) and the host ``mail.example.test`` exist there.
    """
    user = f"Debian-exim:x:{UID}:{UID}::/nonexistent:/usr/sbin/nologin\n"
    (folder / "passwd").write_text(Path("/etc/passwd").read_text() + user)
    (folder / "group").write_text(Path("/etc/group").read_text() + f"Debian-exim:x:{UID}:\n")
    (folder / "hosts").write_text("127.0.0.1 mail.example.test localhost\n")
    binds = [
        f"mount --bind {shlex.quote(str(folder / name))} /etc/{name}"
        for name in ("passwd", "group", "hosts")
    ]
    script = "\n".join(["set -e", *binds, "hostname mail.example.test", *lines])
    done = subprocess.run(
        ["unshare", "--mount", "--uts", "sh", "-c", script],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    unshared = "unshare failed" not in done.stderr and "mount:" not in done.stderr
    require(unshared, f"no namespace of its own can be had: {done.stderr.strip()}")
    assert done.returncode == 0, done.stderr


def wait_for(mailbox: Path, count: int) -> list[bytes]:
    """Return the files of a mailbox once there are so many."""
    for _ in range(300):
        mails = sorted(mailbox.glob("*"))
        if len(mails) >= count:
            break
        time.sleep(0.1)
    return [mail.read_bytes() for mail in mails]
