"""The reason is found where systems leave it: beside the fields, or glued to other words."""

from retour.model.report import Recipient
from retour.read import read

_HEAD = """\
From: Mail Delivery System <mailer-daemon@mail.example.org>
To: ann@example.org
Subject: Delivery failure
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary=b

--b
Content-Type: {type}

{notice}

--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mail.example.org

Final-Recipient: rfc822; bob@example.net
{fields}

--b--
"""
_EXPIRED = "Action: failed\nStatus: 4.4.7"


def read_recipient(notice: str, fields: str, content_type: str = "text/plain") -> Recipient:
    """Read a notification about one recipient from its words and fields."""
    mail = _HEAD.format(type=content_type, notice=notice, fields=fields)
    (one,) = read(mail.encode())[0].recipients
    return one


def test_the_tries_that_exchange_lists_are_kept() -> None:
    """The machine part names the last word only; what failed on each try stands in the notice."""
    notice = (
        "Delivery has failed to these recipients or groups:\n\nbob@example.net\n"
        "The server has stopped trying.\n\nDiagnostic information for administrators:\n\n"
        "bob@example.net\n"
        "1/3/2026 8:05 PM - Remote Server at example.net (192.0.2.25) returned "
        "'550 4.4.7 QUEUE.Expired; message expired'\n"
        "1/3/2026 7:58 PM - Remote Server at example.net (192.0.2.25) returned "
        "'441 4.4.1 Failed to connect. Winsock error code: 10060'\n"
    )
    fields = f"{_EXPIRED}\nDiagnostic-Code: smtp;550 4.4.7 QUEUE.Expired; message expired"
    one = read_recipient(notice, fields)
    assert any("Failed to connect" in said.text for said in one.statements)
    assert one.reply is not None
    assert one.reply.status == "4.4.7"


def test_what_exim_adds_when_it_gives_up_is_no_word_of_the_remote() -> None:
    """The reply is the remote's; that the time ran out is said by the reporter."""
    fields = (
        "Action: failed\nStatus: 5.0.0\nRemote-MTA: dns; mx.example.net\n"
        "Diagnostic-Code: smtp; 451 4.3.0 Scanner is down: retry timeout exceeded"
    )
    one = read_recipient("bob@example.net could not be delivered", fields)
    assert [(said.speaker, said.text) for said in one.statements[:2]] == [
        ("remote", "451 4.3.0 Scanner is down"),
        ("wrapper", "retry timeout exceeded"),
    ]


def test_words_labelled_as_fields_are_read_as_words() -> None:
    """InterMail labels its notice as a delivery-status part."""
    notice = "This message was undeliverable:\n\n<bob@example.net> takes no mail from phones"
    one = read_recipient(notice, "Action: failed\nStatus: 5.0.0", "message/delivery-status;")
    assert (one.address, one.status) == ("bob@example.net", "5.0.0")
    assert any("takes no mail" in said.text for said in one.statements)


def test_header_fields_cited_in_a_notice_do_not_end_it() -> None:
    """Messaging Server cites the original's fields before it says what happened."""
    notice = (
        "This report relates to a message you sent with the following header fields:\n\n"
        "  Message-id: <1@example.org>\n  Date: Sun, 1 Mar 2026 10:00:00 +0100\n"
        "  From: Ann <ann@example.org>\n\n"
        "Your message cannot be delivered:\n\n  Recipient address: bob@example.net\n"
        "  Reason: it was eaten\n"
    )
    mail = (
        f"From: postmaster@example.org\nTo: ann@example.org\nSubject: Delivery failed\n\n{notice}"
    )
    report, _ = read(mail.encode())
    assert any("eaten" in said.text for one in report.recipients for said in one.statements)
