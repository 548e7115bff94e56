"""Whether a failure means that the database is away for now, rather than that something of ours is wrong."""

from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as NoConnectionError

from registry.errors import AwayError

# https://www.sqlite.org/rescode.html: busy, locked, I/O error, full, cannot open
_SQLITE = frozenset({5, 6, 10, 13, 14})


def is_away(error: BaseException | None) -> bool:
    """Whether it, or what it was raised from, is a database that does not answer; asking again may help."""
    while error is not None:
        if isinstance(error, AwayError | NoConnectionError) or (isinstance(error, DBAPIError) and _is_outside(error)):
            return True
        error = error.__cause__
    return False


def _is_outside(error: DBAPIError) -> bool:
    code = getattr(error.orig, "sqlite_errorcode", None)
    if code is not None:
        return code & 0xFF in _SQLITE
    # A table that is missing is an OperationalError in SQLite's driver alone, where the code has told it apart.
    return error.connection_invalidated or isinstance(error, OperationalError | InterfaceError)
