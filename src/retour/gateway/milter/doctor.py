"""Looks at the Postfix of this machine: does it call the milter, and does mail pass without it?"""

import grp
import os
import pwd
import subprocess
from collections.abc import Mapping
from pathlib import Path

from retour.gateway.milter.finding import (
    Finding,
    NoServerError,
    check_answer,
    check_domains,
    check_log,
    read_seconds,
)
from retour.service.milter import MilterSettings, Place

_NAMES = (
    "smtpd_milters",
    "non_smtpd_milters",
    "milter_default_action",
    "internal_mail_filter_classes",
    "milter_protocol",
    "milter_content_timeout",
    "message_size_limit",
    "queue_directory",
    "mail_owner",
    "maillog_file",
)
_WAIT_S = 10


def examine(milter: MilterSettings, folder: str | None) -> list[Finding]:
    """Look at Postfix and at the socket.

    Args:
        milter: our settings.
        folder: Postfix's configuration; None: its own choice.

    Raises:
        NoServerError: there is no ``postconf``, or it fails.
    """
    values = read_postconf(folder)
    findings = check_postfix(values, milter)
    findings.append(_check_rights(values, milter))
    findings.append(check_answer(milter))
    file = values.get("maillog_file", "")
    findings.append(check_log([file]) if file.startswith("/") else check_log())
    return findings


def read_postconf(folder: str | None) -> dict[str, str]:
    """Ask Postfix for the settings that matter, with references resolved.

    Raises:
        NoServerError: there is none, or it refuses.
    """
    command = ["postconf", "-x", *(("-c", folder) if folder else ()), *_NAMES]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=_WAIT_S, check=False)
    except FileNotFoundError:
        raise NoServerError("there is no postconf here; is Postfix installed?") from None
    except subprocess.TimeoutExpired:
        raise NoServerError("postconf does not end.") from None
    if done.returncode:
        raise NoServerError(f"postconf: {' '.join(done.stderr.split())}")
    pairs = (line.partition("=") for line in done.stdout.splitlines())
    return {name.strip(): value.strip() for name, _, value in pairs}


def check_postfix(values: Mapping[str, str], milter: MilterSettings) -> list[Finding]:
    """Check Postfix's settings against ours.

    Args:
        values: by name, as `read_postconf` returns them.
        milter: our settings.
    """
    wanted = describe_place(milter.socket, values.get("queue_directory", ""))
    findings = [
        _check_list(values, name, wanted) for name in ("smtpd_milters", "non_smtpd_milters")
    ]
    if "bounce" in values.get("internal_mail_filter_classes", "").replace(",", " ").split():
        findings.append(Finding(True, "Postfix shows milters the reports that it writes itself."))
    else:
        findings.append(
            Finding(
                False,
                "Postfix does not show milters the reports that it writes itself.",
                ("main.cf: internal_mail_filter_classes = bounce",),
            )
        )
    findings.append(_check_default_action(values, wanted))
    findings.append(_check_timeout(values, milter))
    findings.append(_check_size(values, milter))
    return findings + check_domains(milter)


def describe_place(place: Place, queue_directory: str) -> str:
    """Return the socket as Postfix has to write it: below its chroot where it is a file."""
    if not place.path:
        return str(place)
    inside = place.path.removeprefix(queue_directory.rstrip("/") + "/")
    return f"unix:{inside}"


def _check_list(values: Mapping[str, str], name: str, wanted: str) -> Finding:
    listed = values.get(name, "").replace(",", " ").split()
    what = "arrives by SMTP" if name == "smtpd_milters" else "comes from the machine itself"
    # Each milter may stand in braces with settings of its own: "{ unix:x, default_action=y }".
    if wanted in listed:
        return Finding(True, f"Postfix calls the milter for mail that {what}.")
    new = " ".join((*listed, wanted))
    return Finding(
        False,
        f"Postfix does not call the milter for mail that {what}.",
        (f"main.cf: {name} = {new}",),
    )


