"""Whatever is claimed, an answer comes out that fits the contract."""

from claimed import NO_ROUTE, judge, original, recipient, route, said
from hypothesis import given, settings
from hypothesis import strategies as st

from retour.knowledge.load import load
from retour.model.report import Statement
from retour.model.route import Route

WORDS = st.one_of(
    st.text(max_size=80),
    st.sampled_from(
        [
            "550 5.1.1 User unknown",
            "554 5.4.6 Mail loop detected",
            "451 4.3.0 try again",
            "550 Duplicate message",
            "Message expired",
            "550",
            "5.4.6",
        ]
    ),
)
SPEAKERS = st.sampled_from(["remote", "reporter", "wrapper"])
PLACES = st.sampled_from(["delivery-status/1/Diagnostic-Code", "text/4", "text"])
STATEMENTS = st.lists(st.builds(said, WORDS, SPEAKERS, PLACES), max_size=4)
STATUS = st.sampled_from([None, "5.0.0", "5.1.1", "4.4.7", "5.4.6", "2.0.0", "9.9"])
ROUTES = st.sampled_from(
    [NO_ROUTE, route("a.example", "b.example"), route("a.example", "b.example", repeated=(2,))]
)


@settings(max_examples=200)
@given(
    STATEMENTS,
    STATUS,
    st.sampled_from(["failed", "delayed", None]),
    st.sampled_from([None, "mx.example.net"]),
    st.sampled_from([None, "ida@example.net", "@", "x"]),
    ROUTES,
    st.text(max_size=120),
)
def test_any_claims_give_a_diagnosis_within_the_contract(
    statements: list[Statement], status: str | None, action: str | None, remote: str | None,
    address: str | None, way: Route, header: str,
) -> None:  # fmt: skip
    """Closed values, confidences that add up to no more than one, evidence for what is said."""
    one = recipient(
        *statements, status_field=status, action=action, remote_mta=remote, address=address
    )
    found = judge(one, way, original=original(header), notice=header)
    assert found.cause in load().causes
    shares = [found.confidence, *(a.confidence for a in found.alternatives)]
    assert all(0 <= share <= 1 for share in shares)
    assert sum(shares) <= 1.001
    assert found.cause not in {a.cause for a in found.alternatives}
    assert (found.permanent is None) == (found.cause == "unknown")
    assert (found.retry == "automatic") == (found.outcome == "delayed")
