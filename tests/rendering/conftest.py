"""``pytest tests/rendering --accept`` writes the goldens anew; read the diff before committing."""

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--accept", action="store_true", help="write rendered documents as goldens")
