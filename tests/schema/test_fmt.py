"""The layout of a template: one order, every comment, never another meaning."""

import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schema import shipped
from schema.document import Document, read
from schema.fmt import WIDEST, FormatError, formatted

SCHEMA = shipped.template_schema()
ROOT = Path(__file__).parents[2]
FILES = sorted([*ROOT.glob("templates/*/template.yaml"), *ROOT.glob("tests/data/**/*.yaml")])


def parsed(text: str) -> Document:
    document = read(text.encode(), "template.yaml")
    assert isinstance(document, Document), document
    return document


def laid_out(text: str) -> str:
    return formatted(parsed(text), SCHEMA)


def is_template(file: Path) -> bool:
    """Some fixtures are made to be refused."""
    document = read(file.read_bytes(), file.name)
    return isinstance(document, Document) and isinstance(document.data, dict)


@pytest.mark.parametrize("file", list(filter(is_template, FILES)), ids=lambda file: str(file.relative_to(ROOT)))
def test_every_template_we_have_keeps_its_meaning_and_its_layout_the_second_time(file: Path) -> None:
    document = parsed(file.read_text(encoding="utf-8"))
    once = formatted(document, SCHEMA)
    assert parsed(once).data == document.data
    assert laid_out(once) == once


def test_keys_come_in_the_order_of_the_schema_and_unknown_ones_last() -> None:
    assert laid_out("threats: []\nmine: x\ntitle: T\nid: a\nschema_version: '1.0'\n") == (
        "schema_version: '1.0'\nid: a\ntitle: T\nthreats: []\nmine: x\n"
    )


def test_lists_are_indented_two_spaces_a_level() -> None:
    assert laid_out("threats:\n-   title: A\n    key: a\n-\n    key: b\nid: x\n") == (
        "id: x\nthreats:\n  - key: a\n    title: A\n  - key: b\n"
    )


def test_comments_go_where_their_entry_goes() -> None:
    source = (
        "# yaml-language-server: $schema=x\n\n"
        "version: 1.0.0  # behind\n"
        "# about the id\n"
        "id: x\n"
        "threats:  # behind threats\n"
        "  # above the item\n"
        "  - title: T\n"
        "    # about the key\n"
        "    key: t\n"
        "    # closes the item\n"
        "# closes the file\n"
    )
    assert laid_out(source) == (
        "# yaml-language-server: $schema=x\n\n"
        "# about the id\n"
        "id: x\n"
        "version: 1.0.0  # behind\n"
        "threats:  # behind threats\n"
        "  # above the item\n"
        "  # about the key\n"
        "  - key: t\n"
        "    title: T\n"
        "    # closes the item\n"
        "# closes the file\n"
    )


def test_texts_over_several_lines_move_with_their_key_and_keep_every_space_that_counts() -> None:
    source = (
        "mitigations:\n"
        "-   title: Do it\n"
        "    config:\n"
        "        content: |\n"
        "              services:\n"
        "                parser:  # no comment of ours\n"
        "\n"
        "              done:\n"
        "        language: yaml\n"
        "    limits: >-\n"
        "       first\n"
        "       second\n"
        '    verify: "quoted\n'
        '      and on"\n'
        "    key: m\n"
    )
    once = laid_out(source)
    assert parsed(once).data == parsed(source).data
    assert "      content: |\n        services:\n          parser:  # no comment of ours\n\n        done:\n" in once
    assert "    limits: >-\n      first\n      second\n" in once
    assert '    verify: "quoted\n      and on"\n' in once


def test_a_collection_in_brackets_stays_on_its_line_until_it_is_too_wide() -> None:
    short = "applies_to: [{versions: '>=1', product: P}]\n"
    assert laid_out(short) == "applies_to: [{product: P, versions: '>=1'}]\n"
    wide = f"applies_to: [{{versions: '>=1', product: {'P' * WIDEST}}}]\n"
    assert laid_out(wide) == f"applies_to:\n  - product: {'P' * WIDEST}\n    versions: '>=1'\n"


def test_a_pair_without_braces_in_a_list_too_wide_becomes_an_item_like_any_other() -> None:
    assert laid_out(f"threats: [{'w' * WIDEST}, a:  b]\n") == f"threats:\n  - {'w' * WIDEST}\n  - a: b\n"


def test_brackets_over_several_lines_stay_as_they_are_but_for_their_indentation() -> None:
    source = "threats:\n- {title: T,  # why\n   key: t}\n"
    assert laid_out(source) == "threats:\n  - {title: T,  # why\n     key: t}\n"


