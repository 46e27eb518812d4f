"""What a mail server and a milter agree on: the bits of the option negotiation.

The protocol has no standard; these are the numbers of Sendmail's ``mfdef.h`` and of Postfix's
``milter8.c``, protocol version 6.
"""

from dataclasses import dataclass
from enum import IntEnum, IntFlag

VERSION = 6
OLDEST_VERSION = 2


class Action(IntFlag):
    """What a milter may do to a message (``SMFIF_*``)."""

    ADD_HEADERS = 0x01
    CHANGE_BODY = 0x02
    CHANGE_HEADERS = 0x10
    SET_MACROS = 0x100


class Step(IntFlag):
    """What a server leaves out, and which steps get no reply (``SMFIP_*``)."""

    NO_CONNECT = 0x01
    NO_HELO = 0x02
    NO_MAIL = 0x04
    NO_RCPT = 0x08
    NO_BODY = 0x10
    NO_HEADERS = 0x20
    NO_END_OF_HEADERS = 0x40
    NO_REPLY_HEADER = 0x80
    NO_UNKNOWN = 0x100
    NO_DATA = 0x200
    SKIP = 0x400
    REJECTED_RCPT = 0x800
    NO_REPLY_CONNECT = 0x1000
    NO_REPLY_HELO = 0x2000
    NO_REPLY_MAIL = 0x4000
    NO_REPLY_RCPT = 0x8000
    NO_REPLY_DATA = 0x10000
    NO_REPLY_UNKNOWN = 0x20000
    NO_REPLY_END_OF_HEADERS = 0x40000
    NO_REPLY_BODY = 0x80000
    LEADING_SPACE = 0x100000


class Stage(IntEnum):
    """When macros are sent (``SMFIM_*``); the numbers stand in the list that asks for them."""

    CONNECT = 0
    HELO = 1
    MAIL = 2
    RCPT = 3
    DATA = 4
    END_OF_MESSAGE = 5
    END_OF_HEADERS = 6


EDITING = Action.ADD_HEADERS | Action.CHANGE_BODY | Action.CHANGE_HEADERS
"""All that a message is rewritten with."""


@dataclass(frozen=True, slots=True, eq=False)
class Options:
    """What a milter asks for, or what it got; compared by identity, so that a cache costs nothing.

    Attributes:
        actions: what it may do.
        steps: what is left out and what gets no reply.
        macros: stages and the names wanted there, as ``i`` or ``{tls_version}``; the server's own
            choice for stages that are not named.
        version: of the protocol.
    """

    actions: Action
    steps: Step
    macros: tuple[tuple[Stage, tuple[str, ...]], ...] = ()
    version: int = VERSION

    def meet(self, version: int, actions: int, steps: int) -> "Options":
        """Return what is left of these wishes beside what a server offers."""
        granted = Action(self.actions & actions)
        # Postfix offers lists to older versions, too, but not the steps that some are for.
        takes_lists = granted & Action.SET_MACROS and version >= VERSION
        return Options(
            actions=granted,
            steps=Step(self.steps & steps),
            macros=self.macros if takes_lists else (),
            version=min(self.version, version),
        )
