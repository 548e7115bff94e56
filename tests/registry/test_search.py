"""Search as people use it, on both databases: what is found, in which order, and that nothing they type breaks it."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pytest
import sqlalchemy

from registry.catalog import Catalogue
from registry.listings import entries
from registry.store.catalogue import Publication, Snapshot, Store, open_store, url_of
from registry.store.indexing import write_entries
from registry.store.search import BadCursorError, Hit, Question, search
from registry.store.words import Term, excerpt, marks, terms
from registry.store.writing import About, Piece
from schema import shipped

Text = Callable[..., str]


@pytest.fixture(scope="module", params=["sqlite", pytest.param("postgresql", marks=pytest.mark.slow)])
def index(request: pytest.FixtureRequest, release: Any, text: Text) -> Iterator[Store]:
    """Two small templates and the shipped one, indexed in each kind of database."""
    store = open_store(_address(request))
    own = (Path(__file__).parents[2] / "templates" / "local-coding-assistant" / "template.yaml").read_text("utf-8")
    catalogue = Catalogue((release(own), release(text()), release(text("mail-sorter"))))
    pieces = [
        Piece(about=About(release.id, entries=tuple(entries(release, shipped.vocabularies()))))
        for release in catalogue.latest
    ]
    moment = datetime(2026, 11, 20, tzinfo=UTC).isoformat()
    store.publish(Publication(pieces, "", "test", moment), Snapshot())
    yield store
    store.close()


def _address(request: pytest.FixtureRequest) -> str:
    if request.param == "sqlite":
        return url_of(request.getfixturevalue("tmp_path_factory").mktemp("search") / "search.db")
    server = str(request.getfixturevalue("postgresql"))
    admin = sqlalchemy.create_engine(server, isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(sqlalchemy.text("DROP DATABASE IF EXISTS search WITH (FORCE)"))
        connection.execute(sqlalchemy.text("CREATE DATABASE search"))
    admin.dispose()
    return server.replace("/postgres?", "/search?")


def places(store: Store, query: str, **facets: str) -> list[str]:
    return [place(hit) for hit in store.search(Question(query, facets)).hits]


def place(hit: Hit) -> str:
    return f"{hit.template}/{hit.threat}" if hit.threat else hit.template


@pytest.mark.parametrize(
    ("query", "wanted"),
    [
        ("mail", "mail-sorter"),
        ("mail-sorter", "mail-sorter"),
        ("coding assistant", "local-coding-assistant"),
        ("LOCAL CODING", "local-coding-assistant"),
        ("openclaw", "local-coding-assistant"),
        ("T-IMPACT-002", "mail-sorter/mailbox-flooded"),
        ("t-impact-002", "mail-sorter/mailbox-flooded"),
        ("AML.T0051.001", "desk-assistant/orders-in-file"),
        ("orders-in-letter", "mail-sorter/orders-in-letter"),
        ("hidden order", "desk-assistant/orders-in-file"),
        ("letters with thousands of tokens", "mail-sorter/mailbox-flooded"),
        ("how is the budget spent", "mail-sorter/mailbox-flooded"),
        ("indirect prompt injection", "desk-assistant/orders-in-file"),
        ('"approved invoice" OR invoice', "mail-sorter/orders-in-letter"),
    ],
)
def test_what_is_wanted_is_among_the_first_five(index: Store, query: str, wanted: str) -> None:
    assert wanted in places(index, query)[:5]


def test_the_title_weighs_more_than_the_text(index: Store) -> None:
    assert places(index, "sorter")[0] == "mail-sorter"


def test_where_nothing_has_all_the_words_some_are_enough(index: Store) -> None:
    answer = index.search(Question("invoice quantum zeppelin"))
    assert answer.relaxed
    assert [place(hit) for hit in answer.hits] == ["mail-sorter/orders-in-letter"]
    assert index.search(Question("quantum zeppelin")).hits == ()


@pytest.mark.parametrize("query", ["mailb*", "MAILB*", "mailb", "letters mailb*"])
def test_the_beginning_of_a_word_is_enough(index: Store, query: str) -> None:
    assert "mail-sorter/mailbox-flooded" in places(index, query)


@pytest.mark.parametrize(
    ("query", "read"), [("invioce", "invoice"), ("invoic3", ""), ("invoicee", "invoice"), ("inoice", "invoice")]
)
def test_a_slip_of_the_keys_is_mended_and_told(index: Store, query: str, read: str) -> None:
    answer = index.search(Question(query))
    assert dict(answer.corrected) == ({query: read} if read else {})
    assert ("mail-sorter/orders-in-letter" in [place(hit) for hit in answer.hits]) == bool(read)


def test_a_word_that_something_holds_is_never_read_as_another(index: Store) -> None:
    assert not index.search(Question("sorter letters")).corrected
    assert not index.search(Question("letters", {"pattern": "personal-vm"})).corrected


def test_where_hardly_anything_has_all_of_many_words_some_are_enough_too(index: Store) -> None:
    answer = index.search(Question("budget month letters"))
    assert place(answer.hits[0]) == "mail-sorter/mailbox-flooded"
    assert answer.relaxed
    assert answer.found > 1


def test_facets_narrow_and_are_counted(index: Store) -> None:
    assert places(index, "", pattern="rag-customer-service") == ["mail-sorter"]
    assert set(places(index, "letters", category="IMPACT")) == {"mail-sorter", "mail-sorter/mailbox-flooded"}
    assert places(index, "letters", category="IMPACT", pattern="personal-vm") == []
    assert "desk-assistant" in places(index, "", technique="AML.T0051.001")
    facets = dict(index.search(Question("letters", {"tag": "mail"})).facets)
    assert facets["pattern"] == (("rag-customer-service", 3),)
    assert dict(facets["category"])["EXEC"] == 2


def test_without_words_all_templates_are_listed(index: Store) -> None:
    assert places(index, "") == ["desk-assistant", "local-coding-assistant", "mail-sorter"]


def test_page_by_page_gives_what_one_page_gives(index: Store) -> None:
    for query in ("", "assistant", "order file letter"):
        whole = [place(hit) for hit in index.search(Question(query, limit=100)).hits]
        pages, after = [], ""
        while True:
            answer = index.search(Question(query, after=after, limit=2))
            pages += [place(hit) for hit in answer.hits]
            after = answer.after
            if not after:
                break
        assert pages == whole
        assert len(whole) == len(set(whole)) == answer.found


@pytest.mark.parametrize("cursor", ["x", "====", "W10", "WzEsMiwzXQ", "é", "bm9uZQ", "WyJhIiwiYiIsImMiXQ", "W" * 999])
def test_a_cursor_that_nobody_gave_is_refused(index: Store, cursor: str) -> None:
    with pytest.raises(BadCursorError):
        index.search(Question("letters", after=cursor))


HOSTILE = [
    *('"', '""', '"""', "'", "' OR 1=1 --", "NEAR(", "NEAR(a b, 2)", "a AND", "OR OR OR", "NOT", "title:mail"),
    *("{title} : x", "*", "mail*", "^mail", "(((", ")))", "-mail", "+", "a:*", "!a", "a & b", "a | b", "a <-> b", "%"),
    *("_", "\\", "\\0", "\x00", "a\x00b", "\ufffd", "😀", "ﷺ", "İ", "a" * 10_000, "a " * 5_000, '"a ' * 3_000, "the"),
    *("the of and", "${jndi:x}", "<script>alert(1)</script>", "{{7*7}}", "\n\r\t", "٣"),
]


