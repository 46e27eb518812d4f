"""Runs the migrations on the connection that :mod:`retour.store.opening` hands over."""

from alembic import context

context.configure(connection=context.config.attributes["connection"], transactional_ddl=False)
context.run_migrations()
