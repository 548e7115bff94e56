"""Whether the database of a catalogue can be reached; nothing is made or altered."""

from pathlib import Path

from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, DBAPIError

from registry.errors import CannotRunError

SECONDS = 5


def reach(url: str) -> None:
    """CannotRunError with what the database says; never with its address, which may hold a password."""
    try:
        address = make_url(url)
        if address.get_backend_name() == "sqlite":
            _look_at_file(address.database or "")
            return
        engine = create_engine(address, connect_args={"connect_timeout": SECONDS})
        with engine.connect() as connection:
            connection.execute(text("SELECT 1"))
        engine.dispose()
    except ArgumentError:
        raise CannotRunError("the address makes no sense.") from None
    except DBAPIError as error:
        raise CannotRunError(f"it does not answer: {str(error.orig).strip().splitlines()[0]}") from error


def _look_at_file(name: str) -> None:
    file = Path(name).absolute()
    if not file.parent.is_dir():
        raise CannotRunError(f"there is no folder {file.parent}: make it, or name another file.")
    if file.exists() and not file.is_file():
        raise CannotRunError(f"{file} is no file.")
