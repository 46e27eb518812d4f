"""``retour templates`` as a person meets it."""

from pathlib import Path

import pytest

from retour.cli.main import run


@pytest.fixture(autouse=True)
def _no_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody's own settings take part."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("RETOUR_CONFIG", raising=False)
    monkeypatch.chdir(tmp_path)


def test_one_file_goes_to_standard_output_in_english(
    capfdbinary: pytest.CaptureFixture[bytes],
) -> None:
    """Without options it is English, and can be piped."""
    assert run(["templates", "postfix"]) == 0
    printed = capfdbinary.readouterr().out.decode()
    assert "What to do now" in printed
    assert "Was können" not in printed


def test_languages_stand_in_the_order_asked_for(tmp_path: Path) -> None:
    """The first is read first."""
    assert run(["templates", "sendmail", "--lang", "en,de,en", "-o", "text"]) == 0
    text = (tmp_path / "text").read_text()
    assert text.index("--- English ---") < text.index("--- Deutsch ---")
    assert text.count("--- English ---") == 1


def test_two_files_need_a_folder(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Exim has two; the folder is made, and without one nothing is written."""
    assert run(["templates", "exim", "-o", "one"]) == 2
    assert "name a folder" in capsys.readouterr().err
    assert not (tmp_path / "one").exists()
    assert run(["templates", "exim", "-o", "new/"]) == 0
    assert sorted(path.name for path in (tmp_path / "new").iterdir()) == [
        "bounce_message.txt",
        "warn_message.txt",
    ]


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--lang", "de,tlh"], "'tlh' is no language"),
        (["--page", "ftp://x"], "no address of a page"),
        (["-o", "settings.toml/x"], "cannot be written"),
        (["--config", "missing.toml"], "missing.toml"),
    ],
)
def test_wrong_use_is_one_sentence(
    options: list[str], sentence: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """It says what is wrong and ends with status 2."""
    (tmp_path / "settings.toml").write_text("")
    assert run(["templates", "postfix", *options]) == 2
    error = capsys.readouterr().err
    assert sentence in error
    assert "Traceback" not in error


def test_contact_and_texts_come_from_the_settings(tmp_path: Path) -> None:
    """An operator's own words replace ours, and its contact stands where only its people read."""
    (tmp_path / "texts").mkdir()
    (tmp_path / "texts" / "en.toml").write_text('[templates]\ndo = "Next"\n')
    (tmp_path / "own.toml").write_text('[report]\ncontact = "phone 1234"\ntexts = "texts"\n')
    own = ["--config", "own.toml", "--scope", "internal", "-o", "file"]
    assert run(["templates", "postfix", *own]) == 0
    text = (tmp_path / "file").read_text()
    assert "phone 1234" in text
    assert "\nNext\n" in text
    assert "What to do now" not in text
