"""Our texts loaded into real servers: each writes a notice, and that is read again."""

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

import mailservers
import pytest

import retour
from retour.rendering.catalogues import load_wording
from retour.rendering.servertext.files import write_templates
from retour.rendering.servertext.wish import Server, Wish

BOTH = (load_wording("de"), load_wording("en"))
MAIL = "From: sender@example.test\nMessage-ID: <one@example.test>\nSubject: hello\n\nhi\n"


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder that a server's own user can enter, which pytest's are not."""
    made = Path(tempfile.mkdtemp(prefix="retour-server-"))
    made.chmod(0o755)
    yield made
    shutil.rmtree(made)


def put(folder: Path, server: Server, page: str = "") -> None:
    """Write a server's files in two languages."""
    for name, content in write_templates(server, Wish(BOTH, page=page)).items():
        (folder / name).write_text(content, encoding="utf-8")


def told(mail: bytes) -> tuple[str, str]:
    """Return subject and first text of a notice, decoded as it declares itself."""
    message = message_from_bytes(mail, policy=policy.default)
    assert isinstance(message, EmailMessage)
    first = next(part for part in message.walk() if part.get_content_type() == "text/plain")
    return str(message["Subject"]), first.get_content()


def hold_failure(mail: bytes, own_words: str) -> None:
    """In both languages it says what to do, the server's words follow, and Retour reads it."""
    subject, text = told(mail)
    for wording in BOTH:
        assert wording.say("templates", "what") in text
        assert wording.say("templates", "words").split()[0] in text
    assert text.index("The words of the mail servers follow.") < text.index(own_words)
    assert "mail.example.test." in text
    assert "\ufffd" not in text + subject
    report = retour.explain(mail).report
    assert report is not None
    assert report.kind == "failure"
    assert [recipient.address for recipient in report.recipients] == ["unknown@example.test"]


POSTFIX_MAIN = """\
compatibility_level = 3.6
queue_directory = {folder}/queue
data_directory = {folder}/data
maillog_file = {folder}/log
maillog_file_prefixes = {folder}
myhostname = mail.example.test
mydestination =
inet_interfaces = loopback-only
virtual_mailbox_domains = example.test
virtual_mailbox_maps = inline:{{sender@example.test=sender/}}
virtual_mailbox_base = {folder}/mail
virtual_uid_maps = static:{uid}
virtual_gid_maps = static:{uid}
virtual_minimum_uid = 1
default_transport = retry:4.4.1 no route
delay_warning_time = 1s
bounce_template_file = {folder}/bounce.cf
"""
POSTFIX_MASTER = """\
postlog unix-dgram n - n - 1 postlogd
pickup unix n - n 1 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 1 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
error unix - - n - - error
retry unix - - n - - error
virtual unix - n n - - virtual
"""


def configure_postfix(folder: Path, user: str) -> str:
    """Write a private Postfix; return its configuration folder."""
    place = folder / "etc"
    for name in ("etc", "queue", "data", "mail"):
        (folder / name).mkdir()
    for name in ("data", "mail"):
        shutil.chown(folder / name, user)
    uid = pwd.getpwnam(user).pw_uid
    (place / "main.cf").write_text(POSTFIX_MAIN.format(folder=folder, uid=uid))
    (place / "master.cf").write_text(POSTFIX_MASTER)
    return str(place)


def test_postfix_reads_and_sends_the_texts(folder: Path) -> None:
    """Its own check expands them without complaint; a failure and a delay bring them."""
    postfix = mailservers.find("postfix", "none")
    place = configure_postfix(folder, "postfix")
    put(folder, "postfix")
    shown = subprocess.run(
        ["postconf", "-c", place, "-b", str(folder / "bounce.cf")],
        capture_output=True,
        check=True,
    )
    assert not shown.stderr
    expanded = shown.stdout.decode()
    assert "innerhalb von 5 Tagen" in " ".join(expanded.split())
    assert "$" not in expanded
    subprocess.run([postfix, "-c", place, "start"], capture_output=True, check=True)
    try:
        for recipient in ("unknown@example.test", "far@example.org"):
            subprocess.run(
                ["sendmail", "-C", place, "-f", "sender@example.test", recipient],
                input=MAIL.encode(),
                check=True,
            )
        mailbox = folder / "mail" / "sender" / "new"
        mails = mailservers.wait_for(mailbox, 1)
        subprocess.run(["sleep", "1.5"], check=True)
        subprocess.run(["postqueue", "-c", place, "-f"], check=True)
        mails = mailservers.wait_for(mailbox, 2)
    finally:
        subprocess.run([postfix, "-c", place, "stop"], capture_output=True, check=True)
    by_subject = {told(mail)[0]: mail for mail in mails}
    failure = by_subject["Ihre Nachricht kam nicht an / Your message did not get through"]
    hold_failure(failure, "<unknown@example.test>")
    assert "„loop“" in told(failure)[1]
    delay = by_subject["Ihre Nachricht ist noch unterwegs / Your message is still on its way"]
    assert "within 5 days, you get another notice" in " ".join(told(delay)[1].split())


