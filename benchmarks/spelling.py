"""How often the suggestion for a mistyped mail domain is right, and how often it is a wrong guess.

Slips are made of well-known domains by the edits that fingers make; real domains that only look
like slips are data: ``tests/fixtures/real-domains.txt``, and the rarer half of the shared list.
Run as ``python -m benchmarks.spelling``.
"""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from retour.diagnose.spelling import suggest_address
from retour.knowledge.load import DATA
from retour.knowledge.marks import parse_marks

REAL = Path(__file__).resolve().parent.parent / "tests" / "fixtures" / "real-domains.txt"

POPULAR = (
    "gmail.com",
    "yahoo.com",
    "hotmail.com",
    "outlook.com",
    "icloud.com",
    "googlemail.com",
    "protonmail.com",
    "aol.com",
    "live.com",
    "msn.com",
    "gmx.de",
    "gmx.net",
    "web.de",
    "t-online.de",
    "freenet.de",
    "hotmail.fr",
    "yahoo.fr",
    "orange.fr",
    "wanadoo.fr",
    "laposte.net",
    "free.fr",
    "hotmail.co.uk",
    "yahoo.co.uk",
    "btinternet.com",
    "libero.it",
    "hotmail.it",
    "yahoo.es",
    "ziggo.nl",
    "comcast.net",
    "verizon.net",
    "sbcglobal.net",
    "yandex.ru",
    "mail.ru",
    "rambler.ru",
    "seznam.cz",
    "yahoo.co.in",
    "rediffmail.com",
    "yahoo.com.br",
    "uol.com.br",
    "bluewin.ch",
)
"""Where most people who write by hand have their mailboxes."""

_ROWS = ("1234567890-", "qwertyuiop", "asdfghjkl", "zxcvbnm,.")


@dataclass(frozen=True, slots=True)
class Rates:
    """What became of the slips and of the real domains.

    Attributes:
        slips, right, wrong: mistyped domains; those with the right suggestion, with another one.
        real, corrected: domains that exist; those that a suggestion was made for.
        mistakes: what was suggested wrongly, as ``written -> suggested``.
    """

    slips: int
    right: int
    wrong: int
    real: int
    corrected: int
    mistakes: tuple[str, ...]

    @property
    def precision(self) -> float:
        """Share of all suggestions that are right."""
        return self.right / ((self.right + self.wrong + self.corrected) or 1)

    @property
    def recall(self) -> float:
        """Share of the slips that get the right suggestion."""
        return self.right / self.slips


def make_slips(domain: str) -> Iterator[str]:
    """Make what fingers make of a domain: a key left out, swapped, doubled, or one beside it."""
    for at, sign in enumerate(domain):
        before, behind = domain[:at], domain[at + 1 :]
        yield before + behind
        if behind:
            yield before + behind[0] + sign + behind[1:]
        if sign != ".":
            yield before + 2 * sign + behind
            for key in find_neighbours(sign):
                yield before + key + behind
                yield before + sign + key + behind


def find_neighbours(key: str) -> set[str]:
    """Return the letters beside, above and below a key of an American keyboard."""
    near: set[str] = set()
    for upper, lower in pairwise(_ROWS):
        for one, other in ((upper, lower), (lower, upper)):
            at = one.find(key)
            if at >= 0:
                # Each row begins half a key further right than the one above.
                shift = at if one is lower else at - 1
                near.update(other[max(0, shift) : shift + 2], one[max(0, at - 1) : at + 2])
    return {letter for letter in near if letter.isalpha()} - {key}


def load_real(shared: Path | None) -> set[str]:
    """Return domains that exist and are not in the list that suggestions are taken from."""
    real = set(REAL.read_text(encoding="ascii").split("\n"))
    if shared:
        with (shared / "knowledge" / "freemail-domains.csv").open(encoding="utf-8") as file:
            real |= {row["domain"] for row in csv.DictReader(file)}
    known = load_known()
    return {domain for domain in real - known if domain and not domain.startswith("#")}


def load_known() -> set[str]:
    """Return the domains that suggestions are taken from."""
    text = (DATA / "domains.txt").read_text(encoding="ascii")
    return {domain for _, domain in parse_marks(text)}


def measure(shared: Path | None = None) -> Rates:
    """Ask for a suggestion for each slip and each real domain.

    Args:
        shared: the folder of labelled data, whose list has more real domains.
    """
    real = load_real(shared)
    known = load_known()
    right = wrong = slips = 0
    mistakes: list[str] = []
    for meant in POPULAR:
        for slip in sorted(set(make_slips(meant)) - real - known - {meant}):
            slips += 1
            found = _suggest(slip)
            right += found == meant
            if found not in {None, meant}:
                wrong += 1
                mistakes.append(f"{slip} ({meant}) -> {found}")
    corrected = [(domain, found) for domain in sorted(real) if (found := _suggest(domain))]
    mistakes += [f"{domain} -> {found}" for domain, found in corrected]
    return Rates(slips, right, wrong, len(real), len(corrected), tuple(mistakes))


def _suggest(domain: str) -> str | None:
    address = suggest_address(f"anna@{domain}")
    return address.rpartition("@")[2] if address else None


def main() -> None:
    """Print the rates and the first mistakes."""
    # Here, because a test runs this file alone.
    from benchmarks.surroundings import SHARED, has_shared  # noqa: PLC0415

    rates = measure(SHARED if has_shared() else None)
    print(
        f"{rates.slips} slips: {rates.recall:.1%} get the right suggestion, "
        f"{rates.wrong / rates.slips:.2%} a wrong one"
    )
    print(f"{rates.real} real domains: {rates.corrected / rates.real:.1%} get a suggestion")
    print(f"suggestions that are right: {rates.precision:.1%} (at least 99 %)")
    for mistake in rates.mistakes[:20]:
        print(f"  {mistake}")


if __name__ == "__main__":
    main()
