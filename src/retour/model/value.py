"""How the values are declared that every mail makes by the dozen."""

from typing import TYPE_CHECKING

__all__ = ["value"]

if TYPE_CHECKING:
    # To the type checker, which reads all of our code and may read yours, they are frozen.
    from dataclasses import dataclass as value
else:
    from dataclasses import dataclass

    def value(*, frozen, slots):
        """Make a slotted dataclass that is compared and hashed as a frozen one is.

        It is not frozen at run time: a frozen one sets each field through ``object.__setattr__``,
        which took a tenth of the time of a mail (docs/decisions/frozen-for-the-checker.md).
        """
        return dataclass(slots=slots, unsafe_hash=frozen)
