"""Analyses made by hand for the tests of the printers: one function a case, no reading involved."""

from dataclasses import replace
from datetime import datetime, timedelta, timezone

from retour.model.analysis import Analysis, ReplyAnalysis
from retour.model.defect import Defect
from retour.model.diagnosis import Alternative, Contradiction, Diagnosis, Evidence, Facts
from retour.model.reply import Reply
from retour.model.report import Original, Recipient, Report, Statement
from retour.model.route import Hop, Route
from retour.model.vocabulary import Action

CET = timezone(timedelta(hours=1))
SENT = datetime(2026, 3, 1, 10, 0, 0, tzinfo=CET)
LOOP_REPLY = Reply(554, "5.4.6", "5.4.6 Too many hops, mail loop detected")
HEADERS = """Received: from mail.example.com (192.0.2.10) by edge.example.com
\twith ESMTPS; Sun, 1 Mar 2026 10:00:03 +0100
From: Info <info@example.com>
To: sales@example.net
Subject: Offer for March
Date: Sun, 1 Mar 2026 10:00:00 +0100
Message-ID: <offer-1@example.com>
"""


def after(seconds: float) -> datetime:
    """Return a time some seconds after the message was written."""
    return SENT + timedelta(seconds=seconds)


def make_hop(n: int, giver: str, taker: str, seconds: float, delay: float) -> Hop:
    """Return an ordinary hop."""
    return Hop(
        n=n,
        from_=giver,
        by=taker,
        with_="ESMTPS",
        tls="TLSv1.3",
        id=f"q{n}",
        for_=None,
        at=after(seconds),
        delay=delay,
        repeated=False,
        defects=(),
    )


ROUTE = Route(
    (
        make_hop(1, "laptop.example.com", "mail.example.com", 1, 1.0),
        make_hop(2, "mail.example.com", "edge.example.com", 3, 2.0),
    ),
    complete=True,
)
ORIGINAL = Original(
    message_id="<offer-1@example.com>",
    from_="info@example.com",
    to=("sales@example.net",),
    cc=(),
    subject="Offer for March",
    date=SENT,
    envelope_id=None,
    returned="headers",
    header_block=HEADERS,
)


def make_recipient(
    address: str | None,
    reply: Reply | None,
    *,
    remote: str | None = "mx.example.net",
    action: Action | None = "failed",
) -> Recipient:
    """Return the claims about one recipient, as a server that speaks for itself would make them."""
    words = f"{reply.code or ''} {reply.text}".strip() if reply else ""
    return Recipient(
        address=address,
        original_address=None,
        action=action,
        status=reply.status if reply else None,
        status_field=reply.status if reply else None,
        reply=reply,
        remote_mta=remote,
        phase="rcpt" if reply else None,
        last_attempt_at=after(9) if reply else None,
        will_retry_until=None,
        statements=(Statement("remote", "delivery-status/1/Diagnostic-Code", words, reply),)
        if reply
        else (),
    )


def make_diagnosis(cause: str, quote: str, rule: str, **changes: object) -> Diagnosis:
    """Return a sure diagnosis of a refusal at the recipient's gateway, changed as wanted."""
    diagnosis = Diagnosis(
        cause=cause,
        confidence=0.97,
        outcome="not-delivered",
        permanent=True,
        retry="no",
        actor="sender",
        scope="address",
        stopped_at="recipient-gateway",
        rejected_by="mx.example.net",
        facts=Facts(),
        evidence=(
            Evidence("remote", "delivery-status/1/Diagnostic-Code", quote, cause, rule, "decisive"),
        ),
        contradictions=(),
        alternatives=(),
    )
    return replace(diagnosis, **changes)  # type: ignore[arg-type]


def make_analysis(
    recipients: tuple[Recipient, ...],
    diagnoses: tuple[Diagnosis | None, ...],
    *,
    route: Route = ROUTE,
    original: Original | None = ORIGINAL,
    backscatter: bool | None = None,
    **changes: object,
) -> Analysis:
    """Return an analysis of a Postfix failure notice, changed as wanted."""
    report = Report(
        kind="failure",
        producer="postfix",
        language="en",
        subject="Undelivered Mail Returned to Sender",
        date=after(9),
        reporting_mta="edge.example.com",
        recipients=recipients,
        original=original,
        notice="I'm sorry to have to inform you.",
        headers="Subject: Undelivered Mail Returned to Sender\n",
        defects=(),
    )
    return Analysis(replace(report, **changes), route, diagnoses, backscatter)  # type: ignore[arg-type]


