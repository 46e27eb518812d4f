"""Damage for mails, the same for the same seed."""

import random


def mutate(raw: bytes, dice: random.Random) -> bytes:
    """Drop, double, move, swap or replace a few pieces, or cut the mail."""
    data = bytearray(raw)
    for _ in range(dice.randrange(1, 10)):
        if not data:
            break
        at, length = dice.randrange(len(data)), dice.randrange(1, 80)
        piece = data[at : at + length]
        match dice.randrange(7):
            case 0:
                data[at : at + length] = b""
            case 1:
                data[at:at] = piece * dice.randrange(1, 4)
            case 2:
                data[at] = dice.randrange(256)
            case 3:
                there = dice.randrange(len(data))
                data[there:there] = piece
            case 4:
                data[at : at + length] = data[at : at + length].replace(b"\n", b"")
            case 5:
                data[at:at] = dice.choice(_ODD)
            case _:
                if dice.randrange(6) == 0:
                    del data[at:]
    return bytes(data)


_ODD = (
    b"\n\n", b"\r", b"\0", b"\xff\xfe", b"--", b"=?utf-8?q?", b"<", b"@", b": ", b"550 5.1.1 ",
    b"\nContent-Type: message/rfc822\n\n", b"\nContent-Transfer-Encoding: base64\n", b" -> ",
    b"\nFinal-Recipient: rfc822; ", b"\nFrom a@b Sun Mar  1 10:00:00 2026\n", b"(", b'"', b";",
    b"charset=utf-7", b"charset=iso-2022-jp",
)  # fmt: skip
