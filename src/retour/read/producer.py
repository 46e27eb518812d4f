"""Which system wrote a notice: told by marks that the systems leave in fields and words."""

from ahocorasick_rs import AhoCorasick, Implementation

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
_SPECIFIC = ("exchange-online", "gmx", "mail-ru", "google-groups", "amazon-workmail", "dovecot")
_MACHINE = AhoCorasick(
    [words for words, _ in _WORDS],
    implementation=Implementation.ContiguousNFA,
    store_patterns=False,
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
    look = "\n".join(
        (
            headers.get("from") or "",
            headers.get("x-mailer") or "",
            headers.get("message-id") or "",
            headers.get("subject") or "",
            "x-ms-exchange-message-is-ndr" if "x-ms-exchange-message-is-ndr" in headers else "",
            "x-dsncontext" if "x-dsncontext" in headers else "",
            "x-ui-out-filterresults" if "x-ui-out-filterresults" in headers else "",
            "x-mc-system" if "x-mc-system" in headers else "",
            notice[:_LOOK_MAX],
            machine[:400],
        )
    ).lower()
    found = {
        _WORDS[index][1] for index in {hit[0] for hit in _MACHINE.find_matches_as_indexes(look)}
    }
    if not found:
        return "exim" if "x-failed-recipients" in headers else None
    for name in _SPECIFIC:
        if name in found:
            return name
    return min(found, key=_ORDER.__getitem__)
