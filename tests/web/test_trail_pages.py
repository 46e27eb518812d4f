"""Search, story, compare and overview: each journey with scripts, without, and as numbers."""

import re
from hashlib import sha256
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from webserver import LOCAL, MakeSite, Open, find_token, serving
from webtrail import make_long_way

from retour.service.serving import Token
from retour.web.application import create_app

EXAMPLES = Path(__file__).parents[2] / "examples"
STORY = "/trail/message?id=%3Cway@example.com%3E"


@pytest.fixture
def reader(make_site: MakeSite, trail: str) -> TestClient:
    """A client of a server over the trail."""
    return TestClient(create_app(make_site(store=trail)), base_url=LOCAL, follow_redirects=False)


@pytest.mark.parametrize("scripts", [True, False])
def test_a_number_leads_to_its_mails_and_a_mail_to_its_story(
    visit: Open, filled: str, scripts: bool
) -> None:
    """From the overview to the mails that failed, and on to what became of one of them."""
    seen = visit("/overview", at=filled, java_script_enabled=scripts)
    line = seen.page.get_by_role("row").filter(has_text="user-unknown").first
    number = int(line.get_by_role("link").nth(1).inner_text())
    line.get_by_role("link").nth(1).click()
    seen.page.get_by_role("heading", name="Find a mail").wait_for()
    assert seen.page.locator(".found tbody tr").count() == number
    seen.page.locator(".found tbody a").first.click()
    assert "user unknown" in seen.page.locator(".box").inner_text()
    assert seen.complaints == []
    assert seen.outside == []


def test_end_of_data_times_lead_to_their_mails(visit: Open, filled: str) -> None:
    """Each step to the mails whose hand-overs it counts, which the search says in words."""
    seen = visit("/overview?period=7d", at=filled)
    rows = seen.page.locator("section", has_text="Time to the end of data").get_by_role("row")
    for step, said in (("up to 0.1 s", "up to 0.1 s"), ("up to 5 s", "longer than 1 s")):
        row = rows.filter(has=seen.page.get_by_role("rowheader", name=step, exact=True))
        number = int(row.get_by_role("cell").first.inner_text())
        link = row.get_by_role("link").get_attribute("href")
        window = visit(f"{link}", at=filled)
        assert window.page.get_by_text(f"Time to the end of data: {said}").is_visible()
        shown = window.page.locator(".found tbody tr").count()
        assert 0 < shown == min(number, 50)
        assert window.complaints == []


def test_every_number_of_the_overview_leads_somewhere(visit: Open, filled: str) -> None:
    """A number that is not nought is a link, and the page behind it is not empty."""
    seen = visit("/overview?period=7d", at=filled)
    for opened in seen.page.locator("details summary").all():
        opened.click()
    numbers = seen.page.locator(".totals dd, table td:not(.wide)").all_inner_texts()
    assert len(numbers) > 40
    linked = seen.page.locator(".totals dd a, table td a")
    addresses = {str(one.get_attribute("href")): one.inner_text() for one in linked.all()}
    bare = seen.page.locator(".totals dd:not(:has(a)), table td:not(.wide):not(:has(a))")
    assert {text for text in bare.all_inner_texts() if text != "0"} == set()
    for address, number in addresses.items():
        found = seen.page.request.get(filled + address).text()
        assert ("<tbody>" in found) == (number != "0"), (address, number)


@pytest.mark.parametrize("scripts", [True, False])
def test_searching_pages_through_what_is_found(visit: Open, filled: str, scripts: bool) -> None:
    """A field narrows, "older" goes on behind the last row, and no row comes twice."""
    seen = visit("/trail", at=filled, java_script_enabled=scripts)
    seen.page.get_by_label("Status").fill("failed")
    seen.page.get_by_role("button", name="Find").click()
    seen.page.wait_for_url(re.compile("status=failed"))
    first = seen.page.locator(".found tbody tr td:last-child").all_inner_texts()
    assert len(first) == 50
    seen.page.get_by_role("link", name="Older").click()
    seen.page.wait_for_url(re.compile("before="))
    second = seen.page.locator(".found tbody tr td:last-child").all_inner_texts()
    assert second
    assert not set(first) & set(second)
    assert seen.complaints == []


def test_a_story_shows_its_way_and_its_end(visit: Open, filled: str) -> None:
    """The answer is on top; each system is a lane, the slow way between them is marked."""
    seen = visit(STORY, at=filled)
    assert "mailbox full" in seen.page.locator(".box").inner_text()
    assert seen.page.get_by_text("The mailbox of the recipient is full.").is_visible()
    meaning = seen.page.get_by_role("link", name="What this means, and who has to act")
    assert meaning.get_attribute("href") == "/causes/mailbox-full"
    assert seen.page.locator(".way svg.lane").count() == 2
    assert seen.page.locator(".way .waiting").inner_text() == "0:08:20"
    assert seen.page.locator("details.whole").count() == 1
    assert seen.complaints == []


@pytest.mark.parametrize("scripts", [True, False])
def test_copies_of_the_trail_are_compared(visit: Open, filled: str, scripts: bool) -> None:
    """A name of the trail is enough where it has several copies."""
    seen = visit("/compare", at=filled, java_script_enabled=scripts)
    seen.page.get_by_label("From the trail").fill("<twin@example.com>")
    seen.page.get_by_role("button", name="Compare").click()
    seen.page.locator(".chains").wait_for()
    assert seen.page.locator(".stop-box").count() == 2
    assert seen.complaints == []


