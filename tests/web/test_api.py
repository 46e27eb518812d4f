"""The API: the command line's JSON over HTTP, tokens and scopes, and its own description."""

import base64
import hashlib
import json
from collections.abc import Iterable, Iterator, MutableMapping
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import schemathesis
from anyio.from_thread import start_blocking_portal
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis.config import SchemathesisConfig
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi.checks import negative_data_rejection, positive_data_acceptance
from webserver import LOCAL, MakeSite

from retour import rendering
from retour.ingest import RawMail
from retour.model.trail import Observation
from retour.service.explanation import Explained, Unexplained, Weigh, explain_items
from retour.service.serving import SCOPES, Token
from retour.store import open_store
from retour.web.application import create_app

EXAMPLES = Path(__file__).parents[2] / "examples"
MAIL = (EXAMPLES / "second-copy.eml").read_bytes()
FULL = (EXAMPLES / "mailbox-full.eml").read_bytes()
CONTRACT = json.loads(Path(rendering.__file__).with_name("retour-1.schema.json").read_text())
RFC822 = {"Content-Type": "message/rfc822"}
TEXT = {"Content-Type": "text/plain"}
NDJSON = {"Content-Type": "application/x-ndjson"}
EXPLAIN = "/api/v1/explain"


def post(client: TestClient, body: bytes, headers: dict[str, str], **query: str) -> Any:
    return client.post(EXPLAIN, content=body, headers=headers, params=query)


def test_a_mail_gives_the_command_lines_json(client: TestClient) -> None:
    """The same contract, and the same conclusions."""
    answer = post(client, MAIL, RFC822)

    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json"
    jsonschema.validate(answer.json(), CONTRACT)
    assert answer.json()["recipients"][0]["diagnosis"]["cause"] == "duplicate-refused"


def test_pasted_text_is_explained(client: TestClient) -> None:
    """A bare reply is a mail that somebody cut down."""
    value = post(client, b"550 5.1.1 <a@example.net>: user unknown", TEXT).json()

    assert value["recipients"][0]["diagnosis"]["cause"] == "user-unknown"


def test_uploads_give_one_line_each(client: TestClient) -> None:
    """In their order, under their names."""
    files = [("files", ("a.eml", MAIL)), ("files", ("b.eml", FULL))]
    answer = client.post(EXPLAIN, files=files)
    lines = [json.loads(line) for line in answer.text.splitlines()]

    assert answer.headers["content-type"] == "application/x-ndjson"
    assert [line["source"] for line in lines] == ["a.eml", "b.eml"]
    for line in lines:
        jsonschema.validate(line, CONTRACT)


def test_ndjson_gives_a_line_for_every_line(client: TestClient) -> None:
    """What cannot be read has its error in its place, and stops nothing."""
    lines = [
        json.dumps({"source": "a", "raw": base64.b64encode(MAIL).decode()}),
        "{broken",
        json.dumps({"source": "c", "raw": "%%%"}),
        json.dumps({"source": "d", "text": "552 5.2.2 mailbox full"}),
        "[1]",
    ]
    answer = post(client, "\n".join(lines).encode(), NDJSON)
    values = [json.loads(line) for line in answer.text.splitlines()]

    assert [value["source"] for value in values] == ["a", "-", "c", "d", "-"]
    assert ["error" in value for value in values] == [False, True, True, False, True]
    for value in values:
        jsonschema.validate(value, CONTRACT)


