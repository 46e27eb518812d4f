"""Which system wrote a notice: told by marks that the systems leave in fields and words."""

from ahocorasick_rs import BytesAhoCorasick, Implementation

from retour.wire.header import Headers

# Words of a notice (its first screens) or of its header, lower case, and who writes them.
# Sources: the systems' own templates as seen in the labelled samples.
_WORDS: tuple[tuple[str, str], ...] = (
    ("this is the mail system at host", "postfix"),
    ("this is the postfix program at host", "postfix"),
    ("the postfix program", "postfix"),
    ("x-postfix-queue-id", "postfix"),
    ("x-postfix;", "postfix"),
    ("this message was created automatically by mail delivery software", "exim"),
    ("hi. this is the qmail-send program", "qmail"),
    ("this is the qmail-send program", "qmail"),
    ("i'm afraid i wasn't able to deliver your message to the following addresses", "qmail"),
    ("transcript of session follows", "sendmail"),
    ("had permanent fatal errors", "sendmail"),
    ("this is the courier mail server", "courier"),
    ("this is a delivery status notification from", "courier"),
    ("this is the mailer-daemon, please do not reply", "opensmtpd"),
    ("this is the dragonfly mail agent", "dragonfly"),
    ("not listed in domino directory", "domino"),
    ("not listed in public name & address book", "domino"),
    ("interscan messaging security suite", "interscan"),
    ("x-mailmarshal", "mailmarshal"),
    ("the mts-id of the original message is", "exchange-5"),
    ("msexch:", "exchange-5"),
    ("diagnostic information for administrators", "exchange"),
    ("generating server:", "exchange"),
    ("x-ms-exchange-message-is-ndr", "exchange"),
    ("prod.outlook.com", "exchange-online"),
    ("office365.com", "exchange-online"),
    ("technical details of permanent failure", "gmail"),
    ("technical details of temporary failure", "gmail"),
    ("googlemail.com", "gmail"),
    ("x-gm-message-state", "gmail"),
    ("unable to deliver message to the following address(es)", "yahoo"),
    ("sorry, we were unable to deliver your message to the following address", "yahoo"),
    ("google groups", "google-groups"),
    ("x-ui-out-filterresults", "gmx"),
    ("smtp error from remote server", "gmx"),
    ("mail.ru", "mail-ru"),
    ("yandex", "yandex"),
    ("amazonses.com", "amazon-ses"),
    ("amazon workmail", "amazon-workmail"),
    ("x-mc-system", "mimecast"),
    ("[postmaster] email delivery failure", "mimecast"),
    ("m-filter", "m-filter"),
    ("x-pmdf", "pmdf"),
    ("sun java", "sun-messaging"),
    ("messaging server", "sun-messaging"),
    ("hmailserver", "hmailserver"),
    ("communigate", "communigate"),
    ("zohomail", "zoho"),
    ("x-mailer: <smtp32", "imail"),
    ("invalid final delivery userid", "imail"),
    ("mailer-daemon@aol.com", "aol"),
    ("mail delivery agent at messagelabs.com", "messagelabs"),
    ("groupwise", "groupwise"),
    ("sendgrid", "sendgrid"),
    ("stalwart", "stalwart"),
    ("kumomta", "kumomta"),
    ("x-powermta", "powermta"),
    ("powermta", "powermta"),
    ("mailenable", "mailenable"),
    ("mdaemon", "mdaemon"),
    ("dovecot", "dovecot"),
    ("was automatically rejected:", "dovecot"),
    ("barracuda", "barracuda"),
    ("ironport", "ironport"),
    ("apache james", "james"),
    ("simple mail transfer service", "james"),
    ("chasquid", "chasquid"),
    ("fml ", "fml"),
    ("mailman", "mailman"),
    ("x-dsncontext", "exchange-2003"),
    ("this is an automatically generated delivery status notification", "exchange-2003"),
)
# Where several marks are met, the one higher up here speaks of the writer, the lower of a bystander.
_ORDER = {name: rank for rank, name in enumerate(dict.fromkeys(name for _, name in _WORDS))}
_TELLING_FIELDS = (
    "x-ms-exchange-message-is-ndr",
    "x-dsncontext",
    "x-ui-out-filterresults",
    "x-mc-system",
)
_SPECIFIC = ("exchange-online", "gmx", "mail-ru", "google-groups", "amazon-workmail", "dovecot")
_MACHINE = BytesAhoCorasick(
    [words.encode() for words, _ in _WORDS], implementation=Implementation.ContiguousNFA
)
_LOOK_MAX = 1_500


def find_producer(headers: Headers, notice: str, machine: str) -> str | None:
    """Name the system that wrote a notice.

    Args:
        headers: the notice's own fields.
        notice: its words.
        machine: the text of its machine-readable part.

    Returns:
        A lower-case name, or None.
    """
    get = headers.get
    look = (
        f"{get('from')}\n{get('x-mailer')}\n{get('message-id')}\n{get('subject')}\n"
        f"{' '.join(name for name in _TELLING_FIELDS if name in headers)}\n"
        f"{notice[:_LOOK_MAX]}\n{machine[:400]}"
    ).lower()
    hits = _MACHINE.find_matches_as_indexes(look.encode("utf-8", "replace"))
    if not hits:
        return "exim" if "x-failed-recipients" in headers else None
    found = {_WORDS[hit[0]][1] for hit in hits}
    for name in _SPECIFIC:
        if name in found:
            return name
    return min(found, key=_ORDER.__getitem__)
