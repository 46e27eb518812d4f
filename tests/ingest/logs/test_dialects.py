"""The lines of Sendmail, Exim, OpenSMTPD, Courier and Dovecot."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from observed import CONTEXT, told

from retour.ingest.logs.format import READERS
from retour.ingest.logs.reader import LogReader
from retour.model.trail import Observation

SYSLOG = "2026-02-28T10:00:00Z mx "
EXIM = "2026-02-28 10:00:00 "


def _read(reader: LogReader, *lines: str) -> list[Observation]:
    observations: list[Observation] = []
    for line in lines:
        said = reader.read(line)
        assert said is not None, line
        observations += said
    return observations


SENDMAIL: dict[str, tuple[list[str], list[dict[str, Any]]]] = {
    "an arrival": (
        [
            "6AO2eELv000092: from=<a@example.net>, size=110, class=0, nrcpts=1, "
            "msgid=<m@example.net>, proto=ESMTP, daemon=MTA-v4, relay=mx.example.net [192.0.2.7]"
        ],
        [
            {
                "kind": "Arrival",
                "message_id": "<m@example.net>",
                "mail_from": "a@example.net",
                "peer_name": "mx.example.net",
                "peer_address": "192.0.2.7",
                "protocol": "ESMTP",
                "size_bytes": 110,
                "recipient_count": 1,
            }
        ],
    ),
    "a local arrival has no peer": (
        ["6AO2eELv000092: from=<>, size=9, class=0, nrcpts=1, proto=ESMTP, relay=ann@localhost"],
        [
            {
                "kind": "Arrival",
                "mail_from": "",
                "protocol": "ESMTP",
                "size_bytes": 9,
                "recipient_count": 1,
            }
        ],
    ),
    "two recipients in one attempt": (
        [
            "6AO2eELv000092: to=<b@example.org>,<c@example.org>, delay=1+00:00:02, "
            "xdelay=00:00:01, mailer=esmtp, pri=120, relay=mx.example.org. "
            "[IPv6:2001:db8:0:0:0:0:0:9], "
            "dsn=2.0.0, stat=Sent (Ok: queued as 4B0F8300A2F)"
        ],
        [
            {
                "kind": "HandOver",
                "recipient": recipient,
                "outcome": "relayed",
                "host": "mx.example.org",
                "address": "2001:db8::9",
                "status": "2.0.0",
                "reply": "Sent (Ok: queued as 4B0F8300A2F)",
                "delay_ms": 86_402_000,
                "next_queue_id": "4B0F8300A2F",
            }
            for recipient in ("b@example.org", "c@example.org")
        ],
    ),
    "a refusal in the words of the other side": (
        [
            "6AO2eELv000092: to=<b@example.org>, delay=00:00:00, mailer=esmtp, "
            "relay=mx.example.org. [192.0.2.9], dsn=5.1.1, reply=550 5.1.1 no, really, "
            "stat=User unknown"
        ],
        [
            {
                "kind": "HandOver",
                "recipient": "b@example.org",
                "outcome": "failed",
                "host": "mx.example.org",
                "address": "192.0.2.9",
                "status": "5.1.1",
                "reply": "550 5.1.1 no, really",
                "delay_ms": 0,
            }
        ],
    ),
    "an alias to a program": (
        [
            '6AO2eELv000092: to="|/usr/bin/x, y", ctladdr=<b@mx> (8/0), delay=00:00:00, '
            "mailer=prog, dsn=2.0.0, stat=Sent"
        ],
        [
            {
                "kind": "HandOver",
                "recipient": "|/usr/bin/x, y",
                "original_recipient": "b@mx",
                "outcome": "delivered",
                "host": "prog",
                "status": "2.0.0",
                "reply": "Sent",
                "delay_ms": 0,
            }
        ],
    ),
    "queueing is no attempt": (
        ["6AO2eELv000092: to=<b@example.org>, delay=00:00:00, mailer=esmtp, stat=queued"],
        [{"kind": "Arrival", "recipients": ("b@example.org",)}],
    ),
    "queueing for want of DNS is one": (
        [
            "6AO2eELv000092: to=<b@example.org>, delay=00:00:00, mailer=esmtp, "
            "dsn=4.4.3, stat=queued"
        ],
        [
            {
                "kind": "HandOver",
                "recipient": "b@example.org",
                "outcome": "deferred",
                "host": "esmtp",
                "status": "4.4.3",
                "reply": "queued",
                "delay_ms": 0,
            }
        ],
    ),
    "a report of failure": (
        ["6AO2eELv000092: 6AO2eYX5000128: DSN: User unknown"],
        [{"kind": "Link", "other_queue_id": "6AO2eYX5000128", "relation": "failure-report"}],
    ),
    "a report of delay": (
        ["6AO2eELv000092: 6AO2eYX5000128: sender notify: Warning: could not send for past 4 hours"],
        [{"kind": "Link", "other_queue_id": "6AO2eYX5000128", "relation": "delay-report"}],
    ),
    "giving up": (
        ["6AO2eELv000092: 6AO2eYX5000128: sender notify: Cannot send message for 5 days"],
        [
            {"kind": "Link", "other_queue_id": "6AO2eYX5000128", "relation": "failure-report"},
            {"kind": "End", "given_up": True},
        ],
    ),
    "a recipient is refused": (
        [
            "6AO2eELv000092: ruleset=check_rcpt, arg1=<b@example.org>, relay=mx.example.net "
            "[192.0.2.7], reject=550 5.7.1 <b@example.org>... Relaying denied"
        ],
        [
            {
                "kind": "Refusal",
                "peer_name": "mx.example.net",
                "peer_address": "192.0.2.7",
                "recipient": "b@example.org",
                "phase": "rcpt",
                "reply": "550 5.7.1 <b@example.org>... Relaying denied",
                "status": "5.7.1",
            }
        ],
    ),
    "TLS goes with its connection": (
        [
            "STARTTLS=client, relay=mx.example.org., version=TLSv1.3, verify=OK, cipher=X, "
            "bits=256/256",
            "6AO2eELv000092: to=<b@example.org>, mailer=esmtp, relay=mx.example.org. [192.0.2.9], "
            "dsn=2.0.0, stat=Sent (6AO2f0000000001 Message accepted for delivery)",
        ],
        [
            {
                "kind": "HandOver",
                "recipient": "b@example.org",
                "outcome": "relayed",
                "host": "mx.example.org",
                "address": "192.0.2.9",
                "status": "2.0.0",
                "reply": "Sent (6AO2f0000000001 Message accepted for delivery)",
                "tls": "TLSv1.3",
                "next_queue_id": "6AO2f0000000001",
            }
        ],
    ),
}


@pytest.mark.parametrize(("lines", "expected"), SENDMAIL.values(), ids=SENDMAIL)
def test_sendmail_lines_say(lines: list[str], expected: list[dict[str, Any]]) -> None:
    """Each form of Sendmail's lines is read to what it says."""
    reader = READERS["syslog"](CONTEXT)
    said = _read(reader, *(f"{SYSLOG}sm-mta[7]: {line}" for line in lines))
    assert [told(observation) for observation in said] == expected