def second_copy() -> Analysis:
    """The flagship: a false loop claim, one pass, and a sign of a second copy."""
    diagnosis = make_diagnosis(
        "duplicate-refused",
        "mail loop detected",
        "generic/loop",
        confidence=0.86,
        outcome="probably-delivered",
        actor="nobody",
        scope="message",
        evidence=(
            Evidence(
                "hops",
                "route",
                "List-Id beside a direct address",
                "duplicate-refused",
                "hops/second-way",
                "decisive",
            ),
            Evidence(
                "remote",
                "delivery-status/1/Diagnostic-Code",
                "mail loop detected",
                "routing-loop",
                "generic/loop",
                "weak",
            ),
        ),
        contradictions=(
            Contradiction(
                "mail loop detected",
                "2 hops: mail.example.com, edge.example.com",
                "loop-without-circle",
            ),
            Contradiction(
                "wasn't found at example.net",
                "554 5.4.6 Too many hops",
                "headline-against-reply",
            ),
        ),
        alternatives=(Alternative("routing-loop", 0.1), Alternative("misconfigured", 0.03)),
    )
    recipient = replace(
        make_recipient("sales@example.net", LOOP_REPLY), last_attempt_at=None, phase=None
    )
    return make_analysis(
        (recipient,),
        (diagnosis,),
        producer="exchange-online",
        subject="Undeliverable: Offer for March",
    )


def second_copy_without_sign() -> Analysis:
    """The twin without any sign of a second copy: careful words."""
    analysis = second_copy()
    diagnosis = analysis.diagnoses[0]
    assert diagnosis
    careful = replace(
        diagnosis, confidence=0.55, outcome="unknown", evidence=diagnosis.evidence[1:]
    )
    return replace(analysis, diagnoses=(careful,))


def true_loop() -> Analysis:
    """The twin whose chain proves the loop."""
    back = replace(make_hop(3, "relay.example.net", "mail.example.com", 4, 1.0), repeated=True)
    again = replace(make_hop(4, "mail.example.com", "edge.example.com", 3, -1.0), repeated=True)
    diagnosis = make_diagnosis(
        "routing-loop",
        "mail loop detected",
        "generic/loop",
        actor="recipient-admin",
        scope="system",
        stopped_at="in-transit",
    )
    return make_analysis(
        (make_recipient("sales@example.net", LOOP_REPLY),),
        (diagnosis,),
        route=Route((*ROUTE.hops, back, again), complete=True),
    )


def user_unknown() -> Analysis:
    """An address with a mistyped domain part that has a likely right spelling."""
    reply = Reply(550, "5.1.1", "5.1.1 <slaes@example.net>: user unknown")
    diagnosis = make_diagnosis(
        "user-unknown",
        "user unknown",
        "phrase/user-unknown",
        facts=Facts(suggested_address="sales@example.net"),
        alternatives=(Alternative("mailbox-disabled", 0.01),),
    )
    return make_analysis((make_recipient("slaes@example.net", reply),), (diagnosis,))


def mailbox_full_delay() -> Analysis:
    """A delay notice: the mailbox is full, the system still tries."""
    reply = Reply(452, "4.2.2", "4.2.2 Mailbox full")
    recipient = replace(
        make_recipient("sales@example.net", reply, action="delayed"),
        will_retry_until=after(4 * 86400),
        last_attempt_at=after(4 * 3600),
    )
    diagnosis = make_diagnosis(
        "mailbox-full",
        "Mailbox full",
        "phrase/mailbox-full",
        outcome="delayed",
        permanent=False,
        retry="automatic",
        actor="recipient",
        stopped_at="recipient-mailbox",
    )
    return make_analysis((recipient,), (diagnosis,), kind="delay", date=after(4 * 3600 + 2))


def dmarc_failure() -> Analysis:
    """A refusal for the policy of the sender's own domain, with a page that the remote names."""
    reply = Reply(
        550,
        "5.7.26",
        "5.7.26 Unauthenticated email from example.com is not accepted due to domain's DMARC "
        "policy. See https://support.google.com/mail/answer/2451690 - gsmtp",
    )
    diagnosis = make_diagnosis(
        "dmarc-failed",
        "not accepted due to domain's DMARC policy",
        "google/dmarc",
        actor="sender-admin",
        retry="after-fix",
        scope="sender",
        facts=Facts(ip="192.0.2.10", url="https://support.google.com/mail/answer/2451690"),
        alternatives=(Alternative("authentication-failed", 0.02),),
    )
    return make_analysis((make_recipient("sales@example.net", reply),), (diagnosis,))


