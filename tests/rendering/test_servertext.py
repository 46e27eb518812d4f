"""Texts for servers where nothing of ours runs: right for every cause, in the server's own form."""

import re
from html.parser import HTMLParser

import pytest
import tree_sitter_powershell
from hypothesis import given
from hypothesis import strategies as st
from tree_sitter import Language, Node, Parser

from retour.knowledge.load import load
from retour.rendering.catalogues import languages, load_wording
from retour.rendering.servertext.exchange import code_text, quota_texts, quote, read_causes
from retour.rendering.servertext.files import write_templates
from retour.rendering.servertext.notice import to_ascii
from retour.rendering.servertext.wish import READERS, SERVERS, Readers, Server, TemplateError, Wish
from retour.rendering.wording import Wording

ALL = tuple(load_wording(language) for language in languages())
PAGE = "https://retour.example.com/codes/{code}"
CONTACT = 'Helpdesk & "first aid" <1234>, it\'s free'
TAGS = {"b", "em", "br", "p", "a"}
CODES = {code: cause for code, cause, _ in read_causes()}


class _Tags(HTMLParser):
    """Collects the tags of a text and what it says, and notes tags that are not closed in order."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: set[str] = set()
        self.open: list[str] = []
        self.text = ""
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert [name for name, _ in attrs] == (["href"] if tag == "a" else [])
        self.tags.add(tag)
        if tag != "br":
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


def exchange_texts(wish: Wish) -> list[str]:
    """Return every text that a wish gives Exchange."""
    texts = []
    for wording in wish.wordings:
        for code, cause, actor in read_causes():
            for internal in (True, False):
                texts.append(code_text(wish, wording, code, cause, actor, internal=internal))
        texts += [text for _, text in quota_texts(wish, wording)]
    return texts


@pytest.mark.parametrize("page", ["", PAGE])
@pytest.mark.parametrize("contact", ["", CONTACT])
def test_exchange_takes_every_text(page: str, contact: str) -> None:
    """At most 512 characters, the five tags and four escapes alone, every tag closed."""
    for text in set(exchange_texts(Wish(ALL, contact=contact, page=page))):
        assert len(text) <= 512, text
        read = _Tags(text)
        assert not read.open
        assert read.tags <= TAGS
        assert set(re.findall(r"&[^;]*;", text)) <= {"&lt;", "&gt;", "&quot;", "&amp;"}
        assert "{" not in text
        assert "None" not in text
        assert "  " not in read.text


def test_exchange_has_a_text_for_every_documented_code() -> None:
    """No code twice, none outside 4.x.y and 5.x.y, and each cause is one of the closed list."""
    codes = [code for code, _, _ in read_causes()]
    assert len(codes) == len(set(codes)) > 400
    assert all(re.fullmatch(r"[45]\.\d{1,3}\.\d{1,3}", code) for code in codes)
    assert set(CODES.values()) <= set(load().causes)


@pytest.mark.parametrize(
    ("code", "cause"),
    [
        ("5.1.10", "user-unknown"),
        ("5.1.6", "address-malformed"),
        ("5.2.2", "mailbox-full"),
        ("5.4.14", "routing-loop"),
        ("5.4.1", "unknown"),
        ("5.7.23", "spf-failed"),
        ("5.7.509", "dmarc-failed"),
        ("5.7.630", "ip-blocklisted"),
        ("5.7.950", "policy-refused"),
        ("4.4.7", "expired"),
    ],
)
def test_codes_mean_what_microsoft_says(code: str, cause: str) -> None:
    """Those whose meaning differs from the registry's, and one of each range."""
    assert CODES[code] == cause


@pytest.mark.parametrize("wording", ALL, ids=languages())
def test_code_of_class_four_claims_neither_delay_nor_failure(wording: Wording) -> None:
    """Exchange uses one text in notices of both: it has to be right in both."""
    headline = wording.say("templates", "temporary", "headline")
    for code, cause, actor in read_causes():
        text = code_text(Wish((wording,)), wording, code, cause, actor, internal=True)
        assert (headline in text) == code.startswith("4.")


@pytest.mark.parametrize("wording", ALL, ids=languages())
def test_loop_text_says_that_the_message_may_have_arrived(wording: Wording) -> None:
    """A code alone does not tell a loop from the second copy of what was delivered."""
    text = code_text(
        Wish((wording,)), wording, "5.4.6", "routing-loop", "recipient-admin", internal=True
    )
    assert wording.list_out("templates", "cause", "routing-loop", "happened")[0] in text


def test_contact_is_for_readers_inside_alone() -> None:
    """Whom to ask inside the organisation is nothing for those outside."""
    wish = Wish(ALL[:1], contact="phone 1234")
    for code, cause, actor in read_causes():
        for internal in (True, False):
            text = code_text(wish, ALL[0], code, cause, actor, internal=internal)
            assert ("phone 1234" in text) == internal
    for server in ("postfix", "exim", "sendmail"):
        for readers in READERS:
            wish = Wish(ALL, readers=readers, contact="phone 1234")
            files = "".join(write_templates(server, wish).values())
            assert ("phone 1234" in files) == (readers == "internal")


def test_contact_without_room_is_refused() -> None:
    """A sentence names the limit; no text is cut in the middle of a word."""
    with pytest.raises(TemplateError, match="512"):
        write_templates("exchange", Wish(ALL, contact="x" * 400))


