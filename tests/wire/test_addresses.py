r"""Addresses in fields, reports and prose (RFC 5322 §3.4, RFC 3461 §4, RFC 6533 §3)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retour.wire.address import (
    find_addresses,
    parse_address,
    parse_addresses,
    parse_recipient,
    parse_typed,
    read_verp,
    unwrap_address,
)

FROM = {
    "bare": ("bob@example.net", "bob@example.net"),
    "angle": ("Bob <bob@example.net>", "bob@example.net"),
    "quoted name": ('"Bob, the one" <bob@example.net>', "bob@example.net"),
    "address as name": ('"eve@example.org" <bob@example.net>', "bob@example.net"),
    "comment": ("bob@example.net (Bob)", "bob@example.net"),
    "blanks inside": ("< bob@example.net >", "bob@example.net"),
    "quoted local part": ('"bob smith"@example.net', '"bob smith"@example.net'),
    "plus and dots": ("bob.s+x=y@mail.example.net", "bob.s+x=y@mail.example.net"),
    "domain literal": ("bob@[192.0.2.1]", "bob@[192.0.2.1]"),
    "single quotes": ("'bob@example.net'", "bob@example.net"),
    "mailto": ("<mailto:bob@example.net>", "bob@example.net"),
    "8-bit": ("<j\xc3\xb6rg@example.net>", "jörg@example.net"),
    "no domain": ("bob", None),
    "no local part": ("<@example.net>", None),
    "empty path": ("<>", None),
    "nothing": ("", None),
    "None": (None, None),
    "too long": ("a" * 300 + "@example.net", None),
}


@pytest.mark.parametrize("name", FROM)
def test_first_mailbox_of_a_field(name: str) -> None:
    """A From field gives one address, or None."""
    value, address = FROM[name]
    assert parse_address(value) == address


def test_addresses_of_a_list_field_come_once_each_in_order() -> None:
    """Groups, names and repeats are read over."""
    value = 'Team: "A, B" <a@b.example>, c@d.example (C);, <a@b.example>, e@[192.0.2.1]'
    assert parse_addresses(value) == ("a@b.example", "c@d.example", "e@[192.0.2.1]")
    assert parse_addresses(None) == ()
    assert len(parse_addresses(", ".join(f"a{n}@b.example" for n in range(300)))) == 200


RECIPIENTS = {
    "typed": ("rfc822; bob@example.net", "bob@example.net"),
    "typed without blank": ("RFC822;bob@example.net", "bob@example.net"),
    "angle": ("rfc822; <bob@example.net>", "bob@example.net"),
    "no type": ("bob@example.net", "bob@example.net"),
    "type utf-8": (r"utf-8; j\x{F6}rg@example.net", "jörg@example.net"),
    "type alone": ("rfc822;", None),
    "utf-8 in full": ("utf-8; j\xc3\xb6rg@example.net", "jörg@example.net"),
    "local name alone": ("rfc822; bob", "bob"),
    "pipe (Exim)": ("rfc822;|/usr/bin/filter", "|/usr/bin/filter"),
    "file (Exim)": ("rfc822;/var/mail/bob", "/var/mail/bob"),
    "trailing dot": ("rfc822; bob@example.net.", "bob@example.net"),
    "wrapped by BATV": ("rfc822; prvs=1234567890=bob@example.net", "bob@example.net"),
    "encoded word": ("rfc822; =?utf-8?q?bob=40example=2Enet?=", "bob@example.net"),
    "nothing": ("", None),
}


@pytest.mark.parametrize("name", RECIPIENTS)
def test_recipient_field_gives_this_address(name: str) -> None:
    """A Final-Recipient field gives what a person would call the address."""
    value, address = RECIPIENTS[name]
    assert parse_recipient(value) == address


WRAPPED = {
    "SRS0": ("SRS0=HHH=TT=example.net=bob@fwd.example", "bob@example.net"),
    "SRS0 with plus": ("SRS0+HHH=TT=example.net=bob@fwd.example", "bob@example.net"),
    "SRS0 in lower case": ("srs0=hhh=tt=example.net=bob.s@fwd.example", "bob.s@example.net"),
    "SRS1": ("SRS1=GGG=fwd.example==HHH=TT=example.net=bob@other.example", "bob@example.net"),
    "BATV prvs": ("prvs=0123abcdef=bob@example.net", "bob@example.net"),
    "BATV prvs, swapped": ("prvs=bob/0123abcdef@example.net", "bob@example.net"),
    "BATV of a product": ("msprvs1=123abc=bob@example.net", "bob@example.net"),
    "BATV btv1": ("btv1==012abcdef==bob@example.net", "bob@example.net"),
    "VERP is another person's": ("list-bounces+bob=example.net@l.example", None),
    "broken SRS": ("SRS0=x@fwd.example", None),
    "plain": ("bob@example.net", None),
}


@pytest.mark.parametrize("name", WRAPPED)
def test_wrapping_of_an_address_is_undone(name: str) -> None:
    """BATV and SRS go; everything else stays as it is."""
    address, plain = WRAPPED[name]
    assert unwrap_address(address) == (plain or address)


VERPS = {
    "plus": ("list-bounces+bob=example.net@l.example", "bob@example.net"),
    "dash": ("list-return-12-bob=example.net@l.example", "bob@example.net"),
    "dots and plus inside": ("b+bob.s+x=mail.example.net@l.example", "bob.s+x@mail.example.net"),
    "dash inside": ("b+anna-maria=example.net@l.example", "anna-maria@example.net"),
    "no VERP": ("list-bounces@l.example", None),
    "SRS is none": ("SRS0=HHH=TT=example.net=bob@fwd.example", None),
    "no domain": ("b+bob=x@l.example", None),
}


@pytest.mark.parametrize("name", VERPS)
def test_verp_names_this_recipient(name: str) -> None:
    """A VERP return path names the one that failed."""
    address, recipient = VERPS[name]
    assert read_verp(address) == recipient


PROSE = {
    "sentence": ("Sorry, bob@example.net does not exist.", ["bob@example.net"]),
    "full stop": ("Write to bob@example.net.", ["bob@example.net"]),
    "angle and colon": ("<bob@example.net>: no", ["bob@example.net"]),
    "two": ("a@b.example, c@d.example", ["a@b.example", "c@d.example"]),
    "quotes": ("\"bob@example.net\" 'eve@example.org'", ["bob@example.net", "eve@example.org"]),
    "mailto link": ("bob@example.net<mailto:bob@example.net>", ["bob@example.net"] * 2),
    "X.400 wrapped": ("c=US;a= ;p=x;dda:SMTP=bob@example.net;", ["bob@example.net"]),
    "none": ("at 10 @ home, @you and me@", []),
}


@pytest.mark.parametrize("name", PROSE)
def test_addresses_in_prose_are_found_here(name: str) -> None:
    """Addresses are found in words, and stand where it says."""
    text, addresses = PROSE[name]
    found = find_addresses(text)
    assert [address for address, _, _ in found] == addresses
    for address, start, end in found:
        assert address in text[start:end]


@pytest.mark.parametrize(
    ("value", "typed"),
    [
        ("dns; mx.example.net", ("dns", "mx.example.net")),
        ("SMTP;550 no", ("smtp", "550 no")),
        ("mx.example.net", ("", "mx.example.net")),
        ("550 <a@b.example>; no", ("", "550 <a@b.example>; no")),
        ("dns;", ("dns", "")),
    ],
)
def test_type_and_text_of_a_report_field(value: str, typed: tuple[str, str]) -> None:
    """``type; text`` is split, text with a semicolon of its own is not."""
    assert parse_typed(value) == typed


LOCALS = st.from_regex(r"[a-z0-9](?:[a-z0-9._+-]{0,30}[a-z0-9])?", fullmatch=True)
DOMAINS = st.from_regex(r"[a-z0-9]{1,10}(?:\.[a-z0-9]{1,10}){1,3}", fullmatch=True)


@given(LOCALS, DOMAINS)
def test_written_address_is_read_back_in_any_dress(local: str, domain: str) -> None:
    """One address, however it is written down, is that address."""
    address = f"{local}@{domain}"
    dressed = (f"<{address}>", f"Bob <{address}>", f"{address} (Bob)", f'"B, C" <{address}>')
    assert {parse_address(text) for text in (address, *dressed)} == {address}
    assert parse_recipient(f"rfc822; {address}") == address
    assert [found[0] for found in find_addresses(f"To <{address}>: no.")] == [address]
    assert unwrap_address(f"SRS0=Ab1=XY={domain}={local}@fwd.example") == address
    assert unwrap_address(f"prvs=0123456789={address}") == address


@given(st.text(st.characters(max_codepoint=255), max_size=200))
def test_no_text_makes_an_address_raise(text: str) -> None:
    """Any text gives addresses, or none."""
    assert isinstance(parse_addresses(text), tuple)
    parse_address(text)
    parse_recipient(text)
    read_verp(text)
    unwrap_address(text)
