"""An id written into a file, replaced or taken out: nothing but the id changes, byte for byte."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schema.document import Document, read
from schema.entries import added, removed, replaced, with_ids
from schema.finding import Addition, Edit
from schema.text import apply

ID = "T-EXEC-003"


def document(text: str) -> Document:
    found = read(text.encode(), "template.yaml")
    assert isinstance(found, Document), found
    return found


LAYOUTS = {
    "block": ("threats:\n  - key: one\n    title: A\n", "threats:\n  - key: one\n    id: T-EXEC-003\n    title: A\n"),
    "no indent": ("threats:\n- key: one\n  title: A\n", "threats:\n- key: one\n  id: T-EXEC-003\n  title: A\n"),
    "deep indent": (
        "threats:\n   -   key: one\n       title: A\n",
        "threats:\n   -   key: one\n       id: T-EXEC-003\n       title: A\n",
    ),
    "dash alone": ("threats:\n  -\n    key: one\n", "threats:\n  -\n    key: one\n    id: T-EXEC-003\n"),
    "comment": (
        "threats:\n  - key: one   # first\n    title: A\n",
        "threats:\n  - key: one   # first\n    id: T-EXEC-003\n    title: A\n",
    ),
    "key last": (
        "threats:\n  - title: A\n    key: one\nnext: x\n",
        "threats:\n  - title: A\n    key: one\n    id: T-EXEC-003\nnext: x\n",
    ),
    "no last line break": ("threats:\n  - key: one", "threats:\n  - key: one\n    id: T-EXEC-003"),
    "windows": (
        "threats:\r\n  - key: one\r\n    title: A\r\n",
        "threats:\r\n  - key: one\r\n    id: T-EXEC-003\r\n    title: A\r\n",
    ),
    "windows, no last line break": ("threats:\r\n  - key: one", "threats:\r\n  - key: one\r\n    id: T-EXEC-003"),
    "mixed line breaks": (
        "threats:\r\n  - key: one\n    title: A\r\n",
        "threats:\r\n  - key: one\n    id: T-EXEC-003\n    title: A\r\n",
    ),
    "braces": ("threats:\n  - {key: one, title: A}\n", "threats:\n  - {key: one, id: T-EXEC-003, title: A}\n"),
    "braces, key last": ("threats: [{title: A, key: one}]\n", "threats: [{title: A, key: one, id: T-EXEC-003}]\n"),
    "braces, spaced": ("threats: [{ key: one , title: A }]\n", "threats: [{ key: one, id: T-EXEC-003 , title: A }]\n"),
    "braces, lines": (
        "threats:\n  - {\n      key: one, # c\n      title: A\n    }\n",
        "threats:\n  - {\n      key: one, id: T-EXEC-003, # c\n      title: A\n    }\n",
    ),
    "json": (
        '{"threats": [{"key": "one", "title": "A"}]}',
        '{"threats": [{"key": "one", "id": "T-EXEC-003", "title": "A"}]}',
    ),
    "quoted value": (
        "threats:\n  - key: 'one'\n    title: A\n",
        "threats:\n  - key: 'one'\n    id: T-EXEC-003\n    title: A\n",
    ),
    "quoted key": (
        'threats:\n  - "key": one\n    title: A\n',
        'threats:\n  - "key": one\n    "id": "T-EXEC-003"\n    title: A\n',
    ),
    "folded value": (
        "threats:\n  - key: >-\n      one\n    title: A\n",
        "threats:\n  - key: >-\n      one\n    id: T-EXEC-003\n    title: A\n",
    ),
    "there already": (
        "threats:\n  - key: one\n    id: T-DISC-001 # old\n",
        "threats:\n  - key: one\n    id: T-EXEC-003 # old\n",
    ),
    "there in quotes": (
        "threats:\n  - key: one\n    id: 'T-DISC-001'\n",
        "threats:\n  - key: one\n    id: 'T-EXEC-003'\n",
    ),
    "there in braces": ('threats: [{key: one, id: "T-DISC-001"}]\n', 'threats: [{key: one, id: "T-EXEC-003"}]\n'),
    "accents": (
        "title: Ü𝔘\nthreats:\n  - key: one\n    title: é\n",
        "title: Ü𝔘\nthreats:\n  - key: one\n    id: T-EXEC-003\n    title: é\n",
    ),
}


@pytest.mark.parametrize(("before", "after"), LAYOUTS.values(), ids=LAYOUTS)
def test_an_id_is_written_into_every_layout(before: str, after: str) -> None:
    assert with_ids(document(before), {"one": ID}) == after
    assert with_ids(document(after), {"one": ID}) == after


@pytest.mark.parametrize(
    "text",
    [
        "title: A\n",
        "threats: none\n",
        "threats: []\n",
        "- a list\n",
        "just text\n",
        "threats:\n  - a text\n",
        "threats:\n  - key: [one]\n",
        "threats:\n  - key: one\n  - key: one\n",
        "threats:\n  - key: other\n",
        "threats:\n  - ? key\n    : one\n    title: A\n",
    ],
)
def test_where_no_id_can_be_written_the_file_stays(text: str) -> None:
    assert with_ids(document(text), {"one": ID}) == text


def test_a_layout_that_is_not_understood_keeps_no_other_threat_from_its_id() -> None:
    text = "threats:\n  - ? key\n    : one\n  - key: two\n"
    assert with_ids(document(text), {"one": ID, "two": "T-EXEC-004"}) == text + "    id: T-EXEC-004\n"


def line(edit: Edit | None, text: str) -> str | None:
    return None if edit is None else apply(text, [edit])


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("threats:\n  - key: one\n    id: X\n    title: A\n", "threats:\n  - key: one\n    title: A\n"),
        ("threats:\n  - key: one\n    id: X # old\n    title: A\n", "threats:\n  - key: one\n    title: A\n"),
        ("threats:\n  - key: one\n    # why\n    id: X\n", "threats:\n  - key: one\n    # why\n"),
        ("threats:\n  - key: one\n    id: X", "threats:\n  - key: one\n"),
        ("threats:\r\n  - key: one\r\n    id: X\r\n    a: b\r\n", "threats:\r\n  - key: one\r\n    a: b\r\n"),
        ("threats:\n  - id: X\n    key: one\n", "threats:\n  - key: one\n"),
        ("threats:\n  - id: X # c\n    key: one\n", None),
        ("threats:\n  - id: X\n", None),
        ("threats:\n  - key: one\n    id: >-\n      X\n    a: b\n", "threats:\n  - key: one\n    a: b\n"),
        ("threats:\n  - key: one\n    ? id\n    : X\n", None),
        ("threats: [{key: one, id: X, a: b}]\n", "threats: [{key: one, a: b}]\n"),
        ("threats: [{id: X, key: one}]\n", "threats: [{key: one}]\n"),
        ("threats: [{key: one, id: X}]\n", "threats: [{key: one}]\n"),
        ("threats: [{key: one, id: X,}]\n", "threats: [{key: one,}]\n"),
        ("threats:\n  - {key: one,\n     id: X,\n     a: b}\n", "threats:\n  - {key: one,\n     a: b}\n"),
        ("threats:\n  - {key: one, id: X, # c\n     a: b}\n", None),
        ("threats: [{id: X}]\n", None),
        ('{"threats": [{"key": "one", "id": "X"}]}', '{"threats": [{"key": "one"}]}'),
    ],
)
def test_an_entry_is_taken_out_alone_or_not_at_all(before: str, after: str | None) -> None:
    assert line(removed(document(before), ("threats", 0, "id")), before) == after


def test_what_is_not_there_is_neither_replaced_nor_taken_out_nor_followed() -> None:
    text = document("threats:\n  - key: one\n  - [a]\n")
    for path in (("threats", 0, "id"), ("threats", 7, "id"), ()):
        assert removed(text, path) is None
        assert added(text, path, Addition("id", ID)) is None
    assert replaced(text, ("threats", 0, "id"), ID) is None
    assert removed(text, ("threats", 1, 0)) is None


KEYS = st.lists(
    st.from_regex(r"[a-z][a-z0-9]{1,8}(-[a-z0-9]{1,5})?", fullmatch=True), min_size=1, max_size=6, unique=True
)
TITLES = st.text(
    st.characters(codec="utf-8", categories=("L", "N", "P", "Zs"), exclude_characters="\u00a0"), max_size=30
)


@st.composite
def files(draw: st.DrawFn) -> tuple[str, list[str]]:
    """A file with threats in drawn layouts, and their keys."""
    keys = draw(KEYS)
    lines = [*draw(st.sampled_from([[], ["# on top", ""], ["title: x"]])), "threats:"]
    indent = " " * draw(st.integers(0, 4))
    for key in keys:
        title = '"' + draw(TITLES).replace("\\", "").replace('"', "") + '"'
        pairs = draw(st.permutations([f"key: {key}", f"title: {title}", "stride: [T, E]", "risk: {likelihood: 2}"]))
        if draw(st.booleans()):
            lines.append(f"{indent}- {{{', '.join(pairs)}}}")
        else:
            first, *rest = pairs
            lines += [f"{indent}- {first}", *(f"{indent}  {pair}" for pair in rest)]
        lines += draw(st.sampled_from([[], [""], [f"{indent}# between"]]))
    end = draw(st.sampled_from(["\n", "\r\n"]))
    return end.join(lines) + draw(st.sampled_from(["", end])), keys


@given(files())
def test_ids_come_and_go_and_nothing_else_changes(drawn: tuple[str, list[str]]) -> None:
    text, keys = drawn
    before = read(text.encode(), "template.yaml")
    if not isinstance(before, Document):
        return  # a title with a character that no template may hold
    ids = {key: f"T-EXEC-{number:03d}" for number, key in enumerate(keys, start=3)}
    written = with_ids(before, ids)
    after = document(written)
    assert [threat["id"] for threat in after.data["threats"]] == list(ids.values())
    assert with_ids(after, ids) == written
    edits = [removed(after, ("threats", number, "id")) for number in range(len(keys))]
    assert apply(written, [edit for edit in edits if edit]).rstrip("\r\n") == text.rstrip("\r\n")
    assert all(edits)