EXIM = """\
primary_hostname = mail.example.test
spool_directory = {folder}/spool
log_file_path = {folder}/log/%slog
exim_path = {program}
exim_user = Debian-exim
exim_group = Debian-exim
trusted_users = root
qualify_domain = example.test
local_interfaces = 127.0.0.1
disable_ipv6
bounce_message_file = {folder}/bounce_message.txt
warn_message_file = {folder}/warn_message.txt
delay_warning = 1s:99d
keep_environment =
begin routers
far:
  driver = redirect
  domains = example.org
  allow_defer
  data = :defer: no route
mailbox:
  driver = accept
  local_parts = sender
  transport = mailbox
program:
  driver = accept
  local_parts = program
  transport = program
begin transports
mailbox:
  driver = appendfile
  directory = {folder}/mail
  user = Debian-exim
program:
  driver = pipe
  command = /bin/sh -c "echo it says no; exit 69"
  return_output
  user = Debian-exim
begin retry
* * F,1h,1s
"""


def test_exim_reads_and_sends_the_texts(folder: Path) -> None:
    """A failure, a program's refusal and a delay bring them, in pure ASCII as Exim declares."""
    program = mailservers.find("exim4", "usr/sbin/exim4")
    for name in ("spool", "log", "mail"):
        (folder / name).mkdir()
        os.chown(folder / name, mailservers.UID, mailservers.UID)
    put(folder, "exim", page="https://retour.example/codes/{code}")
    (folder / "exim.conf").write_text(EXIM.format(folder=folder, program=program))
    (folder / "mail.txt").write_text(MAIL)
    send = f"{program} -odi -f sender@example.test"
    mailservers.run_private(
        folder,
        [
            "mount -t tmpfs tmpfs /var/lib && mkdir /var/lib/exim4",
            f"cp {folder}/exim.conf /var/lib/exim4/config.autogenerated",
            *(
                f"{send} {recipient} < {folder}/mail.txt"
                for recipient in ("unknown@example.test", "program@example.test", "far@example.org")
            ),
            f"sleep 2; {program} -qff; {program} -qff",
        ],
    )
    assert not (folder / "log" / "paniclog").exists()
    mails = mailservers.wait_for(folder / "mail", 3)
    texts = [told(mail)[1] for mail in mails]
    assert all(text.isascii() for text in texts)
    assert all("https://retour.example/codes/" in text for text in texts)
    failure, refused, delay = (
        next(n for n, text in enumerate(texts) if words in text)
        for words in ("unknown@example.test", "it says no", "far@example.org")
    )
    hold_failure(mails[failure], "unknown@example.test")
    assert "The program that the message was handed to said:" in texts[refused]
    assert "Nothing is lost" in texts[delay]
    assert "Fuer die Stelle" in texts[delay]
    assert retour.explain(mails[delay]).report


_SENDMAIL = (
    "define(`confERROR_MESSAGE', `{folder}/error-header')dnl",
    "define(`confDONT_BLAME_SENDMAIL', `ErrorHeaderInUnsafeDirPath')dnl",
)
DELIVER = """\
#!/bin/sh
[ "$1" = sender ] || exit 67
cat > {folder}/mail/$$
"""


def test_sendmail_reads_and_sends_the_texts(folder: Path) -> None:
    """A failure brings the text on top, in pure ASCII."""
    program = mailservers.find("sendmail-mta", "usr/libexec/sendmail/sendmail")
    put(folder, "sendmail")
    lines = [line.format(folder=folder) for line in _SENDMAIL]
    mailservers.configure_sendmail(folder, lines, DELIVER.format(folder=folder))
    (folder / "mail.txt").write_text(MAIL)
    send = f"{program} -C {folder}/test.cf -Am -odi -oi -f sender@example.test"
    # The status says that a recipient is unknown, which is what is wanted.
    mailservers.run_private(folder, [f"{send} unknown@example.test < {folder}/mail.txt || true"])
    (mail,) = mailservers.wait_for(folder / "mail", 1)
    hold_failure(mail, "permanent fatal errors -----")
    assert told(mail)[1].isascii()
