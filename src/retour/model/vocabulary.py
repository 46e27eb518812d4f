"""The closed words of the contract, as types: every field with a fixed set takes it from here."""

from typing import Literal

Kind = Literal[
    "failure",
    "delay",
    "success",
    "relay",
    "expansion",
    "mixed",
    "complaint",
    "auto-reply",
    "read-receipt",
    "not-a-report",
]
"""What a report message is."""

Action = Literal["failed", "delayed", "delivered", "relayed", "expanded"]
"""RFC 3464 §2.3.3 action-value."""

GOOD_ACTIONS: frozenset[Action] = frozenset(("delivered", "relayed", "expanded"))
"""Actions after which nothing has to be explained."""

Speaker = Literal["remote", "reporter", "wrapper", "hops", "trail", "dns", "model"]
"""Who said a claim: the server that rejected, the server that reports, a wrapper around a foreign
reply, or our own observation."""

Phase = Literal[
    "resolve",
    "connect",
    "helo",
    "starttls",
    "auth",
    "mail",
    "rcpt",
    "data",
    "end-of-data",
    "after-acceptance",
    "queue",
]
"""Where in the hand-over (RFC 5321 §3) it ended."""

Weight = Literal["decisive", "supporting", "weak"]
"""How much a piece of evidence carries."""

Outcome = Literal["delivered", "probably-delivered", "delayed", "not-delivered", "unknown"]
"""Did the recipient get the message?"""

Retry = Literal["no", "automatic", "later", "after-fix"]
"""Does sending again make sense, and who does it?"""

Actor = Literal["sender", "sender-admin", "recipient", "recipient-admin", "nobody"]
"""Who has to act."""

Scope = Literal["address", "domain", "sender", "message", "system"]
"""What would have to be another one for the mail to pass."""

StoppedAt = Literal[
    "sender-system",
    "in-transit",
    "recipient-gateway",
    "recipient-mailbox",
    "arrived",
    "unknown",
]
"""The station where the message stopped."""

Returned = Literal["full", "headers", "none"]
"""How much of the original came back."""
