"""The page on Postfix, followed word by word on a Postfix of the test's own.

Its code blocks are applied as they stand; only folders are replaced by the test's, and what belongs
to the machine (packages, users, units) is left out, by the first word of the command.
"""

import re
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import mailservers
import pytest
from daemon import RETOUR, Daemon
from lab_postfix import Postfix, find_fault

_ROOT = Path(__file__).resolve().parents[2]
_PAGE = _ROOT / "docs/howto/postfix.md"
_BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_MACHINE = {"pip", "useradd", "systemctl"}
"""Commands that would change this machine; `Daemon` stands for the unit."""
_USER = ("-o retour -g postfix", "-o root -g postfix")
"""There is no user of that name here; the test runs as root."""
_BOUNCING = (
    b"From: alice@example.com\r\nTo: unknown@away.test\r\nSubject: Hello\r\n"
    b"Date: Tue, 24 Nov 2026 09:02:14 +0000\r\nMessage-ID: <howto@example.com>\r\n\r\nHi there\r\n"
)


@dataclass(frozen=True, slots=True)
class Page:
    """What the page tells to type and to write, with the test's folders."""

    install: list[str]
    settings: str
    check: list[str]
    main_cf: list[str]
    reload: list[str]


def _read_page(folder: Path) -> Page:
    text = _PAGE.read_text().partition("## What is rewritten")[0]
    for place, own in (
        ("/var/spool/postfix", f"{folder}/queue"),
        ("/etc/retour", str(folder)),
        ("/var/lib/retour", str(folder)),
        ("/etc/systemd/system", str(folder)),
        _USER,
    ):
        text = text.replace(place, own)
    blocks = [match[2] for match in _BLOCK.finditer(text)]
    assert len(blocks) == 5, "the page has another form: read it again"
    install, settings, check, main_cf, reload = blocks
    return Page(
        install.splitlines(),
        settings,
        check.splitlines(),
        main_cf.splitlines(),
        reload.splitlines(),
    )


def _run(line: str, postfix: Postfix) -> "subprocess.CompletedProcess[str] | None":
    """Type a line of the page; None where it is the machine's."""
    program, *words = line.split()
    if program in _MACHINE:
        return None
    if program == "postfix":
        words = ["-c", str(postfix.config), *words]
    elif words[:1] == ["doctor"]:
        own = ["--config", str(postfix.folder / "retour.toml")]
        words += [*own, "--postfix", str(postfix.config)]
    program = RETOUR if program == "retour" else program
    return subprocess.run([program, *words], capture_output=True, text=True, check=False, cwd=_ROOT)


@pytest.fixture(scope="module")
def postfix() -> Iterator[Postfix]:
    """A Postfix that has never heard of Retour, for the domain of the page."""
    fault = find_fault()
    mailservers.require(not fault, fault or "")
    with tempfile.TemporaryDirectory(prefix="retour-howto-") as name:
        server = Postfix(Path(name))
        server.set(virtual_mailbox_domains="example.com")
        # What the page is about to say must not be there already.
        server.set(milter_default_action="tempfail", milter_content_timeout="300s")
        (server.folder / "queue/retour").rmdir()
        server.start()
        yield server
        server.stop()


def test_who_follows_the_page_gets_rewritten_reports_and_a_content_doctor(
    postfix: Postfix,
) -> None:
    """Install, settings, check, main.cf, reload, doctor: a bounce is ours, nothing is to change."""
    page = _read_page(postfix.folder)
    done = [_run(line, postfix) for line in page.install]
    assert any(done)
    assert all(found.returncode == 0 for found in done if found), done
    (postfix.folder / "retour.toml").write_text(page.settings)
    checked = _run(page.check[0], postfix)
    assert checked is not None
    assert checked.returncode == 0, checked.stderr
    daemon = Daemon(postfix.folder, page.settings)
    try:
        for line in page.main_cf:
            subprocess.run(["postconf", "-c", postfix.config, "-e", line], check=True)
        reloaded, doctor = (_run(line, postfix) for line in page.reload)
        assert reloaded is not None
        assert reloaded.returncode == 0, reloaded.stderr
        assert doctor is not None
        assert (doctor.returncode, doctor.stderr) == (0, ""), doctor.stdout
        assert "-- " not in doctor.stdout
        postfix.send("alice@example.com", ["unknown@away.test"], _BOUNCING)
        mail = postfix.wait_for_mail(b"<howto@example.com>")
        assert b"\nRetour-Analysis:" in mail
        assert '"rewritten"' in daemon.wait_for_line('"report"')
    finally:
        daemon.stop()


def test_before_the_page_is_followed_the_doctor_names_its_lines(postfix: Postfix) -> None:
    """Each line of main.cf that the page has is one that the doctor asks for."""
    page = _read_page(postfix.folder)
    bare = postfix.folder / "bare"
    bare.mkdir()
    for name in ("main.cf", "master.cf", "dynamicmaps.cf"):
        (bare / name).write_text((postfix.config / name).read_text())
    for line in page.main_cf:
        setting = line.partition(" = ")[0]
        subprocess.run(["postconf", "-c", bare, "-X", setting], check=True)
    (postfix.folder / "retour.toml").write_text(page.settings)
    command = [RETOUR, "doctor", "--config", str(postfix.folder / "retour.toml")]
    asked = subprocess.run(
        [*command, "--postfix", str(bare)], capture_output=True, text=True, check=False
    )
    assert asked.returncode == 1
    for line in page.main_cf:
        assert f"main.cf: {line}" in asked.stdout
