"""Alembic's entry: it runs on the connection that `fulfil.migrations.upgrade` hands in."""

from alembic import context

from fulfil.migrations.tables import metadata

connection = context.config.attributes["connection"]
context.configure(connection=connection, target_metadata=metadata, render_as_batch=True, compare_type=False)
with context.begin_transaction():
    context.run_migrations()