def test_a_narrow_screen_shows_rows_whole(visit: Open, filled: str) -> None:
    """On a phone each cell says what it is, and nothing lies beyond the edge."""
    seen = visit("/trail?status=failed", at=filled, viewport={"width": 360, "height": 900})
    row = seen.page.locator(".found tbody tr").first
    for cell in row.locator("td").all():
        box = cell.bounding_box()
        assert box is not None
        assert 0 <= box["x"] <= 360 - box["width"]
    heads = row.locator("td").evaluate_all("cells => cells.map((one) => one.dataset.head)")
    assert heads == ["Time", "From", "To", "State", "Subject", "Queue id"]


def test_files_are_compared_with_the_verdict_on_top(visit: Open, filled: str) -> None:
    """Two files are held against each other; what they share and where they part is drawn."""
    seen = visit("/compare", at=filled)
    mails = [EXAMPLES / "second-copy.eml", EXAMPLES / "mailbox-full.eml"]
    seen.page.set_input_files("#files", mails)
    seen.page.get_by_role("button", name="Compare").click()
    seen.page.locator(".sides").first.wait_for()
    assert "distinct" in seen.page.locator(".box").first.inner_text()
    assert seen.complaints == []


def test_one_mail_alone_cannot_be_compared(reader: TestClient) -> None:
    """The page says what is missing."""
    token = find_token(reader.get("/compare").text)
    mail = (EXAMPLES / "mailbox-full.eml").read_bytes()
    answer = reader.post("/compare", data={"form_token": token}, files={"files": ("a.eml", mail)})
    assert answer.status_code == 422
    assert "at least two mails" in answer.text


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/trail?since=nonsense", 422),
        ("/trail/message?id=nobody", 404),
        ("/trail/message", 404),
        ("/compare?a=nobody", 404),
        ("/trail/repeated?since=nonsense", 422),
        ("/trail?before=99999999999999999999999", 200),
        ("/overview?period=nonsense", 200),
    ],
)
def test_what_makes_no_sense_is_said(reader: TestClient, path: str, status: int) -> None:
    """A clear page, never a failure."""
    assert reader.get(path).status_code == status


@pytest.mark.parametrize("period", ["24h", "7d", "30d", "90d", "all"])
def test_every_period_has_its_numbers(reader: TestClient, period: str) -> None:
    """Each shows the chart, and a table behind it."""
    page = reader.get(f"/overview?period={period}").text
    assert 'class="chart"' in page
    assert "As a table" in page


def test_the_overview_speaks_german(reader: TestClient) -> None:
    """By what the browser asks for."""
    page = reader.get("/overview", headers={"Accept-Language": "de"}).text
    assert "Überblick" in page
    assert "Wer handeln muss" in page


def test_a_viewer_sees_numbers_but_no_mails(make_site: MakeSite, trail: str) -> None:
    """No recipient is named, no number is a link, and the search is closed."""
    token = Token("v", "viewer", ("stats",), sha256(b"v").hexdigest())
    site = make_site(store=trail, tokens=(token,))
    client = TestClient(create_app(site), base_url=LOCAL, follow_redirects=False)
    form = find_token(client.get("/sign-in").text)
    client.post("/sign-in", data={"form_token": form, "token": "v"})
    page = client.get("/overview")
    assert page.status_code == 200
    assert "@dest" not in page.text
    assert "/trail?" not in page.text
    assert client.get("/trail").status_code == 403
    assert client.get("/compare?a=%3Ctwin@example.com%3E").status_code == 403


def test_the_api_gives_the_numbers_of_the_page(reader: TestClient) -> None:
    """The same numbers, as JSON."""
    numbers = reader.get("/api/v1/stats").json()
    assert numbers["uncounted_hours"] == 0
    assert numbers["failed"] == sum(row["n"] for row in numbers["causes"])
    assert f">{numbers['failed']}</a>" in reader.get("/overview").text
    assert numbers["recipients"]


@pytest.mark.parametrize(
    "query", ["since=2026-03-02&until=2026-03-01", "since=0001-01-01T00:00:00"]
)
def test_the_api_refuses_times_that_make_no_sense(reader: TestClient, query: str) -> None:
    """An end before the beginning, and a time without an end."""
    assert reader.get(f"/api/v1/stats?{query}").status_code == 422


def test_five_thousand_hops_stay_inside_their_box(
    visit: Open, make_site: MakeSite, tmp_path: Path
) -> None:
    """A message that many systems passed is a long table, not a wide page."""
    place = make_long_way(tmp_path, 5_000)
    with serving(make_site(store=place)) as url:
        seen = visit("/trail/message?id=%3Chops@example.com%3E", at=url,
                     viewport={"width": 360, "height": 900})  # fmt: skip
        assert seen.page.locator(".way tbody tr").count() >= 100
        wide = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        assert seen.page.evaluate(wide) <= 0
        # What is shown is not all, and so no last word.
        assert "first 500 copies" in seen.page.locator(".note").inner_text()
        assert seen.page.locator(".box.maybe").count() == 1
        seen.page.get_by_role("link", name="All its copies, the newest first").click()
        assert "H04999" in seen.page.locator(".found tbody tr").first.inner_text()
