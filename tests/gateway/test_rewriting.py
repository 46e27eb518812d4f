"""Whether a report is rewritten, for whom, and in which language."""

import email
import hashlib
import hmac
from dataclasses import replace

import pytest
from sample_report import RAW, with_kind

import retour
from retour.gateway.rewriting import (
    Decision,
    Envelope,
    Policy,
    Reason,
    choose_language,
    choose_scope,
    decide,
    screen_envelope,
    screen_header,
)
from retour.model.analysis import Analysis
from retour.wire.mark import join
from retour.wire.mime import parse_mime

_TODAY = 20_416
_POLICY = Policy(domains=("home.test",))
_HEADER = RAW.partition(b"\r\n\r\n")[0] + b"\r\n\r\n"
_OWN = Envelope(("alice@home.test",), is_own=True)
_FOREIGN = Envelope(("alice@home.test",), is_own=False)


@pytest.mark.parametrize(
    ("recipients", "reason"),
    [
        (("alice@home.test",), None),
        ((), "no-recipient"),
        (("list-bounces@home.test",), "program-recipient"),
        (("alice@home.test", "SRS0=a=b=c.test=d@home.test"), "program-recipient"),
        (("tickets@home.test",), "listed-recipient"),
        (("bob@crm.test",), "listed-recipient"),
    ],
)
def test_the_envelope_alone_keeps_programs_reports(
    recipients: tuple[str, ...], reason: Reason | None
) -> None:
    """Reports to programs and to listed addresses stay as they are, whatever is in them."""
    policy = Policy(never_to=("tickets@home.test", "@crm.test"))
    assert screen_envelope(Envelope(recipients, is_own=True), policy) == reason


@pytest.mark.parametrize(
    ("field", "rewrite_signed", "reason"),
    [
        (b"", False, None),
        (b"DKIM-Signature: v=1; b=x\r\n", False, "signed"),
        (b"dkim-signature: v=1;\r\n b=x\r\n", False, "signed"),
        (b"DKIM-Signature: v=1; b=x\r\n", True, None),
        (b"X-Note: DKIM-Signature: no\r\n", False, None),
        (b"Retour-Analysis: 0.1.0; sha256=0\r\n", False, "marked"),
        (b"Retour-Analysis: anything\r\n", True, "marked"),
    ],
)
def test_marks_and_signatures_keep_a_report(
    field: bytes, rewrite_signed: bool, reason: Reason | None
) -> None:
    """Our mark always, a signature unless the operator says otherwise."""
    policy = Policy(rewrite_signed=rewrite_signed)
    assert screen_header(field + _HEADER, policy) == reason


def _decide(raw: bytes, envelope: Envelope, verified: bool | None = None) -> Decision:
    return decide(raw, envelope, _POLICY, today=_TODAY, verify=lambda *_: verified)


@pytest.mark.parametrize(
    ("action", "envelope", "verified", "verdict", "reason"),
    [
        ("failed", _OWN, None, "rewritten", "report"),
        ("delayed", _OWN, None, "rewritten", "report"),
        ("delivered", _OWN, None, "unchanged", "kind"),
        ("relayed", _OWN, None, "unchanged", "kind"),
        ("failed", _FOREIGN, True, "rewritten", "report"),
        ("failed", _FOREIGN, None, "unchanged", "unverified"),
        ("failed", _FOREIGN, False, "unchanged", "unverified"),
    ],
)
def test_only_failures_and_delays_that_are_ours_or_verified_are_rewritten(
    action: str, envelope: Envelope, verified: bool | None, verdict: str, reason: str
) -> None:
    """Own reports about trouble always, foreign ones where we sent the original."""
    decision = _decide(with_kind(action), envelope, verified)
    assert (decision.verdict, decision.reason) == (verdict, reason)
    assert bool(decision.raw) == (verdict == "rewritten")


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\r\n",
        b"From: a@home.test\r\nSubject: holiday\r\nAuto-Submitted: auto-replied\r\n\r\nAway.\r\n",
        b"\x00\xff" * 500,
        b"Subject: hello\r\n\r\nAn ordinary mail with a null sender.\r\n",
    ],
)
def test_what_is_no_report_stays(raw: bytes) -> None:
    """A null sender does not make a report."""
    assert _decide(raw, _OWN).reason == "kind"


def test_a_report_stays_that_would_be_too_large_when_rewritten() -> None:
    """The limit holds for what the server has to take, too: it would fail what is above its own."""
    new = decide(RAW, _OWN, _POLICY, today=_TODAY)
    assert new.verdict == "rewritten"
    assert len(RAW) < len(new.raw)
    tight = replace(_POLICY, size_max_bytes=len(new.raw) - 1)
    assert decide(RAW, _OWN, tight, today=_TODAY).reason == "too-large"


def test_without_a_trail_nothing_foreign_is_verified() -> None:
    """Where nobody can be asked, a foreign report passes as it is."""
    decision = decide(RAW, _FOREIGN, _POLICY, today=_TODAY)
    assert (decision.reason, decision.verified) == ("unverified", None)


