"""Alembic's migrations of the trail, one file a revision."""
