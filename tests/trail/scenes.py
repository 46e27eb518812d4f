"""Scenes of mail as the logs of all hosts tell them: one message, two arrivals at one system."""

A, B1, B2, D = "A0000000001", "B0000000001", "B0000000002", "D0000000001"
ALPHA, GOLF, DELTA = "out.alpha.example", "mx.golf.example", "mx.delta.example"
BOB, EVE = "bob@golf.example", "eve@golf.example"


def line(seconds: float, host: str, daemon: str, id_: str, words: str) -> str:
    """Write a line of Postfix."""
    stamp = f"2026-03-01T10:{seconds // 60:02.0f}:{seconds % 60:09.6f}+00:00"
    return f"{stamp} {host} postfix/{daemon}[1]: {id_}: {words}\n"


def took(seconds: float, host: str, id_: str, peer: str) -> str:
    """Write the lines of an arrival."""
    return (
        line(seconds, host, "smtpd", id_, f"client={peer}[192.0.2.1]")
        + line(seconds, host, "cleanup", id_, "message-id=<m@x>")
        + line(seconds, host, "qmgr", id_, "from=<a@alpha.example>, size=9, nrcpt=1 (queue active)")
    )


def tried(
    seconds: float, host: str, id_: str, to: str, relay: str, words: str, dsn: str = "2.0.0"
) -> str:
    """Write the line of an attempt."""
    daemon = "local" if relay == "local" else "smtp"
    said = f"to=<{to}>, relay={relay}, delay=1, delays=0/0/0/1, dsn={dsn}, status={words}"
    return line(seconds, host, daemon, id_, said)


def arrived(
    id_: str,
    minute: int,
    *,
    host: str = GOLF,
    peer: str = ALPHA,
    to: str = BOB,
    onward: tuple[str, str] | None = None,
) -> str:
    """Write the lines of an arrival and its end; ``onward`` is the next host and the id there."""
    relay, words = "local", "sent (delivered to maildir)"
    if onward:
        relay, words = f"{onward[0]}[192.0.2.3]:25", f"sent (250 2.0.0 Ok: queued as {onward[1]})"
    seconds = minute * 60
    return took(seconds + 0.5, host, id_, peer) + tried(seconds + 1, host, id_, to, relay, words)


def sent(minute: int, *, to: str = BOB, as_: str | None = None) -> str:
    """Write the sender's line of an attempt; without a name of the next copy it had no reply."""
    words, dsn = f"sent (250 2.0.0 Ok: queued as {as_})", "2.0.0"
    if as_ is None:
        words = "deferred (timed out while sending end of data -- message may be sent again)"
        dsn = "4.4.2"
    return tried(minute * 60 + 1, ALPHA, A, to, f"{GOLF}[192.0.2.2]:25", words, dsn)


def logs(*parts: str) -> str:
    """Put lines together in the order of time, as one log of all hosts."""
    return "\n".join(sorted("".join(parts).splitlines(), key=lambda line: line[:26])) + "\n"


SENDER = took(0, ALPHA, A, "ws.alpha.example")
RETRY = logs(SENDER, sent(0), arrived(B1, 0), sent(4, as_=B2), arrived(B2, 4))
SPLIT = logs(
    SENDER,
    sent(0, as_=B1),
    arrived(B1, 0),
    sent(0, to=EVE, as_=B2),
    arrived(B2, 0, to=EVE),
)
FAN_OUT = logs(
    SENDER,
    sent(0, as_=B1),
    arrived(B1, 0),
    sent(0, to="fwd@delta.example", as_=D),
    arrived(D, 0, host=DELTA, to="fwd@delta.example", onward=(GOLF, B2)),
    arrived(B2, 1, peer=DELTA),
)
LOOP = logs(
    SENDER,
    sent(0, as_=B1),
    arrived(B1, 0, onward=(DELTA, D)),
    arrived(D, 0, host=DELTA, peer=GOLF, onward=(GOLF, B2)),
    arrived(B2, 1, peer=DELTA),
)
APART = logs(arrived(B1, 0), arrived(B2, 4, peer=DELTA))
SCANNED = (
    logs(
        arrived(B1, 0, onward=("127.0.0.1", B2)),
        arrived(B2, 0, peer="localhost", onward=(DELTA, D)),
    )
    .replace("localhost[192.0.2.1]", "localhost[127.0.0.1]")
    .replace("127.0.0.1[192.0.2.3]", "127.0.0.1[127.0.0.1]")
)