def test_one_empty_line_at_most_stands_between_two_things_and_line_ends_are_line_feeds() -> None:
    assert laid_out("id: x\r\n\r\n\r\n\r\nversion: 1.0.0\r\n\r\n") == "id: x\n\nversion: 1.0.0\n"


@pytest.mark.parametrize(
    ("source", "sentence"),
    [
        ("---\nid: x\n", "line 1 holds `---`"),
        ("? id  # why\n: x\n", "cannot be kept"),
        ("{id: x}\n", "no list of `key: value` lines"),
        ("- id\n", "no list of `key: value` lines"),
        ("id: |+\n  x\n\n\nschema_version: a\n", ""),
    ],
)
def test_what_cannot_be_kept_is_refused_in_one_sentence_or_kept(source: str, sentence: str) -> None:
    if not sentence:
        assert parsed(laid_out(source)).data == parsed(source).data
        return
    with pytest.raises(FormatError, match=re.escape(sentence)) as refused:
        laid_out(source)
    assert "\n" not in str(refused.value)


FIELDS = ["key", "title", "scenario", "risk", "targets", "config", "threats", "id", "elsewhere"]
SCALARS = st.sampled_from(
    [
        "word",
        "two words",
        "'it''s # quoted'",
        '"a \\"b\\" # c"',
        "a:b",
        "|\n{0}  text # kept\n\n{0}   deeper\n",
        ">-\n{0}   folded\n{0}   on\n",
        "|+\n{0} kept\n\n",
        "|2\n{0}  two\n{0}   three\n",
        '"on\n{0} two lines"',
        "plain\n{0} on two",
        "{{a: 1, b: [x, y], title: t, key: k}}",
        "[{{title: " + "w" * 120 + ", key: k}}, z]",
        "[a,  # why\n{0}   b]",
    ]
)
COMMENTS = st.lists(st.sampled_from(["# one", "# two", "", "    # deep", "#three"]), max_size=3)


@st.composite
def mappings(draw: st.DrawFn, indent: int = 0, depth: int = 0) -> str:
    """The lines of a mapping whose first line is indented too."""
    lines = ""
    for key in draw(st.lists(st.sampled_from(FIELDS), min_size=1, max_size=4, unique=True)):
        lines += drawn_comments(draw, indent)
        lines += " " * indent + key + ":" + drawn_value(draw, indent, depth)
    return lines


def drawn_comments(draw: st.DrawFn, indent: int) -> str:
    return "".join(f"{' ' * indent}{comment}".rstrip() + "\n" for comment in draw(COMMENTS))


def drawn_value(draw: st.DrawFn, indent: int, depth: int) -> str:
    kind = draw(st.sampled_from(["scalar", "mapping", "list"])) if depth < 3 else "scalar"
    if kind == "scalar":
        text = draw(SCALARS).format(" " * (indent + 1))
        return f" {text}" if text.endswith("\n") else f" {text}{draw(st.sampled_from(['', '  # behind']))}\n"
    behind = draw(st.sampled_from(["", "  # behind"])) + "\n"
    if kind == "mapping":
        return behind + draw(mappings(indent + draw(st.integers(1, 4)), depth + 1))
    at = indent + draw(st.integers(0, 3))
    items = ""
    for _ in range(draw(st.integers(1, 3))):
        gap = draw(st.integers(1, 3))
        inner = draw(mappings(at + 1 + gap, depth + 1)).lstrip("\n ")
        plain = draw(st.booleans()) or inner.startswith("#")
        items += drawn_comments(draw, at) + " " * at + "-" + " " * gap + ("item\n" if plain else inner)
    return behind + items


def comments_of(text: str) -> list[str]:
    return sorted(re.findall(r"#(?:one| one| two|three| behind| why)$", text, re.MULTILINE))


@settings(max_examples=400, deadline=None)
@given(mappings())
def test_any_layout_keeps_meaning_and_comments_and_comes_back_unchanged(text: str) -> None:
    document = read(text.encode(), "template.yaml")
    if not isinstance(document, Document):
        return
    try:
        once = formatted(document, SCHEMA)
    except FormatError:
        assert "|+" in text  # an empty line after kept ones would become text
        return
    assert parsed(once).data == document.data
    assert comments_of(once) == comments_of(text)
    assert laid_out(once) == once
