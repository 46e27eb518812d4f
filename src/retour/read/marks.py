"""Words by which notices say that a mail failed, is late, or was given up: literals, found in one pass.

Each literal is lower case with single spaces and stands for any text that contains it. They come from
the standard notices of the mail systems in the labelled samples and from those systems' templates.
"""

from typing import Literal

from ahocorasick_rs import BytesAhoCorasick, Implementation

Sign = Literal["failed", "late", "given-up", "auto"]
"""What a mark is a sign of."""

_MARKS: dict[Sign, tuple[str, ...]] = {
    "failed": (
        "could not be delivered", "couldn't be delivered", "could not deliver", "couldn't deliver", "couldn\u2019t be delivered",
        "cannot be delivered", "can't be delivered", "can not be delivered", "was not delivered", "were not delivered", "not been delivered",
        "unable to deliver", "wasn't able to deliver", "was not able to deliver", "not able to deliver", "unable to be delivered",
        "could not be sent", "cannot deliver", "couldn't be sent", "undeliver", "nondeliver", "non-deliver", "delivery failed", "delivery has failed",
        "delivery failure", "delivery to the following", "delivery problem", "delevery to", "failed delivery", "failed to deliver",
        "permanent error", "permanent fatal error", "failed permanently", "returned to sender", "returned to you", "returning to sender",
        "following address", "following recipient", "did not reach", "does not reach", "not reached the following",
        "automatically rejected", "rejected your message", "message was rejected", "was rejected due", "was rejected because", "has been rejected",
        "was returned", "has been returned", "has been blocked", "was blocked", "has been refused", "message has been quarantined",
        "not a valid user", "no such user", "user unknown", "unknown user", "unknown address", "user not known", "no such mailbox", "unknown recipient",
        "mailbox full", "mailbox is full", "over quota", "overquota", "quota exceeded", "exceeding its mailbox quota", "full mailbox", "over disk quota",
        "invalid user", "invalid address", "invalid recipient", "invalid final delivery", "no valid recipients", "unknown host", "host unknown",
        "was not accepted", "was not found", "wasn't found", "wasn\u2019t found", "does not exist", "doesn't exist", "no longer valid", "no longer in use",
        "smtp error", "remote host said", "transcript of session", "error during delivery", "had permanent", "unrouteable", "unroutable",
        "not a member", "not allowed to post", "duplicated message-id", "delivery attempts", "unable to find user", "returned mail", "failed recipients",
        "requested action not taken", "mail delivery failed", "encountered an error", "message not delivered", "mail not delivered", "delivery error",
        "unzustellbar", "konnte nicht", "konnten nicht", "nicht zugestellt", "nicht zustellbar", "zustellung fehlgeschlagen", "ist fehlgeschlagen",
        "n'a pas pu", "n'ont pas pu", "n\u2019a pas pu", "non remis", "non distribu", "impossible de", "échec de la remise", "n'a pas été",
        "no se pudo", "no pudo ser", "no ha podido", "no se ha podido", "no se entreg", "no llegó", "error al entregar",
        "non è stato possibile", "non è stata", "impossibile recapitare", "impossibile consegnare", "mancato recapito",
        "não pôde ser", "não foi possível", "não foi entregue", "falha na entrega", "nao pode ser",
        "не может быть", "не удалось", "не доставлен", "невозможно доставить", "не було доставлено", "не вдалося",
        "送信できません", "配信できません", "配信不能", "エラーのため", "届けられません", "送信に失敗", "存在しない", "送信することができませんでした",
        "无法发送", "无法送达", "投递失败", "退信", "退回", "失败", "無法", "배달", "전송 실패", "보낼 수 없",
        "nie można dostarczyć", "nie została dostarczona", "nie mogła", "nie powiod", "kunde inte", "kunne ikke", "kon niet", "kan niet worden",
        "niet worden bezorgd", "ei voitu", "nelze doručit", "nebylo možné", "nem sikerült", "netika piegādāt", "nav piegādāt", "nevar piegādāt", "teslim edilemedi",
        "वितरित नहीं",
    ),
    "late": (
        "will continue to", "we will continue", "will keep trying", "will keep on trying", "will be retried", "will retry", "will try again", "will be made again",
        "has been delayed", "have been delayed", "is delayed", "was delayed", "delivery delayed", "delivery incomplete", "message delayed", "been postponed",
        "has not yet been delivered", "not yet been delivered", "not been delivered yet", "have not been delivered after", "not yet delivered", "not been able to deliver your message yet",
        "still being retried", "still being attempted", "attempts will continue", "attempts will be made", "continue to be made", "do not need to resend",
        "don't need to resend", "do not need to re-send", "not need to take any action", "no action is required", "need to take any action",
        "this is a warning message only", "warning message only", "advisory-only", "this is just a warning", "this is only a warning", "temporarily delayed", "still trying",
        "wird weiter versucht", "wird weiterhin versucht", "noch nicht zugestellt", "verzögert", "weitere zustellversuche", "n'a pas encore été", "sera retent", "a été retardé",
        "aún no se ha", "se seguirá intentando", "continuará intent", "non è ancora stato", "ainda não foi", "отложен", "продолжит", "ещё не доставлено", "配信遅延", "遅延", "再送",
    ),
    "given-up": (
        "given up", "giving up on", "giving up;", "envelope expired", "message expired", "delivery time expired", "permanent error", "permanent failure", "failed permanently", "permanent fatal",
        "could not be delivered for", "not going to try again", "no further attempts", "has been returned", "will not be retried", "has timed out", "queue too long",
        "retry timeout exceeded", "have been failing for a long time", "is being returned", "undeliverable for",
    ),
    "auto": (
        "out of office", "out of the office", "out-of-office", "on vacation", "auto-reply", "autoreply", "automatic reply", "autoresponder", "will be away", "currently away", "on holiday",
        "annual leave", "abwesend", "nicht im büro", "absent du bureau", "fuera de la oficina", "requires verification", "confirm your message", "challenge",
    ),
}  # fmt: skip