def different_fates() -> Analysis:
    """One notice, six recipients, four fates; two and two fared alike."""
    unknown = Reply(550, "5.1.1", "5.1.1 user unknown")
    full = Reply(452, "4.2.2", "4.2.2 Mailbox full")
    unknown_diagnosis = make_diagnosis("user-unknown", "user unknown", "phrase/user-unknown")
    full_diagnosis = make_diagnosis(
        "mailbox-full",
        "Mailbox full",
        "phrase/mailbox-full",
        outcome="delayed",
        permanent=False,
        retry="automatic",
        actor="recipient",
        stopped_at="recipient-mailbox",
    )
    return make_analysis(
        (
            make_recipient("ann@example.net", unknown),
            make_recipient("ben@example.net", None, action="delivered"),
            make_recipient("cem@example.net", full, action="delayed"),
            make_recipient("dee@example.net", unknown),
            make_recipient("eve@example.net", None, action="delivered"),
            make_recipient("list@example.net", None, action="expanded"),
        ),
        (unknown_diagnosis, None, full_diagnosis, unknown_diagnosis, None, None),
        kind="mixed",
    )


def success() -> Analysis:
    """A confirmation of delivery."""
    recipient = make_recipient("sales@example.net", None, action="delivered")
    return make_analysis(
        (recipient,), (None,), kind="success", subject="Successful Mail Delivery Report"
    )


def auto_reply() -> Analysis:
    """An absence note."""
    return make_analysis(
        (), (), kind="auto-reply", producer=None, original=None, route=Route((), False)
    )


def backscatter() -> Analysis:
    """A notice about a message that the reader never sent."""
    return replace(user_unknown(), backscatter=True)


def moved(*, verified: bool = False) -> Analysis:
    """A reply that names a new address and a page."""
    reply = Reply(551, "5.1.6", "5.1.6 moved to new@example.org, see http://evil.example/")
    diagnosis = make_diagnosis(
        "mailbox-moved",
        "moved to new@example.org",
        "phrase/moved",
        facts=Facts(new_address="new@example.org", url="http://evil.example/"),
    )
    known = False if verified else None
    return make_analysis(
        (make_recipient("sales@example.net", reply),), (diagnosis,), backscatter=known
    )


ESCAPES = (
    "\x1b[2J\x1b]8;;http://evil.example/\x07click\x1b]8;;\x07\x9b31m\u202egnp.exe\u2066\x00\r\b"
)
MARKUP = "[bold red]PAID[/bold red][link=http://evil.example/]x[/link] :boom: {recipient} \\[/]"


def hostile() -> Analysis:
    """Foreign text that tries to steer the terminal, the markup, the templates and the shell."""
    evil = f"{ESCAPES}{MARKUP}\n\nWhat to do now\n  1. Pay."
    reply = Reply(550, "5.1.1", f"5.1.1 {evil}" + "A" * 5000)
    recipient = replace(
        make_recipient(f"x{evil};$(reboot)@ex;rm -rf ~;.net", reply, remote=f"mx{ESCAPES}[/]"),
        original_address=f"orig{evil}",
    )
    diagnosis = make_diagnosis(
        "user-unknown",
        evil,
        "phrase/user-unknown",
        rejected_by=f"mx{ESCAPES}[/]",
        facts=Facts(ip="1.2.3.4;reboot", url=f"javascript:{evil}", suggested_address=f"s{evil}@x"),
        contradictions=(Contradiction(evil, evil, "wrapper-against-reply"),),
    )
    hop = replace(make_hop(1, evil, evil, 1, 1.0), with_=evil, tls=evil)
    return make_analysis(
        (recipient,),
        (diagnosis,),
        route=Route((hop,), complete=True),
        reporting_mta=evil,
        subject=evil,
        original=replace(
            ORIGINAL,
            subject=evil,
            from_=f"{evil}@a;b",
            header_block=f"Subject: {evil}\nX: \x1b[31m\n",
        ),
        defects=(Defect("nul-bytes", "part/1", evil),),
    )


def reply_answer() -> ReplyAnalysis:
    """What `explain_reply` says about one loop reply."""
    diagnosis = make_diagnosis(
        "routing-loop",
        "mail loop detected",
        "generic/loop",
        confidence=0.7,
        actor="recipient-admin",
        rejected_by=None,
        alternatives=(Alternative("duplicate-refused", 0.2),),
    )
    text = f"{LOOP_REPLY.code} {LOOP_REPLY.text}"
    return ReplyAnalysis(text, LOOP_REPLY, "Routing loop detected", diagnosis)


SAMPLES = {
    "second-copy": second_copy,
    "second-copy-without-sign": second_copy_without_sign,
    "true-loop": true_loop,
    "user-unknown": user_unknown,
    "mailbox-full-delay": mailbox_full_delay,
    "dmarc-failure": dmarc_failure,
    "different-fates": different_fates,
    "success": success,
    "auto-reply": auto_reply,
    "backscatter": backscatter,
    "moved": moved,
    "hostile": hostile,
}
"""All cases by name."""
