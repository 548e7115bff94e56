"""The log: one JSON object a line, each with the request that it belongs to."""

import json
import logging
import sys
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import TextIO

REQUEST_ID: ContextVar[str] = ContextVar("request_id", default="")
FIELDS = "fields"
"""The name of a record's `extra` that holds more fields of its line."""


class Lines(logging.Formatter):
    """A record as one line; whatever stands in it, JSON keeps it on that line."""

    def format(self, record: logging.LogRecord) -> str:
        """time (UTC), level, logger, message; request_id, fields and error where there are any."""
        line: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        if request_id := REQUEST_ID.get():
            line["request_id"] = request_id
        line.update(getattr(record, FIELDS, {}))
        if record.exc_info:
            line["error"] = self.formatException(record.exc_info)
        return json.dumps(line, default=str)


def install(level: str, stream: TextIO | None = None) -> None:
    """All logs of this process as such lines, on standard error."""
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(Lines())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    logging.getLogger("alembic.runtime.plugins").setLevel(logging.WARNING)  # six lines about itself at each start
