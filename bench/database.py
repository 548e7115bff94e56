"""A database of our own on the PostgreSQL of `THREATSHELF_TEST_POSTGRES`, which goes with whoever asked for it."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import create_engine, make_url, text

SERVER = "THREATSHELF_TEST_POSTGRES"


@contextmanager
def on_the_server() -> Iterator[str]:
    """Its address; empty where no server is named."""
    server, name = os.environ.get(SERVER, ""), f"threatshelf_bench_{os.getpid()}"
    if not server:
        yield ""
        return
    admin = create_engine(server, isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    try:
        yield make_url(server).set(database=name).render_as_string(hide_password=False)
    finally:
        with admin.connect() as connection:
            connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
        admin.dispose()
