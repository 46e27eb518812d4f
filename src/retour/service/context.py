"""Looks up in a trail what a report is about, and lets the answer know."""

from dataclasses import replace
from datetime import datetime

from retour.analyse import weigh_context
from retour.model.analysis import Analysis
from retour.model.known import Reach
from retour.model.story import Copy, Query, Story
from retour.service.explanation import ContextError
from retour.store import Store, StoreError
from retour.trail.assembly import is_same_system
from retour.trail.context import know
from retour.trail.mail import find_queue_id
from retour.trail.origin import DAY_US, domain_of

_WEEKS_US = 30 * DAY_US
_HOUR_US = DAY_US // 24
_COPIES_MAX = 200


def add_context(store: Store, analysis: Analysis) -> Analysis:
    """Return an answer that knows what a trail knows of the original.

    Args:
        store: the trail.
        analysis: from the mail alone.

    Raises:
        ContextError: the trail cannot be read; one sentence.
    """
    report = analysis.report
    if not report.recipients:
        return analysis
    original = report.original
    queue_id = find_queue_id(analysis.raw, original.header_block if original else "")
    try:
        story = _find_story(store, analysis, queue_id)
        reach = Reach() if story else _measure_reach(store, analysis)
    except StoreError as error:
        raise ContextError(str(error)) from None
    return weigh_context(analysis, know(report, analysis.route, story, reach, queue_id))


def _find_story(store: Store, analysis: Analysis, queue_id: str | None) -> Story | None:
    """Find the original by Message-ID, else by a queue id at the host that gave it."""
    report = analysis.report
    message_id = report.original.message_id if report.original else None
    if message_id and (story := store.read_named(message_id)):
        return story
    named = [(hop.id, hop.by) for hop in analysis.route.hops]
    for name, host in [(queue_id, report.reporting_mta), *named]:
        if not name or not host:
            continue
        story = store.read_named(name)
        if story and any(
            copy.queue_id == name and copy.system and is_same_system(copy.system, host)
            for copy in story.copies
        ):
            return story
    return None


def _measure_reach(store: Store, analysis: Analysis) -> Reach:
    """Measure whether the trail would know the original, had it been sent over its systems."""
    report = analysis.report
    sender = (report.original.from_ if report.original else None) or ""
    domain, moment = domain_of(sender), _find_moment(analysis)
    if not domain or moment is None:
        return Reach()
    at_us = round(moment.timestamp()) * 1_000_000
    before = Query(since_us=at_us - DAY_US, until_us=at_us, limit=1)
    after = Query(since_us=at_us, until_us=at_us + DAY_US, limit=1)
    if not (store.find(before) and store.find(after)):
        return Reach()
    span = Query(since_us=at_us - _WEEKS_US, until_us=at_us + _WEEKS_US, limit=_COPIES_MAX)
    sent = store.find(replace(span, from_=domain))
    out = [copy for copy in sent if _is_sent_out(copy, domain)]
    received = store.find(replace(span, to=domain))
    near = Query(since_us=at_us - _HOUR_US, until_us=at_us + 5 * DAY_US, limit=1)
    similar = any(
        store.find(replace(near, from_=sender, to=recipient.address))
        for recipient in report.recipients[:10]
        if recipient.address
    )
    return Reach(
        sends=bool(out) and any(_is_home(copy, domain) for copy in received),
        covers=True,
        has_similar=similar,
        systems=frozenset(copy.system for copy in sent + received if copy.system),
    )


def _find_moment(analysis: Analysis) -> datetime | None:
    """Find when the original set out: its oldest stamp; its Date field is its author's alone."""
    times = [hop.at for hop in analysis.route.hops if hop.at]
    return min(times) if times else None


def _is_sent_out(copy: Copy, domain: str) -> bool:
    """Say whether a domain's copy was handed on to another domain, and not as a forward."""
    return domain_of(copy.mail_from or "") == domain and any(
        attempt.outcome == "relayed"
        and domain_of(attempt.original_recipient or attempt.recipient) != domain
        for attempt in copy.hand_overs
    )


def _is_home(copy: Copy, domain: str) -> bool:
    """Say whether a copy was put into a mailbox of a domain."""
    return any(
        attempt.outcome == "delivered"
        and domain in (domain_of(attempt.recipient), domain_of(attempt.original_recipient or ""))
        for attempt in copy.hand_overs
    )
