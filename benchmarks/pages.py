"""How long a helpdesk waits for the pages and the API over a large trail, beside the bare search.

One server process is asked over the loopback for searches as people type them and for the overview;
the same searches are then made without it, in the same run.
"""

import http.client
import os
import random
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from urllib.parse import urlencode

from benchmarks.surroundings import COMMAND
from benchmarks.traffic import DAY_US, Mail, Traffic
from benchmarks.web import ask_until_ready, find_port
from retour.model.story import Query
from retour.store import open_store

SEARCH_MS = 300.0
OVERVIEW_MS = 500.0
SEARCHES = 200
OVERVIEWS = 20
_HOUR_US = 3_600_000_000


def list_searches(traffic: Traffic) -> list[Callable[[Mail], Query]]:
    """List what people ask about a mail they were called for: some of it is rare, some frequent."""

    def sender(mail: Mail) -> str:
        return traffic.address(mail.sender_id)

    def recipient(mail: Mail) -> str:
        return traffic.address(mail.recipient_id)

    def domain(address: str) -> str:
        return "@" + address.partition("@")[2]

    def about(mail: Mail, query: Query, span_us: int) -> Query:
        return replace(query, since_us=mail.at_us - span_us, until_us=mail.at_us + span_us)

    return [
        lambda mail: Query(message_id=mail.message_id),
        lambda mail: Query(queue_id=mail.queue_id),
        lambda mail: Query(from_=sender(mail)),
        lambda mail: Query(to=recipient(mail)),
        lambda mail: Query(from_=sender(mail), to=recipient(mail)),
        lambda mail: about(mail, Query(from_=sender(mail)), DAY_US // 2),
        lambda mail: about(mail, Query(to=recipient(mail)), DAY_US // 2),
        lambda mail: Query(subject=" ".join(mail.subject.split()[-2:])),
        lambda mail: Query(subject=mail.subject.split()[-1], from_=domain(sender(mail))),
        lambda mail: Query(to=recipient(mail), status="failed"),
        lambda mail: Query(to=domain(recipient(mail)), status="failed"),
        lambda mail: Query(from_=domain(sender(mail)), to=domain(recipient(mail))),
        lambda mail: about(mail, Query(to=domain(recipient(mail))), 7 * DAY_US),
        lambda mail: about(mail, Query(status="5.7"), 7 * DAY_US),
        lambda mail: about(mail, Query(status="failed", subject="re"), _HOUR_US),
        lambda mail: Query(peer=traffic.host(mail.peer_id)[0], status="4."),
        lambda mail: about(mail, Query(peer=traffic.host(mail.peer_id)[1]), DAY_US),
        lambda _: Query(status="expired"),
        lambda _: Query(subject="re", status="deferred"),
        lambda _: Query(),
    ]


def show_page_times(url: str, traffic: Traffic) -> None:
    """Ask a server of a filled trail and print what that takes."""
    searches = list_searches(traffic)
    chance = random.Random(0)
    queries = [
        searches[n % len(searches)](traffic.mail(chance.randrange(traffic.count)))
        for n in range(SEARCHES)
    ]
    asked = [urlencode(_name_parameters(query)) for query in queries]
    days = traffic.at(traffic.count // 2) + 7 * DAY_US
    week = urlencode({"since": _say(days - 7 * DAY_US), "until": _say(days)})
    with open_store(url) as store:
        bare = _measure([partial(store.find, query) for query in queries])
    with _serve(url) as port:
        api = _measure(_list_requests(port, [f"/api/v1/trails?{text}" for text in asked]))
        page = _measure(_list_requests(port, [f"/trail?{text}" for text in asked]))
        numbers = _measure(_list_requests(port, [f"/api/v1/stats?{week}"] * OVERVIEWS))
        overview = _measure(_list_requests(port, ["/overview?period=all"] * OVERVIEWS))
    middle = statistics.median(bare)
    for name, took, bound in (
        (f"the store's find, {SEARCHES} searches", bare, None),
        ("GET /api/v1/trails", api, SEARCH_MS),
        ("GET /trail (the page)", page, SEARCH_MS),
        ("GET /api/v1/stats, a week", numbers, OVERVIEW_MS),
        ("GET /overview, all days", overview, OVERVIEW_MS),
    ):
        _show(name, took, middle, bound)


def _show(name: str, took: list[float], bare: float, bound: float | None) -> None:
    """Print one line."""
    took = sorted(took)
    middle = statistics.median(took)
    print(
        f"  {name:36} median {middle:7.1f} ms   95th percentile "
        f"{took[int(len(took) * 0.95)]:7.1f} ms   {middle / bare:5.1f} times the bare search"
        + (f"   (95th at most {bound:.0f} ms)" if bound else ""),
        flush=True,
    )


def _name_parameters(query: Query) -> dict[str, str]:
    """Return a search as the page's and the API's parameters."""
    texts = {
        "from": query.from_,
        "to": query.to,
        "subject": query.subject,
        "message_id": query.message_id,
        "peer": query.peer,
        "queue_id": query.queue_id,
        "status": query.status,
    }
    moments = {"since": query.since_us, "until": query.until_us}
    return {
        **{name: text for name, text in texts.items() if text is not None},
        **{name: _say(at_us) for name, at_us in moments.items() if at_us is not None},
    }


def _say(at_us: int) -> str:
    return f"{datetime.fromtimestamp(at_us // 1_000_000, UTC):%Y-%m-%dT%H:%M:%SZ}"


def _measure(calls: Sequence[Callable[[], object]]) -> list[float]:
    """Return the milliseconds of each call, after some that fill caches."""
    for call in calls[: len(calls) // 10]:
        call()
    took = []
    for call in calls:
        started = time.perf_counter()
        call()
        took.append((time.perf_counter() - started) * 1000)
    return took


def _list_requests(port: int, paths: list[str]) -> list[Callable[[], object]]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)

    def ask(path: str) -> None:
        connection.request("GET", path)
        answer = connection.getresponse()
        answer.read()
        if answer.status != 200:
            raise RuntimeError(f"{path}: the server answered {answer.status}")

    return [partial(ask, path) for path in paths]


@contextmanager
def _serve(url: str) -> Iterator[int]:
    """Run a server over a trail; yield its port."""
    with tempfile.TemporaryDirectory() as folder:
        settings = Path(folder) / "retour.toml"
        audit = f'audit_log = "{folder}/audit.jsonl"'
        settings.write_text(f"[web]\nrequests_per_minute = 0\n{audit}\n", encoding="utf-8")
        port = find_port()
        environ = {
            **os.environ,
            "RETOUR_CONFIG": str(settings),
            "RETOUR_STORE": url,
            "HOME": folder,
        }
        command = [str(COMMAND), "serve", "--port", str(port)]
        with subprocess.Popen(command, env=environ, stdout=subprocess.DEVNULL) as server:
            try:
                ask_until_ready(port)
                yield port
            finally:
                server.terminate()
