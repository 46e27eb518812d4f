"""The journey of a helpdesk: drop or paste, read, switch, copy, download, share."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from webserver import LOCAL, MakeSite, Open, find_token

from retour.service.serving import Token
from retour.service.sharing import Shares
from retour.web.application import create_app

EXAMPLES = Path(__file__).parents[2] / "examples"
MAIL = (EXAMPLES / "mailbox-full.eml").read_bytes()


def send(client: TestClient, path: str = "/explain", **fields: Any) -> Any:
    """Send the form as a browser without scripts does."""
    token = find_token(client.get("/").text)
    files = fields.pop("files", None)
    headers = fields.pop("headers", {})
    return client.post(path, data={"form_token": token, **fields}, files=files, headers=headers)


def carried(page: str) -> str:
    """Return the mail that a page carries along."""
    found = re.search(r'name="mail" value="([A-Za-z0-9+/=]+)"', page)
    assert found
    return found[1]


def test_a_dropped_mail_becomes_four_parts(client: TestClient) -> None:
    """The page tells the sender, the administrator, the details and the headers."""
    page = send(client, files={"files": ("bounce.eml", MAIL)}).text

    for heading in ("Did it arrive?", "What to do now", "For mail administrators", "Evidence",
                    "The original message", "Headers as they came", "A ready answer"):  # fmt: skip
        assert heading in page, heading


@pytest.mark.parametrize(
    "text",
    [
        MAIL.decode(),
        "550 5.1.1 <a@example.net>: user unknown",
        "Subject: x\r\n\r\n552 mailbox full",
    ],
)
def test_pasted_text_is_explained(client: TestClient, text: str) -> None:
    """A whole mail, a bare reply, a header with a body: whatever somebody copies."""
    answer = send(client, text=text)

    assert answer.status_code == 200
    assert 'class="report"' in answer.text


def test_nothing_sent_is_said(client: TestClient) -> None:
    """An empty form gets one sentence and the form again."""
    answer = send(client, text="  ")

    assert answer.status_code == 422
    assert "nothing to read" in answer.text


def test_language_and_audience_are_switched_without_keeping_the_mail(client: TestClient) -> None:
    """Each button sends the mail that the page holds; the server has none."""
    page = send(client, files={"files": ("bounce.eml", MAIL)}).text
    mail = carried(page)
    german = send(client, mail=mail, language="en", audience="all", to_language="de").text
    sender = send(client, mail=mail, language="en", audience="all", to_audience="sender").text

    assert "Kam sie an?" in german or 'lang="de"' in german
    assert "For mail administrators" not in sender
    assert "What to do now" in sender


def test_the_report_is_downloaded_in_three_forms(client: TestClient) -> None:
    """HTML, JSON and a mail, each as a file that no browser opens in our name."""
    mail = carried(send(client, files={"files": ("bounce.eml", MAIL)}).text)
    answers = {
        form: send(client, "/explain/download", mail=mail, form=form)
        for form in ("html", "json", "eml")
    }

    assert all("attachment" in one.headers["content-disposition"] for one in answers.values())
    assert answers["json"].json()["recipients"][0]["diagnosis"]["cause"] == "mailbox-full"
    assert answers["html"].text.startswith("<!DOCTYPE html>") or "<html" in answers["html"].text
    assert b"multipart/report" in answers["eml"].content
    assert send(client, "/explain/download", mail=mail, form="exe").status_code == 400


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("en", "This is about your message “Photos of the workshop” of 2026-03-03 14:22."),
        ("de", "Es geht um Ihre Nachricht „Photos of the workshop“ vom 2026-03-03 14:22."),
    ],
)
def test_the_answer_says_which_message_it_is_about(
    client: TestClient, language: str, said: str
) -> None:
    """Who reads it has sent several; the report says it, too."""
    headers = {"Accept-Language": language}
    page = send(client, files={"files": ("bounce.eml", MAIL)}, headers=headers).text
    plain = page.replace("\u2068", "").replace("\u2069", "")

    assert plain.count(said) == 2


def test_damaged_carried_mail_is_refused(client: TestClient) -> None:
    """What is no base64 did not come from our page."""
    assert send(client, mail="?" * 9).status_code == 400


def test_several_mails_are_listed(client: TestClient) -> None:
    """Each has its own line and button; opening one shows its report."""
    other = (EXAMPLES / "second-copy.eml").read_bytes()
    token = find_token(client.get("/").text)
    page = client.post(
        "/explain",
        data={"form_token": token},
        files=[("files", ("a.eml", MAIL)), ("files", ("b.eml", other))],
    ).text

    assert page.count("<li>\n<form") == 2
    assert "2 mails" in page


def test_many_files_are_listed_up_to_a_bound(client: TestClient) -> None:
    """Of more than a page holds the first are shown, and the page says so."""
    token = find_token(client.get("/").text)
    files = [("files", (f"{n}.eml", MAIL)) for n in range(60)]
    answer = client.post("/explain", data={"form_token": token}, files=files)

    assert answer.status_code == 200
    assert answer.text.count("<li>\n<form") == 50
    assert "Only the first ones are listed" in answer.text


def test_a_damaged_form_is_said_in_the_readers_language(client: TestClient) -> None:
    """In words of ours, not in those of a library."""
    answer = client.post(
        "/explain",
        content=b"nonsense",
        headers={"Content-Type": "multipart/form-data", "Accept-Language": "de"},
    )

    assert answer.status_code == 400
    assert "unvollständig oder beschädigt" in answer.text
    assert "boundary" not in answer.text


def test_a_shared_link_opens_until_it_expires(client: TestClient) -> None:
    """The folder keeps the mail under a name that opens nothing, and deletes it in the end."""
    mail = carried(send(client, files={"files": ("bounce.eml", MAIL)}).text)
    shared = send(client, "/share", mail=mail, language="de", audience="sender")
    found = re.search(r"http://localhost(/s/([A-Za-z0-9_-]{43}))", shared.text)
    assert found
    opened = client.get(found[1])
    site = client.app.state.site  # type: ignore[attr-defined]
    [file] = site.web.shares.iterdir()

    assert opened.status_code == 200
    assert 'lang="de"' in opened.text
    assert found[2] not in file.name
    assert file.stat().st_mode & 0o077 == 0
    assert client.get("/s/" + "A" * 43).status_code == 404
    assert client.get("/s/..%2f..%2fetc").status_code == 404
    later = Shares(site.web.shares, clock=lambda: file.stat().st_mtime + 8 * 86400)
    assert later.find(found[2]) is None
    later.sweep()
    assert not file.exists()


def test_strangers_see_of_a_shared_report_what_may_leave_the_house(make_site: MakeSite) -> None:
    """By the link alone one gets the outside view; sharing needs the helpdesk's role."""
    import hashlib  # noqa: PLC0415

    tokens = tuple(
        Token(role, role, (), hashlib.sha256(role.encode()).hexdigest())
        for role in ("viewer", "helpdesk")
    )
    app = create_app(make_site(tokens=tokens))
    pages = {}
    for role in ("viewer", "helpdesk"):
        client = TestClient(app, base_url=LOCAL, follow_redirects=True)
        form_token = find_token(client.get("/sign-in").text)
        client.post("/sign-in", data={"form_token": form_token, "token": role})
        mail = carried(send(client, files={"files": ("bounce.eml", MAIL)}).text)
        pages[role] = send(client, "/share", mail=mail, audience="all")
    found = re.search(r"/s/[A-Za-z0-9_-]{43}", pages["helpdesk"].text)
    assert found
    stranger = TestClient(app, base_url=LOCAL).get(found[0])

    assert pages["viewer"].status_code == 403
    assert stranger.status_code == 200
    assert "For mail administrators" not in stranger.text
    assert "Headers as they came" not in stranger.text


