"""Where mails come from: files, mailboxes, directories, standard input, Outlook's ``.msg``.

What an input is, is decided by its content, never by its name. Every I/O error becomes one value
and does not stop the run.
"""

from retour.ingest.item import RawMail, UnreadableMail
from retour.ingest.source import open_bytes, open_sources

__all__ = ["RawMail", "UnreadableMail", "open_bytes", "open_sources"]
