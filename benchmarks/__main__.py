"""Measures everything and prints it: ``python -m benchmarks [PART ...]``."""

import argparse

from benchmarks import memory, scores, speed, startup, trail

PARTS = {
    "scores": scores.main,
    "speed": speed.main,
    "startup": startup.main,
    "memory": memory.main,
    "trail": trail.main,
}


def main() -> None:
    """Run the parts that were asked for, all of them by default."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("parts", nargs="*", metavar="PART", help=", ".join(PARTS))
    parser.add_argument(
        "--memory", action="store_true", help="measure memory on a mailbox of 1 GB, not of 100 MB"
    )
    parser.add_argument(
        "--trail", action="store_true", help="search trails of up to ten million hand-overs"
    )
    arguments = parser.parse_args()
    unknown = set(arguments.parts) - set(PARTS)
    if unknown:
        parser.error(f"there is no part {unknown.pop()!r}")
    for name, measure in PARTS.items():
        if not arguments.parts or name in arguments.parts:
            print(f"\n=== {name} ===", flush=True)
            if name == "memory":
                memory.main(memory.LARGE if arguments.memory else memory.SMALL)
            elif name == "trail":
                trail.main(trail.LARGE if arguments.trail else trail.SMALL)
            else:
                measure()


if __name__ == "__main__":
    main()
