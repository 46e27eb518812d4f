"""Fit the trained second stage.

python -m training.fit --shared ../shared
    writes src/retour/knowledge/data/classifier.bin: fitted on all replies, calibrated by five
    folds; the same file each time with the same versions of numpy, scipy and scikit-learn.
python -m training.fit --folds 5 --out DIR
    writes one model per fold, fitted on the other folds' clusters (see training/folds.py).

Both print what models say of replies that they did not see.
"""

import argparse
import os
from pathlib import Path

from retour.knowledge.classifier import encode
from training import crossfit
from training.model import fit_model, quantise
from training.report import format_report
from training.samples import read_phrases, read_replies

ROOT = Path(__file__).resolve().parent.parent
MODEL = ROOT / "src" / "retour" / "knowledge" / "data" / "classifier.bin"
SHARED = Path(os.environ.get("RETOUR_SHARED", ROOT.parent / "shared"))


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m training.fit",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--shared", type=Path, default=SHARED, help="the labelled collection")
    parser.add_argument("--folds", type=int, default=5, metavar="N", help="how many (default 5)")
    parser.add_argument("--out", type=Path, metavar="DIR", help="write the folds' models there")
    arguments = parser.parse_args()
    replies, phrases = read_replies(arguments.shared), read_phrases()
    fitted = crossfit.fit_folds(replies, phrases, arguments.folds)
    if arguments.out:
        print(format_report(crossfit.write(arguments.out, replies, fitted)))
        return
    calibration = crossfit.find_calibration(replies, fitted)
    print(format_report(crossfit.answer_folds(replies, fitted, calibration)))
    data = encode(quantise(fit_model([*replies, *phrases]), calibration))
    MODEL.write_bytes(data)
    print(f"{calibration}; {MODEL.relative_to(ROOT)}: {len(data)} bytes")


if __name__ == "__main__":
    main()
