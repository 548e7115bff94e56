"""Visits that are due, kept in the registry's database: one row for each number, for any number of workers."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from uuid import uuid4

from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import DBAPIError

from registry.errors import AwayError
from registry.store.catalogue import open_engine


@dataclass(frozen=True)
class TakenVisit:
    """A visit that a worker has taken; `generation` is that of the newest event it knows, `lease` its own word."""

    repository: str
    number: int
    generation: int
    lease: str
    tries: int


@dataclass(frozen=True)
class Waiting:
    """How many visits are due at a moment and held by nobody, and since when the first is (None without any)."""

    count: int
    since: float | None


class KeptVisits:
    """The rows. Moments are seconds since 1970 as the caller's clock has them; AwayError while the database is away."""

    def __init__(self, engine: Engine) -> None:
        sqlite = engine.dialect.name == "sqlite"
        # PostgreSQL: a reader's snapshot would refuse rows that others changed meanwhile.
        options = {"begin": "BEGIN IMMEDIATE"} if sqlite else {"isolation_level": "READ COMMITTED"}
        self._engine = engine.execution_options(**options)
        self._take = text(_TAKE.format(lock="" if sqlite else "FOR UPDATE SKIP LOCKED"))

    def close(self) -> None:
        """Give back the connections."""
        self._engine.dispose()

    def mark(self, repository: str, number: int, at: float) -> None:
        """A visit is due from then on, or from when it was if that is earlier; raises the generation of its row."""
        with self._writing() as connection:
            connection.execute(_MARK, {"repository": repository, "number": number, "at": at})

    def expect(self, repository: str, number: int, at: float) -> None:
        """A visit is due then, unless there is a row for it already."""
        with self._writing() as connection:
            connection.execute(_EXPECT, {"repository": repository, "number": number, "at": at})

    def take(self, at: float, seconds: float) -> TakenVisit | None:
        """The visit that is due longest and that nobody holds, leased for so many seconds; None when there is none."""
        lease = uuid4().hex
        with self._writing() as connection:
            row = connection.execute(self._take, {"at": at, "until": at + seconds, "lease": lease}).first()
        return TakenVisit(row.repository, row.number, row.generation, lease, row.tries) if row else None

    def keep(self, taken: TakenVisit, until: float) -> bool:
        """Whether the lease is still ours; it lasts until then if so."""
        with self._writing() as connection:
            return bool(connection.execute(_KEEP, {**_row(taken), "until": until}).rowcount)

    def done(self, taken: TakenVisit) -> None:
        """The row goes; it stays, and is due, when an event has raised its generation. Nothing when it is not ours."""
        with self._writing() as connection:
            if not connection.execute(_DROP, _row(taken)).rowcount:
                connection.execute(_GIVE_BACK, {**_row(taken), "at": 0.0, "tries": 0})

    def put_off(self, taken: TakenVisit, at: float, tries: int) -> None:
        """Given back: due then, or at once when an event has raised the generation. Nothing when it is not ours."""
        with self._writing() as connection:
            connection.execute(_GIVE_BACK, {**_row(taken), "at": at, "tries": tries})

    def due_at(self, repository: str, number: int) -> float | None:
        """When a visit is due; None when there is none."""
        with self._writing() as connection:
            return connection.execute(_DUE_AT, {"repository": repository, "number": number}).scalar()

    def waiting(self, at: float) -> Waiting:
        """What nobody has taken yet."""
        with self._writing() as connection:
            row = connection.execute(_WAITING, {"at": at}).one()
        return Waiting(int(row.due), row.since)

    @contextmanager
    def _writing(self) -> Iterator[Connection]:
        try:
            with self._engine.begin() as connection:
                yield connection
        except DBAPIError as error:
            raise AwayError(
                "the database of visits does not answer, or lacks their table (see threatshelf migrate)."
            ) from error


def open_visits(url: str) -> KeptVisits:
    """The visits in the registry's database, made where there is none; CannotRunError when it cannot be opened."""
    return KeptVisits(open_engine(url))


def _row(taken: TakenVisit) -> dict[str, str | int]:
    return {
        "repository": taken.repository,
        "number": taken.number,
        "generation": taken.generation,
        "lease": taken.lease,
    }


_NEW = (
    "INSERT INTO visit (repository, number, due_at, generation, leased_until, lease, tries) "
    "VALUES (:repository, :number, :at, 1, 0, '', 0) ON CONFLICT (repository, number) DO "
)
_MARK = text(
    f"{_NEW} UPDATE SET generation = visit.generation + 1, "
    "due_at = CASE WHEN visit.due_at < excluded.due_at THEN visit.due_at ELSE excluded.due_at END"
)
_EXPECT = text(f"{_NEW} NOTHING")
_TAKE = (
    "UPDATE visit SET lease = :lease, leased_until = :until WHERE (repository, number) = ("
    "SELECT repository, number FROM visit WHERE due_at <= :at AND leased_until <= :at "
    "ORDER BY due_at, number LIMIT 1 {lock}) RETURNING repository, number, generation, tries"
)
_OURS = "WHERE repository = :repository AND number = :number AND lease = :lease"
_KEEP = text(f"UPDATE visit SET leased_until = :until {_OURS}")  # noqa: S608  # constants of this module
_DROP = text(f"DELETE FROM visit {_OURS} AND generation = :generation")  # noqa: S608  # as above
_GIVE_BACK = text(
    "UPDATE visit SET lease = '', leased_until = 0, tries = :tries, "  # noqa: S608  # as above
    f"due_at = CASE WHEN generation = :generation THEN :at ELSE due_at END {_OURS}"
)
_DUE_AT = text("SELECT due_at FROM visit WHERE repository = :repository AND number = :number")
_WAITING = text("SELECT count(*) AS due, min(due_at) AS since FROM visit WHERE due_at <= :at AND leased_until <= :at")
