"""``Received:`` fields as servers write them (RFC 5321 §4.4)."""

# ruff: noqa: E501 - a stamp is one line, as a server writes it

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retour.wire.received import parse_received

DATE = "Sun, 1 Mar 2026 10:00:09 +0100"
# (from, by, with, tls, id, for)
STAMPS = {
    "Postfix": (
        "from mail.example.org (mail.example.org [192.0.2.1]) (using TLSv1.3 with cipher "
        "TLS_AES_256_GCM_SHA384 (256/256 bits) key-exchange X25519) (No client certificate "
        f"requested) by mx.example.net (Postfix) with ESMTPS id 4XyZ12 for <bob@example.net>; {DATE} (CET)",
        ("mail.example.org", "mx.example.net", "ESMTPS", "TLSv1.3", "4XyZ12", "bob@example.net"),
    ),
    "Postfix pickup": (
        f"by mail.example.org (Postfix, from userid 1000) id 4XyZ13; {DATE}",
        (None, "mail.example.org", None, None, "4XyZ13", None),
    ),
    "Exim": (
        "from [192.0.2.7] (port=4711 helo=laptop.example) by mail.example.org with esmtpsa "
        "(TLS1.2:ECDHE_RSA_AES_256_GCM_SHA384:256) (Exim 4.96) (envelope-from "
        f"<ann@example.org>) id 1abCDE-0001Xy-2Z for bob@example.net; {DATE}",
        (
            "192.0.2.7",
            "mail.example.org",
            "esmtpsa",
            "TLSv1.2",
            "1abCDE-0001Xy-2Z",
            "bob@example.net",
        ),
    ),
    "Exim local": (
        f"from ann by mail.example.org with local (Exim 4.96) (envelope-from <ann@example.org>) id 1abCDE-0001Xy-3A; {DATE}",
        ("ann", "mail.example.org", "local", None, "1abCDE-0001Xy-3A", None),
    ),
    "Sendmail": (
        "from mail.example.org (mail.example.org [192.0.2.1] (may be forged)) by mx.example.net "
        f"(8.17.1/8.17.1) with ESMTPS id 0A1b2C (version=TLSv1.2 cipher=X bits=256 verify=NO) for <bob@example.net>; {DATE}",
        ("mail.example.org", "mx.example.net", "ESMTPS", "TLSv1.2", "0A1b2C", "bob@example.net"),
    ),
    "qmail": (
        "(qmail 12345 invoked by uid 89); 1 Mar 2026 09:00:09 -0000",
        (None, None, None, None, None, None),
    ),
    "qmail by network": (
        "from unknown (HELO laptop) (192.0.2.7) by mail.example.org with SMTP; 1 Mar 2026 09:00:09 -0000",
        ("unknown", "mail.example.org", "SMTP", None, None, None),
    ),
    "Exchange": (
        "from EX1.corp.example (10.0.0.1) by EX2.corp.example (10.0.0.2) with Microsoft SMTP "
        f"Server (version=TLS1_2, cipher=TLS_ECDHE) id 15.1.2507.35; {DATE}",
        ("EX1.corp.example", "EX2.corp.example", "Microsoft", "TLSv1.2", "15.1.2507.35", None),
    ),
    "Exchange mapi": (
        "from AM9.eurprd05.prod.outlook.com ([fe80::1]) by AM9.eurprd05.prod.outlook.com "
        f"([fe80::1%4]) with mapi id 15.20.9654.012; {DATE}",
        (
            "AM9.eurprd05.prod.outlook.com",
            "AM9.eurprd05.prod.outlook.com",
            "mapi",
            None,
            "15.20.9654.012",
            None,
        ),
    ),
    "Gmail": (
        "by 2002:a05:6402:1234:b0:5e1:2345 with SMTP id a1csp12345edb; Sun, 1 Mar 2026 01:00:09 -0800 (PST)",
        (None, "2002:a05:6402:1234:b0:5e1:2345", "SMTP", None, "a1csp12345edb", None),
    ),
    "Gmail from outside": (
        "from mail.example.org (mail.example.org. [192.0.2.1]) by mx.google.com with ESMTPS id "
        "a1-20020a05.12.2026.03.01.01.00.09 for <bob@example.net> (version=TLS1_3 "
        "cipher=TLS_AES_256_GCM_SHA384 bits=256/256); Sun, 01 Mar 2026 01:00:09 -0800 (PST)",
        (
            "mail.example.org",
            "mx.google.com",
            "ESMTPS",
            "TLSv1.3",
            "a1-20020a05.12.2026.03.01.01.00.09",
            "bob@example.net",
        ),
    ),
    "Courier": (
        "from mail.example.org (mail.example.org [::ffff:192.0.2.1]) (TLS: TLSv1/SSLv3,256bits,AES256-SHA) "
        f"by mx.example.net with esmtp; {DATE} id 00000000004A1B2C.0001",
        ("mail.example.org", "mx.example.net", "esmtp", "TLSv1.0", None, None),
    ),
    "no semicolon": (
        f"from a.example by b.example with SMTP id X1 {DATE}",
        ("a.example", "b.example", "SMTP", None, "X1", None),
    ),
    "nested comments": (
        f"from a.example (b (c (d) e) by no.example) by f.example (with none (id none)) with SMTP; {DATE}",
        ("a.example", "f.example", "SMTP", None, None, None),
    ),
    "words in capitals": (
        f"FROM a.example BY b.example WITH SMTP ID X; {DATE}",
        ("a.example", "b.example", "SMTP", None, "X", None),
    ),
}


@pytest.mark.parametrize("name", STAMPS)
def test_received_field_of_a_server_reads_like_this(name: str) -> None:
    """Host names, protocol, TLS version, queue id, recipient and time are read."""
    value, clauses = STAMPS[name]
    stamp = parse_received(value)
    assert tuple(stamp[:6]) == clauses
    assert stamp.at is not None
    assert stamp.at.timestamp() == 1772355609


@pytest.mark.parametrize("value", ["", ";", "from", "by ; for <", "((((", "no date at all; really"])
def test_broken_received_field_has_no_time(value: str) -> None:
    """What cannot be read is None, and nothing fails."""
    assert parse_received(value).at is None


def test_address_literal_stands_for_a_host_without_name() -> None:
    """``from [192.0.2.1]`` names the host by its address."""
    assert parse_received(f"from [192.0.2.1] by b.example; {DATE}").from_ == "192.0.2.1"
    assert parse_received(f"from [IPv6:2001:db8::1] by b.example; {DATE}").by == "b.example"


HOSTS = st.from_regex(r"[a-z]{1,8}(?:\.[a-z]{2,8}){1,2}", fullmatch=True)


@given(
    HOSTS,
    HOSTS,
    st.sampled_from(["SMTP", "ESMTPS", "LMTP"]),
    st.from_regex(r"[A-Z0-9]{6,12}", fullmatch=True),
)
def test_written_received_field_is_read_back(giver: str, taker: str, with_: str, id_: str) -> None:
    """A stamp in the standard's form is read back clause by clause."""
    value = f"from {giver} ({giver} [192.0.2.1]) by {taker} (x) with {with_} id {id_} for <a@b.example>; {DATE}"
    stamp = parse_received(value)
    assert tuple(stamp[:6]) == (giver, taker, with_, None, id_, "a@b.example")


@given(st.text(max_size=300))
def test_no_text_makes_a_received_field_raise(text: str) -> None:
    """Any text gives a stamp."""
    assert len(parse_received(text)) == 7
