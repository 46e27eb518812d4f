"""The trail on disk: copies, hand-overs and reports, in SQLite or PostgreSQL."""

from retour.store.dialect import StoreError
from retour.store.store import Store, open_store

__all__ = ["Store", "StoreError", "open_store"]
