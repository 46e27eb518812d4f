"""What the README shows is true."""

import doctest
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def test_the_readme_example_gives_what_it_shows() -> None:
    """The Python example of the README runs and prints what stands there."""
    failed, tried = doctest.testfile(str(ROOT / "README.md"), module_relative=False)

    assert (failed, tried > 0) == (0, True)


def test_the_readme_links_to_files_that_exist() -> None:
    """Every relative link of the README leads to a file or folder of the repository."""
    links = re.findall(
        r"\]\((?!https?:)([^)#]+)\)", (ROOT / "README.md").read_text(encoding="utf-8")
    )

    assert [link for link in links if not (ROOT / link).exists()] == []
