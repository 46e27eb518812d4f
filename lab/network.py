"""One Ethernet between the hosts of the lab and the programs that play the rest of the world.

A bridge in the lab's own network namespace; this process has addresses on it, each host a link of
its own. There is no other interface: no packet can leave.
"""

import itertools
import subprocess

_PREFIX = "198.51.100"  # TEST-NET-2 (RFC 5737)
NAME_SERVER = f"{_PREFIX}.2"
HOME = f"{_PREFIX}.3"
"""Where people's mail is handed in and collected."""

SILENT = f"{_PREFIX}.250"
"""A station that does not exist: connections to it time out."""

CLOSED = f"{_PREFIX}.251"
"""A station that refuses every connection."""

_NOBODY = "02:00:00:00:00:99"
_free = itertools.count(10)


def open_network() -> None:
    """Make the bridge, with the addresses of this process on it."""
    _ip("link", "set", "lo", "up")
    _ip("link", "add", "lab", "type", "bridge", "forward_delay", "0")
    _ip("link", "set", "lab", "up")
    for address in (NAME_SERVER, HOME, CLOSED):
        _ip("address", "add", f"{address}/24", "dev", "lab")


def add_remote() -> str:
    """Return a new address of this process, for a program that plays a server."""
    address = take_address()
    _ip("address", "add", f"{address}/24", "dev", "lab")
    return address


def take_address() -> str:
    """Return an address that nobody has had."""
    return f"{_PREFIX}.{next(_free)}"


def attach(pid: int, address: str) -> None:
    """Link the network namespace of a process to the bridge, under an address."""
    name = f"lab{address.rpartition('.')[2]}"
    peer = ("peer", "name", "eth0", "netns", str(pid))
    _ip("link", "add", name, "type", "veth", *peer)
    _ip("link", "set", name, "master", "lab", "up")
    inside = ("nsenter", f"--net=/proc/{pid}/ns/net")
    for arguments in (
        ("link", "set", "lo", "up"),
        ("address", "add", f"{address}/24", "dev", "eth0"),
        ("link", "set", "eth0", "up"),
        ("neighbour", "add", SILENT, "lladdr", _NOBODY, "dev", "eth0", "nud", "permanent"),
    ):
        _run(*inside, "ip", *arguments)
    # A silent station is given up after some 3 s, whatever a server's own patience.
    _run(*inside, "sh", "-c", "echo 1 >/proc/sys/net/ipv4/tcp_syn_retries")


def _ip(*arguments: str) -> None:
    _run("ip", *arguments)


def _run(*command: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)}: {done.stderr.strip()}")
