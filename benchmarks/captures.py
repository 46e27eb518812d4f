"""How fast captures are read, beside dpkt alone, and how much memory they take at most."""

import os
import random
import struct
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from benchmarks.surroundings import COMMAND

SESSIONS = 2_000
LARGE = 1 << 30
FLOOD = 50_000
BOUND_MB = 200
_GREETING = b"220 mx.example.net ESMTP\r\n"
_SEGMENT = 1_448
_OPENING = (
    ("s", _GREETING),
    ("c", b"EHLO client.example.org\r\n"),
    ("s", b"250-mx.example.net\r\n250 PIPELINING\r\n"),
    ("c", b"MAIL FROM:<ann@example.org>\r\nRCPT TO:<bob@example.net>\r\nDATA\r\n"),
    ("s", b"250 2.1.0 Ok\r\n250 2.1.5 Ok\r\n354 Go on\r\n"),
)
_CLOSING = (
    ("c", b"QUIT\r\n"),
    ("s", b"221 2.0.0 Bye\r\n"),
)


def main(large: bool = False) -> None:
    """Print speed, and peak memory on a long capture and on a flood of half-open connections."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "smtp.pcap"
        _write(path, _converse(SESSIONS))
        size = path.stat().st_size / 1e6
        ours, theirs = (_time(kind, path) for kind in ("retour", "dpkt"))
        print(f"{SESSIONS} sessions, {size:.0f} MB, one core, CPU time")
        print(f"  sessions rebuilt and judged     {size / ours:6.1f} MB/s")
        print(f"  dpkt decodes the packets        {size / theirs:6.1f} MB/s")
        print(f"  ratio                           {theirs / ours:6.2f}")
        count = SESSIONS * (round(LARGE / path.stat().st_size) if large else 2)
        _write(path, _converse(count))
        _show_peak(path, f"{count} sessions")
        _write(path, _flood())
        _show_peak(path, f"{FLOOD} half-open connections")


def _time(kind: str, path: Path) -> float:
    """Return the CPU seconds of a reading in a process of its own, imports not counted."""
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.captures", kind, str(path)],
        stdout=subprocess.PIPE,
        check=True,
    )
    return float(done.stdout)


def _show_peak(path: Path, what: str) -> None:
    """Print the most memory that the command holds."""
    with subprocess.Popen(
        [str(COMMAND), "pcap", "--format", "json", str(path)], stdout=subprocess.DEVNULL
    ) as process:
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    peak = usage.ru_maxrss / 1024  # kilobytes on Linux
    size = path.stat().st_size >> 20
    took = usage.ru_utime + usage.ru_stime
    print(f"{what}, {size} MB: peak {peak:.0f} MB (at most {BOUND_MB}), {took:.0f} s CPU")


def run_reading(kind: str, path: Path) -> float:
    """Time one reading."""
    from dpkt import ethernet, pcap  # noqa: PLC0415 - only a reading needs them

    from retour.ingest.capture import Capture  # noqa: PLC0415
    from retour.trail.findings import Findings  # noqa: PLC0415

    with path.open("rb") as stream:
        started = time.process_time()
        if kind == "dpkt":
            for _, data in pcap.Reader(stream):
                ethernet.Ethernet(data)
        else:
            findings = Findings()
            for session in Capture(stream).sessions():
                findings.judge(session)
        return time.process_time() - started


def _write(path: Path, packets: Iterator[bytes]) -> None:
    """Write a pcap file; a packet every 50 microseconds."""
    with path.open("wb") as out:
        out.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 1 << 18, 1))
        for number, data in enumerate(packets):
            seconds, fraction = divmod(number * 50, 1_000_000)
            out.write(struct.pack("<IIII", 1_700_000_000 + seconds, fraction, len(data), len(data)))
            out.write(data)


def _converse(count: int) -> Iterator[bytes]:
    """Yield the packets of sessions with messages of 1 to 40 kB, the same ones on every run."""
    source = random.Random(1)
    for number in range(count):
        ends = (bytes([10, number >> 16 & 255, number >> 8 & 255, number & 255]), b"\x0a\xff\0\1")
        ports = (1024 + number % 60_000, 25)
        line = b"Message-ID: <%d@example.org>\r\n\r\n" % number
        content = line + b"hello hello hello\r\n" * source.randrange(50, 2_100) + b".\r\n"
        sent = {"c": 1, "s": 1}
        yield _packet(ends, ports, "c", 0, 0, 2)
        yield _packet(ends, ports, "s", 0, 1, 18)
        taken = b"250 2.0.0 Ok: queued as 4D%09X\r\n" % number
        for side, data in (*_OPENING, ("c", content), ("s", taken), *_CLOSING):
            other = "s" if side == "c" else "c"
            for at in range(0, len(data), _SEGMENT):
                piece = data[at : at + _SEGMENT]
                yield _packet(ends, ports, side, sent[side], sent[other], 24, piece)
                sent[side] += len(piece)
            yield _packet(ends, ports, other, sent[other], sent[side], 16)
        yield _packet(ends, ports, "s", sent["s"], sent["c"], 17)
        yield _packet(ends, ports, "c", sent["c"], sent["s"] + 1, 17)


def _flood() -> Iterator[bytes]:
    """Yield SYNs of ever other clients, with a greeting to each."""
    for number in range(FLOOD):
        ends = (struct.pack(">I", 0x0A000000 + number), b"\x0b\xff\0\1")
        yield _packet(ends, (4_000, 25), "c", 0, 0, 2)
        yield _packet(ends, (4_000, 25), "s", 0, 1, 18)
        yield _packet(ends, (4_000, 25), "s", 1, 1, 24, _GREETING)


def _packet(
    ends: tuple[bytes, bytes],
    ports: tuple[int, int],
    side: str,
    seq: int,
    ack: int,
    flags: int,
    data: bytes = b"",
) -> bytes:
    """Write one Ethernet packet."""
    if side == "s":
        ends, ports = ends[::-1], ports[::-1]
    head = struct.pack(">BBHHHBBH", 0x45, 0, 40 + len(data), 0, 0, 64, 6, 0) + ends[0] + ends[1]
    segment = struct.pack(">HHIIBBHHH", *ports, seq, ack, 0x50, flags, 65_535, 0, 0)
    return b"\2" * 6 + b"\4" * 6 + b"\x08\x00" + head + segment + data


if __name__ == "__main__":
    print(run_reading(sys.argv[1], Path(sys.argv[2])))