def test_many_lines_are_answered_as_they_are_explained(
    make_site: MakeSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first lines leave before the last are explained, so that none have to be held."""
    explained: list[int] = []

    def count(items: Iterable[RawMail], weigh: Weigh) -> Iterator[Explained | Unexplained]:
        for result in explain_items(items, weigh):
            explained.append(1)
            yield result

    monkeypatch.setattr("retour.web.api.explain.explain_items", count)
    line, number = b'{"text": "550 5.1.1 no"}\n', 200
    sent: list[tuple[int, bytes]] = []

    async def receive() -> dict[str, object]:
        return {"type": "http.request", "body": line * number}

    async def send(message: MutableMapping[str, Any]) -> None:
        sent.append((len(explained), message.get("body", b"")))

    headers = [(b"host", b"localhost"), (b"content-type", b"application/x-ndjson")]
    scope = {"type": "http", "asgi": {"spec_version": "2.4"}, "method": "POST", "path": EXPLAIN,
             "query_string": b"", "headers": headers, "http_version": "1.1"}  # fmt: skip
    # In a thread of its own: a browser of other tests may have a loop in this one.
    with start_blocking_portal() as portal:
        portal.call(create_app(make_site()), scope, receive, send)

    first = next(known for known, body in sent if body)
    assert first < number
    assert b"".join(body for _, body in sent).count(b"\n") == number


def test_one_line_of_ndjson_stays_ndjson(client: TestClient) -> None:
    """A program that sends lines reads lines."""
    assert (
        post(client, b'{"text": "550"}', NDJSON).headers["content-type"] == "application/x-ndjson"
    )


@pytest.mark.parametrize(
    ("form", "kind"),
    [("html", "text/html"), ("text", "text/plain"), ("eml", "message/rfc822")],
)
def test_other_forms_are_given(client: TestClient, form: str, kind: str) -> None:
    """The report as a page, as text, as a mail; for one mail at a time."""
    answer = post(client, MAIL, RFC822, format=form, language="de")
    several = client.post(
        EXPLAIN, files=[("files", ("a", MAIL)), ("files", ("b", MAIL))], params={"format": form}
    )

    assert answer.headers["content-type"].startswith(kind)
    assert several.status_code == 422


def test_readers_outside_get_what_may_leave(client: TestClient) -> None:
    """The scope narrows the JSON as on the command line."""
    assert post(client, MAIL, RFC822, scope="external").json()["route"] == []


@pytest.mark.parametrize(
    ("body", "headers", "query", "status"),
    [
        (b"", RFC822, {}, 400),
        (b"x", {"Content-Type": "image/png"}, {}, 415),
        (b"x", {}, {}, 415),
        (b"x", TEXT, {"format": "pdf"}, 422),
        (b"x", TEXT, {"language": "tlh", "format": "text"}, 422),
        (b"--b\r\n", {"Content-Type": "multipart/form-data; boundary=b"}, {}, 400),
        (b"x", {"Content-Type": "multipart/form-data"}, {}, 400),
    ],
)
def test_wrong_use_is_one_sentence(
    client: TestClient, body: bytes, headers: dict[str, str], query: dict[str, str], status: int
) -> None:
    """Every error has the same form and tells what to do."""
    answer = post(client, body, headers, **query)

    assert answer.status_code == status
    assert answer.json()["schema"] == "retour/1"
    assert answer.json()["error"].endswith(".")


def test_copies_are_compared(client: TestClient) -> None:
    """Two uploads, one verdict; one alone is too little."""
    both = [("files", ("a.eml", MAIL)), ("files", ("b.eml", MAIL))]
    answer = client.post("/api/v1/compare", files=both)

    assert answer.status_code == 200
    assert [copy["source"] for copy in answer.json()["copies"]] == ["a.eml", "b.eml"]
    assert client.post("/api/v1/compare", files=both[:1]).status_code == 422


def test_codes_are_explained(client: TestClient) -> None:
    """A code, a reply, and nonsense: each gets an answer."""
    for code in ("5.4.6", "550", "550 5.1.1 user unknown", "/etc/passwd", "nonsense"):
        answer = client.get(f"/api/v1/codes/{code}")
        assert answer.status_code == 200
        assert answer.json()["text"] == code


def test_the_trail_is_asked_by_name_and_never_by_path(make_site: MakeSite, tmp_path: Path) -> None:
    """What is no name of a message is not found, also where a file has that name."""
    secret = tmp_path / "secret.eml"
    secret.write_bytes(MAIL)
    url = str(tmp_path / "trail.sqlite3")
    with open_store(url) as store:
        store.write(observations())
    client = TestClient(create_app(make_site(store=url)), base_url=LOCAL)
    listed = client.get("/api/v1/trails", params={"from": "anna", "limit": "1"}).json()
    answers = client.get("/api/v1/delivered", params={"id": ["<m1@example.com>", str(secret)]})

    assert listed["copies"][0]["message_id"] == "<m1@example.com>"
    assert listed["next"] == listed["copies"][0]["id"]
    assert client.get("/api/v1/trails", params={"before": listed["next"]}).json()["next"] is None
    assert client.get("/api/v1/trails/<m1@example.com>").json()["summary"]
    assert client.get(f"/api/v1/trails/{secret}").status_code == 404
    found, missing = answers.json()["answers"]
    assert found["recipients"][0]["address"] == "bob@example.net"
    assert missing["message_id"] is None
    assert missing["recipients"] == []


def observations() -> list[Observation]:
    """Return what a log says of one message."""
    from retour.ingest.logs.format import READERS  # noqa: PLC0415
    from retour.ingest.logs.reader import LogContext  # noqa: PLC0415

    lines = [
        "2026-03-01T10:00:00.000000+00:00 mx postfix/qmgr[1]: 4F1AAC0001: "
        "from=<anna@example.com>, size=100, nrcpt=1 (queue active)",
        "2026-03-01T10:00:00.000000+00:00 mx postfix/cleanup[1]: 4F1AAC0001: "
        "message-id=<m1@example.com>",
        "2026-03-01T10:00:01.000000+00:00 mx postfix/smtp[1]: 4F1AAC0001: to=<bob@example.net>, "
        "relay=mx.example.net[192.0.2.1]:25, delay=1, delays=0/0/0/1, dsn=2.0.0, status=sent "
        "(250 2.0.0 Ok: queued as 1)",
    ]
    reader = READERS["syslog"](LogContext(UTC, datetime(2026, 3, 1, tzinfo=UTC)))
    return [seen for line in lines for seen in reader.read(line) or ()]


def test_a_trail_out_of_reach_is_a_503(make_site: MakeSite) -> None:
    """With a hint when to come back; explaining goes on."""
    site = make_site(store="postgresql://127.0.0.1:1/none")
    client = TestClient(create_app(site), base_url=LOCAL)
    answer = client.get("/api/v1/trails")

    assert answer.status_code == 503
    assert answer.headers["retry-after"]
    assert post(client, MAIL, RFC822).status_code == 200


def test_tokens_open_what_their_scopes_say(make_site: MakeSite) -> None:
    """No token, a wrong one, one without the scope, the right one; a session opens nothing."""
    tokens = tuple(
        Token(scope, "viewer", (scope,), hashlib.sha256(scope.encode()).hexdigest())
        for scope in SCOPES
    )
    client = TestClient(create_app(make_site(tokens=tokens)), base_url=LOCAL)
    paths = {"codes": "/api/v1/codes/5.1.1", "trail": "/api/v1/trails"}
    for scope, path in paths.items():
        for secret in ("", "wrong", *SCOPES):
            headers = {"Authorization": f"Bearer {secret}"} if secret else {}
            status = client.get(path, headers=headers).status_code
            expected = 401 if secret in ("", "wrong") else 200 if secret == scope else 403
            assert status == expected, (path, secret)


def test_the_api_describes_itself(client: TestClient) -> None:
    """Every operation has a summary, errors and an answer."""
    described = client.get("/api/v1/openapi.json").json()
    operations = [
        (path, method, operation)
        for path, methods in described["paths"].items()
        for method, operation in methods.items()
    ]

    assert {path for path, _, _ in operations} >= {
        "/api/v1/explain", "/api/v1/compare", "/api/v1/trails", "/api/v1/trails/{name}",
        "/api/v1/delivered", "/api/v1/codes/{code}",
    }  # fmt: skip
    for path, method, operation in operations:
        assert operation["summary"], (path, method)
        assert "401" in operation["responses"], (path, method)
    assert "Answer" in described["components"]["schemas"]


def test_no_input_breaks_the_contract(server: str) -> None:
    """Schemathesis asks every operation rightly and wrongly: no 5xx, nothing that is not said."""
    config = SchemathesisConfig.from_dict({"generation": {"deterministic": True}})
    schema = schemathesis.openapi.from_url(f"{server}/api/v1/openapi.json", config=config)
    tried = 0
    for result in schema.get_all_operations():
        operation = result.ok()  # type: ignore[union-attr]
        right = operation.as_strategy(generation_mode=GenerationMode.POSITIVE)
        wrong = operation.as_strategy(generation_mode=GenerationMode.NEGATIVE)
        tried += ask(right) + ask(wrong)

    assert tried > 100


def ask(strategy: Any) -> int:
    """Ask with many values; return how many."""
    count = 0

    @settings(
        max_examples=20,
        deadline=None,
        derandomize=True,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=strategy)
    def run(case: Any) -> None:
        nonlocal count
        count += 1
        # A schema cannot say that only JSON takes several mails, or that a comparison needs two;
        # and any bytes are a mail.
        beyond = [positive_data_acceptance, negative_data_rejection]
        case.call_and_validate(excluded_checks=beyond)

    with suppress(Unsatisfiable):  # some operations cannot be asked wrongly
        run()
    return count
