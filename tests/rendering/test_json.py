"""The JSON holds to the contract."""

import json
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import samples
from samples import SAMPLES

import retour.rendering.json as contract
from retour.rendering.json import analysis_to_dict, error_to_dict, reply_to_dict, to_line

SCHEMA_FILE = Path(contract.__file__).with_name("retour-1.schema.json")
SCHEMA = json.loads(SCHEMA_FILE.read_text(encoding="utf-8"))
CHECKER = jsonschema.Draft202012Validator(
    SCHEMA, format_checker=jsonschema.Draft202012Validator.FORMAT_CHECKER
)


def parse_back(value: dict[str, object]) -> Any:
    """Return what a reader of the line gets."""
    return json.loads(to_line(value))


@pytest.mark.parametrize("name", SAMPLES)
def test_every_sample_validates(name: str) -> None:
    """Whatever the case: the object is valid, and one line."""
    value = analysis_to_dict(SAMPLES[name](), source="a.eml", index=0)
    assert "\n" not in to_line(value)
    CHECKER.validate(parse_back(value))


def test_unreadable_mail_validates() -> None:
    """An I/O error is a line of its own form."""
    value = error_to_dict("gone.eml", 3, "no such file")
    CHECKER.validate(value)
    assert value == {
        "schema": "retour/1",
        "source": "gone.eml",
        "index": 3,
        "error": "no such file",
    }


def test_schema_is_the_shared_one(shared: Path) -> None:
    """The copy that ships is the contract itself."""
    assert json.loads((shared / "retour-1.schema.json").read_text(encoding="utf-8")) == SCHEMA


def test_names_are_those_of_the_contract() -> None:
    """``from`` and ``with``, not ``from_`` and ``with_``; no field that the contract lacks."""
    value = parse_back(analysis_to_dict(samples.user_unknown(), source="-", index=0))
    assert value["original"]["from"] == "info@example.com"
    assert value["route"][0]["with"] == "ESMTPS"
    known = SCHEMA["$defs"]["analysis"]["properties"]
    assert set(value) == set(known)
    assert set(value["recipients"][0]) == set(SCHEMA["$defs"]["recipient"]["properties"])
    diagnosis = SCHEMA["$defs"]["diagnosis"]["properties"]
    assert set(value["recipients"][0]["diagnosis"]) == set(diagnosis)


@pytest.mark.parametrize(
    ("at", "text"),
    [
        (samples.SENT, "2026-03-01T10:00:00+01:00"),
        (
            datetime(1911, 1, 1, tzinfo=timezone(timedelta(seconds=561))),
            "1910-12-31T23:50:39+00:00",
        ),
        (datetime(1, 1, 1, tzinfo=timezone(timedelta(seconds=561))), "0001-01-01T00:00:00+00:00"),
    ],
)
def test_times_are_rfc_3339(at: datetime, text: str) -> None:
    """Offsets with seconds are shown in UTC; the edge of the calendar does not raise."""
    value = parse_back(
        analysis_to_dict(replace_date(at), source="-", index=0),
    )
    assert value["date"] == text
    CHECKER.validate(value)


def replace_date(at: datetime) -> Any:
    """Return an analysis of a notice of a time."""
    analysis = samples.user_unknown()
    return replace(analysis, report=replace(analysis.report, date=at))


def test_lone_surrogate_does_not_break_the_line() -> None:
    """What no UTF-8 can hold is said as an escape."""
    assert to_line({"a": "x\ud800y", "b": "é"}) == r'{"a": "x\ud800y", "b": "é"}'


def test_reply_has_the_diagnosis_at_top_level() -> None:
    """`retour code --format json`: cause, confidence, alternatives beside the reply."""
    value = parse_back(reply_to_dict(samples.reply_answer()))
    assert value["cause"] == "routing-loop"
    assert value["confidence"] == 0.7
    assert value["alternatives"] == [{"cause": "duplicate-refused", "confidence": 0.2}]
    assert value["reply"] == {"code": 554, "status": "5.4.6", "text": samples.LOOP_REPLY.text}
    assert value["meaning"] == "Routing loop detected"
    flat = {name: value[name] for name in SCHEMA["$defs"]["diagnosis"]["required"]}
    jsonschema.validate(flat, {**SCHEMA, "oneOf": [{"$ref": "#/$defs/diagnosis"}]})