def test_a_signed_return_path_verifies_a_report() -> None:
    """A BATV signature of ours in the recipient needs no trail; a wrong one is no proof."""
    head = f"0{_TODAY % 1000:03}"
    digest = hmac.new(b"k", (head + "alice@home.test").encode(), hashlib.sha1).hexdigest()
    policy = Policy(domains=("home.test",), batv_keys=("k",))
    for signature, verdict in ((digest[:6], "rewritten"), ("000000", "unchanged")):
        envelope = Envelope((f"prvs={head}{signature}=alice@home.test",), is_own=False)
        assert decide(RAW, envelope, policy, today=_TODAY).verdict == verdict


def test_the_new_mail_holds_the_report_as_it_came() -> None:
    """What goes out reads as our report, and Retour finds the old bytes in it."""
    new = _decide(RAW, _OWN).raw
    joined = join(parse_mime(new.decode("latin-1").replace("\r\n", "\n"))[0])
    assert joined is not None
    assert joined.is_intact
    assert retour.explain(new).diagnoses == retour.explain(RAW).diagnoses
    assert b"\n" not in new.replace(b"\r\n", b"")


@pytest.mark.parametrize(
    ("recipients", "scope"),
    [
        (("alice@home.test",), "internal"),
        (("alice@HOME.test",), "internal"),
        (("alice@away.test",), "external"),
        (("alice@home.test", "bob@away.test"), "external"),
    ],
)
def test_the_scope_follows_the_envelope_recipient(recipients: tuple[str, ...], scope: str) -> None:
    """One recipient outside is enough for the report for outsiders."""
    assert choose_scope(Envelope(recipients, is_own=True), _POLICY) == scope


def test_an_outsider_is_told_no_hosts() -> None:
    """Our words for a reader outside name neither next hop nor its words."""
    outside = Envelope(("alice@away.test",), is_own=True)
    text, _, rest = _decide(RAW, outside).raw.partition(b"message/rfc822")
    assert b"mx.away.test" not in text
    assert b"mx.away.test" in rest  # the report itself says it, as it did without us


@pytest.mark.parametrize(
    ("address", "original", "language"),
    [
        ("alice@home.test", "", "fr"),
        ("BOB@home.test", "", "de"),
        ("carol@sub.home.test", "", "es"),
        ("dave@away.test", "", "auto"),
        ("dave@away.test", "X-Language: de-CH, en", "de-CH"),
        ("dave@away.test", "X-Language: xx-unknown", "auto"),
        ("alice@home.test", "X-Language: de", "fr"),
    ],
)
def test_the_language_follows_map_then_header_then_setting(
    address: str, original: str, language: str
) -> None:
    """Address, domain, domains above, then the field, then the setting."""
    policy = Policy(
        languages={"bob@home.test": "de", "home.test": "fr", ".home.test": "es"},
        language_header="X-Language",
    )
    raw = RAW.replace(b"Subject: Hello", f"Subject: Hello\r\n{original}".encode().rstrip())
    envelope = Envelope((address,), is_own=True)
    assert choose_language(retour.explain(raw), envelope, policy) == language


def test_an_error_of_the_trail_comes_out() -> None:
    """Whoever asks must know that the trail could not be asked: the message passes then."""

    def fail(*_: object) -> bool | None:
        raise OSError("no database")

    with pytest.raises(OSError, match="no database"):
        decide(RAW, _FOREIGN, _POLICY, today=_TODAY, verify=fail)


def test_an_operator_may_have_unverified_reports_rewritten_with_a_banner() -> None:
    """The first thing that is said is that nobody could verify it; a verified one has no banner."""
    policy = replace(_POLICY, with_banner=True, language="en")
    forged = decide(RAW, _FOREIGN, policy, today=_TODAY)
    assert (forged.verdict, forged.reason) == ("rewritten", "unverified")
    assert b"Nobody here could verify this notice" in forged.raw
    genuine = decide(RAW, _FOREIGN, policy, today=_TODAY, verify=lambda *_: True)
    assert b"could verify" not in genuine.raw


def test_a_report_is_rewritten_with_what_the_trail_knows() -> None:
    """What the trail adds is in the words; nothing is asked about reports that stay as they are."""
    asked: list[Analysis] = []

    def weigh(analysis: Analysis) -> Analysis:
        asked.append(analysis)
        return replace(analysis, diagnoses=retour.explain(with_kind("delayed")).diagnoses)

    decision = decide(RAW, _OWN, _POLICY, today=_TODAY, weigh=weigh)
    assert len(asked) == 1
    assert decision.causes == tuple(
        found.cause for found in retour.explain(with_kind("delayed")).diagnoses if found
    )
    decide(RAW, _FOREIGN, _POLICY, today=_TODAY, weigh=weigh)
    assert len(asked) == 1


def test_links_lead_to_the_operators_pages_for_readers_inside() -> None:
    """Who has pages on codes and causes is led there; a reader outside learns of no such server."""
    policy = replace(_POLICY, pages="https://retour.home.test")
    inside = decide(RAW, _OWN, policy, today=_TODAY).raw
    assert b"https://retour.home.test/causes/user-unknown" in _read_texts(inside)
    outside = decide(RAW, Envelope(("bob@away.test",), is_own=True), policy, today=_TODAY).raw
    assert b"retour.home.test" not in _read_texts(outside)


def _read_texts(raw: bytes) -> bytes:
    message = email.message_from_bytes(raw)
    parts = (part.get_payload(decode=True) for part in message.walk())
    return b"".join(part for part in parts if isinstance(part, bytes))
