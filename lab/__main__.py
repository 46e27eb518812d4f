"""Runs the scenarios where they can touch nothing of the machine: ``python -m lab [PYTEST OPTION ...]``."""

import sys

from lab.isolation import enter, find_way
from lab.packages import Missing, unpack_servers


def main() -> None:
    """Become pytest on this folder, in namespaces where they can be had."""
    way, fault = find_way()
    if fault is None:
        try:
            unpack_servers()
        except Missing as missing:
            fault = str(missing)
    enter([sys.executable, "-m", "pytest", "lab", *sys.argv[1:]], fault, way)


if __name__ == "__main__":
    main()
