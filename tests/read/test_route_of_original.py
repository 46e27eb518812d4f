"""The route: order, delays, skew, and when a system is met again."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retour.read.route import HOPS_MAX, find_repeats, read_route, system_of
from retour.wire.date import parse_date
from retour.wire.header import parse_headers
from retour.wire.received import Stamp


def stamps(*hosts: str) -> list[Stamp]:
    """Make stamps, oldest first, of ``host`` or ``host recipient``."""
    made = []
    for words in hosts:
        host, _, recipient = words.partition(" ")
        made.append(Stamp(None, host, "SMTP", None, None, recipient or None, None))
    return made


CHAINS = {
    "straight": (["a.one.example", "b.two.example", "c.three.example"], set()),
    "true loop": (["a.one.example", "b.two.example", "a.one.example", "b.two.example"], {2, 3}),
    "one host twice in a row": (["a.one.example", "a.one.example"], set()),
    "servers of one provider in a row": (
        ["a.one.example", "b.one.example", "c.one.example", "a.one.example"],
        set(),
    ),
    "second pass of a system on another host": (
        ["a.one.example", "b.two.example", "c.one.example"],
        set(),
    ),
    "third pass of a system": (
        ["a.one.example", "b.two.example", "c.one.example", "d.four.example", "e.one.example"],
        {4},
    ),
    "other envelope recipient": (
        ["a.one.example x@one.example", "b.two.example", "a.one.example y@one.example"],
        set(),
    ),
    "same envelope recipient in other letters": (
        ["a.one.example X@one.example", "b.two.example", "a.one.example x@one.example"],
        {2},
    ),
    "recipient stamped once only": (
        ["a.one.example x@one.example", "b.two.example", "a.one.example"],
        {2},
    ),
    "host name in capitals": (["A.one.example", "b.two.example", "a.ONE.example"], {2}),
    "names without a domain say nothing": (["localhost", "b.two.example", "localhost"], set()),
    "country domains": (["a.one.co.uk", "b.two.co.uk", "c.three.co.uk", "d.four.co.uk"], set()),
    "nothing": ([], set()),
}


@pytest.mark.parametrize("name", CHAINS)
def test_repeat_is_a_host_met_again_after_another_system(name: str) -> None:
    """Only what had passed the message on and takes it again is a repeat."""
    hosts, repeats = CHAINS[name]
    assert find_repeats(stamps(*hosts)) == repeats


@pytest.mark.parametrize(
    ("host", "system"),
    [
        ("mx.example.net", "example.net"),
        ("a.b.example.co.uk", "example.co.uk"),
        ("example.net", "example.net"),
        ("EX1.Corp.Example.COM.", "example.com"),
        ("mail.example.de", "example.de"),
    ],
)
def test_system_of_a_host(host: str, system: str) -> None:
    """A system is the domain under which its owner runs servers."""
    assert system_of(host) == system


HEADER = """\
Received: from b.two.example by c.three.example with ESMTPS id 3; 1 Mar 2026 10:00:12 +0100
Received: from a.one.example by b.two.example with ESMTP id 2; 1 Mar 2026 09:00:10 +0000
Received: from laptop by a.one.example with ESMTPSA id 1; 1 Mar 2026 10:00:02 +0100
Date: 1 Mar 2026 10:00:00 +0100"""


def test_route_is_told_oldest_first_with_delays() -> None:
    """Hops are numbered from the oldest; the first delay counts from the Date field."""
    route = read_route(parse_headers(HEADER), parse_date("1 Mar 2026 10:00:00 +0100"))
    assert [(hop.n, hop.by, hop.delay) for hop in route.hops] == [
        (1, "a.one.example", 2.0),
        (2, "b.two.example", 8.0),
        (3, "c.three.example", 2.0),
    ]
    assert route.complete
    assert not any(hop.repeated or hop.defects for hop in route.hops)


def test_clocks_that_disagree_and_missing_clauses_are_named() -> None:
    """A negative delay is skew; a stamp without date or host says so."""
    block = (
        "Received: (qmail 1 invoked by uid 89); 1 Mar 2026 09:00:00 +0100\n"
        "Received: from x by b.two.example with SMTP\n"
        "Received: from x by a.one.example; 1 Mar 2026 10:00:00 +0100"
    )
    hops = read_route(parse_headers(block), None).hops
    assert [hop.defects for hop in hops] == [(), ("no-date",), ("no-by", "clock-skew")]
    assert [hop.delay for hop in hops] == [None, None, -3600.0]


def test_route_without_header_is_empty_and_not_complete() -> None:
    """Nothing came back: "no server twice" would mean nothing."""
    assert read_route(None, None).hops == ()
    assert not read_route(None, None).complete
    assert not read_route(parse_headers("Subject: x"), None).complete


def test_route_beyond_the_bound_is_not_complete() -> None:
    """A chain that was cut proves nothing by what it lacks."""
    line = "Received: from a.one.example by b.two.example; 1 Mar 2026 10:00:00 +0100"
    route = read_route(parse_headers("\n".join([line] * (HOPS_MAX + 10))), None)
    assert len(route.hops) == HOPS_MAX
    assert not route.complete


@given(st.lists(st.sampled_from([f"h{n}.s{n % 3}.example" for n in range(6)]), max_size=12))
def test_doubling_a_chain_of_two_systems_is_always_a_repeat(hosts: list[str]) -> None:
    """A chain that is gone twice through two systems or more has a repeat."""
    doubled = find_repeats(stamps(*hosts, *hosts))
    if len({system_of(host) for host in hosts}) >= 2:
        assert doubled
    elif len({system_of(host) for host in hosts}) == 1:
        assert not doubled
