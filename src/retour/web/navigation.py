"""What stands in every page's head: one line a page that people go to."""

from dataclasses import dataclass

from retour.service.serving import Role


@dataclass(frozen=True, slots=True)
class Item:
    """A page in the head.

    Attributes:
        path: where it is.
        name: the key of its name in the catalogues, below ``web.nav``.
        role: who sees it.
    """

    path: str
    name: str
    role: Role = "viewer"


NAVIGATION = (
    Item("/", "explain"),
    Item("/trail", "trail", "helpdesk"),
    Item("/compare", "compare"),
    Item("/overview", "overview"),
    Item("/codes", "codes"),
)
