"""The pages that say what codes and causes mean."""

import pytest
from fastapi.testclient import TestClient

from retour.knowledge.load import load
from retour.rendering.catalogues import languages


@pytest.mark.parametrize("language", languages())
def test_every_cause_has_a_page_in_every_language(client: TestClient, language: str) -> None:
    """Each says what it means, who acts, and how to check."""
    for name in load().causes:
        page = client.get(f"/causes/{name}?lang={language}")

        assert page.status_code == 200, name
        assert f'class="report" lang="{language}"' in page.text
        assert page.text.count("<li>") >= 2, name


def test_every_listed_code_has_a_page(client: TestClient) -> None:
    """No link of the list leads nowhere."""
    knowledge = load()
    codes = [f"5.{code.removeprefix('X.')}" for code in knowledge.statuses]
    for code in [*codes, *map(str, knowledge.codes)]:
        expected = 200 if code[0] in "245" else 404
        assert client.get(f"/codes/{code}").status_code == expected, code


def test_a_reply_is_looked_up(client: TestClient) -> None:
    """A code leads to its page, a whole reply is explained where it was asked."""
    assert client.get("/codes?q=5.4.6").headers["location"] == "/codes/5.4.6"
    page = client.get("/codes", params={"q": "550 5.1.1 user <b>unknown</b>"}).text
    assert "user-unknown" in page
    assert "<b>unknown" not in page


@pytest.mark.parametrize("path", ["/codes/9.9.9", "/codes/<script>", "/causes/none", "/codes/5.1"])
def test_what_is_no_code_or_cause_has_no_page(client: TestClient, path: str) -> None:
    """An invented address shows nothing of itself."""
    answer = client.get(path)

    assert answer.status_code == 404
    assert "<script>" not in answer.text
