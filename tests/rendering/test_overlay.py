"""An operator's texts: they replace ours one by one, and a wrong one is named."""

from pathlib import Path

import pytest
import samples

from retour.rendering.catalogues import check_texts, load_wording
from retour.rendering.overlay import CatalogueError
from retour.rendering.printing import render

OWN = """\
[label]
steps = "Next"

[sender.user-unknown]
headline = "Nobody called {recipient} works here."
"""


def write(folder: Path, text: str, name: str = "en.toml") -> Path:
    """Write a catalogue into a folder of its own."""
    (folder / name).write_text(text, encoding="utf-8")
    return folder


@pytest.mark.parametrize("form", ["html", "text"])
def test_own_texts_stand_in_the_place_of_ours(tmp_path: Path, form: str) -> None:
    """What the file holds is said, all else stays."""
    texts = write(tmp_path, OWN)
    check_texts(texts)
    printed = render(samples.user_unknown(), format=form, language="en", texts=texts)  # type: ignore[call-overload]
    assert "Nobody called slaes@example.net works here." in printed
    assert "Next" in printed
    assert "What to do now" not in printed
    assert "Who has to act" in printed


def test_our_texts_stay_as_they_are(tmp_path: Path) -> None:
    """An overlay is no change of the catalogue that others get."""
    load_wording("en", texts=write(tmp_path, OWN))
    assert load_wording("en").say("label", "steps") == "What to do now"


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("[label]\nstepps = 'x'", "label.stepps: is no text that can be replaced."),
        ("language = 'de'", "language: is no text that can be replaced."),
        ("[sender]\nuser-unknown = 'x'", "sender.user-unknown: is not of the form"),
        ("[label]\nsteps = 3", "label.steps: is not of the form"),
        ("[sender.user-unknown]\nsteps = 'x'", "sender.user-unknown.steps: is not of the form"),
        ("[dates]\nmonths = ['I', 'II']", "dates.months: is not of the form"),
        ("[label]\nsteps = 'x {'", "label.steps: has a brace without its partner."),
        (
            "[sender.user-unknown]\nheadline = '{password}'",
            "sender.user-unknown.headline: names a fact that is not known here: password.",
        ),
        ("label = [", "is not TOML"),
    ],
)
def test_wrong_texts_are_one_sentence_with_file_and_key(
    tmp_path: Path, text: str, complaint: str
) -> None:
    """A text that would never be shown, or show a hole, is found when settings are loaded."""
    with pytest.raises(CatalogueError) as error:
        check_texts(write(tmp_path, text))
    assert str(tmp_path / "en.toml") in str(error.value)
    assert complaint in str(error.value)
    assert "\n" not in str(error.value)


def test_folder_without_catalogues_or_with_an_unknown_language_is_named(tmp_path: Path) -> None:
    """An empty folder and a language that nobody would be given."""
    with pytest.raises(CatalogueError, match="holds no catalogue"):
        check_texts(tmp_path)
    with pytest.raises(CatalogueError, match=r"tlh\.toml: there is no such language"):
        check_texts(write(tmp_path, OWN, "tlh.toml"))
