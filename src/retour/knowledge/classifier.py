"""The trained second stage: names a cause where no rule speaks, and says how likely it is.

A linear model on words, pairs of neighbours and parts of words, fitted by ``training/fit.py`` (see
``docs/classifier.md``). Standard library only, because importing numpy alone would take a third of
the time that a run of the command line may take: each feature's weights for all causes are one
whole number of 16-bit lanes, so that adding up a text's features is adding up whole numbers.
"""

import json
import re
import struct
import unicodedata
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import count, pairwise, repeat
from math import exp
from operator import add, itemgetter, mul, sub
from pathlib import Path
from typing import Any

from retour.knowledge.schema import KnowledgeError

# Beside this file, also in a wheel; importlib.resources would cost start time and gain nothing.
_FILE = Path(__file__).with_name("data") / "classifier.bin"
_MAGIC = b"retour classifier 1\n"

ROWS_MAX = 255
"""How many features of one text count: 255 rows of bytes just fit in lanes of 16 bits."""
TOKENS_MAX = 100
"""How many words of one text are read: the first 70 and the last 30, where causes stand."""
_TAIL = 30
# No more characters than these are looked at, whatever stands in them.
_TEXT_HEAD, _TEXT_TAIL = 1500, 500
_WORD_MAX = 24

_TOKEN = re.compile(
    # Plain words first, for speed: nothing below would read them otherwise.
    r"""[^\W\d_]++(?![\w.@:'%+=-])"""
    r"""|https?://[^\s<>"')\]]++"""
    r"""|[\w.+=%-]{1,64}+@[\w.-]++"""
    r"""|(?<![^\W_])[0-9a-f]{0,4}(?::[0-9a-f]{0,4}){3,8}+(?![^\W_])"""
    r"""|[^\W_]++(?:[.:'][^\W_]++)*"""
)
_STATUS = re.compile(r"[245]\.\d{1,3}\.\d{1,3}")
_ADDRESS = re.compile(r"\d{1,3}(?:\.\d{1,3}){3}|[0-9a-f:]*:[0-9a-f]*:[0-9a-f:]*")
_HOST = re.compile(r"[^\W_]+(?:\.[^\W_]+)*\.[a-z]{2,}")
# Generic ones only; what ends in two letters is taken for a country's.
_TOP_DOMAINS = frozenset(
    {"com", "net", "org", "edu", "gov", "mil", "int", "info", "biz", "arpa", "cloud", "app"}
    | {"dev", "online", "email", "test", "invalid", "example", "local", "lan", "internal"}
)
# First letters from here on belong to scripts that put no spaces between words.
_UNSPACED = "\u2e80"


def tokenise(text: str) -> list[str]:
    """Split a text into the words that the model knows texts by.

    Numbers, addresses, hosts and links become placeholders (``<n>``, ``<address>``, ``<ip>``,
    ``<host>``, ``<url>``), the latter two followed by their telling labels (``h:spamhaus``);
    reply codes and enhanced status codes stay. Case and accents are dropped.

    Returns:
        At most `TOKENS_MAX` words; the middle of a longer text is left out.
    """
    if len(text) > _TEXT_HEAD + _TEXT_TAIL:
        text = f"{text[:_TEXT_HEAD]} {text[-_TEXT_TAIL:]}"
    if not text.isascii():
        letters = unicodedata.normalize("NFKD", text.replace("\u2019", "'"))
        text = "".join(c for c in letters if not unicodedata.combining(c))
    tokens: list[str] = []
    for token in _TOKEN.findall(text.lower()):
        if token.isalpha():
            tokens.append(token)
        else:
            tokens += _name_token(token)
    if len(tokens) > TOKENS_MAX:
        del tokens[TOKENS_MAX - _TAIL : -_TAIL]
    return tokens


def _name_token(token: str) -> list[str]:
    """Name a token that is more than letters: as it is, by a placeholder, or by its parts."""
    if token.isdigit():
        return [token if len(token) == 3 and token[0] in "245" else "<n>"]
    if _STATUS.fullmatch(token):
        return [token]
    if "@" in token:
        return ["<address>"]
    if "://" in token:
        return ["<url>", *_tell_labels("u:", re.split(r"[\W_]+", token)[1:8])]
    if _ADDRESS.fullmatch(token):
        return ["<ip>" if not token.replace(":", "").isdigit() else "<n>"]
    last = token.rpartition(".")[2]
    if _HOST.fullmatch(token) and (last in _TOP_DOMAINS or len(last) == 2):
        return ["<host>", *_tell_labels("h:", token.split(".")[:-1])]
    return [_name_part(part) for part in re.split("[.:]", token)]


