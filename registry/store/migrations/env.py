"""Runs the steps on the connection that the store hands over."""

from alembic import context
from sqlmodel import SQLModel

from registry.store import rows

connection = context.config.attributes["connection"]
context.configure(connection=connection, target_metadata=SQLModel.metadata, transactional_ddl=True)
with context.begin_transaction():
    context.run_migrations()

__all__ = ["rows"]
