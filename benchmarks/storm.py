"""Two hundred connections while the trail is restarted: ``python -m benchmarks storm`` (wrk).

Pages and the API are asked, reports are shared and a feed writes, while PostgreSQL is stopped and
started, then while an SQLite file is locked. Not part of a run of all benchmarks: it takes minutes.
"""

import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests" / "store"))
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests" / "gateway"))
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests" / "web" / "running"))

from storming import WAIT_S, Account, Storm, find_missing

SECONDS = 60.0
CONNECTIONS = 200
_OUTAGES = 6


def main() -> None:
    """Run over each database, and print the accounts."""
    if missing := find_missing():
        print(f"not measured: {missing}")
        return
    for is_postgres in (True, False):
        with tempfile.TemporaryDirectory(prefix="retour-storm-") as name:
            storm = Storm(
                Path(name),
                is_postgres=is_postgres,
                seconds=SECONDS,
                connections=CONNECTIONS,
                outages=_OUTAGES,
            )
            print(f"{storm.database_name} {_OUTAGES} times, {CONNECTIONS} connections", flush=True)
            _print(storm.run())


def _print(account: Account) -> None:
    rate = account.requests / account.seconds
    median, slow, longest = account.latencies_ms
    print(f"  {account.requests:,} answers in {account.seconds:.0f} s: {rate:.0f} a second")
    print(
        f"  after {median:.0f} ms (median), {slow:.0f} ms (99 %), {longest:.0f} ms at the longest"
    )
    for status, count in sorted(account.statuses.items()):
        print(f"  {'answers of ' + status:<42} {count:7,}")
    print(f"  {'503 without Retry-After':<42} {account.hintless:7,}")
    print(f"  {f'connections without an answer in {WAIT_S} s':<42} {account.broken.total():7,}")
    print(f"  {'reports shared':<42} {account.shared:7,}")
    print(f"  {'links among them that open nothing':<42} {len(account.lost_shares):7,}")
    print(f"  {'messages fed':<42} {account.written:7,}")
    print(f"  {'lost among them':<42} {len(account.lost_messages):7,}")
    print(f"  {'well again after':<42} {account.recovery_s:7.1f} s")
    faults = account.list_faults()
    for fault in faults[:10]:
        print(f"  {fault[:300]}")
    print(f"  {'fails' if faults else 'holds'}", flush=True)
