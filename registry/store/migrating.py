"""The tables of the catalogue, step by step from one version of the software to another, up and down."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.resources import as_file, files
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, Engine, text

from registry.errors import CannotRunError

if TYPE_CHECKING:
    from alembic.config import Config

# Alembic is imported where it is needed: half a second that only those who open a catalogue pay.


def at(connection: Connection) -> str:
    """The step that the tables are at; empty for a database without any."""
    from alembic.migration import MigrationContext  # noqa: PLC0415  # see above

    return MigrationContext.configure(connection).get_current_revision() or ""


def newest() -> str:
    """The last step that this software knows."""
    from alembic.script import ScriptDirectory  # noqa: PLC0415  # see above

    with _folder() as folder:
        return str(ScriptDirectory(str(folder)).get_current_head())


def is_current(connection: Connection) -> bool:
    """Whether every step was taken, and none that this software does not know."""
    return at(connection) == newest()


def bring(engine: Engine, step: str = "head") -> tuple[str, str]:
    """Take the steps up or down to this one (`head`, `base` or a number); where the tables were, and are now.

    Raises CannotRunError for a step that this software does not know.
    """
    from alembic import command  # noqa: PLC0415  # see above

    with _alone(engine) as connection:
        before = at(connection)
        up = step == "head" or (step != "base" and step >= before)
        _run(connection, lambda config: (command.upgrade if up else command.downgrade)(config, step))
        return before, at(connection)


def begin(engine: Engine) -> None:
    """Make the tables where there are none; a file that one server reads may also be brought up to date."""
    if engine.dialect.name == "sqlite":
        bring(engine)
        return
    with engine.connect() as connection:
        is_empty = not at(connection)
    if is_empty:
        bring(engine)


@contextmanager
def _alone(engine: Engine) -> Iterator[Connection]:
    """A transaction that waits for any other that is taking steps."""
    with engine.execution_options(begin="BEGIN IMMEDIATE").begin() as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(748200)"))
        yield connection


def _run(connection: Connection, take: Callable[["Config"], None]) -> None:
    from alembic.config import Config  # noqa: PLC0415  # see above
    from alembic.util import CommandError  # noqa: PLC0415  # see above

    with _folder() as folder:
        config = Config()
        config.set_main_option("script_location", str(folder).replace("%", "%%"))
        config.attributes["connection"] = connection
        try:
            take(config)
        except CommandError as error:
            raise CannotRunError(f"the catalogue was written by a newer Threatshelf: {error}.") from error


@contextmanager
def _folder() -> Iterator[Path]:
    with as_file(files("registry.store").joinpath("migrations")) as folder:
        yield folder
