"""What the server lets in, and how its answers hold browsers back."""

import hashlib
import re
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from webserver import LOCAL, MakeSite, find_token

from retour.service.serving import Token, WebSettings
from retour.service.settings import Settings
from retour.web.application import create_app
from retour.web.site import open_site

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("host", ["localhost", "localhost:8025", "127.0.0.1:1", "[::1]", "[::1]:8"])
def test_the_loopback_names_are_answered(client: TestClient, host: str) -> None:
    """Whoever sits at the machine gets an answer under each of its three names."""
    assert client.get("/", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize(
    "host",
    ["evil.example", "localhost.evil.example", "localhost@evil", "127.0.0.1.nip.io", "", "[::2]",
     "localhost:80:80", "127.0.0.2", "0.0.0.0", "localhost, evil"],
)  # fmt: skip
def test_a_foreign_name_is_refused(client: TestClient, host: str) -> None:
    """A name that was made to lead to this machine (DNS rebinding) opens nothing."""
    assert client.get("/", headers={"Host": host}).status_code == 421


@pytest.mark.parametrize(
    "field",
    [
        "Forwarded",
        "X-Forwarded-For",
        "X-Forwarded-Host",
        "X-Forwarded-Proto",
        "X-Forwarded-X",
        "Via",
    ],
)
def test_marks_of_a_proxy_are_refused_where_nobody_signs_in(client: TestClient, field: str) -> None:
    """A server without people must not be opened to a network by a proxy."""
    answer = client.get("/", headers={field: "for=192.0.2.1"})

    assert answer.status_code == 403
    assert "proxy" in answer.text


@pytest.mark.parametrize(
    "headers",
    [{"Origin": "https://evil.example"}, {"Origin": "null"}, {"Sec-Fetch-Site": "cross-site"},
     {"Sec-Fetch-Site": "same-site"}, {"Origin": "http://localhost:9"}],
)  # fmt: skip
def test_what_another_site_sends_is_refused(client: TestClient, headers: dict[str, str]) -> None:
    """A form or a script of another site changes and reads nothing."""
    assert client.post("/language", headers=headers).status_code == 403


def test_a_form_without_our_token_is_refused(client: TestClient) -> None:
    """Each form carries what only a page of ours can know."""
    client.get("/")

    assert client.post("/language", data={"language": "de"}).status_code == 403
    assert client.post("/language", data={"form_token": "0" * 64}).status_code == 403


def test_a_token_of_another_browser_is_refused(make_site: MakeSite) -> None:
    """The form's token belongs to one browser's cookie."""
    app = create_app(make_site())
    one, other = TestClient(app, base_url=LOCAL), TestClient(app, base_url=LOCAL)
    token = find_token(one.get("/").text)
    other.get("/")

    assert other.post("/language", data={"form_token": token}).status_code == 403


@pytest.mark.parametrize("path", ["/", "/nowhere", "/theme.css", "/api/v1/nowhere"])
def test_every_answer_carries_the_seals(client: TestClient, path: str) -> None:
    """Policy, no sniffing, no framing, no keeping: on pages, on errors, on the API."""
    headers = client.get(path).headers

    policy = headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "DENY"
    assert headers["cache-control"] == "no-store"
    assert headers["referrer-policy"] == "same-origin"


def test_refused_requests_carry_the_seals(client: TestClient) -> None:
    """Also who is not let in gets a sealed page."""
    refused = client.get("/", headers={"Host": "evil.example"})

    assert "default-src 'none'" in refused.headers["content-security-policy"]


def test_too_much_at_once_gets_a_clear_page(make_site: MakeSite) -> None:
    """The limit is said in words, whether the length was announced or not."""
    client = TestClient(create_app(make_site(upload_max_bytes=1000)), base_url=LOCAL)
    token = find_token(client.get("/").text)
    body = b"x" * (3 << 20)
    announced = client.post("/language", content=body)
    streamed = client.post(
        "/language",
        content=(body[n : n + 65536] for n in range(0, len(body), 65536)),
        headers={"Content-Type": "application/x-www-form-urlencoded"},
    )

    assert token
    assert announced.status_code == 413
    assert streamed.status_code == 413
    assert "too large" in announced.text


def test_too_many_requests_are_told_when_to_come_back(make_site: MakeSite) -> None:
    """The answer names the seconds to wait; the pages' own files cost nothing."""
    client = TestClient(create_app(make_site(requests_per_minute=3)), base_url=LOCAL)
    answers = [client.get("/codes") for _ in range(4)]

    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert 1 <= int(answers[-1].headers["retry-after"]) <= 60
    assert client.get("/static/style.css").status_code == 200
    assert client.get("/theme.css").status_code == 200


def test_a_network_of_ipv6_has_one_account(make_site: MakeSite) -> None:
    """Whoever has one address of it has all of them."""
    app = create_app(make_site(requests_per_minute=2))

    def ask(address: str) -> int:
        client = TestClient(app, base_url=LOCAL, client=(address, 1))
        return client.get("/codes").status_code

    assert [ask(f"2001:db8::{n}") for n in range(3)] == [200, 200, 429]
    assert ask("2001:db8:0:1::1") == 200
    assert [ask(f"192.0.2.{n}") for n in range(3)] == [200, 200, 200]


def test_several_processes_together_allow_what_one_would(tmp_path: Path) -> None:
    """Each its part of the limit, at least one request; no limit stays none."""
    parts = []
    for limit in (1200, 3, 0):
        settings = Settings(web=WebSettings(requests_per_minute=limit, shares=tmp_path))
        site = open_site(settings, {"HOME": str(tmp_path), "RETOUR_WEB_WORKERS": "4"})
        parts.append(site.web.requests_per_minute)
        site.close()

    assert parts == [300, 1, 0]


def test_invented_tokens_do_not_raise_the_limit(make_site: MakeSite) -> None:
    """A token of ours has an account of its own; others count for the address that sent them."""
    token = Token("A", "viewer", ("codes",), hashlib.sha256(b"ours").hexdigest())
    site = make_site(requests_per_minute=3, tokens=(token,))
    client = TestClient(create_app(site), base_url=LOCAL)

    def ask(secret: str) -> int:
        headers = {"Authorization": f"Bearer {secret}"}
        return client.get("/api/v1/codes/5.1.1", headers=headers).status_code

    assert [ask(f"invented {n}") for n in range(4)] == [401, 401, 401, 429]
    assert [ask("ours") for _ in range(4)] == [200, 200, 200, 429]


def test_a_server_with_people_answers_under_its_own_name(make_site: MakeSite) -> None:
    """The name of base_url is known there, and cookies are for secure connections only."""
    token = Token("A", "viewer", (), "0" * 64)
    site = make_site(tokens=(token,), base_url="https://retour.example.org")
    client = TestClient(create_app(site), base_url="https://retour.example.org")
    answer = client.get("/sign-in")

    assert answer.status_code == 200
    assert "Secure" in answer.headers["set-cookie"]
    assert "HttpOnly" in answer.headers["set-cookie"]
    assert answer.headers["strict-transport-security"].startswith("max-age=")
    assert client.get("/", headers={"Host": "evil.example"}).status_code == 421


def test_without_people_the_own_name_is_not_answered() -> None:
    """A base URL alone, for links in reports, opens nothing."""
    assert WebSettings(base_url="https://retour.example.org").hosts == (
        "localhost",
        "127.0.0.1",
        "[::1]",
    )


def test_nothing_of_our_pages_comes_from_elsewhere() -> None:
    """Templates and static files name no address of another site, and styles are in the sheet."""
    web = ROOT / "src/retour/web"
    files = [*web.glob("template/*.html"), web / "static/style.css", web / "static/page.js"]
    for file in files:
        text = file.read_text(encoding="utf-8")
        assert not re.search(r"https?://(?!www\.w3\.org/2000/svg)|@import|url\(", text), file
        assert not re.search(r"<[^>]+ (style|on[a-z]+)=", text), file


def test_attributes_are_escaped_as_attributes() -> None:
    """What a template prints inside quotes goes through `attr`, or is made by ourselves."""
    ours = re.compile(r"static\(|^loop\.|^url_[a-z]+$")
    for file in (ROOT / "src/retour/web/template").glob("*.html"):
        for value in re.findall(r'="[^"{}]*\{\{ (.*?) \}\}', file.read_text(encoding="utf-8")):
            assert value.endswith("| attr") or ours.search(value), f"{file.name}: {value}"
