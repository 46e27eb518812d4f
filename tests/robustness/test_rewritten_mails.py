"""Real mails, whole and damaged, read through their rewritten form as they read themselves.

The normal run takes a sample; ``RETOUR_ROBUSTNESS=full`` takes every mail and prints what it
counted (``pytest -s``).
"""

import email
import os
import random
from collections import Counter
from collections.abc import Iterator
from email.message import Message
from pathlib import Path

from flufl.bounce import all_failures
from mutation import mutate

from retour.analyse import explain
from retour.ingest import RawMail, open_sources
from retour.rendering.mail import REWRITTEN_KINDS, render_mail

FULL = os.environ.get("RETOUR_ROBUSTNESS") == "full"
OWN = Path(__file__).resolve().parent.parent / "fixtures"
STEP, MUTATIONS = (1, 20_000) if FULL else (7, 250)
# Of the reports whose machine-readable part we built, flufl.bounce gives other addresses than
# before on some: it had guessed from the words (a Message-ID, the sender, pieces of JSON), or names
# the recipient that the sender wrote to instead of both (see docs/mail.md).
BUILT_OTHERWISE_MAX = 0.05


def rewrite(raw: bytes) -> bytes:
    """Rewrite a report with short words for people."""
    return render_mail(
        explain(raw), raw, subject="Nicht zugestellt: Größe", text="Größe\n", html="<p>Größe</p>"
    )


def find_reports(folders: tuple[Path, ...]) -> Iterator[tuple[str, bytes]]:
    """Find mails about deliveries, Outlook files and mailboxes opened."""
    paths = sorted(
        str(path)
        for folder in folders
        for path in folder.rglob("*")
        if path.suffix in (".eml", ".msg", ".txt", ".mbox", "") and path.is_file()
        if "LICENSES" not in path.parts
    )
    for item in open_sources(paths[::STEP]):
        if isinstance(item, RawMail) and explain(item.raw).report.kind in REWRITTEN_KINDS:
            yield f"{item.source} {item.index}", item.raw


def read_failures(raw: bytes) -> tuple[frozenset[bytes], frozenset[bytes]]:
    """Return what flufl.bounce finds; nothing where it crashes, as on a mail without a sender."""
    try:
        late, failed = all_failures(email.message_from_bytes(raw))
    except Exception:
        return frozenset(), frozenset()
    return frozenset(late), frozenset(failed)


def assert_read_through(name: str, raw: bytes, mail: bytes) -> None:
    """Check that a rewritten mail is whole and gives the same answer, with either line end."""
    answer = explain(raw)
    unix = mail.replace(b"\r\n", b"\n")
    for form in (mail, unix, unix.replace(b"\n", b"\r\n")):
        assert explain(form) == answer, name
    parsed = email.message_from_bytes(mail)
    assert parsed.get_content_type() == "multipart/report", name
    assert len(parsed.get_payload()) in (2, 3), name
    assert parsed.defects == [], name


def has_own_status(mail: bytes, raw: bytes) -> bool:
    """Tell whether the machine-readable part is the report's own."""
    parts = email.message_from_bytes(mail).get_payload()
    assert isinstance(parts, list)
    status = parts[1]
    assert isinstance(status, Message)
    return status.as_bytes().strip()[-200:] in email.message_from_bytes(raw).as_bytes()


def test_labelled_reports_read_through_the_same(shared: Path) -> None:
    """Every report gives the same answer, and other software the same addresses."""
    count: Counter[str] = Counter()
    otherwise = []
    for name, raw in find_reports((shared / "corpus", shared / "lab", OWN)):
        mail = rewrite(raw)
        assert_read_through(name, raw, mail)
        before, after = read_failures(raw), read_failures(mail)
        if not any(before):
            continue
        own = "own" if has_own_status(mail, raw) else "built"
        count[own] += 1
        if after != before:
            count[f"{own}, otherwise"] += 1
            otherwise.append((name, before, after))
    print(count, *otherwise, sep="\n")
    assert count["own"] > 50
    assert count["own, otherwise"] == 0
    assert count["built, otherwise"] <= count["built"] * BUILT_OTHERWISE_MAX


def test_damaged_reports_read_through_the_same() -> None:
    """However a report is damaged: the same answer, and a whole mail."""
    dice = random.Random(20260302)
    mails = [path.read_bytes() for path in sorted((OWN / "mails").glob("*.eml"))]
    rewritten = 0
    for n in range(MUTATIONS):
        raw = mutate(dice.choice(mails), dice)
        mail = rewrite(raw)
        if explain(raw).report.kind not in REWRITTEN_KINDS:
            assert mail is raw
            continue
        assert_read_through(f"damage {n}", raw, mail)
        rewritten += 1
    assert rewritten > MUTATIONS // 3