@pytest.mark.parametrize("query", HOSTILE, ids=range(len(HOSTILE)))
def test_whatever_is_typed_is_answered(index: Store, query: str) -> None:
    answer = index.search(Question(query))
    assert len(answer.hits) <= answer.found
    for hit in answer.hits:
        assert all(0 <= a < b <= len(hit.text.text) for a, b in hit.text.marks)


def test_whatever_is_sent_is_answered(client: httpx.Client) -> None:
    for query in HOSTILE:
        raw = quote(query.encode("utf-8", "surrogatepass"))
        for name in ("q", "pattern", "technique", "tag"):
            answer = client.get(f"/v1/search?{name}={raw}")
            assert answer.status_code == 200, (name, query)
            assert answer.json()["found"] >= len(answer.json()["hits"])
    assert client.get("/v1/search?q=%ff%fe&pattern=%00").status_code == 200


def test_a_hit_leads_to_its_template_and_the_next_page_to_the_next(client: httpx.Client) -> None:
    address = httpx.URL(client.base_url).join("/v1/search?q=orders&limit=1&category=EXEC")
    first = client.get(address).json()
    (hit,) = first["hits"]
    assert hit["kind"] == "threat"
    template = client.get(address.join(hit["href"])).json()
    assert hit["threat"] in [threat["key"] for threat in template["threats"]]
    second = client.get(address.join(first["next"])).json()
    assert second["hits"] != first["hits"]
    assert second["found"] == first["found"] > 1
    for start, end in hit["title"]["marks"]:
        assert hit["title"]["text"][start:end].lower() == "orders"


def test_a_new_version_replaces_the_old_one_in_the_index(two_templates: Any, published: Any, store: Store) -> None:
    published(two_templates)
    assert places(store, "again") == ["desk-assistant"]
    assert [hit.version for hit in store.search(Question("", {"pattern": "personal-vm"})).hits] == ["0.2.0"]


def test_a_word_that_went_with_its_version_is_not_suggested(tmp_path: Path, release: Any, text: Text) -> None:
    address = url_of(tmp_path / "words.db")
    open_store(address).close()
    engine = sqlalchemy.create_engine(address)
    read = []
    for version, title in (("0.1.0", "Zeppelin assistant"), ("0.2.0", "Desk assistant")):
        with engine.begin() as connection:
            found = entries(release(text(title=title, version=version)), shipped.vocabularies())
            write_entries(connection, tuple(found))
            read.append(dict(search(connection, Question("zepelin")).corrected))
    engine.dispose()
    assert read == [{"zepelin": "zeppelin"}, {}]


def test_words_are_taken_as_they_are_meant() -> None:
    assert terms("How is the T-EXEC-003 prompt") == (Term(("t", "exec", "003")), Term(("prompt",)))
    assert terms('"prompt injection" MCP') == (Term(("prompt", "injection")), Term(("mcp",)))
    assert terms("inject* t-exec-* x*") == (Term(("inject",), begins=True), Term(("t", "exec")), Term(("x",)))
    assert terms("the of") == (Term(("the",)), Term(("of",)))
    assert terms("!?") == ()


def test_a_mark_finds_other_forms_of_a_word() -> None:
    text = "Injected text; an injection, many injections."
    assert [text[a:b] for a, b in marks(text, [("injection",)])] == ["Injected", "injection", "injections"]


def test_an_excerpt_stands_around_the_first_mark() -> None:
    cut = excerpt("word " * 200 + "needle " + "word " * 200, [("needle",)])
    assert [cut.text[a:b] for a, b in cut.marks] == ["needle"]
    assert len(cut.text) <= 240
    assert excerpt("", [("x",)]).text == ""
    assert len(excerpt("x" * 5000, [("y",)]).text) == 240
