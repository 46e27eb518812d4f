"""Header fields that tell of another way than the direct one: over a list, or forwarded.

RFC 2369 and RFC 2919 (``List-*``), and what Postfix, Gmail, Dovecot and Exchange stamp on what a
mailbox forwards. ``Resent-*`` (RFC 5322 §3.6.6) stands apart: it may also be a person's act.
"""

LIST_FIELDS = frozenset({"list-id", "list-post", "mailing-list", "x-mailing-list", "x-beenthere"})
RESENT_FIELDS = frozenset({"resent-from", "resent-to", "resent-date", "resent-message-id"})
FORWARD_FIELDS = frozenset(
    {
        "x-forwarded-to",
        "x-forwarded-for",
        "x-sieve-redirected-from",
        "x-ms-exchange-inbox-rules-loop",
        "x-ms-exchange-forwardingloop",
        "x-ms-exchange-organization-autoforwarded",
    }
)
RULE_FIELD = "x-ms-exchange-generated-message-source"
"""Names the part of Exchange that made a message; of a forwarding rule it is `RULE_AGENT`."""
RULE_AGENT = "mailbox rules agent"
