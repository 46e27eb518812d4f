"""Reports for the tests of the milter."""

FIELDS = [
    ("Date", " Tue, 24 Nov 2026 09:02:14 +0000 (UTC)"),
    ("From", " MAILER-DAEMON@mail.home.test (Mail Delivery System)"),
    ("Subject", " Undelivered Mail Returned to Sender"),
    ("To", " alice@home.test"),
    ("Auto-Submitted", " auto-replied"),
    ("MIME-Version", " 1.0"),
    ("Content-Type", ' multipart/report; report-type=delivery-status;\n\tboundary="B/mail"'),
    ("Message-Id", " <1@mail.home.test>"),
]
BODY = b"""\
This is a MIME-encapsulated message.

--B/mail
Content-Description: Notification
Content-Type: text/plain; charset=us-ascii

This is the mail system at host mail.home.test.

I'm sorry to have to inform you that your message could not
be delivered to one or more recipients.

<unknown@away.test>: host mx.away.test[192.0.2.7] said: 550 5.1.1
    <unknown@away.test>: Recipient address rejected: User unknown (in reply to
    RCPT TO command)

--B/mail
Content-Description: Delivery report
Content-Type: message/delivery-status

Reporting-MTA: dns; mail.home.test
X-Postfix-Queue-ID: 529642221DF
X-Postfix-Sender: rfc822; alice@home.test
Arrival-Date: Tue, 24 Nov 2026 09:02:14 +0000 (UTC)

Final-Recipient: rfc822; unknown@away.test
Action: failed
Status: 5.1.1
Remote-MTA: dns; mx.away.test
Diagnostic-Code: smtp; 550 5.1.1 <unknown@away.test>: Recipient address
    rejected: User unknown

--B/mail
Content-Description: Undelivered Message
Content-Type: message/rfc822

Message-ID: <original@home.test>
From: alice@home.test
To: unknown@away.test
Subject: Hello

Hi there

--B/mail--
""".replace(b"\n", b"\r\n")
RAW = (
    b"".join(f"{name}:{value}\n".encode() for name, value in FIELDS).replace(b"\n", b"\r\n")
    + b"\r\n"
    + BODY
)
"""What Postfix writes when a next hop refuses a recipient."""


def with_kind(action: str, subject: str = "") -> bytes:
    """Return the report with another action."""
    raw = RAW.replace(b"Action: failed", f"Action: {action}".encode())
    if action == "delayed":
        raw = raw.replace(b"Status: 5", b"Status: 4").replace(b"550 5", b"450 4")
        raw = raw.replace(
            b"Undelivered Mail Returned to Sender", b"Delayed Mail (still being retried)"
        )
    return raw.replace(b"Undelivered Mail Returned to Sender", subject.encode()) if subject else raw
