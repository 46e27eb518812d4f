"""Messages while daemon and database are killed: ``python -m benchmarks soak`` (root, Postfix).

Ordinary messages, messages that the next hop refuses, and reports from outside, true and forged,
go through a Postfix with the milter and a trail. Workers and supervisors are killed, the daemon is
restarted and reloaded, the database is stopped and started, in an order that a seed gives. Then
everything is counted at the next hop. Not part of a run of all benchmarks: it takes long.
"""

import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests" / "store"))
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests" / "gateway"))

from lab_postfix import find_fault
from soaking import Account, Soak

MESSAGES = 50_000
_SEED = 5


def main(count: int = MESSAGES) -> None:
    """Run, and print the account.

    Args:
        count: how many messages.
    """
    if fault := find_fault():
        print(f"not measured: {fault}")
        return
    with tempfile.TemporaryDirectory(prefix="retour-soak-") as name:
        soak = Soak(Path(name), count, _SEED, pause_s=0, is_postgres=True)
        print(f"{count:,} messages, seed {_SEED}, {soak.database_name}", flush=True)
        _print(soak.run())


def _print(account: Account) -> None:
    total = account.sent.total()
    print(f"  sent in {account.seconds:.0f} s ({total / account.seconds:.0f}/s):", end=" ")
    print(", ".join(f"{count:,} {kind}" for kind, count in account.sent.most_common()))
    for name, count in account.actions.most_common():
        print(f"  {name:<42} {count:6,}")
    for name in ("not_taken", "lost", "twice", "altered", "mixed", "strays"):
        found: list[object] = getattr(account, name)
        print(f"  {name.replace('_', ' '):<42} {len(found):6,}  {found[:5] or ''}")
    print(f"  {'reports rewritten':<42} {account.rewritten:6,}")
    for name, count in account.explained.most_common():
        print(f"  {'passed, ' + name:<42} {count:6,}")
    found = list(account.unexplained)
    print(f"  {'passed, no log line says why':<42} {len(found):6,}  {found[:5] or ''}")
    print(f"  {'not recorded, as the milter says':<42} {account.unrecorded:6,}")
    faults = [*account.not_taken, *account.lost, *account.twice, *account.altered]
    faults += [*account.mixed, *account.strays, *account.unexplained]
    print(f"  {'fails' if faults else 'holds'}")