EXIM_ID = "1xVgS6-00000v-07"
EXIMS: dict[str, tuple[list[str], list[dict[str, Any]]]] = {
    "an arrival with a subject that looks like a field": (
        [
            f"{EXIM_ID} <= a@example.net H=mx.example.net (helo.example.net) [192.0.2.7]:41 "
            f"P=esmtps "
            'X=TLS1.3:X:256 S=311 id=m@example.net T="say \\"id=x\\"" from <a@example.net> '
            "for b@x c@x"
        ],
        [
            {
                "kind": "Arrival",
                "message_id": "<m@example.net>",
                "mail_from": "a@example.net",
                "peer_name": "mx.example.net",
                "peer_address": "192.0.2.7",
                "helo": "helo.example.net",
                "protocol": "esmtps",
                "tls": "TLSv1.3",
                "size_bytes": 311,
                "recipient_count": 2,
                "subject": 'say "id=x"',
                "recipients": ("b@x", "c@x"),
            }
        ],
    ),
    "a peer without a name is no name": (
        [f"{EXIM_ID} <= <> H=(helo) [192.0.2.7] P=smtp S=1"],
        [
            {
                "kind": "Arrival",
                "mail_from": "",
                "peer_address": "192.0.2.7",
                "helo": "helo",
                "protocol": "smtp",
                "size_bytes": 1,
            }
        ],
    ),
    "the next system took it": (
        [
            f"{EXIM_ID} => b@example.org R=dnslookup T=remote_smtp S=319 H=mx.example.org "
            '[2001:db8::9]:25 X=TLS1.2:X:256 C="250 OK id=1xVgS7-00000w-08" QT=0s DT=0s'
        ],
        [
            {
                "kind": "HandOver",
                "recipient": "b@example.org",
                "outcome": "relayed",
                "host": "mx.example.org",
                "address": "2001:db8::9",
                "reply": "250 OK id=1xVgS7-00000w-08",
                "tls": "TLSv1.2",
                "next_queue_id": "1xVgS7-00000w-08",
            }
        ],
    ),
    "a mailbox took it": (
        [f"{EXIM_ID} => ann <ann@example.org> R=localuser T=local_delivery S=4 QT=0s DT=0s"],
        [
            {
                "kind": "HandOver",
                "recipient": "ann@example.org",
                "outcome": "delivered",
                "host": "local_delivery",
            }
        ],
    ),
    "an alias keeps both addresses": (
        [f"{EXIM_ID} => b@example.org <info@example.com> R=r T=t H=mx [192.0.2.9]"],
        [
            {
                "kind": "HandOver",
                "recipient": "b@example.org",
                "original_recipient": "info@example.com",
                "outcome": "relayed",
                "host": "mx",
                "address": "192.0.2.9",
            }
        ],
    ),
    "a black hole": (
        [f"{EXIM_ID} => :blackhole: <b@example.org> R=system_aliases"],
        [{"kind": "HandOver", "recipient": "b@example.org", "outcome": "discarded"}],
    ),
    "put off, by the other side": (
        [
            f"{EXIM_ID} == b@example.org R=dnslookup T=remote_smtp defer (-44) H=mx.example.org "
            "[192.0.2.9] DT=0s: SMTP error from remote mail server after RCPT TO:<b@example.org>: "
            "450 4.7.1 Greylisted"
        ],
        [
            {
                "kind": "HandOver",
                "recipient": "b@example.org",
                "outcome": "deferred",
                "host": "mx.example.org",
                "address": "192.0.2.9",
                "status": "4.7.1",
                "reply": "SMTP error from remote mail server after RCPT TO:<b@example.org>: "
                "450 4.7.1 Greylisted",
            }
        ],
    ),
    "put off, for want of a connection": (
        [f"{EXIM_ID} == b@example.org R=r T=t defer (111): Connection refused DT=0s"],
        [
            {
                "kind": "HandOver",
                "recipient": "b@example.org",
                "outcome": "deferred",
                "reply": "Connection refused",
            }
        ],
    ),
    "failed, and the report about it": (
        [
            f"{EXIM_ID} ** b@example.org R=r T=t H=mx [192.0.2.9]: SMTP error from remote "
            f"mail server "
            "after RCPT TO:<b@example.org>: 550 5.1.1 no DT=0s",
            f"1xVgSO-00001u-1b <= <> R={EXIM_ID} U=exim P=local S=9",
        ],
        [
            {
                "kind": "HandOver",
                "recipient": "b@example.org",
                "outcome": "failed",
                "host": "mx",
                "address": "192.0.2.9",
                "status": "5.1.1",
                "reply": "SMTP error from remote mail server after RCPT TO:<b@example.org>: "
                "550 5.1.1 no",
            },
            {"kind": "Arrival", "mail_from": "", "protocol": "local", "size_bytes": 9},
            {"kind": "Link", "other_queue_id": "1xVgSO-00001u-1b", "relation": "failure-report"},
        ],
    ),
    "a report where nothing failed is about a delay": (
        [f"1xVgSO-00001u-1b <= <> R={EXIM_ID} U=exim P=local S=9"],
        [
            {"kind": "Arrival", "mail_from": "", "protocol": "local", "size_bytes": 9},
            {"kind": "Link", "other_queue_id": "1xVgSO-00001u-1b", "relation": "delay-report"},
        ],
    ),
    "too old": (
        [f"{EXIM_ID} ** b@example.org: retry timeout exceeded"],
        [
            {
                "kind": "HandOver",
                "recipient": "b@example.org",
                "outcome": "expired",
                "reply": "retry timeout exceeded",
            }
        ],
    ),
    "an id of Exim 4.97": (["1tLxHe-000000003Yz-2abc Completed"], [{"kind": "End"}]),
    "a recipient is refused": (
        [
            "H=mx.example.net (helo) [192.0.2.7] F=<a@example.net> rejected RCPT <b@example.org>: "
            "Unrouteable address"
        ],
        [
            {
                "kind": "Refusal",
                "peer_name": "mx.example.net",
                "peer_address": "192.0.2.7",
                "helo": "helo",
                "mail_from": "a@example.net",
                "recipient": "b@example.org",
                "phase": "rcpt",
                "reply": "Unrouteable address",
            }
        ],
    ),
    "the content is refused": (
        [
            f"{EXIM_ID} H=mx.example.net [192.0.2.7] F=<a@example.net> temporarily rejected "
            f"after DATA: "
            "Scanner busy"
        ],
        [
            {
                "kind": "Refusal",
                "peer_name": "mx.example.net",
                "peer_address": "192.0.2.7",
                "mail_from": "a@example.net",
                "phase": "end-of-data",
                "reply": "Scanner busy",
            }
        ],
    ),
    "words without consequence": (["Start queue run: pid=1", f"{EXIM_ID} Message is frozen"], []),
}


