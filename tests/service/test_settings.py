"""One settings file, found in a fixed order and checked to the last key."""

from pathlib import Path
from typing import get_args

import pytest

from retour.model.document import Audience
from retour.service import settings
from retour.service.settings import (
    Settings,
    SettingsError,
    TrailSettings,
    choose_store,
    load_settings,
)


@pytest.fixture(autouse=True)
def no_system_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep the machine's own settings out of the tests."""
    monkeypatch.setattr(settings, "SYSTEM_FILE", tmp_path / "etc.toml")


def test_settings_file_is_looked_for_in_the_documented_order(tmp_path: Path) -> None:
    """Each place is used only where the ones before it name or have no file."""
    own = tmp_path / "home" / ".config" / "retour" / "retour.toml"
    own.parent.mkdir(parents=True)
    environ = {"HOME": str(tmp_path / "home")}
    assert load_settings(None, environ) == Settings()
    (tmp_path / "etc.toml").write_text('audience = "admin"')
    assert load_settings(None, environ).audience == "admin"
    own.write_text('audience = "sender"')
    assert load_settings(None, environ).audience == "sender"
    (tmp_path / "env.toml").write_text('format = "json"')
    environ["RETOUR_CONFIG"] = str(tmp_path / "env.toml")
    assert load_settings(None, environ) == Settings(format="json")
    (tmp_path / "option.toml").write_text('format = "text"')
    assert load_settings(str(tmp_path / "option.toml"), environ) == Settings(format="text")


@pytest.mark.parametrize(
    ("content", "error"),
    [
        (b"formt = 1", "formt: is no setting; there are format, audience and the table trail."),
        (b'format = "pdf"', "format: must be terminal, text or json, not 'pdf'."),
        (b"audience = 3", "audience: must be sender, admin or all, not 3."),
        (b"audience = []", "audience: must be sender, admin or all, not []."),
        (b"trail = 1", "trail: must be a table."),
        (b"trail.stor = 1", "trail.stor: is no setting; there are store, summaries_days, "),
        (b"trail.bodies_days = -1", "trail.bodies_days: must be a number of days, 0 or more, not"),
        (b"trail.subjects = 0", "trail.subjects: must be true or false, not 0."),
        (b"format =", "is not TOML: "),
        (b"\xff\xfe", "is not UTF-8 text."),
        (None, "cannot be read: No such file or directory."),
    ],
)
def test_wrong_settings_are_one_sentence_with_file_and_key(
    tmp_path: Path, content: bytes | None, error: str
) -> None:
    """A person who mistyped learns where and what."""
    file = tmp_path / "retour.toml"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(SettingsError) as caught:
        load_settings(str(file), {})
    assert str(caught.value).startswith(f"{file}: {error}")
    assert "\n" not in str(caught.value)


def test_audiences_that_may_be_set_are_those_of_the_model() -> None:
    """The settings repeat the list for the sake of start-up time, and must not drift."""
    assert get_args(Audience) == settings.AUDIENCES


def test_the_trail_is_looked_for_in_the_documented_order() -> None:
    """Option, environment, settings, home; and a home is needed for the last."""
    settings = Settings(trail=TrailSettings(store="set"))
    environ = {"HOME": "/home/ann", "RETOUR_STORE": "env"}
    assert choose_store("option", environ, settings) == "option"
    assert choose_store(None, environ, settings) == "env"
    assert choose_store(None, {"HOME": "/home/ann"}, settings) == "set"
    assert choose_store(None, {"HOME": "/home/ann"}, Settings()) == (
        "/home/ann/.local/share/retour/trail.sqlite3"
    )
    with pytest.raises(SettingsError, match="use --store"):
        choose_store(None, {}, Settings())
