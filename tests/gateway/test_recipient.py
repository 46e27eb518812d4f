"""Whether a person reads what comes to an address."""

import pytest

from retour.gateway.recipient import is_for_program, is_listed, is_within, strip_signature

_PROGRAMS = """
owner-list@example.com list-owner@example.com list-bounces@example.com LIST-Bounces@example.com
list-bounces+alice=example.net@example.com list-request@example.com list-errors@example.com
list-return-17-alice=example.net@example.com bounce@example.com bounces@example.com
bounce-1234-alice=example.net@example.com bounces+17-ab-alice=example.net@example.com
bounce+abc.17@mg.example.com return-17-abc@example.com errors-to+x@example.com
SRS0=abcd=xy=example.net=alice@example.com srs1=abcd=example.net==xy=alice@example.com
SRS0+abcd=xy=example.net=alice@example.com news+alice=example.net@example.com
no-reply@example.com noreply@example.com mailer-daemon@example.com double-bounce@example.com
prvs=1234abcdef=owner-list@example.com @example.com
"""
_PEOPLE = """
alice@example.com alice alice.owner.smith@example.com a=b@example.com bounty-hunter@example.com
browner@example.com alice+news@example.com alice.bouncer@example.com returns.desk@example.com
prvs=1234abcdef=alice@example.com prvs=alice/1234abcdef@example.com btv1==12ab==alice@example.com
postmaster@example.com o'neill@example.com requester@example.com srs@example.com
"""


@pytest.mark.parametrize("address", _PROGRAMS.split())
def test_addresses_of_programs_are_known(address: str) -> None:
    """Lists, VERP, SRS and addresses that nobody reads belong to programs."""
    assert is_for_program(address)


@pytest.mark.parametrize("address", _PEOPLE.split())
def test_addresses_of_people_are_not_taken_for_programs(address: str) -> None:
    """A name that only resembles one of a program is a person's; so is a BATV-signed one."""
    assert not is_for_program(address)


def test_a_signature_is_taken_off() -> None:
    """Behind a BATV signature stands the local part."""
    assert strip_signature("prvs=1234abcdef=alice") == "alice"
    assert strip_signature("alice") == "alice"


@pytest.mark.parametrize(
    ("pattern", "matches"),
    [
        ("tickets@example.com", True),
        ("@example.com", True),
        ("t*@example.com", True),
        ("@other.example", False),
        ("ticket@example.com", False),
    ],
)
def test_operators_list_addresses(pattern: str, matches: bool) -> None:
    """A pattern is an address, a domain, or has stars."""
    assert is_listed("Tickets@Example.com", [pattern]) is matches


@pytest.mark.parametrize(
    ("domain", "own", "inside"),
    [
        ("example.com", "example.com", True),
        ("a.example.com", "example.com", False),
        ("a.example.com", ".example.com", True),
        ("example.com", ".example.com", False),
        ("badexample.com", ".example.com", False),
    ],
)
def test_own_domains_are_exact_unless_a_dot_stands_before(
    domain: str, own: str, inside: bool
) -> None:
    """Inside is who is in a named domain, or below one that has a leading dot."""
    assert is_within(domain, [own]) is inside
