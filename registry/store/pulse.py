"""Whether something was written since, told by SQLite itself at next to no cost."""

import sqlite3

from sqlalchemy import Engine


class DataVersion:
    """SQLite's counter of other connections' commits (https://www.sqlite.org/pragma.html#pragma_data_version)."""

    def __init__(self, engine: Engine) -> None:
        self._connection = engine.raw_connection()
        self._last = 0

    def now(self) -> int:
        """Another number than before when somebody wrote; the same while the file cannot be asked."""
        try:
            self._last = int(self._connection.cursor().execute("PRAGMA data_version").fetchone()[0])
        except sqlite3.Error:
            return self._last
        return self._last

    def close(self) -> None:
        """Give the connection back."""
        self._connection.close()