def _tell_labels(prefix: str, labels: Sequence[str]) -> list[str]:
    return [prefix + one for one in labels if one.isalpha() and len(one) > 3 and one != "example"]


def _name_part(part: str) -> str:
    if part.isdigit():
        return part if len(part) == 3 and part[0] in "45" else "<n>"
    # Opaque codes of providers (IB607, S3150) are short; queue ids are not.
    return part if len(part) <= 8 or part.replace("'", "").isalpha() else "<id>"


def split_token(token: str) -> list[str]:
    """Return the parts of a token that carry weight also where the token itself was never seen.

    For words runs of letters (``~^mail``), for an enhanced status code its class, subject and
    detail, for a reply code its class.
    """
    if token.isalpha() or "'" in token:
        if token[0] >= _UNSPACED:
            return [f"~{token[i : i + n]}" for n in (1, 2, 3) for i in range(len(token) - n + 1)]
        word = f"^{token[:_WORD_MAX]}$"
        return [f"~{word[i : i + n]}" for n in (3, 4, 5) for i in range(len(word) - n + 1)]
    if token[0].isdigit() and len(token) >= 3:
        subject, _, detail = token[2:].rpartition(".")
        if subject:
            return [f"~{token[0]}.", f"~x.{subject}", f"~x.{subject}.{detail}"]
        return [f"~{token[0]}xx"]
    return []


def pair_tokens(tokens: Sequence[str]) -> list[str]:
    """Return each two neighbours as one feature, the text's edges included."""
    return list(map(" ".join, pairwise(("^", *tokens, "$"))))


@dataclass(frozen=True, slots=True)
class Weights:
    """A model as its file holds it.

    Attributes:
        causes: the names of the causes; columns.
        bias: one number a cause, in logits.
        features: rows; a token's row holds the weights of its parts too.
        rows: for each feature one byte a cause (weight / ``step`` + 128) and one byte for the
            feature's square (square / ``square_step``).
        step: logits per unit of a byte.
        square_step: squared length per unit of the last byte.
        exponent: a text's sum is divided by its squared length to the power of this.
        floor: the share of probability that is spread over all causes alike.
    """

    causes: Sequence[str]
    bias: Sequence[float]
    features: Sequence[str]
    rows: bytes
    step: float
    square_step: float
    exponent: float
    floor: float


def encode(weights: Weights) -> bytes:
    """Return the file of a model: a line of JSON, the features, the rows. Same in, same out."""
    features = "\n".join(weights.features).encode()
    body = features + weights.rows
    head = {
        "causes": list(weights.causes),
        "bias": list(weights.bias),
        "step": weights.step,
        "square_step": weights.square_step,
        "exponent": weights.exponent,
        "floor": weights.floor,
        "features": len(features),
        "checksum": zlib.crc32(body),
    }
    return _MAGIC + json.dumps(head, separators=(",", ":")).encode() + b"\n" + body


def decode(data: bytes) -> Weights:
    """Read a model's file; the opposite of `encode`.

    Raises:
        ValueError: these bytes are no such file, or not a whole one; also KeyError and TypeError.
    """
    if not data.startswith(_MAGIC):
        raise ValueError("it does not begin as one")
    start = data.index(b"\n", len(_MAGIC)) + 1
    head: dict[str, Any] = json.loads(data[len(_MAGIC) : start])
    body = memoryview(data)[start:]
    if zlib.crc32(body) != head["checksum"]:
        raise ValueError("its checksum does not fit")
    features = bytes(body[: head["features"]]).decode().split("\n")
    rows = bytes(body[head["features"] :])
    if len(rows) != len(features) * (len(head["causes"]) + 1):
        raise ValueError("its rows do not fit its features")
    return Weights(
        tuple(head["causes"]),
        tuple(head["bias"]),
        features,
        rows,
        head["step"],
        head["square_step"],
        head["exponent"],
        head["floor"],
    )


