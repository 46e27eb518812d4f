"""What the doctor says of a ``sendmail.cf``."""

import pytest

from retour.gateway.milter.sendmail_doctor import check_sendmail
from retour.service.milter import MilterSettings, Place

_UNIX = MilterSettings(socket=Place("/run/retour/milter.sock"), domains=("example.com",))
_TCP = MilterSettings(socket=Place("", "127.0.0.1", 8895), domains=("example.com",))
_WELL = "O InputMailFilters=other, retour\nXother, S=local:/x\nXretour, S={}, T=S:10s;R:10s;E:2m\n"
_LINE = (
    "sendmail.mc: INPUT_MAIL_FILTER(`retour', "
    "`S=unix:/run/retour/milter.sock, T=S:10s;R:10s;E:2m')dnl"
)


@pytest.mark.parametrize(
    ("text", "milter"),
    [
        (_WELL.format("unix:/run/retour/milter.sock"), _UNIX),
        (_WELL.format("local:/run/retour/milter.sock"), _UNIX),
        (_WELL.format("inet:8895@127.0.0.1"), _TCP),
    ],
)
def test_a_good_configuration_needs_no_change(text: str, milter: MilterSettings) -> None:
    """However the socket is written."""
    assert all(finding.is_well for finding in check_sendmail(text, milter))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "does not call the milter"),
        ("Xretour, S=unix:/run/retour/milter.sock\n", "does not call the milter"),
        (_WELL.format("unix:/elsewhere"), "does not call the milter"),
        (_WELL.format("unix:/run/retour/milter.sock, F=T"), "Mail stops"),
        (_WELL.format("unix:/run/retour/milter.sock").replace("E:2m", "E:9s"), "waits 9 s only"),
    ],
)
def test_each_fault_of_a_configuration_has_its_line(text: str, said: str) -> None:
    """The line stands in ``sendmail.mc`` as it is printed."""
    [finding] = [found for found in check_sendmail(text, _UNIX) if not found.is_well]
    assert said in finding.said
    assert finding.change[0] == _LINE
