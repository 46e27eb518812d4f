"""One settings file, found in a fixed order and checked to the last key."""

import re
from pathlib import Path
from typing import get_args

import pytest

from retour.model.document import Audience, Scope
from retour.rendering.letterhead import Letterhead
from retour.service import settings
from retour.service.complaint import SettingsError
from retour.service.settings import Settings, TrailSettings, choose_store, load_settings


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
        (
            b"formt = 1",
            "formt: is no setting; there are format, language, audience, scope, report, trail, "
            "milter and web.",
        ),
        (b'format = "pdf"', "format: must be terminal, text, html, eml or json, not 'pdf'."),
        (b"audience = 3", "audience: must be sender, admin or all, not 3."),
        (b"audience = []", "audience: must be sender, admin or all, not []."),
        (b'scope = "public"', "scope: must be internal or external, not 'public'."),
        (b'language = "tlh"', "language: must be auto"),
        (b"trail = 1", "trail: must be a table."),
        (b"trail.stor = 1", "trail.stor: is no setting; there are store, summaries_days, "),
        (b"trail.bodies_days = -1", "trail.bodies_days: must be a number of days, 0 or more, not"),
        (b'trail.domains = ["example"]', "trail.domains: must be a list of domains, as "),
        (b"trail.domains = 1", "trail.domains: must be a list of domains, as "),
        (b"trail.subjects = 0", "trail.subjects: must be true or false, not 0."),
        (b"format =", "is not TOML: "),
        (b"report = 3", "report: must be a table."),
        (b"[report]\nnam = 'x'", "report.nam: is no setting; there are name, contact, "),
        (b"[report]\nname = ''", "report.name: must be a text of at most 300."),
        (b"[report]\naccent = 'red'", "report.accent: must be a colour such as #1d4a7a."),
        (
            b"[report]\naccent = '#ffee00'",
            "report.accent: #ffee00 is too light to be read on white",
        ),
        (b"[report]\nlogo = 'l.png'", "report.name: must be there for those who see no logo."),
        (b"[report]\nname = 'x'\nlogo = 'no.png'", "report.logo: "),
        (b"[report]\nname = 'x'\nlogo = 'retour.toml'", "report.logo: "),
        (b"[report]\ntexts = 'nowhere'", "report.texts: "),
        (b"milter = 3", "milter: must be a table."),
        (b"[milter]\nsockets = ''", "milter.sockets: is no setting; there are socket, "),
        (b"[milter]\nsocket = '/run/x'", "milter.socket: must be 'unix:/path' or 'inet:host:port'"),
        (b"[milter]\nsocket = 'inet:localhost:0'", "milter.socket: must be "),
        (b"[milter]\nsocket_mode = '999'", "milter.socket_mode: must be rights such as '0660'"),
        (b"[milter]\nworkers = 0", "milter.workers: must be a whole number from 1 to 64, not 0."),
        (b"[milter]\nworkers = true", "milter.workers: must be a whole number"),
        (b"[milter]\ndomains = 'a.test'", "milter.domains: must be a list of domains"),
        (b"[milter]\ndomains = ['@a.test']", "milter.domains: must be a list of domains; '@a"),
        (b"[milter]\nnever_to = ['crm']", "milter.never_to: must be a list of addresses"),
        (b"[milter]\nrecord = 1", "milter.record: must be true or false, not 1."),
        (b"[milter]\nmetrics = 'unix:/x'", "milter.metrics: must be 'inet:host:port'"),
        (b"[milter.languages]\n'a.test' = 'xx'", "milter.languages: must be a table of languages;"),
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
    said = re.sub(r": line [0-9]+: ", ": ", str(caught.value), count=1)
    assert said.startswith(f"{file}: {error}")
    assert "\n" not in said


def test_a_wrong_setting_is_named_with_its_line(tmp_path: Path) -> None:
    """The line is that of the key in its own table, not of one of that name elsewhere."""
    file = tmp_path / "retour.toml"
    file.write_text("[trail]\n# workers = 1\nstore = 'x'\n\n[milter]\nworkers = 0\n")
    with pytest.raises(SettingsError, match=r"retour\.toml: line 6: milter\.workers: must be"):
        load_settings(str(file), {})
    file.write_text("[milter]\nworkers = 1\n\n[trail]\nstor = 'x'\n")
    with pytest.raises(SettingsError, match=r"retour\.toml: line 5: trail\.stor: is no setting"):
        load_settings(str(file), {})


def test_audiences_that_may_be_set_are_those_of_the_model() -> None:
    """The settings repeat the list for the sake of start-up time, and must not drift."""
    assert get_args(Audience) == settings.AUDIENCES
    assert get_args(Scope) == settings.SCOPES


def test_marks_of_an_operator_are_loaded_beside_the_settings(tmp_path: Path) -> None:
    """Paths are relative to the settings file; a colour is kept in lower case."""
    picture = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + (40).to_bytes(4) + (20).to_bytes(4)
    (tmp_path / "logo.png").write_bytes(picture)
    (tmp_path / "texts").mkdir()
    (tmp_path / "texts/en.toml").write_text("[label]\nsteps = 'Next'")
    file = tmp_path / "retour.toml"
    file.write_text(
        'language = "en-GB"\nscope = "external"\n[report]\nname = "Example"\ncontact = "Ask us"\n'
        'logo = "logo.png"\naccent = "#00407A"\nstripe = "#804000"\ntexts = "texts"'
    )
    loaded = load_settings(str(file), {})
    assert (loaded.language, loaded.scope) == ("en-GB", "external")
    assert loaded.letterhead == Letterhead("Example", "Ask us", picture, "#00407a", "#804000")
    assert loaded.texts == tmp_path / "texts"


def test_wrong_text_of_an_operator_is_found_when_settings_are_loaded(tmp_path: Path) -> None:
    """The sentence names the settings file, the catalogue and the key."""
    (tmp_path / "en.toml").write_text("[label]\nstepps = 'Next'")
    file = tmp_path / "retour.toml"
    file.write_text('[report]\ntexts = "."')
    with pytest.raises(SettingsError) as caught:
        load_settings(str(file), {})
    assert str(caught.value).startswith(f"{file}: line 2: report.texts: ")
    assert "en.toml: label.stepps: is no text that can be replaced." in str(caught.value)


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


def test_domains_of_the_trail_are_read_in_lower_case(tmp_path: Path) -> None:
    """Names of domains know no case (RFC 4343)."""
    file = tmp_path / "retour.toml"
    file.write_text('[trail]\ndomains = ["Example.com", "example.org"]\n')
    assert load_settings(str(file), {}).trail.domains == ("example.com", "example.org")
