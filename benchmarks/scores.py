"""Right and wrong answers on the labelled mails and replies."""

import shlex
import subprocess
import sys

from benchmarks import contradictions
from benchmarks.surroundings import COMMAND, SHARED, has_shared


def main() -> None:
    """Print the tables of the scorer, and the rates of the contradiction set."""
    if has_shared():
        explain = shlex.join([str(COMMAND), "explain", "--format", "json"])
        code = shlex.join([str(COMMAND), "code", "--format", "json", "-"])
        replies = SHARED / "knowledge" / "rejections-open.jsonl"
        _score("corpus", "mails", str(SHARED / "corpus"), explain)
        _score("lab bounces", "mails", str(SHARED / "lab" / "bounces"), explain)
        _score("replies, as shipped (fitted on all of them)", "replies", str(replies), code)
    print("\n-- contradictions", flush=True)
    contradictions.main()


def _score(title: str, what: str, labels: str, command: str) -> None:
    """Run the scorer once."""
    print(f"\n-- {title}", flush=True)
    scorer = [sys.executable, str(SHARED / "score.py"), what, "--labels", labels]
    subprocess.run([*scorer, "--command", command], check=False)