@pytest.mark.parametrize(("lines", "expected"), EXIMS.values(), ids=EXIMS)
def test_exim_lines_say(lines: list[str], expected: list[dict[str, Any]]) -> None:
    """Each form of Exim's lines is read to what it says, from its own log or from syslog."""
    own = _read(READERS["exim"](CONTEXT), *(f"{EXIM}{line}" for line in lines))
    assert [told(observation) for observation in own] == expected
    syslog = _read(READERS["syslog"](CONTEXT), *(f"{SYSLOG}exim[7]: {line}" for line in lines))
    assert [told(observation) for observation in syslog] == expected
    assert {observation.system for observation in own} <= {"gate"}


@pytest.mark.parametrize(
    ("stamp", "at_us"),
    [
        ("2026-02-28 10:00:00 ", 1_772_272_800_000_000),
        ("2026-02-28 10:00:00.123 ", 1_772_272_800_123_000),
        ("2026-02-28 11:00:00 +0100 ", 1_772_272_800_000_000),
        ("2026-02-28 10:00:00 [4711] ", 1_772_272_800_000_000),
    ],
)
def test_exim_stamps_are_read_in_each_setting(stamp: str, at_us: int) -> None:
    """Milliseconds, zone and process number may stand in the stamp."""
    (end,) = _read(READERS["exim"](CONTEXT), f"{stamp}{EXIM_ID} Completed")
    assert end.at_us == at_us


