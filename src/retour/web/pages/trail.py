"""Search the trail, and tell the story of a message."""

from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from typing import get_args
from urllib.parse import urlencode

from fastapi import APIRouter, HTTPException
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import Response

from retour.analyse import explain_reply
from retour.model.story import Copy, Delivery, Query, Story
from retour.model.trail import HandOverOutcome
from retour.model.vocabulary import VERDICTS, TroubleKind
from retour.rendering.chart import draw_span
from retour.rendering.trail import ListRow, Teller
from retour.service.copies import list_repetitions
from retour.service.moment import parse_moment
from retour.service.trail import answer, look_up_name
from retour.web.access import Helpdesk
from retour.web.naming import say_cause, say_narrowing
from retour.web.page import Text, render_page, text_of
from retour.web.site import site_of

router = APIRouter(include_in_schema=False)
FIELDS = ("from", "to", "subject", "since", "until", "status")
EXPERT_FIELDS = ("message_id", "queue_id", "peer")
"""What a caller on the telephone does not know."""
MORE_FIELDS = ("trouble", "cause", "actor", "failed_to", "check_over_ms", "check_max_ms")
"""What links of the overview ask."""
_PAGE = 50
_TEXT_MAX = 300
_ID_MAX = 2**63 - 1
_DIGITS_MAX = 9
"""Of a length of time in milliseconds."""
_REPEATED_MAX = 100
_SLOW_US = 60_000_000
"""A way from one system to the next that is marked as slow."""
_WITHOUT = ("not-delivered", "delayed")
_REPLIES_MAX = 50
"""Of a message to many, so many recipients' replies are put into words."""
_KINDS: tuple[TroubleKind, ...] = get_args(TroubleKind)


@router.get("/trail")
def search(request: Request, person: Helpdesk) -> Response:
    """Show the fields, and what they find."""
    asked = {
        name: value
        for name in (*FIELDS, *EXPERT_FIELDS, *MORE_FIELDS)
        if (value := request.query_params.get(name, "").strip()[:_TEXT_MAX])
        and (not name.endswith("_ms") or _is_length(value))
    }
    text = text_of(request)
    try:
        query = _read_query(asked, request.query_params.get("before", ""))
    except ValueError as error:
        return _show_search(request, asked, problem=str(error))
    site = site_of(request)
    copies = site.store.find(query)
    site.audit.record(request, person, "trail searched", query=asked, found=len(copies))
    teller = Teller(text.wording, datetime.now(UTC), UTC)
    rows = [(copy.copy_id, teller.list_row(copy), _choose_tone(copy)) for copy in copies]
    following = ""
    if len(copies) == query.limit:
        following = f"/trail?{urlencode({**asked, 'before': str(copies[-1].copy_id)})}"
    first = f"/trail?{urlencode(asked)}" if query.before is not None else ""
    return _show_search(request, asked, rows=rows, following=following, first=first)


def _is_length(value: str) -> bool:
    return value.isascii() and value.isdecimal() and len(value) <= _DIGITS_MAX


def _show_search(
    request: Request,
    asked: Mapping[str, str],
    *,
    problem: str = "",
    rows: Sequence[tuple[int, ListRow, str]] = (),
    following: str = "",
    first: str = "",
) -> Response:
    return render_page(
        request,
        "search.html",
        status=422 if problem else 200,
        asked=asked,
        problem=problem,
        fields=FIELDS,
        expert=EXPERT_FIELDS,
        ends=get_args(HandOverOutcome),
        more=[
            (name, say_narrowing(text_of(request), asked, name))
            for name in MORE_FIELDS
            if name in asked
        ],
        rows=rows,
        following=following,
        first=first,
    )


