"""MAPI properties in a compound file (MS-OXMSG §2): text, bytes, numbers and times by their id.

Ids are those of MS-OXPROPS; the older ``PR_`` names are given beside them.
"""

import struct
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from enum import IntEnum

from retour.ingest.compound import Storage

MAX_TEXT = 8 << 20
"""Bytes of one text property that are read."""


class Tag(IntEnum):
    """The property ids that are read (MS-OXPROPS §2)."""

    MESSAGE_CLASS = 0x001A  # PR_MESSAGE_CLASS
    REPORT_TIME = 0x0032  # PR_REPORT_TIME
    SUBJECT = 0x0037  # PR_SUBJECT
    CLIENT_SUBMIT_TIME = 0x0039  # PR_CLIENT_SUBMIT_TIME
    SENT_REPRESENTING_NAME = 0x0042  # PR_SENT_REPRESENTING_NAME
    ORIGINAL_SUBJECT = 0x0049  # PR_ORIGINAL_SUBJECT
    ORIGINAL_SUBMIT_TIME = 0x004E  # PR_ORIGINAL_SUBMIT_TIME
    SENT_REPRESENTING_EMAIL = 0x0065  # PR_SENT_REPRESENTING_EMAIL_ADDRESS
    ORIGINAL_SENDER_EMAIL = 0x0067  # PR_ORIGINAL_SENDER_EMAIL_ADDRESS
    ORIGINAL_DISPLAY_CC = 0x0073  # PR_ORIGINAL_DISPLAY_CC
    ORIGINAL_DISPLAY_TO = 0x0074  # PR_ORIGINAL_DISPLAY_TO
    RECEIVED_BY_EMAIL = 0x0076  # PR_RECEIVED_BY_EMAIL_ADDRESS
    TRANSPORT_HEADERS = 0x007D  # PR_TRANSPORT_MESSAGE_HEADERS
    NDR_DIAG_CODE = 0x0C05  # PR_NDR_DIAG_CODE
    RECIPIENT_TYPE = 0x0C15  # PR_RECIPIENT_TYPE: 1 To, 2 Cc, 3 Bcc
    SENDER_NAME = 0x0C1A  # PR_SENDER_NAME
    SUPPLEMENTARY_INFO = 0x0C1B  # PR_SUPPLEMENTARY_INFO
    SENDER_EMAIL = 0x0C1F  # PR_SENDER_EMAIL_ADDRESS
    NDR_STATUS_CODE = 0x0C20  # PR_NDR_STATUS_CODE
    REMOTE_MTA = 0x0C21  # PidTagRemoteMessageTransferAgent
    DELIVERY_TIME = 0x0E06  # PR_MESSAGE_DELIVERY_TIME
    BODY = 0x1000  # PR_BODY
    REPORT_TEXT = 0x1001  # PR_REPORT_TEXT
    RTF_COMPRESSED = 0x1009  # PR_RTF_COMPRESSED
    HTML = 0x1013  # PR_HTML
    INTERNET_MESSAGE_ID = 0x1035  # PR_INTERNET_MESSAGE_ID
    ORIGINAL_MESSAGE_ID = 0x1046  # PidTagOriginalMessageId
    DISPLAY_NAME = 0x3001  # PR_DISPLAY_NAME
    EMAIL = 0x3003  # PR_EMAIL_ADDRESS
    ATTACH_DATA = 0x3701  # PR_ATTACH_DATA_BIN, PR_ATTACH_DATA_OBJ
    ATTACH_FILENAME = 0x3704  # PR_ATTACH_FILENAME
    ATTACH_METHOD = 0x3705  # PR_ATTACH_METHOD
    ATTACH_LONG_FILENAME = 0x3707  # PR_ATTACH_LONG_FILENAME
    ATTACH_MIME_TAG = 0x370E  # PR_ATTACH_MIME_TAG
    SMTP_ADDRESS = 0x39FE  # PR_SMTP_ADDRESS
    INTERNET_CPID = 0x3FDE  # PR_INTERNET_CPID
    MESSAGE_CODEPAGE = 0x3FFD  # PR_MESSAGE_CODEPAGE
    SENDER_SMTP_ADDRESS = 0x5D01  # PidTagSenderSmtpAddress
    SENT_REPRESENTING_SMTP = 0x5D02  # PidTagSentRepresentingSmtpAddress
    REPORTING_MTA = 0x6820  # PidTagReportingMessageTransferAgent


