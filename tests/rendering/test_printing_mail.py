"""The report as a mail through `retour.render`, and the command line that writes it."""

import email
from dataclasses import replace
from pathlib import Path

import pytest

import retour
from retour.cli.main import run
from retour.rendering.letterhead import Letterhead

pytest.importorskip("jinja2", reason="HTML needs the extra 'html'")

FIXTURES = Path(__file__).resolve().parent.parent / "fixtures" / "mails"
POSTFIX = FIXTURES / "postfix.eml"


def test_render_writes_the_report_anew_as_a_mail() -> None:
    """One call: words in the chosen language, and the same answer on reading it."""
    analysis = retour.explain(POSTFIX.read_bytes())
    mail = retour.render(analysis, format="eml", language="en")
    assert retour.explain(mail) == analysis
    parsed = email.message_from_bytes(mail)
    types = [part.get_content_type() for part in parsed.walk()]
    assert types[:5] == [
        "multipart/report",
        "multipart/mixed",
        "multipart/alternative",
        "text/plain",
        "text/html",
    ]
    text = next(part for part in parsed.walk() if part.get_content_type() == "text/plain")
    page = next(part for part in parsed.walk() if part.get_content_type() == "text/html")
    for part, expected in (
        (text, retour.render(analysis, format="text", language="en")),
        (page, retour.render(analysis, format="html", language="en")),
    ):
        payload = part.get_payload(decode=True)
        assert isinstance(payload, bytes)
        assert payload.decode().split() == expected.split()


def test_logo_goes_with_the_mail() -> None:
    """An operator's logo is a part that the page names by its content id."""
    # The smallest head of a PNG: 32 by 16 pixels.
    logo = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x20\0\0\0\x10\x08\x02\0\0\0"
    analysis = retour.explain(POSTFIX.read_bytes())
    mail = retour.render(analysis, format="eml", letterhead=Letterhead(name="Example", logo=logo))
    parts = {part.get_content_type(): part for part in email.message_from_bytes(mail).walk()}
    page = parts["text/html"].get_payload(decode=True)
    assert isinstance(page, bytes)
    assert b"cid:" + parts["image/png"]["Content-ID"].strip("<>").encode() in page


def test_analysis_without_its_mail_is_refused_in_one_sentence() -> None:
    """What was not read from a mail cannot be written anew."""
    analysis = replace(retour.explain(POSTFIX.read_bytes()), raw=b"")
    with pytest.raises(ValueError, match="not read from a mail"):
        retour.render(analysis, format="eml")


def test_command_line_writes_one_mail_into_a_file(tmp_path: Path) -> None:
    """``--format eml -o FILE`` writes the mail; reading that again gives the same answer."""
    file = tmp_path / "new.eml"
    assert run(["explain", "--format", "eml", "-o", str(file), str(POSTFIX)]) == 0
    assert retour.explain(file.read_bytes()) == retour.explain(POSTFIX.read_bytes())


def test_command_line_writes_one_mail_a_mail_into_a_folder(tmp_path: Path) -> None:
    """``-o FOLDER/`` has one ``.eml`` for each input."""
    folder = tmp_path / "out"
    inputs = [str(POSTFIX), str(FIXTURES / "exim.eml")]
    assert run(["explain", "--format", "eml", "-o", f"{folder}/", *inputs]) == 0
    assert sorted(path.name for path in folder.iterdir()) == ["exim.eml", "postfix.eml"]


def test_several_mails_do_not_go_into_one(capfd: pytest.CaptureFixture[str]) -> None:
    """A mail is one mail; several need a folder, and nothing is written before that is known."""
    assert run(["explain", "--format", "eml", str(POSTFIX), str(FIXTURES / "exim.eml")]) != 0
    captured = capfd.readouterr()
    assert captured.out == ""
    assert "name a folder" in captured.err


def test_a_reply_alone_is_no_mail(capfd: pytest.CaptureFixture[str]) -> None:
    """``retour code --format eml`` says in one sentence why not."""
    assert run(["code", "--format", "eml", "5.1.1"]) != 0
    assert "no mail" in capfd.readouterr().err
