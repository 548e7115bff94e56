"""Search over made-up templates, written straight into the tables of each database: time of each kind of question.

`BENCH_SCALE` is the number of templates (1,000; 100,000 takes some minutes and 3 GB); `THREATSHELF_TEST_POSTGRES` the
address of a PostgreSQL that may be given a database of our own.
"""

import random
import sqlite3
import statistics
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path

import sqlalchemy
from sqlalchemy import Engine, text

from bench.database import on_the_server
from bench.measure import Row, at_most, milliseconds, scaled, seconds
from registry import publish
from registry.listings import Entry, entries
from registry.store.catalogue import Store, open_store, url_of
from registry.store.indexing import TEMPLATE, of_template, token_of
from registry.store.search import Question
from registry.store.words import slips, words_of
from schema import shipped

ROOT = Path(__file__).parents[1]
THREATS = 12
TIMES = 40
LIMIT = 0.010
"""Seconds that half of all searches may take over 100,000 templates."""

COLUMNS = "id, template, version, sha256, threat, threat_id, title, names, body, facets"
INSERT = "INSERT INTO search_entry VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
REBUILD = "INSERT INTO {0}({0}) VALUES ('rebuild')"
Made = tuple[int, str, str, str, str, str, str, str, str, str]

QUESTIONS = {
    "a rare word": [Question("quillfeather")],
    "a common word": [Question("agent"), Question("gateway"), Question("hostile"), Question("file")],
    "two common words": [Question("agent tool"), Question("hostile file"), Question("gateway command")],
    "common and rare": [Question("agent quillfeather")],
    "a beginning": [Question("gatew*"), Question("inj*"), Question("quillfea*")],
    "a phrase": [Question('"prompt injection"'), Question('"of the gateway"')],
    "an id": [Question("T-EXEC-002"), Question("AML.T0051.001"), Question("CWE-22")],
    "a slip of the keys": [Question("quilfeather"), Question("gatewya")],
    "a common facet": [Question("", {"status": "candidate"}), Question("agent", {"status": "candidate"})],
    "a rare facet": [Question("", {"tag": "rare-7"}), Question("agent", {"tag": "rare-7"})],
    "a whole sentence": [Question("how do I keep a customer from reading the records of another customer")],
    "words nobody uses": [Question("zyxwv utsrq")],
}


@dataclass(frozen=True)
class Material:
    """What made-up entries are made of: words as often as real templates use them, and real ids."""

    titles: Sequence[str]
    bodies: Sequence[str]
    names: Sequence[str]
    facets: Sequence[tuple[str, str]]

    @classmethod
    def real(cls) -> "Material":
        """Of the templates in the working tree."""
        today = datetime.now(UTC).date()
        reading = publish.from_working_tree(ROOT, today, lambda _step: None)
        known = shipped.vocabularies()
        found = tuple(entry for release in reading.catalogue.latest for entry in entries(release, known))
        return cls(
            titles=[word for entry in found for word in entry.title.split()],
            bodies=[word for entry in found for word in entry.text.split()],
            names=[name for entry in found for name in entry.names.split()],
            facets=sorted({*_facets(found), *(("tag", f"rare-{i}") for i in range(1000))}),
        )


def _facets(found: Sequence[Entry]) -> Iterator[tuple[str, str]]:
    for entry in found:
        yield from ((name, value) for name, values in entry.facets.items() for value in values)


def made(scale: int, material: Material) -> Iterator[Made]:
    """So many templates with their threats, the same each time; one in the middle holds a word of its own."""
    chance = random.Random(scale)  # noqa: S311  # made-up texts, the same each time
    numbers = {pair: i for i, pair in enumerate(material.facets, start=1)}
    by_name = {name: [pair for pair in material.facets if pair[0] == name] for name, _ in material.facets}
    tags = [pair for pair in by_name["tag"] if not pair[1].startswith("rare-")]
    for i in range(scale):
        rare = "quillfeather" if i == scale // 2 else _rare(chance)
        shared = [chance.choice(by_name["pattern"]), chance.choice(by_name["status"]), *chance.sample(tags, 3)]
        shared.append(("tag", f"rare-{i % 1000}"))
        for j in range(THREATS + 1):
            own = [chance.choice(by_name["category"]), *chance.sample(by_name["technique"], 3)]
            tokens = [token_of(name, numbers[name, value]) for name, value in (*shared, *own)]
            yield (
                i * (THREATS + 1) + j + 1,
                f"made-{i:06}",
                "1.0.0",
                f"{i:064x}",
                f"threat-{j}" if j else "",
                "",
                " ".join([*chance.choices(material.titles, k=8), *([] if j else [rare])]),
                " ".join(chance.choices(material.names, k=6)),
                " ".join([*chance.choices(material.bodies, k=70), rare]),
                " ".join(tokens if j else [*tokens, TEMPLATE, *map(of_template, tokens)]),
            )