# Windows code pages whose Python codec is not called ``cp`` + number.
_CODECS = {
    936: "gbk", 20127: "ascii", 20866: "koi8-r", 21866: "koi8-u", 28591: "iso-8859-1",
    28592: "iso-8859-2", 28595: "iso-8859-5", 28597: "iso-8859-7", 28599: "iso-8859-9",
    28605: "iso-8859-15", 38598: "iso-8859-8", 50220: "iso2022_jp", 50225: "iso2022_kr",
    51932: "euc-jp", 51949: "euc-kr", 52936: "hz", 54936: "gb18030", 65000: "utf-7",
    65001: "utf-8",
}  # fmt: skip


def name_codec(code_page: int | None) -> str:
    """Name Python's codec for a Windows code page; ``cp1252`` where it is unknown."""
    name = _CODECS.get(code_page or 0, f"cp{code_page}")
    try:
        "".encode(name)
    except LookupError:
        return "cp1252"
    return name


class Properties:
    """The properties of one message, recipient or attachment object."""

    def __init__(self, storage: Storage, *, header: int, codec: str | None = None) -> None:
        """Read the fixed-size properties.

        Args:
            storage: the object's storage.
            header: length of its property stream's header: 32 for the outermost message, 24 for an
                embedded one, 8 for recipients and attachments (MS-OXMSG §2.4).
            codec: for 8-bit strings; None: what the object itself names.
        """
        self.storage = storage
        self._fixed = dict(_read_fixed(storage.read("__properties_version1.0") or b"", header))
        self.codec = codec or name_codec(self.number(Tag.MESSAGE_CODEPAGE))

    def number(self, tag: Tag) -> int | None:
        """Read a PtypInteger32."""
        value = self._fixed.get((tag, 0x0003))
        return None if value is None else int(struct.unpack_from("<i", value)[0])

    def time(self, tag: Tag) -> datetime | None:
        """Read a PtypTime (FILETIME, UTC) as an aware time; None where it is out of range."""
        value = self._fixed.get((tag, 0x0040))
        if value is None:
            return None
        (ticks,) = struct.unpack("<Q", value)
        try:
            return datetime(1601, 1, 1, tzinfo=UTC) + timedelta(microseconds=ticks // 10)
        except OverflowError:
            return None

    def text(self, tag: Tag) -> str | None:
        """Read a PtypString or PtypString8; None where it is missing or empty."""
        raw = self._stream(tag, 0x001F)
        if raw is not None:
            found = raw.decode("utf-16-le", "replace")
        elif (raw := self._stream(tag, 0x001E)) is not None:
            found = raw.decode(self.codec, "replace")
        else:
            return None
        return found.rstrip("\0") or None

    def binary(self, tag: Tag) -> bytes | None:
        """Read a PtypBinary."""
        return self._stream(tag, 0x0102)

    def object(self, tag: Tag) -> Storage | None:
        """Open a PtypObject: an embedded message's storage."""
        return self.storage.open(f"__substg1.0_{tag:04x}000d")

    def _stream(self, tag: Tag, kind: int) -> bytes | None:
        raw = self.storage.read(f"__substg1.0_{tag:04x}{kind:04x}")
        return raw if raw is None or tag == Tag.ATTACH_DATA else raw[:MAX_TEXT]


def _read_fixed(stream: bytes, header: int) -> Iterator[tuple[tuple[int, int], bytes]]:
    """Read the 16-byte entries of a property stream (MS-OXMSG §2.4.2.1)."""
    for offset in range(header, min(len(stream), 1 << 20) - 15, 16):
        kind, tag = struct.unpack_from("<HH", stream, offset)
        yield (tag, kind), stream[offset + 8 : offset + 16]
