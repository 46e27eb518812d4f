"""What readers outside may see: part 1 and the code, on made and on real mails."""

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import samples
from samples import SAMPLES

from retour.analyse import explain
from retour.model.analysis import Analysis
from retour.rendering.printing import Form, render
from retour.rendering.scope import withhold

FORMS: tuple[Form, ...] = ("html", "text", "json")
_WORD = r"[A-Za-z0-9_.:-]"


def secrets(analysis: Analysis) -> Iterator[str]:
    """Yield every host, address and id that only those inside may know."""
    report = analysis.report
    yield report.reporting_mta or ""
    for recipient in report.recipients:
        yield recipient.remote_mta or ""
        if recipient.original_address:
            yield recipient.address or ""
    for hop in analysis.route.hops:
        yield from (hop.from_ or "", hop.by or "", hop.id or "")
    for diagnosis in filter(None, analysis.diagnoses):
        yield from (diagnosis.rejected_by or "", diagnosis.facts.ip or "")
        yield from (diagnosis.facts.url or "", diagnosis.facts.new_address or "")
    yield (report.original.envelope_id or "") if report.original else ""


def what_the_reader_wrote(analysis: Analysis) -> str:
    """Return the addresses, the subject and the id that the reader chose."""
    report, original = analysis.report, analysis.report.original
    told = [r.original_address or r.address or "" for r in report.recipients]
    told += [r.split("@")[-1] for r in told]
    told += [d.facts.suggested_address or "" for d in analysis.diagnoses if d]
    if original:
        told += [original.from_ or "", *original.to, *original.cc]
        told += [original.subject or "", original.message_id or ""]
    return " ".join((*told, report.subject or ""))


def leaks(analysis: Analysis, form: Form) -> list[str]:
    """Return what a report for outside gives away."""
    printed = render(analysis, format=form, language="en", scope="external")
    if form == "html":
        printed = re.sub(r"<(head|!--)(.|\n)*?(</head>|-->)|<[^>]*>", " ", printed)
    known = what_the_reader_wrote(analysis).lower()
    return [
        secret
        for secret in set(secrets(analysis))
        # Words without a dot are no names of hosts that could be told apart from our own words.
        if "." in secret
        and secret.lower() not in known
        and re.search(rf"(?<!{_WORD}){re.escape(secret)}(?!{_WORD})", printed, re.IGNORECASE)
    ]


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("name", set(SAMPLES) - {"hostile"})
def test_made_mails_give_nothing_away(name: str, form: Form) -> None:
    """No host, hop, id or refused address in any form."""
    assert leaks(SAMPLES[name](), form) == []


def test_the_search_for_leaks_can_find_one() -> None:
    """Inside the same names do stand in the report."""
    analysis = samples.dmarc_failure()
    printed = render(analysis, format="html", language="en")
    assert all(secret in printed for secret in ("edge.example.com", "mx.example.net", "192.0.2.10"))


@pytest.mark.parametrize("folder", ["corpus", "lab"])
def test_real_mails_give_nothing_away(shared: Path, folder: str) -> None:
    """The same over all labelled mails and all mails of the lab."""
    files = sorted((shared / folder).rglob("*.eml"))
    assert len(files) > 100
    found = {}
    for file in files:
        analysis = explain(file.read_bytes())
        if leaked := [leak for form in FORMS for leak in leaks(analysis, form)]:
            found[file.name] = leaked
    assert found == {}


def test_the_code_and_the_sender_s_part_remain() -> None:
    """The reader outside still learns what happened, who has to act, and the code."""
    printed = render(samples.dmarc_failure(), format="text", language="en", scope="external")
    assert "550 5.7.26" in printed
    assert "Who has to act" in printed
    assert "For mail administrators" not in printed
    assert "Headers as they came" not in printed


def test_audience_does_not_widen_the_scope() -> None:
    """Asking for the administrators' part changes nothing for a reader outside."""
    analysis = samples.dmarc_failure()
    asked = {
        render(analysis, format="html", audience=audience, scope="external")
        for audience in ("sender", "admin", "all")
    }
    assert len(asked) == 1


def test_the_address_that_was_written_to_stands_for_the_one_behind_it() -> None:
    """A forward to an inner address is a matter of those inside."""
    analysis = samples.user_unknown()
    inner = replace(
        analysis.report.recipients[0],
        address="u1234@inner.example.net",
        original_address="sales@example.net",
    )
    report = replace(analysis.report, recipients=(inner,))
    printed = render(replace(analysis, report=report), format="html", scope="external")
    assert "inner" not in printed
    assert "There is no mailbox for sales@example.net." in printed


def test_only_what_the_notice_itself_says_remains_as_evidence() -> None:
    """Hops, trail and look-ups are ours; of the servers' words only that there were some."""
    diagnosis = withhold(samples.second_copy()).diagnoses[0]
    assert diagnosis
    assert [(e.speaker, e.quote, e.where, e.rule) for e in diagnosis.evidence] == [
        ("remote", "", "", "")
    ]


def test_narrowed_json_keeps_its_form() -> None:
    """Fields are emptied, none is missing."""
    analysis = samples.second_copy()
    inside, outside = (
        json.loads(render(analysis, format="json", scope=scope))
        for scope in ("internal", "external")
    )
    assert outside.keys() == inside.keys()
    assert outside["recipients"][0].keys() == inside["recipients"][0].keys()
    assert outside["route"] == []
