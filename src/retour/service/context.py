"""Looks up in a trail what a report is about, and lets the answer know."""

from collections.abc import Collection, Iterable
from dataclasses import replace
from datetime import datetime

from retour.analyse import weigh_context
from retour.model.analysis import Analysis
from retour.model.known import Reach
from retour.model.report import Report
from retour.model.story import Copy, Query, Story
from retour.service.explanation import ContextError
from retour.store import Store, StoreError
from retour.store.conditions import ANYWHERE
from retour.trail.assembly import is_same_system
from retour.trail.context import know
from retour.trail.mail import find_queue_id, find_sending_time
from retour.trail.origin import DAY_US, domain_of, find_sender, is_below
from retour.trail.return_path import is_signed, is_tagged, list_return_paths

_MONTH_US = 30 * DAY_US
_HOUR_US = DAY_US // 24
_QUEUED_US = 5 * DAY_US
_COPIES_MAX = 200
_SIGNED_MIN = 3
"""Signed messages that went out, without one that is not, before a bare return path is foreign."""


def add_context(store: Store, analysis: Analysis, domains: Collection[str] = ()) -> Analysis:
    """Return an answer that knows what a trail knows of the original.

    Args:
        store: the trail.
        analysis: from the mail alone.
        domains: those whose mail all goes out over systems of the trail; where none is named, they
            are inferred from it.

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
        reach = Reach() if story else _measure_reach(store, analysis, domains)
    except StoreError as error:
        raise ContextError(str(error)) from None
    return weigh_context(analysis, know(report, analysis.route, story, reach, queue_id))


def _find_story(store: Store, analysis: Analysis, queue_id: str | None) -> Story | None:
    """Find the original by Message-ID, queue id, envelope id, or the return path of the report."""
    report = analysis.report
    message_id = report.original.message_id if report.original else None
    if message_id and (story := store.read_named(message_id)):
        return story
    named = [(hop.id, hop.by) for hop in analysis.route.hops]
    reported_us = find_sending_time(analysis.raw)
    for name, host in [(queue_id, report.reporting_mta), *named]:
        if not name or not host:
            continue
        story = store.read_named(name, reported_us)
        if story and any(
            copy.queue_id == name and copy.system and is_same_system(copy.system, host)
            for copy in story.copies
        ):
            return story
    envelope_id = report.original.envelope_id if report.original else None
    if envelope_id and (story := store.read_named(envelope_id)):
        return story
    return find_by_return_path(store, report, list_return_paths(report))


def find_by_return_path(store: Store, report: Report, paths: Iterable[str]) -> Story | None:
    """Find the one message that bore a marked return path and was for a recipient of the report.

    Args:
        store: the trail.
        report: about that message.
        paths: to which the report came, lower case; those without a mark (BATV, VERP) count for
            nothing.

    Raises:
        StoreError: the trail cannot be read.
    """
    names = {
        name.lower()
        for recipient in report.recipients
        for name in (recipient.address, recipient.original_address)
        if name
    }
    found = {
        copy.message_id or str(copy.copy_id)
        for path in paths
        if is_tagged(path)
        for copy in _list_with_path(store, path)
        if names & {recipient.lower() for recipient in copy.recipients}
    }
    return store.read_named(found.pop()) if len(found) == 1 else None


def _list_with_path(store: Store, path: str) -> list[Copy]:
    """List the copies that bore exactly this return path."""
    found = store.find(Query(from_=path, limit=_COPIES_MAX))
    return [copy for copy in found if (copy.mail_from or "").lower() == path]


def _measure_reach(store: Store, analysis: Analysis, domains: Collection[str]) -> Reach:
    """Measure whether the trail would know the original, had it been sent over its systems."""
    report = analysis.report
    sender = find_sender(report) or ""
    domain, moment = domain_of(sender), find_moment(analysis)
    if not domain or moment is None:
        return Reach()
    at_us = round(moment.timestamp()) * 1_000_000
    before = Query(since_us=at_us - DAY_US, until_us=at_us, limit=1)
    after = Query(since_us=at_us, until_us=at_us + DAY_US, limit=1)
    if not (store.find(before) and store.find(after)):
        return Reach()
    span = Query(since_us=at_us - _MONTH_US, until_us=at_us + _MONTH_US, limit=_COPIES_MAX)
    sent = store.find(replace(span, from_=domain))
    out = [copy for copy in sent if _is_sent_out(copy, domain)]
    received = store.find(replace(span, to=domain))
    # A report may follow its original by days, and so may another message of the same two.
    before_us = _HOUR_US if analysis.route.hops else _QUEUED_US
    near = Query(since_us=at_us - before_us, until_us=at_us + _QUEUED_US, limit=1)
    # In a signed return path the sender's own address stands inside of the words.
    similar = any(
        store.find(replace(near, from_=f"{ANYWHERE}{sender}", to=recipient.address))
        for recipient in report.recipients[:10]
        if recipient.address
    )
    is_ours = any(is_below(domain, own.lower()) for own in domains)
    sends = bool(out) and (is_ours or any(_is_home(copy, domain) for copy in received))
    paths = [path for path in list_return_paths(report) if is_signed(path)]
    return Reach(
        sends=sends and (is_ours or not domains),
        covers=True,
        has_similar=similar,
        signs=len(out) >= _SIGNED_MIN and all(is_signed(copy.mail_from or "") for copy in out),
        gave_path=any(_list_with_path(store, path) for path in paths),
        systems=frozenset(copy.system for copy in sent + received if copy.system),
    )


def find_moment(analysis: Analysis) -> datetime | None:
    """Find when the original set out: its oldest stamp, for its Date field is its author's alone.

    Where it was not returned, the report came soon after, most often.
    """
    times = [hop.at for hop in analysis.route.hops if hop.at]
    return min(times) if times else analysis.report.date


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
