"""The table of the milter in the settings."""

from pathlib import Path

from retour.service.milter import MilterSettings, Place
from retour.service.settings import load_settings

_ALL = """
[milter]
socket = "inet:[::1]:8895"
socket_mode = "0600"
socket_group = "postfix"
workers = 3
domains = ["Example.com", ".example.com"]
never_to = ["Tickets@example.com", "@crm.example.com", "bot-*@example.com"]
size_max_bytes = 100_000
rewrite_signed = true
batv_keys = ["old", "new"]
language_header = "X-Language"
record = false
decision_timeout_s = 5
idle_timeout_s = 60
stop_timeout_s = 5
connections_max = 10
memory_max_mb = 64
metrics = "inet:127.0.0.1:9464"

[milter.languages]
"example.com" = "de"
"Bob@example.com" = "auto"
"""


def test_every_setting_of_the_milter_is_read(tmp_path: Path) -> None:
    """All keys together; names are kept in small letters, in which they are compared."""
    file = tmp_path / "retour.toml"
    file.write_text(_ALL)
    assert load_settings(str(file), {}).milter == MilterSettings(
        socket=Place("", "::1", 8895),
        socket_mode=0o600,
        socket_group="postfix",
        workers=3,
        domains=("example.com", ".example.com"),
        never_to=("tickets@example.com", "@crm.example.com", "bot-*@example.com"),
        size_max_bytes=100_000,
        rewrite_signed=True,
        batv_keys=("old", "new"),
        languages={"example.com": "de", "bob@example.com": "auto"},
        language_header="X-Language",
        record=False,
        decision_timeout_s=5,
        idle_timeout_s=60,
        stop_timeout_s=5,
        connections_max=10,
        memory_max_mb=64,
        metrics=Place("", "127.0.0.1", 9464),
    )


def test_a_file_without_the_table_says_nothing_of_the_milter(tmp_path: Path) -> None:
    """Nobody pays for what is not used."""
    file = tmp_path / "retour.toml"
    file.write_text("language = 'en'")
    assert load_settings(str(file), {}).milter is None
