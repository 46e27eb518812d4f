"""What the doctor says of a Postfix's settings."""

import pytest

from retour.gateway.milter.doctor import check_postfix, describe_place
from retour.service.milter import MilterSettings, Place

_MILTER = MilterSettings(domains=("example.com",))
_WELL = {
    "smtpd_milters": "unix:/other.sock, unix:retour/milter.sock",
    "non_smtpd_milters": "unix:retour/milter.sock",
    "milter_default_action": "accept",
    "internal_mail_filter_classes": "bounce, notify",
    "milter_content_timeout": "5m",
    "queue_directory": "/var/spool/postfix",
}


def _changes(values: dict[str, str], milter: MilterSettings = _MILTER) -> list[str]:
    found = check_postfix({**_WELL, **values}, milter)
    return [line for finding in found if not finding.is_well for line in finding.change]


def test_good_settings_need_no_change() -> None:
    """Nothing is said where nothing has to be done."""
    assert _changes({}) == []


@pytest.mark.parametrize(
    ("values", "line"),
    [
        ({"smtpd_milters": ""}, "main.cf: smtpd_milters = unix:retour/milter.sock"),
        (
            {"non_smtpd_milters": "inet:localhost:8891"},
            "main.cf: non_smtpd_milters = inet:localhost:8891 unix:retour/milter.sock",
        ),
        ({"internal_mail_filter_classes": ""}, "main.cf: internal_mail_filter_classes = bounce"),
        ({"milter_default_action": "tempfail"}, "main.cf: milter_default_action = accept"),
        ({"milter_content_timeout": "10s"}, "main.cf: milter_content_timeout = 300s"),
        (
            {"message_size_limit": "100000"},
            "retour.toml: [milter] size_max_bytes = 100000",
        ),
    ],
)
def test_each_fault_has_its_line(values: dict[str, str], line: str) -> None:
    """The line can be copied as it is: what stood there stays."""
    assert line in _changes(values)


def test_an_action_for_this_milter_alone_will_do() -> None:
    """Braces give one milter its own settings (Postfix 3.0)."""
    braces = "inet:localhost:8891, { unix:retour/milter.sock, default_action=accept }"
    values = {"smtpd_milters": braces, "milter_default_action": "tempfail"}
    assert _changes(values) == []


def test_without_domains_everybody_is_outside() -> None:
    """The operator learns that nobody gets the whole report."""
    assert 'retour.toml: domains = ["example.com"]' in _changes({}, MilterSettings())


@pytest.mark.parametrize(
    ("place", "written"),
    [
        (Place("/var/spool/postfix/retour/milter.sock"), "unix:retour/milter.sock"),
        (Place("/run/retour.sock"), "unix:/run/retour.sock"),
        (Place("", "127.0.0.1", 8895), "inet:127.0.0.1:8895"),
    ],
)
def test_a_socket_is_named_as_a_chrooted_postfix_sees_it(place: Place, written: str) -> None:
    """Paths below the queue directory are relative to it."""
    assert describe_place(place, "/var/spool/postfix/") == written
