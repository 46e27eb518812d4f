"""Every byte of a mail is hostile: in a real browser nothing of it runs, and nothing is loaded."""

import time
from itertools import cycle, pairwise
from pathlib import Path
from urllib.parse import quote

import pytest
from playwright.sync_api import FilePayload, Page
from vectors import ENCODINGS, make_mail, vectors
from webserver import MakeSite, Open, serving

from retour.model.story import Query
from retour.model.trail import Arrival, HandOver, Observation
from retour.service.statistics import count
from retour.store import open_store

ALL = tuple(vectors())
A_MAILFUL = 10


def explain(page: Page, mail: bytes) -> None:
    """Bring a mail, as a person does."""
    page.set_input_files("#files", {"name": "b.eml", "mimeType": "x/y", "buffer": mail})
    page.get_by_role("button", name="Explain").click()
    page.locator(".report").first.wait_for()


def prepare(page: Page) -> None:
    """Let a vector that runs be seen."""
    page.add_init_script("window.alarms = []; window.alarm = (x) => window.alarms.push(String(x));")


def count_foreign(page: Page) -> int:
    """Count elements and attributes that no template of ours has."""
    found: int = page.evaluate(
        """() => {
            const main = document.querySelector("main");
            const names = "script,iframe,object,embed,link,style,base,meta,img,image,video,audio," +
                "marquee,math,template,noscript,isindex,plaintext,xmp,details,select,use,animate,set";
            let found = main.querySelectorAll(names).length;
            for (const element of main.querySelectorAll("*"))
                for (const {name, value} of element.attributes)
                    if (/^on|^style$|^srcdoc$|hx-on|hx-vals/.test(name)
                        || (name === "href" && !/^(https:|\\/|\\?)/.test(value))
                        || (/^(data-)?hx-(get|post)$/.test(name) && value !== "/explain"))
                        found += 1;
            return found;
        }"""
    )
    return found


@pytest.mark.parametrize("script", [True, False], ids=["with scripts", "without"])
def test_no_vector_runs_or_loads(visit: Open, *, script: bool) -> None:
    """Hundreds of them, in every field and in every encoding, a mailful at a time."""
    seen = visit("/", **({} if script else {"java_script_enabled": False}))
    if script:
        prepare(seen.page)
        seen.page.reload()
    base = seen.page.url
    seen.complaints.clear()
    mails = [ALL[at : at + A_MAILFUL] for at in range(0, len(ALL), A_MAILFUL)]
    # Each mailful in one of the encodings, and each encoding with several of them.
    for mail, encode in zip(mails, cycle(ENCODINGS.values()), strict=False):
        seen.page.goto(base)
        explain(seen.page, make_mail(mail, encode))
        if script:
            assert count_foreign(seen.page) == 0, mail
            assert seen.page.evaluate("window.alarms") == [], mail
    assert seen.outside == []
    assert seen.complaints == []


def test_the_text_stays_readable(visit: Open) -> None:
    """What was hostile stands on the page as text, as it came."""
    page = visit("/").page
    explain(page, make_mail(["<img src=x onerror=alarm(1)>"], ENCODINGS["as it is"]))

    assert "<img src=x onerror=alarm(1)>" in page.locator(".report pre").inner_text()


def test_file_names_and_addresses_are_text(visit: Open) -> None:
    """What a visitor's own machine or an address line names is hostile, too."""
    seen = visit("/codes?q=<img src=x onerror=alert(1)>")
    assert count_foreign(seen.page) == 0
    base = seen.page.url.split("/codes")[0]
    seen.page.goto(base)
    name = "<img src=x onerror=alert(1)>.eml"
    files: list[FilePayload] = [
        {"name": name, "mimeType": "x/y", "buffer": bytes.fromhex("D0CF11E0A1B11AE1")},
        {"name": name, "mimeType": "x/y", "buffer": b"550 5.1.1 user unknown"},
    ]
    seen.page.set_input_files("#files", files)
    seen.page.get_by_role("button", name="Explain").click()
    seen.page.locator(".mails").wait_for()

    assert count_foreign(seen.page) == 0
    assert seen.outside == []
    assert seen.complaints == []


def test_what_logs_say_is_text(visit: Open, make_site: MakeSite, tmp_path: Path) -> None:
    """Every page over a trail whose every field, of copies and of attempts, is a vector."""
    place = str(tmp_path / "trail.sqlite3")
    now = int(time.time()) * 1_000_000
    lines: list[Observation] = []
    for n, vector in enumerate(ALL[:120:5]):
        at = now - n * 60_000_000
        twins = [
            Arrival(
                at + twin * 1_000_000, f"{vector}{n}", f"{vector}{twin}", f"<{vector}{n}@x>",
                f"{vector}@x", f"{vector}.example", "192.0.2.1", vector, vector, subject=vector,
            )
            for twin in range(2)
        ]  # fmt: skip
        lines += twins
        lines += [
            HandOver(
                at + 5_000_000, twin.system, twin.queue_id, f"{vector}@{vector}", vector, outcome,  # type: ignore[arg-type]
                vector, "192.0.2.2", "5.1.1", f"550 5.1.1 {vector}", vector, 900, 400_000,
            )
            for twin, outcome in zip(twins, ("failed", "deferred"), strict=True)
        ]  # fmt: skip
    with open_store(place) as store:
        store.write(lines)
        count(store)
        numbers = [copy.copy_id for copy in store.find(Query(limit=200))]
    paths = ["/overview", "/trail", "/trail?failed_to=x", "/trail/repeated"]
    paths += [f"/trail/message?id={number}" for number in numbers[::2]]
    paths += [f"/compare?a={one}&b={other}" for one, other in pairwise(numbers[:6])]
    fields = ("from", "cause", "actor", "trouble", "failed_to", "check_over_ms", "since", "before")
    paths += [f"/trail?{field}={quote(vector)}" for field in fields for vector in ALL[::90]]
    paths += [f"/compare?a={quote(ALL[0])}", f"/trail/message?id={quote(ALL[1])}"]
    with serving(make_site(store=place)) as url:
        seen = visit("/", at=url)
        prepare(seen.page)
        seen.complaints.clear()
        for path in paths:
            seen.page.goto(url + path)
            # What our templates have of it.
            own = "main :is(details, select, form[hx-get='/trail'], form[hx-post='/compare'])"
            ours = seen.page.locator(own).count()
            assert count_foreign(seen.page) == ours, path
            assert seen.page.evaluate("window.alarms") == [], path
        refused = "Failed to load resource: the server responded with a status of 4"
        assert [one for one in seen.complaints if not one.startswith(refused)] == []
        assert seen.outside == []
