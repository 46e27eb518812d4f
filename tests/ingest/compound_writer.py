"""Writes compound files (MS-CFB, version 3) and Outlook messages (MS-OXMSG) for the tests."""

import struct
from datetime import UTC, datetime

FREE, END, FAT, NONE = 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD, 0xFFFFFFFF
Tree = dict[str, "bytes | Tree"]


def write_compound(tree: Tree) -> bytes:
    """Write a compound file; a nested dict is a storage, bytes are a stream."""
    entries: list[list[object]] = [["Root Entry", 5, NONE, NONE, NONE, b""]]
    _add(entries, 0, tree)
    mini = bytearray()
    mini_fat: list[int] = []
    fat: list[int] = []
    sectors: list[bytes] = []

    def store(data: bytes) -> int:
        start = len(sectors)
        pieces = [data[i : i + 512].ljust(512, b"\0") for i in range(0, len(data), 512)]
        sectors.extend(pieces)
        fat.extend([*range(start + 1, start + len(pieces)), END])
        return start

    starts = []
    for _, kind, *_, data in entries:
        assert isinstance(data, bytes)
        if kind != 2 or not data:
            starts.append(END)
        elif len(data) >= 4096:
            starts.append(store(data))
        else:
            start, count = len(mini_fat), -(-len(data) // 64)
            mini_fat.extend([*range(start + 1, start + count), END])
            mini += data.ljust(count * 64, b"\0")
            starts.append(start)
    starts[0] = store(bytes(mini)) if mini else END
    mini_table = struct.pack(f"<{len(mini_fat)}I", *mini_fat)
    mini_start = store(mini_table + b"\xff" * (-len(mini_table) % 512)) if mini_fat else END
    listing = b"".join(
        _write_entry(entry, start, len(mini) if i == 0 else None)
        for i, (entry, start) in enumerate(zip(entries, starts, strict=True))
    )
    directory_start = store(listing)
    fat_count = 1
    while (len(fat) + fat_count) > fat_count * 128:
        fat_count += 1
    assert fat_count <= 109, "a test file needs no DIFAT"
    places = range(len(fat), len(fat) + fat_count)
    table = [*fat, *[FAT] * fat_count]
    table += [FREE] * (fat_count * 128 - len(table))
    header = struct.pack(
        "<8s16sHHHHH6x9I", bytes.fromhex("d0cf11e0a1b11ae1"), b"", 0x3E, 3, 0xFFFE, 9, 6,
        0, fat_count, directory_start, 0, 4096, mini_start, -(-len(mini_table) // 512), END, 0,
    )  # fmt: skip
    header += struct.pack("<109I", *places, *[FREE] * (109 - fat_count))
    return header + b"".join(sectors) + struct.pack(f"<{len(table)}I", *table)


def _add(entries: list[list[object]], parent: int, tree: Tree) -> None:
    """Add a storage's children as a balanced search tree."""
    numbers = {}
    names = sorted(tree, key=lambda name: (len(name), name.upper()))
    for name in names:
        value = tree[name]
        numbers[name] = len(entries)
        is_stream = isinstance(value, bytes)
        entries.append([name, 2 if is_stream else 1, NONE, NONE, NONE, value if is_stream else b""])

    def balance(low: int, high: int) -> int:
        if low >= high:
            return NONE
        middle = (low + high) // 2
        entry = entries[numbers[names[middle]]]
        entry[2], entry[3] = balance(low, middle), balance(middle + 1, high)
        return numbers[names[middle]]

    entries[parent][4] = balance(0, len(names))
    for name in names:
        value = tree[name]
        if isinstance(value, dict):
            _add(entries, numbers[name], value)


def _write_entry(entry: list[object], start: int, size: int | None) -> bytes:
    name, kind, left, right, child, data = entry
    assert isinstance(name, str)
    assert isinstance(data, bytes)
    wide = name.encode("utf-16-le") + b"\0\0"
    return struct.pack(
        "<64sHBBIII16sIQQIII", wide, len(wide), kind, 1, left, right, child, b"", 0, 0, 0,
        start, len(data) if size is None else size, 0,
    )  # fmt: skip


Value = str | bytes | int | datetime


def write_properties(values: dict[int, Value], header: int) -> Tree:
    """Write one object's properties: text, bytes (PtypBinary), numbers and times."""
    tree: Tree = {}
    fixed = bytes(header)
    for tag, value in values.items():
        if isinstance(value, str):
            kind, inline = 0x1F, b""
            tree[f"__substg1.0_{tag:04X}001F"] = value.encode("utf-16-le")
        elif isinstance(value, bytes):
            kind, inline = 0x102, b""
            tree[f"__substg1.0_{tag:04X}0102"] = value
        elif isinstance(value, datetime):
            kind = 0x40
            since = value - datetime(1601, 1, 1, tzinfo=UTC)
            inline = struct.pack("<Q", (since.days * 86400 + since.seconds) * 10_000_000)
        else:
            kind, inline = 3, struct.pack("<i", value)
        fixed += struct.pack("<HHI", kind, tag, 6) + inline.ljust(8, b"\0")
    tree["__properties_version1.0"] = fixed
    return tree


def build_message(
    values: dict[int, Value],
    *,
    recipients: list[dict[int, Value]] | None = None,
    attachments: list[Tree] | None = None,
    embedded: bool = False,
) -> Tree:
    """Build a message object's tree; ``attachments`` are trees of attachment objects."""
    tree = write_properties(values, 24 if embedded else 32)
    for number, recipient in enumerate(recipients or []):
        tree[f"__recip_version1.0_#{number:08X}"] = write_properties(recipient, 8)
    for number, attachment in enumerate(attachments or []):
        tree[f"__attach_version1.0_#{number:08X}"] = attachment
    return tree


def build_embedded(message: Tree) -> Tree:
    """Build an attachment object that holds a message (method 5)."""
    return {**write_properties({0x3705: 5}, 8), "__substg1.0_3701000D": message}