SESSION = "c6d2f08a8a471074"
OTHERS: dict[str, tuple[str, list[str], list[dict[str, Any]]]] = {
    "OpenSMTPD takes a message in": (
        "smtpd[51]",
        [
            f"{SESSION} smtp connected address=[2001:db8::7] host=mx.example.net",
            f"{SESSION} smtp tls ciphers=TLSv1.3:TLS_AES_256_GCM_SHA384:256",
            f"{SESSION} smtp envelope evpid=0bfd15ee72f85a22 from=<> to=<b@example.org>",
            f"{SESSION} smtp message msgid=0bfd15ee size=283 nrcpt=1 proto=ESMTP",
        ],
        [
            {
                "kind": "Arrival",
                "mail_from": "",
                "peer_name": "mx.example.net",
                "peer_address": "2001:db8::7",
                "tls": "TLSv1.3",
                "recipients": ("b@example.org",),
            },
            {
                "kind": "Arrival",
                "peer_name": "mx.example.net",
                "peer_address": "2001:db8::7",
                "tls": "TLSv1.3",
                "protocol": "ESMTP",
                "size_bytes": 283,
                "recipient_count": 1,
            },
        ],
    ),
    "OpenSMTPD hands a message on": (
        "smtpd[51]",
        [
            f"{SESSION} mta delivery evpid=0bfd15ee72f85a22 from=<a@example.net> "
            f"to=<b@example.org> "
            'rcpt=<info@example.com> source="192.0.2.1" relay="192.0.2.9 (mx.example.org)" '
            "delay=1m2s "
            'result="Ok" stat="250 2.0.0 96f33bf9 Message accepted for delivery"'
        ],
        [
            {
                "kind": "HandOver",
                "recipient": "b@example.org",
                "original_recipient": "info@example.com",
                "outcome": "relayed",
                "host": "mx.example.org",
                "address": "192.0.2.9",
                "status": "2.0.0",
                "reply": "250 2.0.0 96f33bf9 Message accepted for delivery",
                "delay_ms": 62_000,
                "next_queue_id": "96f33bf9",
            }
        ],
    ),
    "OpenSMTPD gives up": (
        "smtpd[51]",
        [
            "relay: Expire for 0bfd15ee72f85a22: from=<a@x>, to=<b@example.org>, rcpt=<->, "
            "delay=4d, "
            "stat=Envelope expired"
        ],
        [
            {
                "kind": "HandOver",
                "recipient": "b@example.org",
                "outcome": "expired",
                "reply": "Envelope expired",
                "delay_ms": 345_600_000,
            }
        ],
    ),
    "OpenSMTPD refuses": (
        "smtpd[51]",
        [
            f'{SESSION} smtp failed-command command="RCPT TO:<b@x> ORCPT=rfc822;b@x" '
            'result="550 Invalid recipient: <b@x>"'
        ],
        [
            {
                "kind": "Refusal",
                "recipient": "b@x",
                "phase": "rcpt",
                "reply": "550 Invalid recipient: <b@x>",
            }
        ],
    ),
    "Courier tells the words before the status": (
        "courieresmtp",
        [
            "id=00300ABE.6B04F90E.000000BE,from=<a@x>,addr=<b@example.org>: 250-2.0.0 Ok:",
            "id=00300ABE.6B04F90E.000000BE,from=<a@x>,addr=<b@example.org>: 250 queued as "
            "A68B2300B44",
            "id=00300ABE.6B04F90E.000000BE,from=<a@x>,addr=<b@example.org>,success: delivered: "
            "mx.example.org [::ffff:192.0.2.9]",
            "id=00300ABE.6B04F90E.000000BE,from=<a@x>,addr=<b@example.org>,status: success",
        ],
        [
            {
                "kind": "HandOver",
                "recipient": "b@example.org",
                "outcome": "relayed",
                "host": "mx.example.org",
                "address": "192.0.2.9",
                "status": "2.0.0",
                "reply": "250-2.0.0 Ok:\n250 queued as A68B2300B44",
                "next_queue_id": "A68B2300B44",
            }
        ],
    ),
    "Courier puts off": (
        "courieresmtp",
        [
            "id=00300ABE.6B04F90E.000000BE,from=<a@x>,addr=<b@x>: DNS lookup failed.",
            "id=00300ABE.6B04F90E.000000BE,from=<a@x>,addr=<b@x>,status: deferred",
        ],
        [
            {
                "kind": "HandOver",
                "recipient": "b@x",
                "outcome": "deferred",
                "reply": "DNS lookup failed.",
            }
        ],
    ),
    "Courier delivers": (
        "courierlocal",
        ["id=00300ABE.6B04F90E.000000BE,from=<a@x>,addr=<b@x>,size=9,success: Message delivered."],
        [
            {
                "kind": "HandOver",
                "recipient": "b@x",
                "outcome": "delivered",
                "reply": "Message delivered.",
            }
        ],
    ),
    "Courier refuses": (
        "courieresmtpd",
        ["error,relay=::ffff:192.0.2.7,port=1,from=<a@x>,to=<b@x>: 513 Relaying denied."],
        [
            {
                "kind": "Refusal",
                "peer_address": "192.0.2.7",
                "mail_from": "a@x",
                "recipient": "b@x",
                "phase": "rcpt",
                "reply": "513 Relaying denied.",
            }
        ],
    ),
    "Dovecot stores": (
        "dovecot",
        ["lmtp(ann@x)<205><7s0WNw75BGvNAAAAs+8D+A>: msgid=<m@x>: saved mail to INBOX"],
        [
            {
                "kind": "Arrival",
                "protocol": "LMTP",
                "message_id": "<m@x>",
                "recipients": ("ann@x",),
            },
            {
                "kind": "HandOver",
                "recipient": "ann@x",
                "outcome": "delivered",
                "host": "dovecot",
                "reply": "saved mail to INBOX",
            },
        ],
    ),
    "Dovecot's Sieve throws away": (
        "dovecot",
        [
            "lmtp(ann@x)<205><7s0WNw75BGvNAAAAs+8D+A>: sieve: msgid=<m@x>: Marked message to be "
            "discarded if not explicitly delivered"
        ],
        [
            {
                "kind": "Arrival",
                "protocol": "LMTP",
                "message_id": "<m@x>",
                "recipients": ("ann@x",),
            },
            {
                "kind": "HandOver",
                "recipient": "ann@x",
                "outcome": "discarded",
                "host": "dovecot",
                "reply": "Marked message to be discarded if not explicitly delivered",
            },
        ],
    ),
}


