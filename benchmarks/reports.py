"""How many reports a second one core writes, from the answer to the finished text.

Counted in processor time, over the answers about all real mails. The standard library's escaping
of the same pages, which is the least that any writer of HTML must do, is the measure beside it.
"""

import gc
import html
import statistics
import time
from collections.abc import Callable
from functools import partial

from benchmarks.surroundings import has_shared, read_corpus
from retour import Analysis, explain, render
from retour.rendering.printing import Form

ROUNDS = 5
LEAST = 300
"""HTML reports a second."""


def main() -> None:
    """Print reports a second, in every form that is a text."""
    if not has_shared():
        return
    answers = [explain(mail) for mail in read_corpus()]
    pages = [render(answer, format="html") for answer in answers]
    size = statistics.median(map(len, pages))
    print(f"{len(answers)} reports, one core, processor time, median of {ROUNDS} rounds")
    escape = _time(lambda: [html.escape(page) for page in pages])
    forms: tuple[Form, ...] = ("html", "text", "json")
    for form in forms:
        rounds = _time(partial(_render_all, answers, form))
        rate = len(answers) / statistics.median(rounds)
        ratio = statistics.median(a / b for a, b in zip(rounds, escape, strict=True))
        bound = f", at least {LEAST}" if form == "html" else ""
        print(f"  render, {form:5}  {rate:8.0f} reports/s  ({ratio:6.1f} times html.escape{bound})")
    print(f"  a page has {size / 1000:.0f} KB (median); Gmail shows 102 KB of a mail")


def _render_all(answers: list[Analysis], form: Form) -> None:
    for answer in answers:
        render(answer, format=form)


def _time(work: Callable[[], object]) -> list[float]:
    """Return the processor time of each round."""
    times = []
    for _ in range(ROUNDS):
        gc.collect()
        started = time.process_time()
        work()
        times.append(time.process_time() - started)
    return times
