"""Mails inside mails of which none is a report."""

from retour.read import read

_INNER = b"From: c@example.org\nSubject: innermost\n\nThe minutes.\n"


def _forward(subject: bytes, inner: bytes) -> bytes:
    """Write a mail that carries another one."""
    return (
        b"From: a@example.org\nTo: b@example.net\nSubject: " + subject + b"\n"
        b"MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=" + subject + b"\n\n"
        b"--" + subject + b"\nContent-Type: text/plain\n\nSee below.\n"
        b"--" + subject + b"\nContent-Type: message/rfc822\n\n" + inner + b"\n"
        b"--" + subject + b"--\n"
    )


def test_a_forwarded_forward_without_a_report_is_itself() -> None:
    """What is said of it is about the outer mail, not about one inside."""
    report, _ = read(_forward(b"outer", _forward(b"middle", _INNER)))

    assert (report.kind, report.subject) == ("not-a-report", "outer")
