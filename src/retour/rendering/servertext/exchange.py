"""Exchange Server's own texts: a PowerShell script of ``New-SystemMessage`` commands.

What Exchange takes stands in ``exchange.toml``, with its source: codes, languages, length. A text
holds five tags and four escapes, and no variables: neither recipient nor host can be filled in.
"""

import tomllib
from collections.abc import Iterable, Iterator
from functools import lru_cache
from html import escape
from pathlib import Path
from typing import Any

from retour.knowledge.load import load
from retour.model.vocabulary import Actor
from retour.rendering.servertext.wish import TemplateError, Wish, unnamed
from retour.rendering.wording import Wording

FILE = "retour-texts.ps1"
# Windows PowerShell takes a script without the mark for one in the system's old code page.
_BYTE_ORDER_MARK = "\ufeff"
# All of these open and close a quotation for PowerShell (about_Quoting_Rules).
_SINGLE_QUOTES = "'\u2018\u2019\u201a\u201b"
_HOST = "outlook.com"  # Some rules for codes speak for Microsoft's hosts only.

_SCRIPT = """\
# Texts of Exchange Server's own notices. Run it in the Exchange Management Shell, once for the
# whole organisation; running it again replaces them, .\\retour-texts.ps1 -Remove takes them back.
param([switch]$Remove)
$ErrorActionPreference = 'Stop'
$present = @(Get-SystemMessage | ForEach-Object { [string]$_.Identity })

function Set-Text([string]$Identity, [hashtable]$Key, [string]$Text) {
    $known = $present -contains $Identity
    if ($Remove) {
        if ($known) { Remove-SystemMessage -Identity $Identity -Confirm:$false }
    } elseif ($known) {
        Set-SystemMessage -Identity $Identity -Text $Text
    } else {
        New-SystemMessage @Key -Text $Text | Out-Null
    }
}

function Set-CodeText([string]$Language, [bool]$Internal, [string[]]$DsnCode, [string]$Text) {
    $reader = if ($Internal) { 'Internal' } else { 'External' }
    foreach ($code in $DsnCode) {
        $key = @{ DsnCode = $code; Internal = $Internal; Language = $Language }
        Set-Text -Identity "$Language\\$reader\\$code" -Key $key -Text $Text
    }
}

function Set-QuotaText([string]$Language, [string]$QuotaMessageType, [string]$Text) {
    $key = @{ QuotaMessageType = $QuotaMessageType; Language = $Language }
    Set-Text -Identity "$Language\\$QuotaMessageType" -Key $key -Text $Text
}
"""


def write_exchange(wish: Wish) -> dict[str, str]:
    """Write the script.

    Raises:
        TemplateError: a language that Exchange has no notices in, or a contact or page so long that
            no room is left for a text.
    """
    known = {name.lower(): name for name in _read_data()["languages"]}
    lines = [_SCRIPT]
    for wording in wish.wordings:
        language = known.get(wording.language.lower())
        if language is None:
            raise TemplateError(f"Exchange Server has no notices in {wording.find('name')}.")
        lines += _write_language(wish, wording, quote(language))
    return {FILE: _BYTE_ORDER_MARK + "\n".join(lines)}


def _write_language(wish: Wish, wording: Wording, language: str) -> Iterator[str]:
    """Yield the commands for one language."""
    sides = {"internal": (True,), "external": (False,), "both": (True, False)}[wish.readers]
    for internal in sides:
        gathered: dict[str, list[str]] = {}
        for code, cause, actor in read_causes():
            text = code_text(wish, wording, code, cause, actor, internal=internal)
            gathered.setdefault(text, []).append(code)
        for text, codes in gathered.items():
            yield (
                f"Set-CodeText -Language {language} -Internal ${str(internal).lower()} "
                f"-DsnCode {','.join(map(quote, codes))} -Text {quote(text)}"
            )
    if wish.readers != "external":
        for kind, text in quota_texts(wish, wording):
            yield (
                f"Set-QuotaText -Language {language} -QuotaMessageType {quote(kind)} "
                f"-Text {quote(text)}"
            )
    yield ""


def quote(text: str) -> str:
    """Return a literal of PowerShell, in which nothing is expanded."""
    return "'" + "".join(sign * 2 if sign in _SINGLE_QUOTES else sign for sign in text) + "'"


@lru_cache(maxsize=1)
def _read_data() -> Any:
    return tomllib.loads(Path(__file__).with_name("exchange.toml").read_text(encoding="utf-8"))


