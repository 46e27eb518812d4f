"""Runs the scenarios in namespaces of their own: ``python -m lab [PYTEST OPTION ...]``."""

import sys

from lab.isolation import enter, find_way
from lab.packages import MissingPackagesError, unpack_servers


def main() -> None:
    """Become pytest on this folder, in namespaces where they can be had."""
    way, fault = find_way()
    if fault is None:
        try:
            unpack_servers()
        except MissingPackagesError as missing:
            fault = str(missing)
    enter([sys.executable, "-m", "pytest", "lab", *sys.argv[1:]], fault, way)


if __name__ == "__main__":
    main()
