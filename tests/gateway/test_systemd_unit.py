"""The unit in the repository."""

import shutil
import subprocess
from pathlib import Path

import pytest

_UNIT = Path(__file__).parents[2] / "packaging" / "retour-milter.service"


def test_systemd_finds_no_fault_in_the_unit(tmp_path: Path) -> None:
    """Every directive is known and has a value of its kind."""
    if shutil.which("systemd-analyze") is None:
        pytest.skip("systemd-analyze is not installed (Debian package systemd)")
    unit = tmp_path / _UNIT.name
    program = shutil.which("true")
    assert program
    unit.write_text(_UNIT.read_text().replace("/usr/bin/retour", program))
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", str(unit)],
        capture_output=True,
        text=True,
        check=False,
    )
    faults = [line for line in done.stderr.splitlines() if "retour-milter" in line]
    assert faults == []
