"""How many mails a second the API explains, beside the bare function in the same run.

A server with as many processes as the machine has cores (two at most), asked over the loopback by
some connections of one process; the asking costs processor time of the same cores.
"""

import http.client
import os
import socket
import statistics
import subprocess
import tempfile
import threading
import time
from pathlib import Path

from benchmarks.surroundings import COMMAND

SECONDS = 8.0
CONNECTIONS = 8
ROUNDS = 3
MAIL_BYTES = 10_000
BOUND = 250.0
"""Requests a second on two cores."""
_HEAD = """\
From: MAILER-DAEMON@mx.example.org
Subject: Undelivered Mail Returned to Sender
Content-Type: multipart/report; report-type=delivery-status; boundary=b

--b

This is the mail system. Your message could not be delivered.

<info@example.net>: host mx.example.net[192.0.2.1] said: 550 5.1.1 <info@example.net>: user unknown
--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example.org

Final-Recipient: rfc822; info@example.net
Action: failed
Status: 5.1.1
Remote-MTA: dns; mx.example.net
Diagnostic-Code: smtp; 550 5.1.1 <info@example.net>: user unknown

--b
Content-Type: message/rfc822

Received: from a.example.org by mx.example.org with ESMTPS id 1; Sun, 1 Mar 2026 10:00:00 +0100
From: anna@example.org
To: info@example.net
Subject: Offer
Message-ID: <{id}@example.org>

"""


def make_mail(number: int) -> bytes:
    """Return a bounce of 10 kB; each is another one."""
    head = _HEAD.replace("{id}", str(number))
    line = "The quick brown fox jumps over the lazy dog, again and again.\n"
    body = line * ((MAIL_BYTES - len(head)) // len(line))
    return f"{head}{body}\n--b--\n".encode()


def main() -> None:
    """Print requests a second, the bare function's mails a second, and the ratio."""
    bare = statistics.median(_measure_bare() for _ in range(ROUNDS))
    cores = min(len(os.sched_getaffinity(0)), 2)
    with tempfile.TemporaryDirectory() as folder:
        served, used = _measure_server(Path(folder), cores)
    print(f"explain, bounces of {MAIL_BYTES // 1000} kB, {cores} cores, {CONNECTIONS} connections")
    print(f"  POST /api/v1/explain   {served:8.0f} requests/s  (at least {BOUND:.0f} on two cores)")
    print(f"  the server's processor {used * 1000:8.2f} ms a request")
    print(f"  the bare function      {bare:8.0f} mails/s on one core ({1000 / bare:.2f} ms)")
    print(f"  ratio                  {used * bare:8.2f}  processor time, server to function")


def _measure_bare() -> float:
    """Return mails a second of processor time."""
    from retour import explain  # noqa: PLC0415 - the server does not need it here

    explain(make_mail(0))
    mails = [make_mail(number) for number in range(1, 500)]
    started = time.process_time()
    for mail in mails:
        explain(mail)
    return len(mails) / (time.process_time() - started)


def _measure_server(folder: Path, workers: int) -> tuple[float, float]:
    """Return requests a second, and the server's processor seconds a request."""
    settings = folder / "retour.toml"
    settings.write_text(
        f'[web]\nrequests_per_minute = 0\naudit_log = "{folder}/audit.jsonl"\n', encoding="utf-8"
    )
    port = find_port()
    command = [str(COMMAND), "serve", "--port", str(port), "--workers", str(workers)]
    environ = {**os.environ, "RETOUR_CONFIG": str(settings), "HOME": str(folder)}
    with subprocess.Popen(command, env=environ, stdout=subprocess.DEVNULL) as server:
        try:
            ask_until_ready(port)
            _ask(port, 1.0)  # fills caches
            before = _count_seconds(server.pid)
            started = time.perf_counter()
            done = _ask(port, SECONDS)
            elapsed = time.perf_counter() - started
            used = _count_seconds(server.pid) - before
        finally:
            server.terminate()
    return done / elapsed, used / done


def _ask(port: int, seconds: float) -> int:
    """Ask over some connections for a while; return how many answers came."""
    counts = [0] * CONNECTIONS
    until = time.perf_counter() + seconds

    def run(which: int) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", port)
        while time.perf_counter() < until:
            mail = make_mail(which * 1_000_000 + counts[which])
            headers = {"Content-Type": "message/rfc822"}
            connection.request("POST", "/api/v1/explain", mail, headers)
            answer = connection.getresponse()
            answer.read()
            if answer.status != 200:
                raise RuntimeError(f"the server answered {answer.status}")
            counts[which] += 1
        connection.close()

    threads = [threading.Thread(target=run, args=(which,)) for which in range(CONNECTIONS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(counts)


def _count_seconds(pid: int) -> float:
    """Return the processor seconds of a process and of all below it."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    own = (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    below = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="utf-8").split()
    return own + sum(_count_seconds(int(child)) for child in below)


def find_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        port: int = sock.getsockname()[1]
        return port


def ask_until_ready(port: int) -> None:
    """Wait until the server listens and answers."""
    for _ in range(1200):
        try:
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
            connection.request("GET", "/codes/550")
            connection.getresponse().read()
            return
        except OSError:
            time.sleep(0.1)
    raise RuntimeError("the server did not start")