def _rare(chance: random.Random) -> str:
    return "".join(chance.choices("bdfgklmnprst", k=4) + chance.choices("aeiou", k=3) + chance.choices("xz", k=2))


def fill(engine: Engine, scale: int, material: Material) -> None:
    """Write them into the tables of a new catalogue, the index afterwards, as a restore would."""
    uses: Counter[str] = Counter()
    write = _into_sqlite if engine.dialect.name == "sqlite" else _into_postgresql
    write(engine, _counted(made(scale, material), uses))
    with engine.begin() as connection:
        facets = [{"name": name, "value": value} for name, value in material.facets]
        connection.execute(text("INSERT INTO search_facet (name, value) VALUES (:name, :value)"), facets)
        words = [{"word": word, "uses": times} for word, times in uses.items()]
        connection.execute(text("INSERT INTO search_word (word, uses) VALUES (:word, :uses)"), words)
        near = [{"part": part, "word": word} for word in uses for part in slips(word)]
        connection.execute(text("INSERT INTO search_near (part, word) VALUES (:part, :word)"), near)
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("ANALYZE"))


def _counted(rows: Iterator[Made], uses: Counter[str]) -> Iterator[Made]:
    for row in rows:
        uses.update({"", *words_of(f"{row[6]} {row[7]} {row[8]}")})
        yield row


def _into_sqlite(engine: Engine, rows: Iterator[Made]) -> None:
    with sqlite3.connect(str(engine.url.database), isolation_level=None) as connection:
        connection.execute("PRAGMA synchronous=OFF")
        connection.execute("BEGIN")
        triggers = connection.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").fetchall()
        for name, _ in triggers:
            connection.execute(f"DROP TRIGGER {name}")
        connection.executemany(INSERT, rows)
        for index in ("search_titles", "search_index"):
            connection.execute(REBUILD.format(index))
        for _, statement in triggers:
            connection.execute(statement)
        connection.execute("COMMIT")
    connection.close()


def _into_postgresql(engine: Engine, rows: Iterator[Made]) -> None:
    indexes = "SELECT indexname, indexdef FROM pg_indexes WHERE indexname LIKE 'ix_search_entry%words%'"
    with engine.begin() as connection:
        connection.execute(text("SET LOCAL maintenance_work_mem = '512MB'"))
        known = connection.execute(text(indexes)).all()
        for name, _ in known:
            connection.execute(text(f"DROP INDEX {name}"))
        cursor = connection.connection.cursor()
        with cursor.copy(f"COPY search_entry ({COLUMNS}) FROM STDIN") as copy:  # type: ignore[attr-defined]  # psycopg's
            for row in rows:
                copy.write_row(row)
        for _, definition in known:
            connection.execute(text(definition))


def searching() -> Iterator[Row]:
    """Half of all searches beside the limit, for each kind of question on each database there is."""
    scale = scaled(1000)
    material = Material.real()
    with tempfile.TemporaryDirectory() as folder:
        yield from _searching(url_of(Path(folder, "search.db")), scale, material)
    with on_the_server() as address:
        if address:
            yield from _searching(address, scale, material)


def _searching(address: str, scale: int, material: Material) -> Iterator[Row]:
    store = open_store(address)
    engine = sqlalchemy.create_engine(address)
    try:
        fill(engine, scale, material)
        for kind, questions in QUESTIONS.items():
            yield timed(store, f"{engine.dialect.name}, {scale} templates: {kind}", questions)
    finally:
        engine.dispose()
        store.close()


def timed(store: Store, what: str, questions: Sequence[Question]) -> Row:
    """The median, and the time that one of twenty takes longer than."""
    spent = [[seconds(lambda q=q: store.search(q)) for _ in range(TIMES + 2)] for q in questions]  # type: ignore[misc]  # a default binds it
    warm = sorted(one for times in spent for one in islice(times, 2, None))
    middle, slow = statistics.median(warm), warm[int(len(warm) * 0.95)]
    return (
        f"search, {what}",
        f"{milliseconds(middle)}, p95 {milliseconds(slow)}",
        f"limit: {milliseconds(LIMIT)}",
        *at_most(middle / LIMIT, 1),
    )
