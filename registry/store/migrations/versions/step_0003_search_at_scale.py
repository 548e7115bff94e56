"""Search at scale: titles in an index of their own, facets as words in both, and how often each word is used."""

import re
from collections import Counter
from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

# What this step found and made, whatever the software calls or does later.
_WORD = re.compile(r"[^\W_]+")
_PLAIN = re.compile(r"[^\W\d_]{4,24}")


def upgrade() -> None:
    """Facets become numbered values; what was indexed is indexed anew."""
    sqlite = op.get_bind().dialect.name == "sqlite"
    _drop_index_of_sqlite() if sqlite else _drop_index_of_postgresql()
    op.add_column("search_entry", sa.Column("facets", sa.Text(), nullable=False, server_default=""))
    _number_facets()
    _new_words()
    _index_of_sqlite() if sqlite else _index_of_postgresql()
    _count_words()


def downgrade() -> None:
    """One index, and a row for each facet of each entry."""
    sqlite = op.get_bind().dialect.name == "sqlite"
    _drop_index_of_sqlite() if sqlite else _drop_index_of_postgresql()
    if sqlite:
        op.execute("DROP TABLE search_titles")
    else:
        op.execute("ALTER TABLE search_entry DROP COLUMN title_words")
    op.drop_table("search_near")
    op.drop_table("search_word")
    _unnumber_facets()
    op.drop_column("search_entry", "facets")
    _old_index_of_sqlite() if sqlite else _old_index_of_postgresql()


def _drop_index_of_sqlite() -> None:
    for what in ("added", "dropped", "altered"):
        op.execute(f"DROP TRIGGER search_entry_{what}")
    op.execute("DROP TABLE search_index")


def _drop_index_of_postgresql() -> None:
    op.execute("ALTER TABLE search_entry DROP COLUMN words")


def _number_facets() -> None:
    connection = op.get_bind()
    rows = connection.execute(sa.text("SELECT entry, name, value FROM search_facet ORDER BY entry, name, value")).all()
    templates = set(connection.execute(sa.text("SELECT id FROM search_entry WHERE threat = ''")).scalars())
    numbers = {pair: i for i, pair in enumerate(sorted({(row.name, row.value) for row in rows}), start=1)}
    facets: dict[int, list[str]] = {entry: ["zztemplate"] for entry in templates}
    for row in rows:
        token = f"zz{row.name}{numbers[row.name, row.value]}"
        own = [token, f"{token}t"] if row.entry in templates else [token]
        facets.setdefault(row.entry, []).extend(own)
    op.drop_table("search_facet")
    op.create_table(
        "search_facet",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("value", sa.String(), nullable=False),
    )
    op.create_index("ix_search_facet_value", "search_facet", ["name", "value"], unique=True)
    _many(
        "INSERT INTO search_facet (name, value) VALUES (:name, :value)",
        [{"name": name, "value": value} for name, value in numbers],
    )
    _many(
        "UPDATE search_entry SET facets = :facets WHERE id = :id",
        [{"id": entry, "facets": " ".join(values)} for entry, values in facets.items()],
    )


