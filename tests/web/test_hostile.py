"""Every byte of a mail is hostile: in a real browser nothing of it runs, and nothing is loaded."""

from itertools import cycle

import pytest
from playwright.sync_api import FilePayload, Page
from vectors import ENCODINGS, make_mail, vectors
from webserver import Open

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