def test_the_audit_log_says_whose_mail_was_looked_at(client: TestClient, tmp_path: Path) -> None:
    """Who, when, which mail; nothing of its content."""
    send(client, files={"files": ("bounce.eml", MAIL)})
    [line] = (tmp_path / "audit.jsonl").read_text().splitlines()
    entry = json.loads(line)

    assert entry["event"] == "mail explained"
    assert entry["person"] == "local"
    assert entry["recipients"]
    assert "Subject" not in line


def test_the_audit_log_opens_no_link(client: TestClient, tmp_path: Path) -> None:
    """That a shared report was read is in it, but not the secret that opens it."""
    shared = send(client, "/share", mail=carried(send(client, files={"files": MAIL}).text))
    found = re.search(r"/s/([\w-]{43})", shared.text)
    assert found
    assert client.get(f"/s/{found[1]}").status_code == 200
    written = (tmp_path / "audit.jsonl").read_text()

    assert "shared report opened" in written
    assert found[1] not in written


def test_a_download_is_in_the_audit_log(client: TestClient, tmp_path: Path) -> None:
    """Whoever sends the form alone has looked at a mail, too."""
    mail = carried(send(client, files={"files": MAIL}).text)
    assert send(client, "/explain/download", mail=mail, form="json").status_code == 200

    assert "report downloaded" in (tmp_path / "audit.jsonl").read_text().splitlines()[-1]


def test_a_trail_out_of_reach_costs_the_context_alone(make_site: MakeSite) -> None:
    """The mail is explained from itself, and the page says so."""
    site = make_site(store="postgresql://127.0.0.1:1/none")
    client = TestClient(create_app(site), base_url=LOCAL)
    answer = send(client, files={"files": ("bounce.eml", MAIL)})

    assert answer.status_code == 200
    assert "The trail could not be asked" in answer.text