def _unnumber_facets() -> None:
    connection = op.get_bind()
    known = {
        f"zz{row.name}{row.id}": row for row in connection.execute(sa.text("SELECT id, name, value FROM search_facet"))
    }
    entries = connection.execute(sa.text("SELECT id, facets FROM search_entry")).all()
    rows = [
        {"entry": entry, "name": known[token].name, "value": known[token].value}
        for entry, facets in entries
        for token in facets.split()
        if token in known
    ]
    op.drop_table("search_facet")
    op.create_table(
        "search_facet",
        sa.Column("entry", sa.Integer(), sa.ForeignKey("search_entry.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("name", sa.String(), primary_key=True),
        sa.Column("value", sa.String(), primary_key=True),
    )
    op.create_index("ix_search_facet_value", "search_facet", ["name", "value", "entry"])
    _many("INSERT INTO search_facet (entry, name, value) VALUES (:entry, :name, :value)", rows)


def _new_words() -> None:
    # By their letters' numbers, so that the words that begin alike stand together.
    word = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
    op.create_table(
        "search_word", sa.Column("word", word, primary_key=True), sa.Column("uses", sa.Integer(), nullable=False)
    )
    op.create_table("search_near", sa.Column("part", word, primary_key=True), sa.Column("word", word, primary_key=True))


def _count_words() -> None:
    uses: Counter[str] = Counter()
    for row in op.get_bind().execute(sa.text("SELECT title, names, body FROM search_entry")):
        uses.update({"", *_WORD.findall(f"{row.title} {row.names} {row.body}".lower())})
    _many(
        "INSERT INTO search_word (word, uses) VALUES (:word, :uses)",
        [{"word": word, "uses": times} for word, times in uses.items()],
    )
    plain = [word for word in uses if _PLAIN.fullmatch(word)]
    parts = {(word[:i] + word[i + 1 :], word) for word in plain for i in range(len(word))}
    _many(
        "INSERT INTO search_near (part, word) VALUES (:part, :word)",
        [{"part": part, "word": word} for part, word in sorted(parts)],
    )


def _many(statement: str, rows: list[dict[str, str | int]]) -> None:
    if rows:
        op.get_bind().execute(sa.text(statement), rows)


_ENTRY_ADDED = "CREATE TRIGGER search_entry_added AFTER INSERT ON search_entry BEGIN {} END"
_ENTRY_DROPPED = "CREATE TRIGGER search_entry_dropped AFTER DELETE ON search_entry BEGIN {} END"
_ENTRY_ALTERED = "CREATE TRIGGER search_entry_altered AFTER UPDATE ON search_entry BEGIN {} END"


_REBUILD = "INSERT INTO {index}({index}) VALUES ('rebuild')"
_ADD = "INSERT INTO {index}(rowid, {columns}) VALUES (new.id, {values}); "
_DROP = "INSERT INTO {index}({index}, rowid, {columns}) VALUES ('delete', old.id, {values}); "


def _index_of_sqlite() -> None:
    """FTS5 over the table's own text; triggers keep all in step."""
    _fts5({"search_titles": "title, names, facets", "search_index": "title, names, body, facets"})


def _old_index_of_sqlite() -> None:
    _fts5({"search_index": "title, names, body"})


def _fts5(indexes: dict[str, str]) -> None:
    add = drop = ""
    for index, columns in indexes.items():
        op.execute(
            f"CREATE VIRTUAL TABLE {index} USING fts5({columns}, content='search_entry', content_rowid='id', "
            "tokenize='porter unicode61 remove_diacritics 2')"
        )
        op.execute(_REBUILD.format(index=index))
        new, old = (", ".join(f"{row}.{column}" for column in columns.split(", ")) for row in ("new", "old"))
        add += _ADD.format(index=index, columns=columns, values=new)
        drop += _DROP.format(index=index, columns=columns, values=old)
    op.execute(_ENTRY_ADDED.format(add))
    op.execute(_ENTRY_DROPPED.format(drop))
    op.execute(_ENTRY_ALTERED.format(drop + add))


def _index_of_postgresql() -> None:
    """Two vectors that the database keeps in step, and for words that are everywhere an index of every 64th entry."""
    title, names, body = ((column, "english") for column in ("title", "names", "body"))
    for column, parts in (("title_words", (title, names)), ("words", (title, names, body))):
        vector = f"{_vector(parts)} || to_tsvector('simple', facets)"
        op.execute(f"ALTER TABLE search_entry ADD COLUMN {column} tsvector GENERATED ALWAYS AS ({vector}) STORED")
        op.execute(f"CREATE INDEX ix_search_entry_{column} ON search_entry USING gin ({column})")
        op.execute(
            f"CREATE INDEX ix_search_entry_{column}_sample ON search_entry USING gin ({column}) WHERE id % 64 = 0"
        )


def _old_index_of_postgresql() -> None:
    parts = (("title", "english", "A"), ("names", "simple", "B"), ("body", "english", "D"))
    vector = " || ".join(f"setweight({_vector([(column, config)])}, '{weight}')" for column, config, weight in parts)
    op.execute(f"ALTER TABLE search_entry ADD COLUMN words tsvector GENERATED ALWAYS AS ({vector}) STORED")
    op.execute("CREATE INDEX ix_search_entry_words ON search_entry USING gin (words)")


def _vector(parts: Sequence[tuple[str, str]]) -> str:
    """Marks become blanks, so that `T-EXEC-003` is three words."""
    return " || ".join(f"to_tsvector('{config}', translate({column}, '-_./:@', '      '))" for column, config in parts)