class Classifier:
    """A linear model of texts. Immutable after construction; safe to share between threads."""

    __slots__ = (
        "_bias",
        "_causes",
        "_exponent",
        "_floor",
        "_lanes",
        "_places",
        "_rest",
        "_rows",
        "_square_step",
        "_step",
    )

    def __init__(self, weights: Weights) -> None:
        self._causes = tuple(weights.causes)
        self._bias = tuple(weights.bias)
        self._step = weights.step
        self._square_step = weights.square_step
        self._exponent = weights.exponent
        self._floor = weights.floor / len(self._causes)
        self._rest = 1 - weights.floor
        size = len(self._causes) + 1
        self._lanes = struct.Struct(f"<{size}H")
        # Counted from 1, so that no place is false.
        self._places = dict(zip(weights.features, count(1)))
        self._rows = _Rows(weights.rows, size)

    @classmethod
    def read(cls, path: Path) -> "Classifier":
        """Read a model from a file.

        Raises:
            KnowledgeError: the file is missing or damaged; one sentence that names it.
        """
        try:
            return cls(decode(path.read_bytes()))
        except OSError as error:
            raise KnowledgeError(
                f"{path}: the trained model cannot be read: {error.strerror}"
            ) from error
        except (ValueError, KeyError, TypeError, IndexError) as error:
            raise KnowledgeError(
                f"{path}: this is not a whole trained model: {error}; "
                "install the package again, or make the file with python -m training.fit"
            ) from error

    @property
    def causes(self) -> tuple[str, ...]:
        """The names of the causes that the model can give."""
        return self._causes

    def classify(self, text: str) -> list[tuple[str, float]]:
        """Say which causes a text speaks of.

        Args:
            text: a reply or a sentence of a report, any language; of a long one the beginning
                and the end are read. Never raises on content.

        Returns:
            All causes with their probabilities, best first; the probabilities are calibrated and
            add up to 1. A text without any known word gives how often each cause was seen.
        """
        rows = self._look_up(text)[:ROWS_MAX]
        *sums, square = self._lanes.unpack(sum(rows).to_bytes(self._lanes.size, "little"))
        length: float = (square * self._square_step) ** self._exponent
        scale = self._step / length if square else 0.0
        # Each lane is too high by the same amount, which cancels out. Operators are mapped, because
        # that takes half the time of comprehensions.
        scores = list(map(add, map(mul, sums, repeat(scale)), self._bias))
        shares = list(map(exp, map(sub, scores, repeat(max(scores)))))
        part = self._rest / sum(shares)
        probabilities = map(add, map(mul, shares, repeat(part)), repeat(self._floor))
        answer = zip(self._causes, probabilities, strict=True)
        return sorted(answer, key=itemgetter(1), reverse=True)

    def _look_up(self, text: str) -> list[int]:
        """Return the rows of a text's features: its words, its pairs, parts of unknown words."""
        tokens = tokenise(text)
        place_of = self._places.get
        places = list(map(place_of, tokens))
        known = [*places, *map(place_of, pair_tokens(tokens))]
        if None in places:
            for token, place in zip(tokens, places, strict=True):
                if place is None:
                    known += map(place_of, split_token(token))
        return list(map(self._rows.__getitem__, filter(None, known)))


class _Rows(dict[int, int]):
    """Each feature's row as one number, each byte in a lane of 16 bits, by its place from 1.

    Made when it is first asked for: a text knows a few dozen features of twenty thousand.
    """

    __slots__ = ("_packed", "_size")

    def __init__(self, packed: bytes, size: int) -> None:
        super().__init__()
        self._packed = packed
        self._size = size

    def __missing__(self, place: int) -> int:
        size = self._size
        lanes = bytearray(2 * size)
        lanes[::2] = self._packed[(place - 1) * size : place * size]
        row = self[place] = int.from_bytes(lanes, "little")
        return row


@lru_cache(maxsize=1)
def load() -> Classifier:
    """Return the model that ships with the package; read once, when it is first needed.

    Raises:
        KnowledgeError: the file is missing or damaged; the message names it.
    """
    return Classifier.read(_FILE)
