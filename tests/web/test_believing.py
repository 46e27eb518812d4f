"""Pages believe nothing of a mail even without our policy: lists, links, files, addresses.

The Content-Security-Policy is the second fence, and while it stands it hides holes in the first;
here the browser ignores it.
"""

from collections.abc import Iterator
from itertools import cycle
from urllib.parse import quote

import pytest
from playwright.sync_api import Browser, FilePayload, Page
from vectors import ENCODINGS, make_mail, vectors
from webserver import Visit

ALL = tuple(vectors())
SAMPLE = ALL[:: len(ALL) // 30]
MAILS = [
    make_mail(ALL[at :: len(ENCODINGS)], encode) for at, encode in enumerate(ENCODINGS.values())
]


@pytest.fixture
def watch(browser: Browser, server: str) -> Iterator[Visit]:
    """A window without the policy, in which a vector that runs is heard."""
    context = browser.new_context(bypass_csp=True, locale="en-GB")
    seen = Visit(context, server)
    context.expose_function("alarm", lambda *_: seen.complaints.append("a vector ran"))
    # What a page leads to elsewhere leads nowhere, and is noted.
    context.route("**://alarm.invalid/**", lambda route: route.fulfill(status=204))
    yield seen
    context.close()


def find_faults(seen: Visit) -> list[str]:
    """Return what ran or was asked for, and forget it; refused pages complain of themselves."""
    ran = [said for said in seen.complaints if "the server responded with a status of" not in said]
    faults = [*ran, *(f"asked {url}" for url in seen.outside)]
    seen.complaints.clear()
    seen.outside.clear()
    return faults


def bring(page: Page, server: str, *mails: bytes) -> None:
    """Bring mails as a person does."""
    files: list[FilePayload] = [
        {"name": f"{n}.eml", "mimeType": "x/y", "buffer": mail} for n, mail in enumerate(mails)
    ]
    page.goto(server)
    page.set_input_files("#files", files)
    page.get_by_role("button", name="Explain").click()
    page.locator(".report, .mails").first.wait_for()


def show_naively(page: Page, server: str, content: str) -> None:
    """Show something as HTML under our address."""
    page.route(
        "**/naive", lambda route: route.fulfill(body=content, content_type="text/html"), times=1
    )
    page.goto(f"{server}/naive")


def test_a_page_that_believes_is_caught(watch: Visit, server: str) -> None:
    """Of vectors put into a page as they are, many run; else nothing below could fail."""
    caught = 0
    for vector in SAMPLE:
        show_naively(watch.page, server, f"<!doctype html><title>x</title><p>{vector}")
        watch.page.wait_for_timeout(30)
        caught += bool(find_faults(watch))

    assert caught > len(SAMPLE) / 2


def test_reports_and_lists_believe_nothing(watch: Visit, server: str) -> None:
    """Each report, with every vector in some encoding; then the list of them all."""
    faults = {}
    for number, mail in enumerate(MAILS):
        bring(watch.page, server, mail)
        faults[str(number)] = find_faults(watch)
    bring(watch.page, server, *MAILS)
    faults["list"] = find_faults(watch)

    assert {place: found for place, found in faults.items() if found} == {}


def test_links_and_files_believe_nothing(watch: Visit, server: str) -> None:
    """A shared report, and the HTML that was downloaded, opened in a browser."""
    faults = {}
    for name, mail in list(zip(ENCODINGS, MAILS, strict=True))[::3]:
        bring(watch.page, server, mail)
        with watch.page.expect_download() as download:
            watch.page.get_by_role("button", name="HTML").click()
        watch.page.get_by_role("button", name="Share by link").click()
        watch.page.goto(watch.page.get_by_label("Link").input_value())
        faults[f"link, {name}"] = find_faults(watch)
        show_naively(watch.page, server, download.value.path().read_text(encoding="utf-8"))
        faults[f"file, {name}"] = find_faults(watch)

    assert {place: found for place, found in faults.items() if found} == {}


def test_addresses_are_not_believed(watch: Visit, server: str) -> None:
    """What an address holds is data, in answers and in refusals."""
    faults = {}
    for vector, path in zip(
        SAMPLE, cycle(("/codes?q=", "/codes/", "/causes/", "/s/", "/")), strict=False
    ):
        watch.page.goto(server + path + quote(vector.replace("\x00", ""), safe=""))
        faults[path + vector] = find_faults(watch)

    assert {place: found for place, found in faults.items() if found} == {}