def _read_query(asked: Mapping[str, str], before: str) -> Query:
    """Read what is looked for.

    Raises:
        ValueError: a moment makes no sense; its text is the field's name.
    """
    trouble = asked.get("trouble")
    return Query(
        from_=asked.get("from"),
        to=asked.get("to"),
        subject=asked.get("subject"),
        message_id=asked.get("message_id"),
        peer=asked.get("peer"),
        queue_id=asked.get("queue_id"),
        status=asked.get("status"),
        since_us=_read_moment(asked, "since"),
        until_us=_read_moment(asked, "until"),
        trouble=next((kind for kind in _KINDS if kind == trouble), None),
        cause=asked.get("cause"),
        actor=asked.get("actor"),
        failed_to=asked.get("failed_to"),
        check_over_ms=_read_length(asked, "check_over_ms"),
        check_max_ms=_read_length(asked, "check_max_ms"),
        before=int(before) if before.isdecimal() and len(before) < 20 else None,
        limit=_PAGE,
    )


def _read_length(asked: Mapping[str, str], name: str) -> int | None:
    return int(asked[name]) if name in asked else None


def _read_moment(asked: Mapping[str, str], name: str) -> int | None:
    if name not in asked:
        return None
    try:
        return parse_moment(asked[name], datetime.now(UTC), is_end=name == "until")
    except (ValueError, OverflowError):
        raise ValueError(name) from None


@dataclass(frozen=True, slots=True)
class Station:
    """One copy of a message on its way.

    Attributes:
        copy_id: its number.
        at: when it came.
        system: who took it.
        queue_id: its name there.
        way: how long it took since the one before it ended; empty for the first.
        is_slow: whether that is much.
        stay: how long the system had it.
        lane: its time as a picture.
        is_report: it is a report about the message.
    """

    copy_id: int
    at: str
    system: str
    queue_id: str
    way: str
    is_slow: bool
    stay: str
    lane: Markup
    is_report: bool


@router.get("/trail/message")
def show(request: Request, person: Helpdesk, id: str = "") -> Response:  # noqa: A002 - of the address
    """Tell what the trail knows of one message."""
    name = id.strip()[:2000]
    if not name:
        raise HTTPException(404)
    site = site_of(request)
    [found] = answer(site.store, [name], look_up=look_up_name)
    site.audit.record(request, person, "story read", message=name, known=found.story is not None)
    text = text_of(request)
    teller = Teller(text.wording, datetime.now(UTC), UTC)
    if found.story is None:
        return render_page(request, "story.html", status=404, asked=name, story=None)
    story = found.story
    summary = teller.say_summary(story, found.deliveries)
    outcomes = set() if story.is_cut else {one.outcome for one in found.deliveries}
    own = [copy for copy in story.copies if copy.copy_id not in story.report_copies]
    subject = next((copy.subject for copy in own if copy.subject), None)
    return render_page(
        request,
        "story.html",
        asked=name,
        story=story,
        message_id=found.message_id,
        subject=subject,
        sender=next((copy.mail_from for copy in own if copy.mail_from is not None), None),
        summary=summary,
        state=_choose_state(outcomes),
        deliveries=[(one, teller.say_delivery(one, story)) for one in found.deliveries],
        stations=_list_stations(story, teller, text),
        events=[(teller.say_stamp(event.at_us), event) for event in teller.list_events(story)],
        reports=[copy for copy in story.copies if copy.copy_id in story.report_copies],
        copies=[copy for copy in own if copy.queue_id is not None],
        claims=story.claims,
        reasons=_list_reasons(found.deliveries, text),
        rest=_find_rest(found.message_id, story),
    )


def _choose_tone(copy: Copy) -> str:
    """Return the state whose colours a row's word has; its last attempt says it."""
    outcome = copy.hand_overs[-1].outcome if copy.hand_overs else ""
    if not outcome:
        return "stopped" if copy.refusals else "waiting"
    if outcome == "deferred":
        return "waiting"
    return {"good": "passed", "bad": "stopped", "even": "maybe"}[_mark(outcome)]


def _list_reasons(deliveries: Iterable[Delivery], text: Text) -> list[tuple[str, str]]:
    """Return why recipients did not get it: causes, each with its words for people."""
    replies = [one.reply for one in deliveries if one.reply and one.outcome in _WITHOUT]
    causes = dict.fromkeys(explain_reply(reply).diagnosis.cause for reply in replies[:_REPLIES_MAX])
    said = ((cause, say_cause(cause, text.wording.language)) for cause in causes)
    return [(cause, words) for cause, words in said if words and cause != "unknown"]


