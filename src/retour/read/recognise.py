"""What kind of mail is this? Standard parts first, then signs that add up."""

import re

from retour.model.vocabulary import Action, Kind
from retour.read.message import Message
from retour.wire.header import Headers
from retour.wire.words import decode_words

_REPORTER = re.compile(
    r"(?:mailer-?daemon|postmaster|mail ?delivery (?:sub)?system|mail administrator|mail delivery|mdaemon|post ?office|"
    r"majordomo|symantec_antivirus|mail-?admin|mail ?router|bounce[sd]?@|system administrator|microsoft outlook|sns\.amazonaws)",
    re.I,
)
_FAILED_SUBJECT = re.compile(
    r"undeliver|delivery (?:status )?(?:notification|failure|failed|problem|report|error|subsystem)|returned (?:mail|to sender)|failure notice|failure delivery|"
    r"deliver[a-z]* (?:has )?fail|mail (?:delivery )?(?:failed|failure|error)|failed mail|non[- ]?(?:remis|recapit|deliver|entreg)|could not (?:be )?(?:deliver|send)|"
    r"not (?:be )?delivered|mail (?:system )?error|unzustellbar|nicht zugestellt|zustellung|non distribu|n[ãa]o entregue|no (?:se pudo|entregado)|"
    r"не доставлен|недоставлен|не может быть доставлено|配信|送信できません|エラー|退信|无法|失败|undelivered|message status|rejected|"
    r"mail could not be delivered|bounce|nondeliverable|delivery has failed|automatically rejected|processing error|user unknown|loop alert|not member",
    re.I,
)
_DELAYED_SUBJECT = re.compile(
    r"\bdelay|still being retried|not (?:yet )?(?:been )?delivered (?:yet|for)|(?:could|can) ?not send message for (?:past|the past)|warning: message|"
    r"delivery warning|verz[öo]ger|retard|retras|ritard|message delayed|status notification: warning|has not yet been delivered|задерж|遅延",
    re.I,
)
_FAILED_WORDS = re.compile(
    r"(?:could|can|can't|was|were|is|are|been|be|wasn't|unable to|not)(?: ?not)?(?: able)?(?: to)?(?: be)? (?:deliver|sent to|delivered)|"
    r"undeliver|delivery (?:has )?(?:failed|failure|to the following|problems?)|permanent (?:fatal )?error|returned to (?:you|sender)|failed permanently|"
    r"following (?:address|recipient)|did not reach|was(?: automatically)? (?:rejected|returned|blocked)|has been (?:rejected|returned|blocked|refused)|"
    r"not a valid user|no such user|user unknown|unknown user|mailbox (?:is )?full|over ?quota|invalid (?:final )?(?:delivery )?(?:user|recipient|address)|"
    r"was not (?:accepted|found|delivered)|wasn.t found|does not exist|smtp error|remote host said|transcript of session|unroutable|unrouteable|"
    r"not (?:a )?member|you are not allowed|duplicated message-id|delivery attempts?|unable to find user|your message[^\n]{0,80}(?:not|reject|fail)|"
    r"unzustellbar|konnte nicht|nicht zugestellt|n'a pas pu|non remis|impossible de|no se pudo|no pudo ser|non è stato|não pôde|не может быть|не удалось|"
    r"não foi poss|送信できません|配信でき|届け|无法|失败|退回|nie (?:mo[zż]na|zosta)|kunde inte|kunne ikke|kon niet",
    re.I,
)
_DELAYED_WORDS = re.compile(
    r"(?:will|we'll|shall) (?:continue|keep|be (?:retried|made|continued|attempted)|try again|retry)|(?:has|have) (?:been delayed|not yet been|been postponed|not been delivered yet|not been delivered (?:after|within|for))|"
    r"still being (?:retried|attempted)|attempts? will continue|delivery (?:has been|is|was) delayed|(?:do not|don't) need to (?:re-?send|take any action)|no action is required|"
    r"not (?:be )?delivered yet|warning message only|advisory-only|this is (?:just |only )?a warning|temporarily (?:delayed|deferred)|wird weiter versucht|"
    r"continuer(?:a|ont) |отложен|продолж",
    re.I,
)
_GIVEN_UP = re.compile(
    r"given up|giving up|(?:envelope|message|delivery time) expired|permanent error|failed permanently|permanent fatal|could not be delivered for|"
    r"not going to try again|unable to deliver[^\n]{0,40}(?:for|within|after)|final notice|will be deleted|has been (?:returned|removed)",
    re.I,
)
_AUTO_SUBJECT = re.compile(
    r"out[- ]of[- ](?:the[- ])?office|auto(?:matic|mated)?[- ]?(?:reply|response|antwort|matische antwort|:)|autorespon|abwesen|absence|vacation|away (?:from|until)|"
    r"r[ée]ponse automatique|respuesta autom|risposta autom|i am away|atsut|is out of|on holiday|自動応答|自动回复|автоответ|automatisk svar|automatyczna",
    re.I,
)
_CONVERSATION = re.compile(r"^\s*(?:re|aw|sv|antw|fwd?|wg|tr)\s*(?:\[[0-9]+\])?\s*:", re.I)
_REJECTED_MDN = re.compile(r"reject|refus|discard|quota|could not|abgelehnt|not be delivered", re.I)
_LOOK_MAX = 6_000
_SUMMARIES = re.compile(r"report[- ]?domain:|dmarc aggregate|tls-?rpt|aggregate report", re.I)
REPORT_THRESHOLD = 4


