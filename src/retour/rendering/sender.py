"""Part 1: for the person who sent the message and knows nothing about mail.

One rule: no code, no blame, nothing that an unverified report asks people to do. Where the
diagnosis is unsure the words are, too.
"""

from retour.model.diagnosis import Diagnosis
from retour.model.document import SenderPart
from retour.rendering.case import Case, sender_fields
from retour.rendering.stations import build_stations
from retour.rendering.wording import Fields

SURE = 0.8
"""From here on the sender is told the cause without a reservation."""
GUESS = 0.5
"""Below this confidence the cause is no headline."""


def build_sender_part(case: Case) -> SenderPart:
    """Return part 1 for recipients that fared alike."""
    if case.analysis.backscatter:
        return _disown(case)
    fields = sender_fields(case)
    if case.diagnosis is None:
        return _confirm(case, fields)
    diagnosis, wording = case.diagnosis, case.wording
    guess = diagnosis.confidence < GUESS
    return SenderPart(
        headline=_headline(case, diagnosis, fields, guess=guess),
        happened=_happened(case, diagnosis, fields, guess=guess),
        outcome=wording.say("outcome", diagnosis.outcome, "sentence"),
        stations=build_stations(case),
        actor=wording.say("actor", diagnosis.actor, "sentence", fields=fields),
        steps=_steps(case, diagnosis, fields),
    )


def _headline(case: Case, diagnosis: Diagnosis, fields: Fields, *, guess: bool) -> str:
    cause, outcome, say = diagnosis.cause, diagnosis.outcome, case.wording.say
    headline = say("sender", cause, outcome, "headline", fields=fields)
    if not headline and outcome == "not-delivered" and not guess:
        headline = say("sender", cause, "headline", fields=fields)
    return headline or say("outcome", outcome, "headline", fields=fields)


def _happened(case: Case, diagnosis: Diagnosis, fields: Fields, *, guess: bool) -> tuple[str, ...]:
    cause, outcome, wording = diagnosis.cause, diagnosis.outcome, case.wording
    told = wording.list_out("sender", cause, outcome, "happened", fields=fields)
    if not told and not wording.find("sender", cause, outcome):
        told = wording.list_out("outcome", outcome, "happened", fields=fields)
    if told:
        return told  # words of their own for an outcome carry their own reservation
    told = wording.list_out("sender", cause, "happened", fields=fields)
    if cause == "unknown":
        return told
    generic = guess or outcome != "not-delivered"
    own_headline = wording.find("sender", cause, outcome, "headline")
    if generic and not own_headline:
        # The headline only says how it ended: the cause's own comes first here.
        told = (wording.say("sender", cause, "headline", fields=fields), *told)
    if guess:
        return (wording.say("sure", "guess"), *told)
    if diagnosis.confidence < SURE and outcome not in ("probably-delivered", "unknown"):
        return (*told, wording.say("sure", "likely"))
    return told


def _steps(case: Case, diagnosis: Diagnosis, fields: Fields) -> tuple[str, ...]:
    cause, outcome, wording = diagnosis.cause, diagnosis.outcome, case.wording
    own = wording.list_out("sender", cause, outcome, "steps", fields=fields)
    if own:
        return own
    if outcome != "not-delivered":
        return wording.list_out("outcome", outcome, "steps", fields=fields)
    usual = case.knowledge.causes.get(cause)
    if usual and usual.actor != diagnosis.actor:
        return wording.list_out("actor", diagnosis.actor, "steps", fields=fields)
    return wording.list_out("sender", cause, "steps", fields=fields)


def _confirm(case: Case, fields: Fields) -> SenderPart:
    """Say that it was delivered, handed on or passed to a list."""
    wording, action = case.wording, case.first.action
    place = action if action in ("relayed", "expanded") else "delivered"
    return SenderPart(
        headline=wording.say("action", place, "headline", fields=fields),
        happened=wording.list_out("action", place, "happened", fields=fields),
        outcome=wording.say("action", place, "outcome"),
        stations=build_stations(case),
        actor=wording.say("actor", "nobody", "sentence"),
        steps=wording.list_out("action", place, "steps", fields=fields),
    )


def _disown(case: Case) -> SenderPart:
    """Say that the reader did not send it."""
    wording = case.wording
    return SenderPart(
        headline=wording.say("backscatter", "headline"),
        happened=wording.list_out("backscatter", "happened"),
        outcome=wording.say("backscatter", "outcome"),
        stations=(),
        actor=wording.say("backscatter", "actor"),
        steps=wording.list_out("backscatter", "steps"),
    )
