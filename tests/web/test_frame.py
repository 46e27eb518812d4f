"""The frame that all pages share: languages, errors, signing in, no foreign resource."""

import hashlib
import time

import pytest
from fastapi.testclient import TestClient
from starlette.requests import Request
from webserver import LOCAL, MakeSite, Open, find_token

from retour.service.serving import Token
from retour.web.access import identify
from retour.web.application import create_app


def test_the_browser_chooses_the_language(client: TestClient) -> None:
    """German for a German browser, English where nothing fits."""
    german = client.get("/", headers={"Accept-Language": "fr;q=0.9, de-AT"}).text
    other = client.get("/", headers={"Accept-Language": "tlh"}).text

    assert '<html lang="de"' in german
    assert '<html lang="en"' in other


def test_a_chosen_language_stays(client: TestClient) -> None:
    """The choice outlives the page and leads back to where it was made."""
    token = find_token(client.get("/").text)
    answer = client.post("/language", data={"form_token": token, "language": "de", "back": "/"})

    assert answer.headers["location"] == "/"
    assert '<html lang="de"' in client.get("/").text


def test_choosing_a_language_leads_nowhere_else(client: TestClient) -> None:
    """The way back is a path of this server, whatever the form says."""
    token = find_token(client.get("/").text)
    for back in ("//evil.example", "https://evil.example", "/\\evil.example", "\t//x", "/a\r\nb"):
        answer = client.post("/language", data={"form_token": token, "back": back})

        assert answer.headers["location"] == "/"


def test_an_unknown_page_has_words(client: TestClient) -> None:
    """People get a page in their language, programs one JSON object."""
    page = client.get("/nowhere", headers={"Accept-Language": "de"})
    answer = client.get("/api/v1/nowhere")

    assert page.status_code == answer.status_code == 404
    assert "Diese Seite gibt es nicht" in page.text
    assert answer.json()["schema"] == "retour/1"
    assert answer.json()["error"]


def test_pages_load_nothing_from_elsewhere(visit: Open) -> None:
    """A real browser finds no fault with the policy, and asks nobody else."""
    seen = visit("/")
    seen.page.get_by_role("button", name="Deutsch").click()
    seen.page.wait_for_selector('html[lang="de"]')

    assert seen.page.evaluate("typeof htmx") == "object"
    assert seen.complaints == []
    assert seen.outside == []


def make_people(make_site: MakeSite, role: str = "viewer") -> TestClient:
    """Return a client of a server on which somebody has the token ``secret``."""
    digest = hashlib.sha256(b"secret").hexdigest()
    token = Token("Ada", role, ("explain",), digest)  # type: ignore[arg-type]
    return TestClient(
        create_app(make_site(tokens=(token,))), base_url=LOCAL, follow_redirects=False
    )


def test_strangers_are_led_to_sign_in(make_site: MakeSite) -> None:
    """With a token one comes in, and out again; a wrong one opens nothing."""
    client = make_people(make_site)
    assert client.get("/").headers["location"] == "/sign-in"
    form = {"form_token": find_token(client.get("/sign-in").text)}

    assert client.post("/sign-in", data={**form, "token": "wrong"}).status_code == 403
    assert client.post("/sign-in", data={**form, "token": "secret"}).headers["location"] == "/"
    assert "Ada" in client.get("/").text
    assert client.post("/sign-out", data=form).status_code == 303
    assert client.get("/").status_code == 303


@pytest.mark.parametrize(("role", "is_told"), [("helpdesk", False), ("admin", True)])
def test_only_who_may_repair_a_trail_is_told_where_it_is(
    make_site: MakeSite, role: str, *, is_told: bool
) -> None:
    """Others are told to come again."""
    place = "postgresql://retour@127.0.0.1:1/trail"
    token = Token("Ada", role, (), hashlib.sha256(b"secret").hexdigest())  # type: ignore[arg-type]
    client = TestClient(create_app(make_site(store=place, tokens=(token,))), base_url=LOCAL)
    form = {"form_token": find_token(client.get("/sign-in").text), "token": "secret"}
    client.post("/sign-in", data=form)
    answer = client.get("/trail")

    assert answer.status_code == 503
    assert "try again in a few seconds" in answer.text
    assert ("127.0.0.1:1" in answer.text) == is_told


def test_signing_in_leads_to_the_page_that_was_asked_for(make_site: MakeSite) -> None:
    """With its question, which a link in a ticket has; one that is too long is left out."""
    for asked, target in (
        ("/compare?a=x", "/compare?a=x"),
        (f"/compare?a={'x' * 2000}", "/compare"),
        ("//example.org/compare", "/"),
    ):
        client = make_people(make_site)
        client.get(LOCAL + asked)
        form = {"form_token": find_token(client.get("/sign-in").text), "token": "secret"}
        assert client.post("/sign-in", data=form).headers["location"] == target


@pytest.mark.parametrize(("seconds", "is_known"), [(60, True), (-1, False), (None, False)])
def test_a_session_ends(make_site: MakeSite, seconds: int | None, *, is_known: bool) -> None:
    """Its end stands within it: asking again and again does not put it off."""
    app = make_people(make_site).app
    session: dict[str, object] = {"token": hashlib.sha256(b"secret").hexdigest()[:16]}
    if seconds is not None:
        session["until"] = time.time() + seconds
    request = Request({"type": "http", "app": app, "session": session, "headers": []})

    assert (identify(request) is not None) is is_known
