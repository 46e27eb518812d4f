"""A trail that neither answers nor ends: pages say so after a while, and are back with it."""

import os
import signal
import sqlite3
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import psycopg
import pytest
from databases import create_database
from fastapi.testclient import TestClient
from webserver import LOCAL, MakeSite
from webtrail import fill_trail, make_trail

from retour.web.application import create_app

PAGES = ("/trail", "/overview", "/trail/message?id=%3Cway@example.com%3E", "/api/v1/trails")
BOUNCE = Path(__file__).parents[2] / "examples/mailbox-full.eml"


@contextmanager
def frozen(url: str) -> Iterator[None]:
    """Stop a server's processes where they stand, and let them go on."""
    folder = Path(parse_qs(urlsplit(url).query)["host"][0])
    first = int((folder / "data/postmaster.pid").read_text().splitlines()[0])
    stopped = [first]
    os.kill(first, signal.SIGSTOP)  # before the others: it starts no more
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            number, parent = int(status.parent.name), status.read_text().rpartition(")")[2].split()
        except FileNotFoundError:
            continue
        if int(parent[1]) == first:
            os.kill(number, signal.SIGSTOP)
            stopped.append(number)
    try:
        yield
    finally:
        for number in reversed(stopped):
            os.kill(number, signal.SIGCONT)


def wait_for(url: str) -> None:
    """Wait until a server has got rid of those who gave up on it meanwhile."""
    for _ in range(100):
        try:
            psycopg.connect(url).close()
        except psycopg.OperationalError:
            time.sleep(0.1)
        else:
            return


def test_a_frozen_server_holds_no_page(
    make_site: MakeSite, postgres_server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A page is a 503 that says when to come back, mails are explained, and no thread is lost."""
    monkeypatch.setattr("retour.web.site._PATIENCE_S", 1.0)
    url = create_database(postgres_server)
    fill_trail(url)
    with TestClient(create_app(make_site(store=url)), base_url=LOCAL) as client:
        assert [client.get(path).status_code for path in PAGES] == [200] * len(PAGES)
        with frozen(url), ThreadPoolExecutor(16) as threads:
            asked = [threads.submit(client.get, PAGES[n % len(PAGES)]) for n in range(48)]
            answers = [one.result() for one in asked]
            explained = client.post(
                "/api/v1/explain",
                content=BOUNCE.read_bytes(),
                headers={"Content-Type": "message/rfc822"},
            )

        assert {answer.status_code for answer in answers} == {503}
        assert all(int(answer.headers["retry-after"]) > 0 for answer in answers)
        assert explained.status_code == 200
        wait_for(url)
        assert [client.get(path).status_code for path in PAGES] == [200] * len(PAGES)


def test_a_server_that_is_frozen_from_the_beginning_is_said(
    make_site: MakeSite, postgres_server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Connecting, too, ends by itself."""
    monkeypatch.setattr("retour.web.site._PATIENCE_S", 1.0)
    wait_for(postgres_server.format(name="postgres"))
    url = create_database(postgres_server)
    client = TestClient(create_app(make_site(store=url)), base_url=LOCAL)
    with frozen(url):
        answer = client.get("/trail")
    wait_for(url)

    assert answer.status_code == 503
    assert "retry-after" in answer.headers


def test_readers_do_not_wait_for_who_writes(make_site: MakeSite, tmp_path: Path) -> None:
    """In SQLite, while another process holds the writer's lock."""
    place = make_trail(tmp_path)
    with closing(sqlite3.connect(place, isolation_level=None)) as writer:
        writer.execute("BEGIN IMMEDIATE")
        writer.execute("UPDATE copies SET subject = 'not yet'")
        client = TestClient(create_app(make_site(store=place)), base_url=LOCAL)
        answers = [client.get(path) for path in PAGES]

    assert [answer.status_code for answer in answers] == [200] * len(PAGES)
    assert "not yet" not in answers[0].text
