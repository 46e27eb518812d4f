"""The closed words of the contract, as types: every field with a fixed set takes it from here."""

from typing import Literal, get_args

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

ContradictionKind = Literal[
    "later-with-never-status",
    "never-with-later-status",
    "report-later-reply-never",
    "report-never-reply-later",
    "report-status-against-words",
    "wrapper-later-reply-never",
    "wrapper-against-reply",
    "status-against-words",
    "headline-against-reply",
    "article-against-reply",
    "loop-without-circle",
    "copy-in-circle",
    "loop-against-trail",
    "failed-against-trail",
]
"""How two claims about one recipient clash. "Later" is class 4, "never" class 5 (RFC 5321 §4.2.1,
RFC 3463 §3.1); what a kind means is said in the catalogues, table ``why``."""

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

Verdict = Literal["loop", "retry", "fan-out", "resent", "split", "unclear", "distinct"]
"""What two arrivals are to each other, the strongest first.

``loop``: a system took the message twice for one recipient; ``retry``: one sending system handed
one message over twice; ``fan-out``: one message on two ways (list, forward, alias); ``resent``:
somebody sent it again on purpose (RFC 5322 §3.6.6); ``split``: one sending system, one hand-over
for each recipient; ``unclear``: what is there does not tell; ``distinct``: two messages.
"""

VERDICTS: tuple[Verdict, ...] = get_args(Verdict)

TroubleKind = Literal["failed", "waiting", "backscatter"]
"""``failed``: a recipient did not get it; ``waiting``: it is tried again; ``backscatter``: a report
about a mail that the trail does not know."""
