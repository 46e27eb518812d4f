"""Which log it is."""

from pathlib import Path

import pytest
from observed import CONTEXT

from retour.ingest.logs.format import READERS, recognise

LAB = {
    "box-dovecot.log": "dovecot",
    "exi-exim4-mainlog": "exim",
    "exi-exim4-rejectlog": "exim",
    **{
        f"{host}-mail{stamps}.log": "syslog"
        for host in ("pfx", "gw", "box", "snd", "osm", "cou")
        for stamps in ("", ".bsd")
    },
}


@pytest.mark.parametrize(("name", "form"), LAB.items())
def test_logs_of_real_servers_are_recognised_and_read(name: str, form: str, shared: Path) -> None:
    """Each log is known by its content, and hardly a line of it is not."""
    lines = (shared / "lab/logs/cases" / name).read_text(errors="surrogateescape").splitlines()
    assert recognise(lines, CONTEXT) == form
    reader = READERS[form](CONTEXT)
    unknown = [line for line in lines if reader.read(line) is None]
    if name.endswith("rejectlog"):  # the refused messages' headers stand between its lines
        assert len(unknown) < len(lines)
    else:
        assert len(unknown) <= 3, unknown[:3]


@pytest.mark.parametrize("lines", [[], [""], ["Hello", "World"], ["From: a@b", "", "text"]])
def test_what_is_no_log_is_told(lines: list[str]) -> None:
    """Text that no reader knows has no format."""
    assert recognise(lines, CONTEXT) is None
