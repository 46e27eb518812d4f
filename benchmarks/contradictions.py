"""How many contradictions are found, and how many agreeing claims are left alone.

The cases are data: ``tests/fixtures/contradictions.toml``.
Run as ``python -m benchmarks.contradictions``.
"""

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from retour.diagnose import diagnose
from retour.knowledge.load import load
from retour.model.report import Original, Recipient, Report, Statement
from retour.model.route import Hop, Route
from retour.read.voices import speak
from retour.wire.reply import fold

CASES = Path(__file__).resolve().parent.parent / "tests" / "fixtures" / "contradictions.toml"
_ADDRESS = "ida@example.net"


@dataclass(frozen=True, slots=True)
class Measure:
    """Result over all cases.

    Attributes:
        flagged: share of cases with a contradiction where one was found.
        left_alone: share of cases without where none was.
        wrong: names of the cases that came out wrong, with what was found.
    """

    flagged: float
    left_alone: float
    wrong: tuple[str, ...]


def load_cases(path: Path = CASES) -> list[dict[str, Any]]:
    """Return the labelled cases."""
    with path.open("rb") as file:
        return list(tomllib.load(file)["case"])


def build_report(case: dict[str, Any]) -> tuple[Report, Route]:
    """Return what the reader would read from a mail with a case's claims."""
    remote = case.get("remote")
    statements: tuple[Statement, ...] = ()
    if case["diagnostic"]:
        where = "delivery-status/1/Diagnostic-Code"
        statements = speak(fold(case["diagnostic"]), where, "remote" if remote else "reporter")
    reply = statements[0].reply if statements else None
    field = case.get("status")
    recipient = Recipient(
        address=_ADDRESS,
        original_address=None,
        action="failed",
        status=field or (reply.status if reply else None),
        status_field=field,
        reply=reply,
        remote_mta=remote,
        phase=None,
        last_attempt_at=None,
        will_retry_until=None,
        statements=statements,
    )
    report = Report(
        kind="failure",
        producer=case.get("producer"),
        language="en",
        subject="Undelivered mail",
        date=None,
        reporting_mta="mail.example.com",
        recipients=(recipient,),
        original=_build_original() if "hops" in case else None,
        notice=case.get("notice", ""),
        headers="",
        defects=(),
    )
    return report, _build_route(case.get("hops"))


def _build_original() -> Original:
    return Original(
        message_id="<1@example.com>",
        from_="anna@example.com",
        to=(_ADDRESS,),
        cc=(),
        subject="Offer",
        date=None,
        envelope_id=None,
        returned="headers",
        header_block=f"From: anna@example.com\nTo: {_ADDRESS}\nSubject: Offer\n",
    )


def _build_route(hosts: list[str] | None) -> Route:
    if hosts is None:
        return Route(hops=(), complete=False)
    hops = []
    for n, host in enumerate(hosts, start=1):
        again = host in hosts[: max(0, n - 2)]
        before = hosts[n - 2] if n > 1 else "desk.example.com"
        hops.append(Hop(n, before, host, "ESMTP", None, f"Q{n}", None, None, None, again, ()))
    return Route(hops=tuple(hops), complete=True)


def measure(cases: list[dict[str, Any]]) -> Measure:
    """Diagnose every case and count."""
    right = {True: 0, False: 0}
    total = {True: 0, False: 0}
    wrong = []
    for case in cases:
        report, route = build_report(case)
        diagnosis = diagnose(report, route, load())[0]
        found = diagnosis.contradictions if diagnosis else ()
        total[case["flagged"]] += 1
        if bool(found) == case["flagged"]:
            right[case["flagged"]] += 1
        else:
            wrong.append(f"{case['name']}: {[c.kind for c in found]}")
    return Measure(right[True] / total[True], right[False] / total[False], tuple(wrong))


def main() -> None:
    """Print both rates and what came out wrong."""
    result = measure(load_cases())
    print(f"contradictions flagged     {result.flagged:7.1%}  (at least 90 %)")
    print(f"agreeing claims left alone {result.left_alone:7.1%}  (at least 95 %)")
    for line in result.wrong:
        print("   ", line)


if __name__ == "__main__":
    main()
