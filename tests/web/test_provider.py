"""Signing in at a real OpenID Connect provider on the loopback, in a real browser."""

import json
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from playwright.sync_api import Browser, Page
from webserver import LOCAL, MakeSite, serving

from retour.service.serving import OpenId
from retour.web.application import create_app
from retour.web.provider import choose_role

GROUPS = {"first-line": "viewer", "support": "helpdesk", "postmasters": "admin"}
SignIn = Callable[[str], Page]


def find_port() -> int:
    """Return a port that is free now."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        port: int = sock.getsockname()[1]
        return port


@pytest.fixture(scope="module")
def issuer() -> Iterator[str]:
    """A running provider that knows three people: a process of its own on the loopback."""
    people = (
        {"sub": "ada", "email": "ada@example.org", "groups": ["support", "staff"]},
        {"sub": "eve", "email": "eve@example.org", "groups": ["staff"]},
        {"sub": "vic", "groups": ["first-line"]},
    )
    port = find_port()
    command = [sys.executable, "-W", "ignore", "-m", "oidc_provider_mock", "--port", str(port)]
    for person in people:
        command += ["--user-claims", json.dumps(person)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        while not _listens(port):
            assert process.poll() is None
            time.sleep(0.05)
        yield f"http://127.0.0.1:{port}"
        process.terminate()


def _listens(port: int) -> bool:
    with socket.socket() as sock:
        return sock.connect_ex(("127.0.0.1", port)) == 0


@pytest.fixture
def sign_in(browser: Browser, make_site: MakeSite, issuer: str) -> Iterator[SignIn]:
    """Sign a person in; give the window as it is then."""
    port = find_port()
    openid = OpenId(issuer, "retour", "secret", "groups", GROUPS)  # type: ignore[arg-type]
    site = make_site(openid=openid, base_url=f"http://localhost:{port}")
    with serving(site, port=port):
        context = browser.new_context(locale="en-GB")

        def go(subject: str) -> Page:
            page = context.new_page()
            page.goto(f"http://localhost:{port}/explain")
            page.get_by_role("link", name="Sign in with your organisation").click()
            page.locator('input[name="sub"]').fill(subject)
            page.get_by_role("button", name="Authorize").click()
            return page

        yield go
        context.close()


def test_a_person_with_a_role_comes_in(sign_in: SignIn, tmp_path: Path) -> None:
    """To the page that was asked for, under a name that the audit log knows."""
    page = sign_in("ada")

    assert page.url.endswith("/explain")
    assert page.get_by_text("ada@example.org (ada) helpdesk").count() == 1
    last = json.loads((tmp_path / "audit.jsonl").read_text().splitlines()[-1])
    assert (last["event"], last["person"]) == ("signed in", "ada@example.org (ada)")


def test_a_person_without_a_role_stays_out(sign_in: SignIn) -> None:
    """To be known is not enough."""
    page = sign_in("eve")

    assert page.get_by_role("heading", name="You are not let in here").count() == 1
    page.goto(page.url.split("/sign-in")[0] + "/")
    assert page.url.endswith("/sign-in")


def test_a_denied_sign_in_is_said(sign_in: SignIn) -> None:
    """An answer that belongs to no question of ours opens nothing."""
    page = sign_in("ada")
    page.goto(page.url.split("/explain")[0] + "/sign-in/back?code=stolen&state=invented")

    assert page.get_by_role("heading", name="You were not signed in").count() == 1


def test_a_provider_out_of_reach_is_said(make_site: MakeSite) -> None:
    """One calm page, as something that passes."""
    openid = OpenId("http://127.0.0.1:1", "retour", "secret", "groups", {"support": "helpdesk"})
    app = create_app(make_site(openid=openid, base_url=LOCAL))
    answer = TestClient(app, base_url=LOCAL).get("/sign-in/provider")

    assert answer.status_code == 503
    assert "cannot be reached" in answer.text


@pytest.mark.parametrize(
    ("groups", "role"),
    [
        (["first-line", "support"], "helpdesk"),
        ("postmasters", "admin"),
        ([], None),
        (None, None),
        ([["support"]], None),
        ({"support": 1}, None),
        ([1, "staff"], None),
    ],
)
def test_groups_give_the_highest_role(groups: object, role: str | None) -> None:
    """Whatever the claim holds; what is no group gives none."""
    openid = OpenId("https://id.example", "retour", "s", "groups", GROUPS)  # type: ignore[arg-type]

    assert choose_role(openid, {"groups": groups}) == role
