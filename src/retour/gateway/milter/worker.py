"""One worker process of the milter."""

import os
import signal
import socket
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from retour.analyse import explain
from retour.gateway.deciding import Decider
from retour.gateway.journal import Journal
from retour.gateway.milter.recent import Recent
from retour.gateway.milter.server import Limits, Server
from retour.gateway.recording import Recorder
from retour.gateway.rewriting import Policy
from retour.rendering.printing import AUTO, render
from retour.service.milter import MilterSettings
from retour.service.settings import Settings, find_store

if TYPE_CHECKING:
    from retour.gateway.trail import Trail


def make_policy(settings: Settings, milter: MilterSettings) -> Policy:
    """Return what the operator decided about rewriting."""
    return Policy(
        domains=milter.domains,
        never_to=milter.never_to,
        size_max_bytes=milter.size_max_bytes,
        rewrite_signed=milter.rewrite_signed,
        with_banner=milter.unverified == "banner",
        batv_keys=milter.batv_keys,
        language=settings.language,
        languages=milter.languages,
        language_header=milter.language_header,
        letterhead=settings.letterhead,
        texts=settings.texts,
        pages=settings.pages,
    )


def warm_up(policy: Policy) -> None:
    """Load knowledge, texts and templates once, before the workers are forked.

    Raises:
        ModuleNotFoundError: the extra ``html`` is missing.
    """
    render(
        explain(_SAMPLE),
        format="eml",
        language=AUTO,
        letterhead=policy.letterhead,
        texts=policy.texts,
    )


def load_trail() -> None:
    """Load the modules that a trail needs; nothing is opened."""
    import retour.gateway.trail  # noqa: F401, PLC0415


def find_trail(settings: Settings, environ: Mapping[str, str], journal: Journal) -> "Trail | None":
    """Return the trail that is named; mail is written into none that nobody asked for."""
    url = find_store(None, environ, settings)
    if not url:
        return None
    from retour.gateway.trail import Trail  # noqa: PLC0415 - needs the extra 'trail'

    kept = settings.trail
    return Trail(
        url,
        journal,
        with_subjects=kept.subjects,
        with_bodies=kept.bodies_days > 0,
        domains=kept.domains,
    )


def run_worker(
    listener: socket.socket,
    settings: Settings,
    milter: MilterSettings,
    recent: Recent,
    *,
    is_first: bool,
    ready: Callable[[], None],
) -> None:
    """Serve until SIGTERM.

    Args:
        listener: shared by all workers.
        settings: all.
        milter: the milter's part of them.
        recent: which messages came lately, shared by all workers.
        is_first: whether it takes connections at once, or what the first worker leaves.
        ready: is called when connections are accepted.
    """
    journal = Journal()
    policy = make_policy(settings, milter)
    trail = find_trail(settings, os.environ, journal)
    recorder = Recorder(trail.write, journal) if trail and milter.record else None
    decider = Decider(policy, trail.verify, trail.weigh) if trail else Decider(policy)
    limits = Limits(
        decision_timeout_s=milter.decision_timeout_s,
        idle_timeout_s=milter.idle_timeout_s,
        connections_max=milter.connections_max,
        memory_max_bytes=milter.memory_max_mb * 1_000_000,
    )
    server = Server(policy, limits, journal, decider, recorder, recent)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: server.stop())
    server.run(listener, milter.stop_timeout_s, is_first=is_first, ready=ready)
    if recorder is not None:
        recorder.close(milter.stop_timeout_s)


_SAMPLE = b"""\
From: MAILER-DAEMON@example.com
To: info@example.com
Subject: Undelivered Mail Returned to Sender
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary=b

--b

not delivered
--b
Content-Type: message/delivery-status

Reporting-MTA: dns; example.com

Final-Recipient: rfc822; info@example.net
Action: failed
Status: 5.1.1
Diagnostic-Code: smtp; 550 5.1.1 user unknown

--b--
"""
