"""Mail while the milter and its database are killed: the short form of ``benchmarks soak``."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import mailservers
import pytest
from lab_postfix import find_fault
from soak_log import read_unreached
from soaking import Account, Soak

_MESSAGES = 320


@pytest.fixture(scope="module")
def account() -> Iterator[Account]:
    """A run of some seconds with an SQLite trail."""
    fault = find_fault()
    mailservers.require(not fault, fault or "")
    with tempfile.TemporaryDirectory(prefix="retour-soak-") as name:
        yield Soak(Path(name), _MESSAGES, seed=3, pause_s=1, is_postgres=False).run()


def test_no_message_is_lost_or_doubled_while_the_milter_is_killed(account: Account) -> None:
    """Postfix takes every message, and each arrives once; somebody was killed meanwhile."""
    assert account.actions
    assert account.not_taken == []
    assert account.sent.total() == _MESSAGES
    assert (account.lost, account.twice, account.strays) == ([], [], [])


def test_no_message_is_altered_that_should_not_be(account: Account) -> None:
    """Octet by octet but for trace fields; a report is all ours, or all as it was written."""
    assert (account.altered, account.mixed) == ([], [])


def test_each_report_that_passed_has_a_log_line_that_says_why(account: Account) -> None:
    """The milter's reason, or Postfix's word that the milter was not there."""
    assert account.unexplained == []
    assert account.rewritten
    reports = account.sent.total() - account.sent["ordinary"]
    assert account.rewritten + account.explained.total() == reports


_LOG = """\
Nov 24 09:00:00 mail postfix/smtpd[1]: connect from localhost[127.0.0.1]
Nov 24 09:00:00 mail postfix/smtpd[1]: A1: client=localhost[127.0.0.1]
Nov 24 09:00:01 mail postfix/smtpd[1]: A2: client=localhost[127.0.0.1]
Nov 24 09:00:01 mail postfix/smtpd[1]: warning: milter unix:x: can't read SMFIC_RCPT reply packet
Nov 24 09:00:01 mail postfix/smtpd[1]: A3: client=localhost[127.0.0.1]
Nov 24 09:00:02 mail postfix/smtpd[1]: disconnect from localhost[127.0.0.1]
Nov 24 09:00:03 mail postfix/smtpd[1]: connect from localhost[127.0.0.1]
Nov 24 09:00:03 mail postfix/smtpd[1]: A4: client=localhost[127.0.0.1]
Nov 24 09:00:04 mail postfix/cleanup[2]: warning: connect to Milter service unix:x: No such file
Nov 24 09:00:04 mail postfix/cleanup[2]: B1: message-id=<b1@home.test>
Nov 24 09:00:05 mail postfix/cleanup[2]: B2: message-id=<b2@home.test>
Nov 24 09:00:06 mail postfix/cleanup[2]: B3: message-id=<b3@home.test>
Nov 24 09:00:06 mail postfix/cleanup[2]: warning: milter unix:x: can't read SMFIC_BODYEOB reply
"""


def test_a_warning_explains_only_the_messages_that_it_is_about(tmp_path: Path) -> None:
    """A session stays without the milter to its end; a report for itself alone."""
    log = tmp_path / "mail.log"
    log.write_text(_LOG)
    assert read_unreached(log) == {"A2", "A3", "B1", "B3"}
