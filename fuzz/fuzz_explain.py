"""Fuzz the whole way from bytes to JSON with atheris: nothing may raise, nothing may hang.

Run: ``python fuzz/fuzz_explain.py [CORPUS_DIR] [libFuzzer options]``; see README.md here.
"""

import sys

import atheris

with atheris.instrument_imports(include=["retour"]):
    from retour.analyse import explain, explain_reply
    from retour.rendering.json import analysis_to_dict, to_line

REPLY_MAX = 2_000


def test_one_input(data: bytes) -> None:
    """Explain the bytes as a mail twice, and as one reply; the answers must agree and serialise."""
    analysis = explain(data)
    if explain(data) != analysis:
        raise AssertionError("the same bytes gave another answer")
    to_line(analysis_to_dict(analysis, source="-", index=0)).encode()
    explain_reply(data[:REPLY_MAX].decode("utf-8", "replace"))


def main() -> None:
    """Hand over to libFuzzer, with our own mails as the first corpus."""
    atheris.Setup(sys.argv, test_one_input)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
