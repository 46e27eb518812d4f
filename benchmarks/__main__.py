"""Measures everything but soak and storm and prints it: ``python -m benchmarks [PART ...]``."""

import argparse

from benchmarks import (
    captures,
    copies,
    ingest,
    memory,
    milter,
    reports,
    scores,
    soak,
    speed,
    spelling,
    startup,
    storm,
    trail,
    web,
)

PARTS = {
    "scores": scores.main,
    "spelling": spelling.main,
    "speed": speed.main,
    "reports": reports.main,
    "startup": startup.main,
    "memory": memory.main,
    "captures": captures.main,
    "copies": copies.main,
    "ingest": ingest.main,
    "trail": trail.main,
    "milter": milter.main,
    "web": web.main,
    "soak": soak.main,
    "storm": storm.main,
}
_ON_DEMAND = {"soak", "storm"}
"""Take long: run where they are asked for by name."""


def main() -> None:
    """Run the parts that were asked for, all but those on demand by default."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("parts", nargs="*", metavar="PART", help=", ".join(PARTS))
    parser.add_argument(
        "--memory", action="store_true", help="measure memory on files of 1 GB, not of 100 MB"
    )
    parser.add_argument(
        "--trail", action="store_true", help="search up to ten million hand-overs; 200 kills"
    )
    parser.add_argument(
        "--messages", type=int, default=soak.MESSAGES, help="of the soak (default: %(default)s)"
    )
    arguments = parser.parse_args()
    unknown = set(arguments.parts) - set(PARTS)
    if unknown:
        parser.error(f"there is no part {unknown.pop()!r}")
    for name, measure in PARTS.items():
        if name in (arguments.parts or PARTS.keys() - _ON_DEMAND):
            print(f"\n=== {name} ===", flush=True)
            if name == "memory":
                memory.main(memory.LARGE if arguments.memory else memory.SMALL)
            elif name == "captures":
                captures.main(large=arguments.memory)
            elif name == "trail":
                trail.main(trail.LARGE if arguments.trail else trail.SMALL)
            elif name == "ingest":
                ingest.main(ingest.KILLS_LARGE if arguments.trail else ingest.KILLS_SMALL)
            elif name == "soak":
                soak.main(arguments.messages)
            else:
                measure()


if __name__ == "__main__":
    main()