def parse_script(script: str) -> Node:
    """Return the root of a PowerShell script's tree."""
    parser = Parser(Language(tree_sitter_powershell.language()))
    return parser.parse(script.removeprefix("\ufeff").encode()).root_node


def test_grammar_sees_a_broken_script() -> None:
    """The check below can fail: an apostrophe that nobody doubled breaks a script."""
    assert parse_script("Set-Text 'it's here' 'x'\n").has_error
    assert not parse_script("Set-Text 'it''s here' 'x'\n").has_error


@pytest.mark.parametrize("readers", READERS)
def test_script_is_powershell(readers: Readers) -> None:
    """It parses without error, begins with the mark of UTF-8, and names what it calls."""
    wish = Wish(ALL, readers=readers, contact=CONTACT, page=PAGE)
    (script,) = write_templates("exchange", wish).values()
    assert script.startswith("\ufeff")
    assert not parse_script(script).has_error
    assert ("-Internal $true" in script) == (readers != "external")
    assert ("-Internal $false" in script) == (readers != "internal")
    assert ("Set-QuotaText -" in script) == (readers != "external")
    for cmdlet in ("New-SystemMessage", "Set-SystemMessage", "Get-SystemMessage"):
        assert cmdlet in script


def read_literal(literal: str) -> str:
    """Read a literal as PowerShell does: any two of its five quotation marks are the first one."""
    quotes, inside = "'\u2018\u2019\u201a\u201b", literal[1:-1]
    said, at = "", 0
    while at < len(inside):
        if inside[at] in quotes:
            assert inside[at + 1] in quotes, "the literal ends too early"
            at += 1
            said += inside[at - 1]
        else:
            said += inside[at]
        at += 1
    return said


@given(st.text(alphabet=st.sampled_from("'\u2018\u2019\u201a\u201b\"$`a \u201e\n")))
def test_literals_say_what_they_were_made_from(text: str) -> None:
    """Typographic quotation marks end a literal of PowerShell as well as straight ones."""
    assert read_literal(quote(text)) == text


@pytest.mark.parametrize("server", ["exim", "sendmail"])
def test_servers_that_declare_ascii_get_ascii(server: Server) -> None:
    """German letters are written out there, not sent as something that was not declared."""
    files = write_templates(server, Wish(ALL))
    text = "".join(files.values())
    assert text.isascii()
    assert "Empfaenger" in text


def test_letter_without_a_like_in_ascii_is_refused() -> None:
    """A language with letters of its own cannot go to such a server; a sentence says so."""
    with pytest.raises(TemplateError, match="ASCII"):
        to_ascii("\u305d", Wish(ALL))


def test_dollars_of_the_operator_are_no_variables() -> None:
    """What is not ours is literal for each server; our facts are variables."""
    wish = Wish(ALL, readers="internal", contact="costs 5 $myhostname \\N")
    (postfix,) = write_templates("postfix", wish).values()
    assert "5 $$myhostname" in postfix
    assert " $myhostname." in postfix
    exim = write_templates("exim", wish)["bounce_message.txt"]
    assert "5 \\$myhostname \\\\N" in exim
    assert " $primary_hostname." in exim
    (sendmail,) = write_templates("sendmail", wish).values()
    assert "5 $$myhostname" in sendmail
    assert " $j." in sendmail


@pytest.mark.parametrize("count", range(1, len(ALL) + 1))
def test_postfix_template_keeps_to_its_form(count: int) -> None:
    """Four templates with an ASCII header of one line each; no text ends its template early."""
    (text,) = write_templates("postfix", Wish(ALL[:count])).values()
    found = re.findall(r"^(\w+)_template = <<EOF\n(.*?)\n\n(.*?)\nEOF$", text, re.M | re.S)
    assert [name for name, _, _ in found] == ["failure", "delay", "success", "verify"]
    for _, header, body in found:
        assert header.isascii()
        assert all(re.match(r"[\w-]+: .", line) for line in header.split("\n"))
        # A variable may become longer; everything else keeps to the width.
        assert all(len(line) <= 80 for line in body.split("\n"))
        for wording in ALL[:count]:
            assert wording.say("templates", "do") in body


def test_exim_files_have_their_items() -> None:
    """Six items for a bounce and two for a warning; none empty, for which Exim has a text."""
    files = write_templates("exim", Wish(ALL))
    for name, count in (("bounce_message.txt", 6), ("warn_message.txt", 2)):
        *items, rest = files[name].split("\n****\n")
        assert len(items) == count
        assert all(item.strip() for item in items)
        assert not rest
        assert items[0].startswith("Subject: ")


@pytest.mark.parametrize(
    "page",
    [
        "javascript:alert(1)",
        "https://x.example/'",
        'https://x.example/"',
        "https://x/\nEOF",
        "http://x/{y}",
        "http://x/$a",
    ],
)
def test_page_that_could_leave_its_place_is_refused(page: str) -> None:
    """Quotation marks, line ends and variables have no place in a link."""
    with pytest.raises(TemplateError, match="no address"):
        Wish(ALL, page=page)


@pytest.mark.parametrize("server", SERVERS)
def test_page_about_codes_is_named(server: Server) -> None:
    """With the code where the server knows it, else the page above it."""
    text = "".join(write_templates(server, Wish(ALL, page=PAGE)).values())
    known = "https://retour.example.com/codes/" + ("5.4.6" if server == "exchange" else "")
    assert known in text
    assert "{code}" not in text
