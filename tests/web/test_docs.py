"""What docs/api.md and docs/web.md show works."""

import json
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from retour.service.serving import WebSettings, read_web

ROOT = Path(__file__).parents[2]
API = (ROOT / "docs/api.md").read_text(encoding="utf-8")
WEB = (ROOT / "docs/web.md").read_text(encoding="utf-8")
SHELL = re.findall(r"```sh\n(.*?)```", API, re.DOTALL)
PYTHON = re.findall(r"```python\n(.*?)```", API, re.DOTALL)


def run(command: list[str], server: str) -> str:
    """Run an example as a reader of the page would, from the checkout."""
    done = subprocess.run(
        command,
        cwd=ROOT,
        env={**os.environ, "RETOUR": server},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_every_operation_is_shown(client: TestClient) -> None:
    """The table and the curl examples have all that the API says it has."""
    for path, operations in client.get("/api/v1/openapi.json").json()["paths"].items():
        beginning = path.partition("{")[0]
        assert any(f"$RETOUR{beginning}" in example for example in SHELL), path
        for method in operations:
            assert f"`{method.upper()} {beginning}" in API, path


@pytest.mark.parametrize("number", range(len(SHELL)))
def test_curl_examples_work(filled: str, number: int) -> None:
    """Each prints an answer; JSON where it does not ask for text."""
    printed = run(["bash", "-euo", "pipefail", "-c", SHELL[number]], filled)

    if "format=text" in SHELL[number]:
        assert "Was jetzt zu tun ist" in printed or "Was Sie jetzt tun" in printed
    else:
        assert printed
        for line in printed.splitlines():
            assert isinstance(json.loads(line), dict)


@pytest.mark.parametrize("number", range(len(PYTHON)))
def test_python_examples_work(filled: str, number: int) -> None:
    """Each prints a line a mail."""
    printed = run([sys.executable, "-W", "error", "-c", PYTHON[number]], filled)

    if "/trails" in PYTHON[number]:
        assert len(printed.splitlines()) > 20
        assert " deferred 452 4.2.2 mailbox full\n" in printed
    else:
        assert "mailbox-full" in printed


def test_the_settings_shown_are_right(tmp_path: Path) -> None:
    """The example is read; every key of the table exists, and every setting is in it."""
    [example] = re.findall(r"```toml\n(.*?)```", WEB, re.DOTALL)
    for name in ("session.key", "oidc.secret"):
        (tmp_path / name).write_text("secret")
    web = read_web(tomllib.loads(example)["web"], tmp_path / "retour.toml")
    shown = set(re.findall(r"`([a-z_]+)`", WEB.split("## Settings")[1].split("\n## ")[0]))

    assert web.openid
    assert web.openid.roles["support"] == "helpdesk"
    known = {name for name in WebSettings.__dataclass_fields__ if name not in ("openid",)}
    assert (known - {"upload_max_bytes"}) | {"upload_max_mb", "oidc"} <= shown


def test_the_pages_shown_exist() -> None:
    """Every link of both pages leads to a file of the repository."""
    for text in (API, WEB):
        for link in re.findall(r"\]\((?!https?:)([^)#]+)\)", text):
            assert (ROOT / "docs" / link).exists(), link