# The same in subjects, where a word or two say it.
_SUBJECT_MARKS: dict[Sign, tuple[str, ...]] = {
    "failed": (
        "undeliver", "delivery notification", "delivery status", "delivery failure", "delivery failed", "delivery problem", "delivery report", "delivery error",
        "delivery subsystem", "delivery has", "returned mail", "returned to sender", "returning message", "failure notice", "failure delivery", "mail failed",
        "mail failure", "mail error", "mail system error", "mail delivery", "failed mail", "error during delivery", "non remis", "non recapit", "nondeliver",
        "non-deliver", "could not be delivered", "could not be sent", "not be delivered", "not delivered", "unzustellbar", "nicht zugestellt", "zustellung", "zustell",
        "non distribu", "não entregue", "no se pudo", "no entregado", "не доставлен", "недоставлен", "не может быть доставлено", "配信", "送信できません", "エラー",
        "退信", "无法", "失败", "message status", "rejected", "bounce", "processing error", "user unknown", "loop alert", "not member", "mail return", "delivery notice",
        "undelivrable", "mancato recapito", "ошибка доставки", "обратно отправителю", "olevererbart", "kunde inte levereras", "niet bestelbaar", "onbestelbaar", "niedostarcz",
        "전송 실패", "配信不能", "returned email", "message undeliverable", "unable to deliver", "failed to deliver", "delivery unsuccessful",
    ),
    "late": (
        "delay", "still being retried", "not yet been delivered", "not been delivered yet", "not yet delivered", "could not send message for", "cannot send message for",
        "warning: message", "delivery warning", "verzöger", "retard", "retras", "ritard", "notification: warning", "задерж", "遅延", "vertraagd", "försenad", "opóźn",
    ),
    "auto": (
        "out of office", "out of the office", "out-of-office", "auto-reply", "auto reply", "autoreply", "automatic reply", "automated reply", "automatic response",
        "automated response", "automatische antwort", "auto-response", "autorespon", "auto:", "abwesen", "absence", "vacation", "away from", "away until", "réponse automatique",
        "respuesta autom", "risposta autom", "i am away", "atsutn", "is out of", "on holiday", "自動応答", "自动回复", "автоответ", "automatisk svar", "automatyczna", "automatiska",
        "atbilde: ", "automatisch antwoord", "resposta automática",
    ),
    "given-up": ("message frozen", "error(s) in forwarding"),
}  # fmt: skip
# Who writes reports: words of a From field and what each counts.
_REPORTERS: dict[str, int] = {
    "mailer-daemon": 3, "mailerdaemon": 3, "mail delivery": 3, "mdaemon": 3, "mail administrator": 3, "mail router": 3, "mail-router": 3, "mailrouter": 3, "post office": 3,
    "postoffice": 3, "bounce@": 3, "bounces@": 3, "system administrator": 3, "microsoft outlook": 3, "sns.amazonaws": 3, "gateways@": 3, "mail admin": 3, "mailadmin": 3,
    "mail-admin": 3, "majordomo": 3, "symantec_antivirus": 3, "postmaster": 2, "mail system": 3, "mailsystem": 3, "mail_system": 3,
}  # fmt: skip


def _finder(words: list[str]) -> BytesAhoCorasick:
    # Over bytes: offsets are not needed, and lone surrogates are answered too.
    return BytesAhoCorasick(
        [word.encode() for word in words], implementation=Implementation.ContiguousNFA
    )


_PLAIN = tuple((sign, words) for sign, all_words in _MARKS.items() for words in all_words)
_FINDER = _finder([words for _, words in _PLAIN])
_SUBJECT_PLAIN = tuple(
    (sign, words) for sign, all_words in _SUBJECT_MARKS.items() for words in all_words
)
_SUBJECT_FINDER = _finder([words for _, words in _SUBJECT_PLAIN])
_REPORTER_WEIGHTS = tuple(_REPORTERS.values())
_REPORTER_FINDER = _finder(list(_REPORTERS))
# A notice says what it has to say on its first screens.
LOOK_MAX = 4_000


def find_signs(words: str) -> dict[Sign, int]:
    """Find what a notice's words are signs of.

    Args:
        words: the notice's own words.

    Returns:
        For each sign met, how many different marks stand for it.
    """
    look = " ".join(words[:LOOK_MAX].split()).lower().encode("utf-8", "replace")
    signs: dict[Sign, int] = {}
    for index in {hit[0] for hit in _FINDER.find_matches_as_indexes(look, overlapping=True)}:
        sign = _PLAIN[index][0]
        signs[sign] = signs.get(sign, 0) + 1
    return signs


def find_subject_signs(subject: str) -> set[Sign]:
    """Find what a subject is a sign of; ``given-up`` there means a note to the postmaster."""
    hits = _SUBJECT_FINDER.find_matches_as_indexes(
        subject[:300].lower().encode("utf-8", "replace"), overlapping=True
    )
    return {_SUBJECT_PLAIN[hit[0]][0] for hit in hits}


def weigh_sender(sender: str) -> int:
    """Tell how much a From field speaks for a report: 0 where it does not."""
    hits = _REPORTER_FINDER.find_matches_as_indexes(sender[:300].lower().encode("utf-8", "replace"))
    return max((_REPORTER_WEIGHTS[hit[0]] for hit in hits), default=0)
