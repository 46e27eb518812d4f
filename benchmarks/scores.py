"""Right and wrong answers on the labelled mails and replies."""

import shlex
import subprocess
import sys
import tempfile
from importlib.util import find_spec
from pathlib import Path

from benchmarks import calibration, contradictions
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
        _score_unseen_replies()
    print("\n-- contradictions", flush=True)
    contradictions.main()


def _score_unseen_replies() -> None:
    """Answer the replies with trained stages that were fitted on other clusters, five folds."""
    print("\n-- replies, trained stage fitted on other clusters than it answers", flush=True)
    if find_spec("sklearn") is None:
        print("left out: the dependency group 'train' is not installed (pip install --group train)")
        return
    with tempfile.TemporaryDirectory() as folder:
        fit = [sys.executable, "-m", "training.fit", "--shared", str(SHARED)]
        done = subprocess.run(
            [*fit, "--folds", "5", "--out", folder], check=False, capture_output=True
        )
        if done.returncode:
            print(f"left out: fitting failed: {done.stderr.decode(errors='replace')[-200:]}")
            return
        answers = calibration.answer_replies(Path(folder))
    calibration.print_table("replies", answers)


def _score(title: str, what: str, labels: str, command: str) -> None:
    """Run the scorer once."""
    print(f"\n-- {title}", flush=True)
    scorer = [sys.executable, str(SHARED / "score.py"), what, "--labels", labels]
    subprocess.run([*scorer, "--command", command], check=False)