@pytest.mark.parametrize(("program", "lines", "expected"), OTHERS.values(), ids=OTHERS)
def test_lines_of_the_others_say(
    program: str, lines: list[str], expected: list[dict[str, Any]]
) -> None:
    """Each form of line is read to what it says."""
    reader = READERS["syslog"](CONTEXT)
    said = _read(reader, *(f"{SYSLOG}{program}: {line}" for line in lines))
    assert [told(observation) for observation in said] == expected


@pytest.mark.parametrize(
    "stamp",
    ["Feb 28 10:00:00 ", "Feb  8 10:00:00 ", "2026-02-28 10:00:00 ", "2026-02-28T10:00:00Z "],
)
def test_dovecot_writes_a_log_of_its_own(stamp: str) -> None:
    """Without syslog a line has no host and no program in front."""
    line = f"{stamp}lmtp(ann@x)<205><session>: Info: msgid=<m@x>: saved mail to INBOX"
    arrival, hand_over = _read(READERS["dovecot"](CONTEXT), line)
    assert (arrival.system, told(hand_over)["outcome"]) == ("gate", "delivered")


WORDS = ("to=<", "from=<", "reject: ", "relay=", "stat=", "=> ", "== ", EXIM_ID, " H=", SESSION)
PROGRAMS = ("sm-mta", "exim", "smtpd", "courieresmtp", "courieresmtpd", "courierd", "dovecot")
PIECES = (*" <>,;:()[]=", *WORDS, "id=0", "6AO2eELv000092: ")


@given(
    st.sampled_from(PROGRAMS),
    st.lists(st.one_of(st.sampled_from(PIECES), st.text(max_size=3))),
)
def test_any_words_are_read_without_an_error(program: str, words: list[str]) -> None:
    """Content cannot make a dialect fail."""
    text = "".join(words)
    READERS["syslog"](CONTEXT).read(f"{SYSLOG}{program}: {text}")
    READERS["exim"](CONTEXT).read(f"{EXIM}{text}")
    READERS["dovecot"](CONTEXT).read(f"Feb 28 10:00:00 lmtp(a)<1><b>: msgid={text}")
