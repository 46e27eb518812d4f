"""The most memory that ``retour explain`` holds on a long mailbox."""

import os
import random
import subprocess
import tempfile
import time
from pathlib import Path
from typing import BinaryIO

from benchmarks.hostile import HOSTILE
from benchmarks.surroundings import COMMAND

SMALL = 100 << 20
LARGE = 1 << 30
BOUND_MB = 200


def main(size: int = SMALL) -> None:
    """Print peak memory and speed on a generated mailbox.

    Args:
        size: bytes of the mailbox.
    """
    with tempfile.TemporaryDirectory() as folder:
        mailbox = Path(folder) / "mbox"
        with mailbox.open("wb") as out:
            count = _write_mailbox(out, size)
        started = time.perf_counter()
        with subprocess.Popen(
            [str(COMMAND), "explain", "--format", "json", str(mailbox)], stdout=subprocess.DEVNULL
        ) as process:
            _, status, usage = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
        took = time.perf_counter() - started
    peak = usage.ru_maxrss / 1024  # kilobytes on Linux
    print(f"{size >> 20} MB mbox, {count} mails: peak {peak:.0f} MB (at most {BOUND_MB})")
    print(f"{count / took:.0f} mails/s with JSON, exit status {process.returncode}")


def _write_mailbox(out: BinaryIO, size: int) -> int:
    """Write reports with returned originals of 1 to 40 kB, the same ones on every run."""
    source = random.Random(1)
    count = written = 0
    while written < size:
        body = HOSTILE["original of references"](source.randrange(1_000, 40_000))
        separator = b"From MAILER-DAEMON Sun Mar  1 10:00:00 2026\n"
        mail = separator + body.replace(b"bob@", b"bob%d@" % count) + b"\n"
        written += out.write(mail)
        count += 1
    return count
