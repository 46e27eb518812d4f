"""The files for a server, by name."""

from retour.rendering.servertext.exchange import write_exchange
from retour.rendering.servertext.exim import write_exim
from retour.rendering.servertext.postfix import write_postfix
from retour.rendering.servertext.sendmail import write_sendmail
from retour.rendering.servertext.wish import Server, Wish

_WRITERS = {
    "exchange": write_exchange,
    "postfix": write_postfix,
    "exim": write_exim,
    "sendmail": write_sendmail,
}


def write_templates(server: Server, wish: Wish) -> dict[str, str]:
    """Write a server's files.

    Args:
        server: whose.
        wish: languages, readers, contact and page.

    Returns:
        Contents by file name.

    Raises:
        TemplateError: the server cannot have what was wished for.
    """
    return _WRITERS[server](wish)