def _check_default_action(values: Mapping[str, str], wanted: str) -> Finding:
    action = values.get("milter_default_action", "tempfail")
    own = values.get("smtpd_milters", "").replace(",", " ").replace("=", " ").split()
    if wanted in own and own[own.index(wanted) + 1 :][:2] == ["default_action", "accept"]:
        action = "accept"
    if action == "accept":
        return Finding(True, "Mail passes where the milter does not answer.")
    return Finding(
        False,
        f"Mail stops where the milter does not answer (milter_default_action = {action}).",
        (
            "main.cf: milter_default_action = accept",
            "or, where other milters must not be skipped, only for this one, in both lists:",
            f"main.cf: smtpd_milters = ... {{ {wanted}, default_action=accept }}",
        ),
    )


def _check_timeout(values: Mapping[str, str], milter: MilterSettings) -> Finding:
    seconds = read_seconds(values.get("milter_content_timeout", ""), default_s=300)
    if seconds > milter.decision_timeout_s + 5:
        return Finding(True, f"Postfix waits {seconds} s, the milter answers before that.")
    return Finding(
        False,
        f"Postfix waits {seconds} s only; the milter may take {milter.decision_timeout_s} s.",
        ("main.cf: milter_content_timeout = 300s",),
    )


def _check_size(values: Mapping[str, str], milter: MilterSettings) -> Finding:
    """Check that Postfix takes what we write: it fails a report that is too large for it."""
    limit = values.get("message_size_limit", "10240000")
    limit_bytes = int(limit) if limit.isdecimal() else 10_240_000
    if limit_bytes == 0 or limit_bytes >= milter.size_max_bytes:
        return Finding(True, "Postfix takes reports as large as the milter writes them.")
    return Finding(
        False,
        f"The milter may write reports of {milter.size_max_bytes} octets; "
        f"Postfix takes {limit_bytes}.",
        (f"retour.toml: [milter] size_max_bytes = {limit_bytes}",),
    )


def _check_rights(values: Mapping[str, str], milter: MilterSettings) -> Finding:
    """Check that Postfix may write to the socket."""
    if not milter.socket.path:
        return Finding(True, "The socket is TCP: no rights to check.")
    path, owner = Path(milter.socket.path), values.get("mail_owner", "postfix")
    if not str(path).startswith(values.get("queue_directory", "/var/spool/postfix") + "/"):
        said = f"{path} is outside {values.get('queue_directory')}: a chrooted smtpd cannot see it."
        inside = f"{values.get('queue_directory')}/retour/milter.sock"
        return Finding(
            False, said, ("retour.toml: [milter]", f'retour.toml: socket = "unix:{inside}"')
        )
    try:
        entry = pwd.getpwnam(owner)
        groups = set(os.getgrouplist(owner, entry.pw_gid))
        found, above = path.stat(), path.parent.stat()
    except KeyError:
        return Finding(False, f"There is no user {owner}, whose name Postfix runs under.")
    except OSError:
        return Finding(False, f"{path} is not there, or cannot be looked at.")
    if _may(found, entry.pw_uid, groups, 0o2) and _may(above, entry.pw_uid, groups, 0o1):
        return Finding(True, f"The user {owner} may write to {path}.")
    group = grp.getgrgid(entry.pw_gid).gr_name
    return Finding(
        False,
        f"The user {owner} may not write to {path}.",
        (
            "retour.toml: [milter]",
            f'retour.toml: socket_group = "{group}"',
            'retour.toml: socket_mode = "0660"',
            f"chgrp {group} {path.parent} && chmod g+x {path.parent}",
        ),
    )


def _may(found: os.stat_result, uid: int, groups: set[int], right: int) -> bool:
    if found.st_uid == uid:
        return bool(found.st_mode & right << 6)
    if found.st_gid in groups:
        return bool(found.st_mode & right << 3)
    return bool(found.st_mode & right)