def _find_rest(message_id: str | None, story: Story) -> str:
    """Return where the copies are that a story has no room for."""
    if message_id:
        return f"/trail?{urlencode({'message_id': message_id})}"
    return f"/trail/message?{urlencode({'id': story.copies[-1].copy_id})}"


def _choose_state(outcomes: Set[str]) -> str:
    """Return the state whose colours the answer has."""
    if outcomes <= {"delivered"} and outcomes:
        return "passed"
    if "not-delivered" in outcomes:
        return "stopped"
    if "delayed" in outcomes:
        return "waiting"
    return "maybe"


def _list_stations(story: Story, teller: Teller, text: Text) -> list[Station]:
    """Lay the copies of a message on one line of time."""
    begin = min(copy.first_us for copy in story.copies)
    length = max(max(copy.last_us for copy in story.copies) - begin, 1)
    stations = []
    ended: int | None = None
    for copy in sorted(story.copies, key=lambda one: (one.first_us, one.copy_id)):
        way_us = None if ended is None else copy.first_us - ended
        marks = [
            ((attempt.at_us - begin) / length, _mark(attempt.outcome))
            for attempt in copy.hand_overs[:200]
        ]
        stations.append(
            Station(
                copy.copy_id,
                teller.say_stamp(copy.first_us),
                copy.system,
                copy.queue_id or "",
                "" if way_us is None else _say_gap(way_us, text),
                way_us is not None and way_us > _SLOW_US,
                _say_gap(copy.last_us - copy.first_us, text),
                draw_span((copy.first_us - begin) / length, (copy.last_us - begin) / length, marks),
                copy.copy_id in story.report_copies,
            )
        )
        ended = _find_end(copy)
    return stations


def _find_end(copy: Copy) -> int:
    """Return when a copy was handed on first, else when it was heard of last."""
    passed = [one.at_us for one in copy.hand_overs if one.outcome in ("relayed", "delivered")]
    return min(passed, default=copy.last_us)


def _mark(outcome: str) -> str:
    if outcome in ("delivered", "relayed", "expanded"):
        return "good"
    return "bad" if outcome in ("failed", "expired", "deferred") else "even"


def _say_gap(gap_us: int, text: Text) -> str:
    """Return a length of time; less than nothing where clocks differ."""
    seconds = gap_us / 1_000_000
    if abs(seconds) < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(abs(seconds)), 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    sign = "-" if seconds < 0 else ""
    clock = f"{hours}:{minutes:02}:{rest:02}"
    return f"{sign}{text.number(days, 'trail', 'days')} {clock}" if days else f"{sign}{clock}"


@router.get("/trail/repeated")
def list_repeated(
    request: Request, person: Helpdesk, verdict: str = "", since: str = "7d", until: str = ""
) -> Response:
    """List messages that one system took more than once."""
    text = text_of(request)
    asked = {"since": since[:_TEXT_MAX], **({"until": until[:_TEXT_MAX]} if until else {})}
    wanted = [one for one in VERDICTS if one == verdict]
    problem = ""
    rows = []
    try:
        begin, end = _read_moment(asked, "since"), _read_moment(asked, "until")
    except ValueError as error:
        problem = str(error)
    else:
        site = site_of(request)
        teller = Teller(text.wording, datetime.now(UTC), UTC)
        found = list_repetitions(site.store, begin or 0, end, wanted)
        rows = [(one, teller.list_repetition(one)) for one in islice(found, _REPEATED_MAX)]
        site.audit.record(request, person, "copies listed", query=asked, found=len(rows))
    return render_page(
        request,
        "repeated.html",
        status=422 if problem else 200,
        rows=rows,
        verdict=verdict,
        verdicts=VERDICTS,
        since=since,
        until=until,
        problem=problem,
        is_cut=len(rows) == _REPEATED_MAX,
    )
