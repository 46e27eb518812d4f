"""`retour.render`: one function for every form."""

import json
import subprocess
import sys

import pytest
import samples

import retour
from retour.rendering.printing import resolve_language


def test_each_form_is_a_text_that_ends_a_line() -> None:
    """HTML, text and JSON, by name."""
    analysis = samples.second_copy()
    assert retour.render(analysis, format="html").startswith("<!DOCTYPE html>")
    assert retour.render(analysis, format="text").startswith("Your message seems to have arrived\n")
    assert json.loads(retour.render(analysis, format="json"))["schema"] == "retour/1"
    for form in ("html", "text", "json"):
        assert retour.render(analysis, format=form).endswith("\n")


def test_audience_chooses_the_parts() -> None:
    """The sender's part stands alone, and so do the administrators' parts."""
    sender = retour.render(samples.dmarc_failure(), format="html", audience="sender")
    admin = retour.render(samples.dmarc_failure(), format="html", audience="admin")
    assert "What to do now" in sender
    assert "For mail administrators" not in sender
    assert "What to do now" not in admin
    assert "For mail administrators" in admin


def test_unknown_format_or_language_is_one_sentence() -> None:
    """Both name what there is."""
    with pytest.raises(ValueError, match="there are html"):
        retour.render(samples.success(), format="pdf")  # type: ignore[call-overload]
    with pytest.raises(ValueError, match="'tlh'"):
        retour.render(samples.success(), format="text", language="tlh")


def test_region_falls_back_to_its_language() -> None:
    """British English is English; ``auto`` gives a language that there is."""
    assert resolve_language("en-GB", samples.success()) == "en-GB"
    assert retour.render(samples.success(), format="text", language="en-GB")
    assert resolve_language("auto", samples.success())


def test_import_loads_no_printer() -> None:
    """Starting stays fast: templates and texts are loaded when the first report is printed."""
    code = (
        "import sys, retour; print(sorted(m for m in sys.modules "
        "if m.startswith(('jinja2', 'retour.rendering.'))))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "['retour.rendering.printing']"