def recognise(message: Message, notice: str) -> Kind | None:
    """Tell what a mail is by its standard parts and, without those, by its signs.

    Args:
        message: the mail.
        notice: its words without a quoted original.

    Returns:
        The kind; ``failure`` for a delivery status notification (whose groups then say more); None
        where it is no report itself but holds another message that may be one.
    """
    machine = message.machine
    if "delivery-status" in machine:
        return "failure"
    if "feedback-report" in machine or message.root.report_type == "feedback-report":
        return "complaint"
    if "disposition-notification" in machine:
        return "failure" if _is_rejection(message, notice) else "read-receipt"
    subject = decode_words(message.headers.get("subject") or "")
    if message.root.report_type in ("tlsrpt", "dmarc") or _SUMMARIES.search(subject):
        return "not-a-report"
    if _is_complaint(message.headers, notice):
        return "complaint"
    if _score(message, subject, notice) >= REPORT_THRESHOLD:
        return "delay" if says_delay(subject, notice) else "failure"
    if _is_auto_reply(message.headers, subject):
        return "auto-reply"
    return None if message.embedded else "not-a-report"


def _is_rejection(message: Message, notice: str) -> bool:
    """A Sieve reject or a Dovecot quota refusal comes as an MDN (RFC 5429 §2.1.2)."""
    body = message.machine["disposition-notification"].decode_body()[:4_000].lower()
    found = re.search(r"^disposition[ \t]*:[^\n]*(?:\n[ \t][^\n]*)*", body, re.M)
    disposition = found[0] if found else ""
    if "displayed" in disposition or "read" in disposition.rpartition(";")[2]:
        return False
    words = notice[:_LOOK_MAX]
    return bool(_REJECTED_MDN.search(words)) and "without being read" not in words


def _is_complaint(headers: Headers, notice: str) -> bool:
    """Feedback without an ARF part: Hotmail's JMRP and services that notify by JSON."""
    subject = headers.get("subject") or ""
    if subject.lower().startswith("complaint about message from"):
        return True
    return '"notificationType' in notice[:400].replace("\\", "") and "Complaint" in notice[:600]


def _score(message: Message, subject: str, notice: str) -> int:
    headers = message.headers
    if not len(headers):
        return (
            REPORT_THRESHOLD
            if _FAILED_WORDS.search(notice) or _DELAYED_WORDS.search(notice) or _has_reply(notice)
            else 0
        )
    words = notice[:_LOOK_MAX]
    score = 0
    sender = headers.get("from") or ""
    if _REPORTER.search(sender):
        score += 3
    if (headers.get("return-path") or "").strip() in ("<>", "<MAILER-DAEMON>", ""):
        score += 1 if "return-path" in headers else 0
    if "x-failed-recipients" in headers or message.root.report_type == "delivery-status":
        score += 4
    if "in-reply-to" in headers and _CONVERSATION.match(subject):
        score -= 3
    if "list-id" in headers or "list-unsubscribe" in headers:
        score -= 2
    if _AUTO_SUBJECT.search(subject):
        score -= 3
    if _FAILED_SUBJECT.search(subject) or _DELAYED_SUBJECT.search(subject):
        score += 2 if not _CONVERSATION.match(subject) else 1
    if _FAILED_WORDS.search(words) or _DELAYED_WORDS.search(words):
        score += 2
        if len(words) < 400:
            score += 1
    if _has_reply(words):
        score += 1
    if "reporting-mta:" in words.lower() or "final-recipient:" in words.lower():
        score += 3
    return score


def _has_reply(words: str) -> bool:
    return bool(
        re.search(
            r"(?:^|[\s:'\"(<])[45][0-5][0-9][ -](?:[45]\.[0-9]\.[0-9]|[#<A-Za-z])|\(#[45]\.[0-9]\.[0-9]\)",
            words,
        )
    )


def _is_auto_reply(headers: Headers, subject: str) -> bool:
    marks = (headers.get("auto-submitted") or "").lower()
    if marks.startswith("auto-replied"):
        return True
    if any(
        name in headers
        for name in ("x-autoreply", "x-autorespond", "x-autoresponder", "x-auto-reply")
    ):
        return True
    if (headers.get("precedence") or "").lower() in ("auto_reply", "auto-reply"):
        return True
    if "x-ms-exchange-generated-message-source" in headers and "in-reply-to" in headers:
        return True
    return bool(_AUTO_SUBJECT.search(subject))


def says_delay(subject: str, notice: str) -> bool:
    """Tell whether the words speak of a delay that is not over yet."""
    words = notice[:_LOOK_MAX]
    if _GIVEN_UP.search(words):
        return False
    return bool(_DELAYED_SUBJECT.search(subject) or _DELAYED_WORDS.search(words))


def kind_of_actions(actions: list[Action | None], fallback: Kind) -> Kind:
    """Sum up the actions of all recipients."""
    kinds: set[Kind] = {_KIND_OF_ACTION[action] for action in actions if action is not None}
    if not kinds:
        return fallback
    return kinds.pop() if len(kinds) == 1 else "mixed"


_KIND_OF_ACTION: dict[Action, Kind] = {
    "failed": "failure",
    "delayed": "delay",
    "delivered": "success",
    "relayed": "relay",
    "expanded": "expansion",
}
