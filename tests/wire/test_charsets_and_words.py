"""Words for people: charsets declared, undeclared, wrongly declared; encoded words (RFC 2047)."""

import base64
import quopri

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retour.wire.charset import decode_text
from retour.wire.words import decode_base64, decode_words, unquote

JAPANESE = "配信できませんでした"
CHINESE = "邮件无法送达收件人"
TEXTS = {
    "declared": ("Übergrößenträger".encode("iso-8859-1"), "iso-8859-1", "Übergrößenträger"),
    "declared with quotes": ("é".encode(), '"UTF-8"', "é"),
    "UTF-8 undeclared": ("Zustellung für Jörg".encode(), None, "Zustellung für Jörg"),
    "UTF-8 declared as ASCII": ("für".encode(), "us-ascii", "für"),
    "Latin-1 declared as UTF-8": ("Müller".encode("latin-1"), "utf-8", "Müller"),
    "Windows quotes as Latin-1": (b"\x93so\x94", "iso-8859-1", "“so”"),
    "single odd byte": (b"caf\xe9 noir", None, "café noir"),
    "Shift_JIS": (JAPANESE.encode("cp932"), "Shift_JIS", JAPANESE),
    "ISO-2022-JP": (JAPANESE.encode("iso-2022-jp"), "iso-2022-jp", JAPANESE),
    "ISO-2022-JP undeclared": (JAPANESE.encode("iso-2022-jp"), None, JAPANESE),
    "EUC-JP": (JAPANESE.encode("euc-jp"), "euc-jp", JAPANESE),
    "GB2312": (CHINESE.encode("gb2312"), "gb2312", CHINESE),
    "GB18030 called GB2312": ("镕".encode("gb18030"), "gb2312", "镕"),
    "Big5": ("郵件無法投遞".encode("big5"), "big5", "郵件無法投遞"),
    "KOI8-R": ("Не доставлено".encode("koi8-r"), "koi8-r", "Не доставлено"),  # noqa: RUF001
    "Windows-1251 undeclared": (
        "Письмо не доставлено получателю".encode("cp1251"),
        None,
        "Письмо не доставлено получателю",
    ),
    "GB2312 undeclared, short": ("邮件传输失败！".encode("gb2312"), None, "邮件传输失败！"),  # noqa: RUF001
    "GB2312 undeclared, among Latin words": (
        "550 user <x@example.com> 用户不存在".encode("gb2312"),
        None,
        "550 user <x@example.com> 用户不存在",
    ),
    "EUC-KR undeclared": (
        "메일을 전송할 수 없습니다".encode("euc-kr"),
        None,
        "메일을 전송할 수 없습니다",
    ),
    "EUC-JP undeclared": (
        "メールを送信できませんでした".encode("euc-jp"),
        None,
        "メールを送信できませんでした",
    ),
    "Big5 undeclared": (
        "無法傳送您的郵件給下列收件者".encode("big5"),
        None,
        "無法傳送您的郵件給下列收件者",
    ),
    "KOI8-R undeclared": (
        "Почтовый ящик переполнен".encode("koi8-r"),
        None,
        "Почтовый ящик переполнен",
    ),
    "too few odd bytes to tell": (b"x\xc4\xf5\xd0\xc8@A", None, "xÄõÐÈ@A"),
    "KS_C_5601": ("배달 실패".encode("cp949"), "ks_c_5601-1987", "배달 실패"),
    "UTF-7": (b"Zustellung f+APw-r", "utf-7", "Zustellung für"),
    "unknown charset": ("für".encode(), "x-no-such", "für"),
    "a codec that is no charset": ("für".encode(), "base64", "für"),
    "cut inside a character": (
        "Größere Bücher für Jörgs Mädchen ü".encode()[:-1],
        None,
        "Größere Bücher für Jörgs Mädchen \ufffd",
    ),
    "nothing": (b"", "utf-8", ""),
}


@pytest.mark.parametrize("name", TEXTS)
def test_bytes_of_a_charset_become_these_words(name: str) -> None:
    """The declared charset where it fits, else UTF-8, else a guess."""
    data, charset, words = TEXTS[name]
    assert decode_text(data.decode("latin-1"), charset) == words