def test_a_defect_of_ours_has_a_page(make_site: MakeSite, monkeypatch: pytest.MonkeyPatch) -> None:
    """An error inside is one calm page without a trace of the code."""
    app = create_app(make_site())
    monkeypatch.setattr("retour.web.pages.explain.take_mails", lambda *_: 1 / 0)
    client = TestClient(app, base_url=LOCAL, raise_server_exceptions=False)
    answer = send(client, text="x")

    assert answer.status_code == 500
    assert "on our side" in answer.text
    assert "ZeroDivision" not in answer.text


def test_a_helpdesk_answers_a_caller_with_scripts(visit: Open) -> None:
    """Drop, read, switch, copy, download, share: in a real browser, without a full reload."""
    seen = visit("/", permissions=["clipboard-read", "clipboard-write"])
    page = seen.page
    page.evaluate("window.stays = true")
    page.set_input_files("#files", EXAMPLES / "mailbox-full.eml")
    page.get_by_role("button", name="Explain").click()
    page.get_by_role("heading", name="For mail administrators").wait_for()
    page.get_by_role("button", name="the sender", exact=True).click()
    page.get_by_role("heading", name="For mail administrators").wait_for(state="detached")
    page.locator("main").get_by_role("button", name="Deutsch").click()
    page.locator('.report[lang="de"]').first.wait_for()
    page.get_by_role("button", name="Copy").click()
    page.get_by_text("Copied.").wait_for()
    answer = page.evaluate("navigator.clipboard.readText()")
    with page.expect_download() as download:
        page.get_by_role("button", name="JSON").click()

    assert answer.startswith("Guten Tag,")
    assert page.evaluate("window.stays") is True
    assert json.loads(download.value.path().read_text())["schema"] == "retour/1"
    page.get_by_role("button", name="Share by link").click()
    link = page.get_by_label("Link").input_value()
    page.goto(link)
    assert page.locator('.report[lang="de"]').count() > 0
    assert seen.complaints == []
    assert seen.outside == []


def test_a_helpdesk_answers_a_caller_without_scripts(visit: Open) -> None:
    """The same forms, each a page of its own."""
    page = visit("/", java_script_enabled=False).page
    page.set_input_files("#files", EXAMPLES / "mailbox-full.eml")
    page.get_by_role("button", name="Explain").click()
    page.get_by_role("button", name="administrators").click()

    assert page.url.endswith("/explain")
    assert page.get_by_role("heading", name="For mail administrators").count() == 1
    assert page.get_by_role("heading", name="What to do now").count() == 0


def test_a_dropped_file_is_sent_at_once(visit: Open) -> None:
    """What falls onto the field is chosen and explained."""
    page = visit("/").page
    page.evaluate(
        """(text) => {
            const carried = new DataTransfer();
            carried.items.add(new File([text], "bounce.eml"));
            const drop = new DragEvent("drop", {dataTransfer: carried, bubbles: true,
                                                cancelable: true});
            document.querySelector("[data-drop]").dispatchEvent(drop);
        }""",
        MAIL.decode(),
    )
    page.get_by_role("heading", name="For mail administrators").wait_for()


def test_the_keyboard_alone_is_enough(visit: Open) -> None:
    """From the first key to the report, and the reader goes on at its beginning."""
    page = visit("/").page
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.locator("#text").focus()
    page.keyboard.type("550 5.1.1 user unknown")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.locator(".report").first.wait_for()
    page.wait_for_function("document.activeElement.id === 'main'")


def test_extremes_do_not_break_a_page(visit: Open) -> None:
    """A subject of 2,000 characters, a name from right to left, and hundreds of hops still fit."""
    hops = "".join(
        f"Received: from h{n}.example.com by h{n + 1}.example.com with ESMTP id q{n};"
        f" Sun, 1 Mar 2026 10:{n // 60 % 60:02}:{n % 60:02} +0100\n"
        for n in range(5000, 0, -1)
    )
    original = (
        f"{hops}From: \u202eשרה כהן <s@example.com>\nTo: a@example.net\nSubject: {'W' * 2000}\n"
    )
    text = (
        "From: MAILER-DAEMON@example.net\nSubject: Undelivered Mail Returned to Sender\n"
        "Content-Type: multipart/report; report-type=delivery-status; boundary=b\n\n--b\n\n"
        "Sorry.\n--b\nContent-Type: message/delivery-status\n\n"
        "Reporting-MTA: dns; mx.example.net\n\n"
        "Final-Recipient: rfc822; a@example.net\nAction: failed\nStatus: 5.1.1\n"
        "Diagnostic-Code: smtp; 550 5.1.1 user unknown\n--b\nContent-Type: message/rfc822\n\n"
        f"{original}\nHello\n--b--\n"
    )
    for width in (360, 1280):
        page = visit("/", viewport={"width": width, "height": 800}).page
        page.locator("#files").set_input_files(
            {"name": "b.eml", "mimeType": "message/rfc822", "buffer": text.encode()}
        )
        page.get_by_role("button", name="Explain").click()
        page.locator(".report").first.wait_for()
        beyond = page.evaluate(
            "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        )
        assert beyond == 0, width
