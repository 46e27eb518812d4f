"""Copies: how often each verdict is right on made ones, and what hostile ones cost."""

import sys
import time
from collections import Counter
from random import Random

from benchmarks.surroundings import ROOT
from retour.trail.compare import compare
from retour.trail.copy import read_copy

sys.path.insert(0, str(ROOT / "tests" / "trail"))
from mailworld import SCENARIOS, World, see_at_gateway, see_in_mailbox, vary

WORLDS = 300
HEAD = b"From: a@b.example\nMessage-ID: <1@b.example>\nDate: Tue, 24 Nov 2026 02:48:09 +0000\n"
STAMP = b"Received: from h%d.example.net by m%d.example.org with ESMTP id %dABCDEFGH; \
Tue, 24 Nov 2026 02:48:10 +0000\n"


def main() -> None:
    """Print the verdicts on made copies by what was known, then the cost of hostile ones."""
    _print_verdicts()
    _print_costs()


def _print_verdicts() -> None:
    print(f"{WORLDS} worlds each; what was made, what was known, what was said")
    for name, make in SCENARIOS.items():
        for view in ("envelopes", "mails alone", "mailboxes"):
            said: Counter[str] = Counter()
            for seed in range(WORLDS):
                world = World(Random(seed))
                case = vary(world, make(world))
                if view == "mailboxes":
                    copies = [see_in_mailbox(world, one) for one in (case.a, case.b)]
                else:
                    known = view == "envelopes"
                    copies = [see_at_gateway(one, with_envelope=known) for one in (case.a, case.b)]
                said[compare(copies).verdict] += 1
            shares = ", ".join(f"{verdict} {n / WORLDS:.0%}" for verdict, n in said.most_common())
            print(f"  {name:18} {view:12} {shares}")


def _print_costs() -> None:
    stamps = b"".join(STAMP % (n, n, n) for n in range(5_000))
    words = b" ".join(b"w%d" % (n * 7_919 % 50_000) for n in range(60_000))
    plain = [STAMP % (n, n, n) + HEAD + b"\nhello\n" for n in range(100)]
    usual = _measure(plain)
    print(f"100 usual copies: {usual * 1000:.0f} ms; the others as multiples of that")
    hostile = {
        "two with a line of 1 MB": [HEAD + b"X: " + b"x" * 1_000_000 + b"\n\ny"] * 2,
        "two with 5,000 stamps": [stamps + HEAD + b"\n", stamps[300:] + HEAD + b"\n"],
        "two with 2 MB of lines": [HEAD + b"\n" + b"a\nb\n" * 500_000] * 2,
        "100 with 160 stamps and 400 KB": [stamps[:20_000] + HEAD + b"\n" + words] * 100,
    }
    for name, raws in hostile.items():
        print(f"  {name:32} {_measure(raws) / usual:.1f}")


def _measure(raws: list[bytes]) -> float:
    """Return the processor time of reading and comparing copies, in seconds."""
    start = time.process_time()
    compare([read_copy(raw) for raw in raws])
    return time.process_time() - start