WORDS = {
    "plain": ("hello", "hello"),
    "white space folded": ("a\n  b\t c", "a b c"),
    "Q": ("=?utf-8?q?f=C3=BCr?=", "für"),
    "Q with underscores": ("=?utf-8?Q?f=C3=BCr_dich_=5F?=", "für dich _"),
    "B": ("=?UTF-8?B?ZsO8cg==?=", "für"),
    "B without padding": ("=?utf-8?b?ZsO8cg?=", "für"),
    "language tag (RFC 2231)": ("=?utf-8*de?q?f=C3=BCr?=", "für"),
    "adjacent words": ("=?utf-8?q?a?= =?utf-8?q?b?=", "ab"),
    "adjacent words folded": ("=?utf-8?q?a?=\n =?utf-8?q?b?=", "ab"),
    "split inside a character": ("=?utf-8?q?f=C3?= =?utf-8?q?=BCr?=", "für"),
    "split inside a character, B": ("=?utf-8?b?ZsM=?= =?utf-8?b?vHI=?=", "für"),
    "two charsets": ("=?utf-8?q?=C3=BC?= =?iso-8859-1?q?=FC?=", "üü"),
    "words between": ("Re: =?utf-8?q?f=C3=BCr?= dich", "Re: für dich"),
    "unknown charset": ("=?x-none?q?f=C3=BCr?=", "für"),
    "blank inside": ("=?utf-8?q?f=C3=BCr dich?=", "für dich"),
    "broken": ("=?utf-8?q?f=C3", "=?utf-8?q?f=C3"),
    "no such encoding": ("=?utf-8?x?abc?=", "=?utf-8?x?abc?="),
    "raw UTF-8": ("f\xc3\xbcr", "für"),
    "raw UTF-8 beside a word": ("f\xc3\xbcr =?utf-8?q?=C3=BC?=", "für ü"),
    "NUL": ("a\0b", "ab"),
    "ISO-2022-JP": (
        "=?iso-2022-jp?B?" + base64.b64encode("配信不能".encode("iso-2022-jp")).decode() + "?=",
        "配信不能",
    ),
}


@pytest.mark.parametrize("name", WORDS)
def test_header_words_for_people(name: str) -> None:
    """Encoded words are decoded; what is broken stays as it is."""
    value, words = WORDS[name]
    assert decode_words(value) == words


SUBJECTS = st.text(st.characters(min_codepoint=0x20, max_codepoint=0x2FFF), min_size=1, max_size=60)


@given(SUBJECTS, st.integers(1, 40))
def test_encoded_words_of_any_cut_are_read_back(subject: str, length: int) -> None:
    """A subject written as words of UTF-8 cut anywhere is read back."""
    data = subject.encode()
    pieces = [data[at : at + length] for at in range(0, len(data), length)]
    value = "\n ".join(f"=?utf-8?b?{base64.b64encode(piece).decode()}?=" for piece in pieces)
    assert decode_words(value) == " ".join(subject.split())


@given(st.binary(max_size=200).filter(lambda data: b"\r" not in data))
def test_transfer_encodings_are_read_back(data: bytes) -> None:
    """What the standard library encodes, we decode (it takes CR for half of a line end)."""
    assert decode_base64(base64.encodebytes(data).decode()).encode("latin-1") == data
    encoded = quopri.encodestring(data, quotetabs=True).decode().replace("=\n", "")
    assert unquote(encoded).encode("latin-1") == data


@given(st.binary(max_size=300), st.one_of(st.none(), st.text(max_size=20)))
def test_no_bytes_and_no_charset_name_raise(data: bytes, charset: str | None) -> None:
    """Any bytes under any name give some text."""
    assert isinstance(decode_text(data.decode("latin-1"), charset), str)
    assert isinstance(decode_words(data.decode("latin-1")), str)


@pytest.mark.parametrize(
    "name",
    [
        "idna",
        "undefined",
        "punycode",
        "unicode_escape",
        "raw_unicode_escape",
        "rot13",
        "hex",
        "oem",
    ],
)
@pytest.mark.parametrize("data", [b"caf\xe9", b"a-b\\x41\\q \xff", b"\xff"])
def test_codec_that_is_no_charset_of_mail_is_not_used(name: str, data: bytes) -> None:
    """Python's own codecs that are no charsets neither raise nor rewrite the words."""
    text = data.decode("latin-1")
    assert decode_text(text, name) == decode_text(text, None)
    assert decode_words(f"=?{name}?b?{base64.b64encode(data).decode()}?=")