def read_causes() -> Iterator[tuple[str, str, Actor]]:
    """Yield each code with its cause and who has to act: as our data says, else as the rules do."""
    knowledge = load()
    for group in _read_data()["codes"]:
        for code in _spread(group["codes"]):
            cause, actor = group.get("cause"), None
            if cause is None:
                matches = knowledge.match("", status=code, remote=_HOST)
                cause = matches[0].rule.cause if matches else "unknown"
                actor = matches[0].rule.actor if matches else None
            yield code, cause, actor or knowledge.causes[cause].actor


def _spread(codes: Iterable[str]) -> Iterator[str]:
    """Yield single codes: ``5.7.606-649`` stands for forty-four."""
    for code in codes:
        stem, _, detail = code.rpartition(".")
        first, _, last = detail.partition("-")
        for n in range(int(first), int(last or first) + 1):
            yield f"{stem}.{n}"


def code_text(
    wish: Wish, wording: Wording, code: str, cause: str, actor: Actor, *, internal: bool
) -> str:
    """Return the text for a code, in Exchange's HTML.

    Args:
        wish: contact and page.
        wording: the language.
        code: an enhanced status code.
        cause: what it means.
        actor: who has to act.
        internal: whether it is for senders inside the organisation.

    Raises:
        TemplateError: contact and page leave no room.
    """
    fields = unnamed(wording)
    own = wording.find("templates", "cause", cause) is not None
    place = ("templates", "cause", cause) if own else ("sender", cause)
    headline = wording.say(*place, "headline", fields=fields)
    happened = wording.list_out(*place, "happened", fields=fields)
    steps = wording.list_out(*place, "steps", fields=fields)
    if code.startswith("4."):
        # Still waiting or given up: nothing that says how it ended.
        happened = () if own or cause == "expired" else (headline, *happened)
        headline = wording.say("templates", "temporary", "headline")
        steps = wording.list_out("templates", "temporary", "steps")
    elif not own and load().causes[cause].actor != actor:
        steps = wording.list_out("actor", actor, "steps", fields=fields)
    tail = _contact(wish) if internal else ""
    if wish.page:
        tail += f'<P><A HREF="{escape(wish.page_for(code))}">{code}</A></P>'
    return _compose(headline, happened, steps, tail)


def quota_texts(wish: Wish, wording: Wording) -> Iterator[tuple[str, str]]:
    """Yield each kind of quota notice with its text; these go to people inside only."""
    for kind, key in _read_data()["quotas"].items():
        place = ("templates", "quota", key)
        text = wording.list_out(*place, "text")
        yield kind, _compose(wording.say(*place, "headline"), text[:-1], text[-1:], _contact(wish))


def _contact(wish: Wish) -> str:
    return f"<P>{_escape(wish.contact)}</P>" if wish.contact else ""


def _escape(text: str) -> str:
    """Escape the four signs that Exchange names; an apostrophe is none of them."""
    return escape(text, quote=False).replace('"', "&quot;")


def _compose(headline: str, happened: Iterable[str], steps: Iterable[str], tail: str) -> str:
    """Put a text together: what fits, whole sentences only, the most needed first.

    Raises:
        TemplateError: headline, first step and what the operator adds do not fit.
    """
    parts = {"told": list(happened), "todo": list(steps)}
    kept = {"told": 0, "todo": 0}
    limit: int = _read_data()["max_length"]
    best = ""
    # The order of need: the next step, the reason, then the other steps, then more reasons.
    for name in ("todo", "told", *["todo"] * len(parts["todo"]), *["told"] * len(parts["told"])):
        more = {**kept, name: kept[name] + 1}
        if more[name] > len(parts[name]):
            continue
        text = _join(headline, parts["told"][: more["told"]], parts["todo"][: more["todo"]]) + tail
        if len(text) <= limit:
            best, kept = text, more
        else:
            del parts[name][kept[name] :]  # what follows would hang in the air without it
    if not kept["todo"]:
        raise TemplateError(
            f"a text of Exchange holds {limit} characters, and contact and page leave too few."
        )
    return best


def _join(headline: str, told: list[str], todo: list[str]) -> str:
    text = f"<P><B>{_escape(headline)}</B>"
    if told:
        text += "<BR>" + _escape(" ".join(told))
    return f"{text}</P><P>{'<BR>'.join(map(_escape, todo))}</P>"
