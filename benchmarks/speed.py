"""How fast the core answers: on real mails beside the standard library's parser, and on evil ones.

Each round is a process of its own, so that no cache holds a result of the round before. Both
readers first read other mails, so that all code and the knowledge that mails need is loaded when
the clock runs.
"""

import email
import gc
import json
import statistics
import subprocess
import sys
import time
from collections.abc import Callable

from benchmarks.hostile import HOSTILE
from benchmarks.surroundings import ROOT, has_shared, read_corpus, read_lab

ROUNDS = 7
SIZES = (10_000, 100_000, 1_000_000, 10_000_000)
BOUND_MS = 50.0
"""For any hostile mail of 1 MB."""
_GIVE_UP_MS = 5_000.0
_UNDECLARED = (
    b"From: postmaster@example.org\r\nSubject: Mail failure\r\nContent-Type: text/html\r\n\r\n"
    + "<p>Ваше сообщение не доставлено: почтовый ящик переполнен.</p>".encode("cp1251")
)
"""HTML in a charset that has to be guessed, which no mail of the lab is."""


def main() -> None:
    """Print mails a second, and the hostile mails' times by size."""
    if has_shared():
        _compare()
    _show_hostile()


def _compare() -> None:
    """Print how many mails a second the core and the standard library read."""
    rounds = []
    for number in range(ROUNDS):
        done = subprocess.run(
            [sys.executable, "-m", "benchmarks.speed", str(number)],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            check=True,
        )
        rounds.append(json.loads(done.stdout))
    count = rounds[0]["count"]
    ours = statistics.median(count / one["explain"] for one in rounds)
    theirs = statistics.median(count / one["email"] for one in rounds)
    ratio = statistics.median(one["email"] / one["explain"] for one in rounds)
    print(f"{count} distinct mails, one core, processor time, median of {ROUNDS} rounds")
    print(f"  retour.explain            {ours:8.0f} mails/s")
    print(f"  email.message_from_bytes  {theirs:8.0f} mails/s")
    print(f"  ratio                     {ratio:8.2f}  (at least 1)")


def run_round(number: int) -> dict[str, float]:
    """Time both readers once over all mails; which goes first alternates by round."""
    from retour.analyse import explain  # noqa: PLC0415 - only a round needs it

    mails = read_corpus()
    readers: list[tuple[str, Callable[[bytes], object]]] = [
        ("explain", explain),
        ("email", email.message_from_bytes),
    ]
    if number % 2:
        readers.reverse()
    result: dict[str, float] = {"count": len(mails)}
    for name, reader in readers:
        for other in (*read_lab(), _UNDECLARED):
            reader(other)
        gc.collect()
        started = time.process_time()
        for mail in mails:
            reader(mail)
        result[name] = time.process_time() - started
    return result


def _show_hostile() -> None:
    """Print each kind of hostile mail's time by size, in milliseconds."""
    from retour.analyse import explain  # noqa: PLC0415 - as above

    explain(b"Subject: warm\n\nup\n")
    print(f"\n{'hostile mails, ms by size':34}" + "".join(f"{size:>12,}" for size in SIZES))
    slow = []
    for name, build in HOSTILE.items():
        times: list[float] = []
        for size in SIZES:
            if times and times[-1] > _GIVE_UP_MS:
                break
            times.append(_time(explain, build(size)))
        mark = _judge(times)
        print(f"{name:34}" + "".join(f"{ms:12.1f}" for ms in times) + mark, flush=True)
        if mark:
            slow.append(name)
    print(f"over {BOUND_MS:.0f} ms at 1 MB, or not linear: {', '.join(slow) or 'none'}")


def _judge(times: list[float]) -> str:
    """Say what is wrong with the times of one kind, by size; nothing where all is well."""
    if len(times) < len(SIZES):
        return " given up"
    over = " over the bound" if times[2] > BOUND_MS else ""
    # Merely touching 10 MB costs some milliseconds; below that a ratio says nothing.
    return over + (" grows faster than its size" if times[3] > 20 * max(times[2], 5) else "")


def _time(reader: Callable[[bytes], object], mail: bytes) -> float:
    """Time one reading in milliseconds; the best of three where that costs little."""
    best = float("inf")
    for _ in range(3):
        started = time.perf_counter()
        reader(mail)
        best = min(best, (time.perf_counter() - started) * 1000)
        if best > 1000:
            break
    return best


if __name__ == "__main__":
    print(json.dumps(run_round(int(sys.argv[1]))))
