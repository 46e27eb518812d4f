"""Who asks: a name, and what they may do."""

from dataclasses import dataclass

from retour.service.serving import ROLES, SCOPES, ApiScope, Role


@dataclass(frozen=True, slots=True)
class Person:
    """Who asks.

    Attributes:
        name: as the audit log says it.
        role: what they may do in the browser.
        scopes: what they may do in the API.
    """

    name: str
    role: Role
    scopes: tuple[ApiScope, ...] = ()

    def may(self, role: Role) -> bool:
        """Tell whether they may do what a role may."""
        return ROLES.index(self.role) >= ROLES.index(role)


LOCAL = Person("local", "admin", SCOPES)
"""Whoever sits at the machine, where nobody signs in."""
