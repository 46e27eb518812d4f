"""Loading: the package's own data, and the cache of it."""

import os
from pathlib import Path

import pytest
from small_knowledge import HEAD, rule

from retour.knowledge import rulefile
from retour.knowledge.cache import cache_file
from retour.knowledge.load import DATA, load, load_folder
from retour.knowledge.schema import KnowledgeError


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A data folder with one rule."""
    folder = tmp_path / "data"
    (folder / "rules").mkdir(parents=True)
    (folder / "registries").mkdir()
    (folder / "causes.toml").write_bytes((DATA / "causes.toml").read_bytes())
    for registry in (DATA / "registries").glob("*.csv"):
        (folder / "registries" / registry.name).write_bytes(registry.read_bytes())
    write_rule(folder, "virus found")
    return folder


def write_rule(folder: Path, text: str) -> None:
    """Write the one rule."""
    toml = f"tier = 'phrase'\n{HEAD}" + rule("a", "virus", text, "facts = {}")
    (folder / "rules" / "a.toml").write_text(toml, encoding="utf-8")


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    return tmp_path / "cache" / "retour" / "knowledge.jsonl"


def forbid_sources(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let reading a rule file fail, so that only the cache can serve."""

    def fail(path: Path, root: Path) -> None:
        raise AssertionError(f"{path} of {root} was read")

    monkeypatch.setattr(rulefile, "read_rules", fail)


def test_knowledge_from_the_cache_is_the_same(
    data: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A second start reads no source and knows the same."""
    first = load_folder(data, cache=cache)
    forbid_sources(monkeypatch)
    second = load_folder(data, cache=cache)

    assert dict(first.rules) == dict(second.rules)
    assert first.causes == second.causes
    assert first.statuses == second.statuses
    assert first.codes == second.codes
    assert first.match("a virus found", code=550) == second.match("a virus found", code=550)


def test_shipped_knowledge_is_the_same_with_and_without_cache(cache: Path) -> None:
    """The cache loses nothing of the shipped data."""
    load_folder(DATA, cache=cache)

    assert dict(load_folder(DATA).rules) == dict(load_folder(DATA, cache=cache).rules)


def test_changed_source_is_read_again(data: Path, cache: Path) -> None:
    """A cache older than a rule file does not serve."""
    load_folder(data, cache=cache)
    write_rule(data, "worm found here")

    assert load_folder(data, cache=cache).match("worm found here")


@pytest.mark.parametrize(
    ("kept", "more"),
    [
        (0, b""),
        (0, b"nonsense"),
        (0, b"[]\n"),
        (0, b"{}"),
        (0, b"[" * 100_000),
        (-10, b""),
        (-10, b"0123456789x"),
        (None, b"\n[]"),
    ],
)
def test_damaged_cache_is_written_anew(
    data: Path, cache: Path, kept: int | None, more: bytes
) -> None:
    """Whatever stands in the cache, the knowledge is right, and the cache is repaired."""
    load_folder(data, cache=cache)
    good = cache.read_bytes()
    cache.write_bytes(good[:kept] + more)

    assert load_folder(data, cache=cache).match("virus found")
    assert good == cache.read_bytes()


def test_cache_that_others_can_write_is_not_trusted(
    data: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A cache file that a group or everybody may write is read by nobody."""
    load_folder(data, cache=cache)
    cache.chmod(0o666)
    forbid_sources(monkeypatch)

    with pytest.raises(AssertionError, match="was read"):
        load_folder(data, cache=cache)


def test_cache_is_for_its_user_alone(data: Path, cache: Path) -> None:
    """Nobody else may write the cache, and nothing is left beside it."""
    load_folder(data, cache=cache)

    assert cache.stat().st_mode & 0o777 == 0o600
    assert [cache] == list(cache.parent.iterdir())


def test_knowledge_loads_where_no_cache_can_be_written(data: Path, tmp_path: Path) -> None:
    """A cache folder that cannot be made is no error."""
    (tmp_path / "file").write_text("in the way", encoding="utf-8")

    assert load_folder(data, cache=tmp_path / "file" / "cache.jsonl").match("virus found")


@pytest.mark.parametrize(
    ("base", "folder"),
    [
        ("/var/cache/me", "/var/cache/me/retour"),
        ("relative", ".cache/retour"),
        ("", ".cache/retour"),
    ],
)
def test_cache_stands_where_xdg_says(
    base: str, folder: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """XDG_CACHE_HOME counts where it is absolute."""
    monkeypatch.setenv("XDG_CACHE_HOME", base)

    place = cache_file("knowledge", DATA)

    assert place is not None
    assert str(place.parent).endswith(folder)


def test_no_cache_without_a_home(monkeypatch: pytest.MonkeyPatch) -> None:
    """A user without a home folder has no cache, and no error."""

    def homeless() -> Path:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.setattr(Path, "home", homeless)

    assert cache_file("knowledge", DATA) is None


def test_broken_source_is_an_error_with_cache_too(data: Path, cache: Path) -> None:
    """A broken rule file is named, and nothing is kept of it."""
    write_rule(data, "{*}")

    with pytest.raises(KnowledgeError, match=r"rules/a.toml: rule a: no literal words"):
        load_folder(data, cache=cache)
    assert not os.path.exists(cache)  # noqa: PTH110


def test_load_gives_the_shipped_knowledge_once() -> None:
    """The knowledge is loaded once a process."""
    assert load() is load()
    assert "user-unknown" in load().causes
