"""The strict reader: what it reads, where it says things stand, what it refuses, in which words and with which edit."""

import subprocess
import sys
from typing import Any

import pytest
import yaml
from hypothesis import example, given
from hypothesis import strategies as st

from schema.document import (
    MOST_BYTES,
    MOST_DEPTH,
    MOST_FINDINGS,
    MOST_NODES,
    Document,
    read,
)
from schema.finding import Edit, Finding, Place, Severity
from schema.text import apply, line_at, place_between, scalar

# Everything YAML can hold and the reader lets through: no control, hidden, surrogate or odd line-break characters.
VISIBLE = st.characters(codec="utf-8", categories=("L", "M", "N", "P", "S", "Zs"), exclude_characters="\ufe0e\ufe0f")
TEXTS = st.text(VISIBLE | st.sampled_from("\n\t :#-?[]{},&*!|>'\"%@`"), max_size=30).filter(
    lambda text: isinstance(read(yaml.safe_dump([text or "x"], allow_unicode=True).encode(), "t"), Document)
)
KEYS = st.from_regex(r"[a-z][a-z_]{0,8}", fullmatch=True)
TREES = st.recursive(
    TEXTS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=4), max_leaves=20
)
NUISANCE = st.sampled_from(
    (
        *(
            "a",
            "b: ",
            ": ",
            " ",
            "\n",
            "\n  ",
            "\n- ",
            '"',
            "'",
            "[",
            "]",
            "{",
            "}",
            ",",
            "#",
            " #",
            "&a ",
            "*a",
            "!x ",
        ),
        *(
            "%",
            "@",
            "`",
            "|",
            ">\n  ",
            "? ",
            "---\n",
            "...\n",
            "<<: ",
            "~",
            "{{n}}",
            "\t",
            "\r\n",
            "\\",
            "\\u202e",
            "\xa0",
        ),
        *("🦀", "\u200b", "\r", "\ufeff", "\x85", "\u2028", "\0", "\ud800", "\\U00110000", "1,2", "k: {a: b, c}\n"),
    )
)


def document(text: str) -> Document:
    result = read(text.encode(), "template.yaml")
    assert isinstance(result, Document), result
    return result


def plainly(text: str) -> Any:
    """What PyYAML itself reads, every scalar as text."""
    return yaml.load(text, Loader=yaml.BaseLoader)  # noqa: S506 - this loader makes nothing but text


def findings(source: str | bytes) -> tuple[Finding, ...]:
    result = read(source if isinstance(source, bytes) else source.encode("utf-8", "surrogatepass"), "template.yaml")
    assert not isinstance(result, Document), result.data
    assert result
    return result


def mended(text: str) -> str:
    """The text after the first finding's edit."""
    edit = findings(text)[0].edit
    assert edit is not None
    return apply(text, [edit])


def test_every_scalar_stays_text() -> None:
    text = "a: 1.10\nb: NO\nc: 2026-11-20\nd: 010\ne: 12:30:45\nf: true\ng: 'null'\nh: \"\"\ni: []\nj: {}\n"
    values = ["1.10", "NO", "2026-11-20", "010", "12:30:45", "true", "null", "", [], {}]
    assert document(text).data == dict(zip("abcdefghij", values, strict=True))


def test_every_value_and_key_has_its_place() -> None:
    read_ = document("threats:\n- key: a # first\n  risk: {impact: 4}\n\n\nrest: |\n  🦀 one\n\n\nlast: 'x'\n")
    assert read_.place_of_value(("threats", 0, "risk", "impact")) == Place(3, 18, 3, 19)
    assert read_.place_of_key(("threats", 0, "risk", "impact")) == Place(3, 10, 3, 16)
    assert read_.place_of_value(("threats", 0, "risk")) == Place(3, 9, 3, 20)
    assert read_.place_of_value(("threats",)) == Place(2, 1, 3, 20)
    assert read_.place_of_value(("threats", 0)) == read_.place_of_key(("threats", 0)) == Place(2, 3, 3, 20)
    assert read_.place_of_value(("rest",)) == Place(6, 7, 7, 8)
    assert read_.place_of_key(("last",)) == Place(10, 1, 10, 5)
    assert read_.place_of_value(()) == Place(1, 1, 10, 10)
    assert [path for path, node in read_.nodes.items() if node.plain] == [
        ("threats", 0, "key"),
        ("threats", 0, "risk", "impact"),
    ]


def test_a_path_that_is_not_there_leads_to_the_nearest_thing_that_is() -> None:
    read_ = document("a:\n  b: {c: d}\nl:\n- x: 1\n  y: 2\n")
    assert read_.place_of_value(("a", "missing")) == read_.place_of_key(("a", "missing")) == Place(1, 1, 1, 2)
    assert read_.place_of_value(("a", "b", "c", "deep", 3)) == Place(2, 7, 2, 8)
    assert read_.place_of_value(("l", 0, "missing")) == Place(4, 3, 4, 7)
    assert read_.place_of_value(("missing",)) == Place(1, 1, 1, 3)
    assert document("{a: b}").place_of_value(("missing",)) == Place(1, 1, 1, 7)


def test_crlf_and_characters_beyond_the_basic_plane_keep_offsets_right() -> None:
    text = "# 🦀\r\na: 🦀🦀 # c\r\nb:\r\n- 'é'\r\nc: |\r\n  x\r\n"
    read_ = document(text)
    cut = {path: text[node.span.start : node.span.end] for path, node in read_.nodes.items()}
    assert cut["a",] == "🦀🦀"
    assert cut["b", 0] == "'é'"
    assert cut["c",] == "|\r\n  x"
    assert read_.data == {"a": "🦀🦀", "b": ["é"], "c": "x\n"}
    assert read_.text == text
    assert read_.place_of_value(("b", 0)) == Place(4, 3, 4, 6)
    assert [line_at(text, line) for line in (0, 1, 2, 6, 7, 8)] == ["", "# 🦀", "a: 🦀🦀 # c", "  x", "", ""]


def test_block_scalars_end_where_their_text_ends() -> None:
    text = "a: |\n  x\n\n\nb: >-\n  y  \n# k\nc: |+\n  z\n\nd: e\n"
    read_ = document(text)
    cut = {path[0]: text[node.span.start : node.span.end] for path, node in read_.nodes.items() if path}
    assert cut == {"a": "|\n  x", "b": ">-\n  y  ", "c": "|+\n  z\n\n", "d": "e"}


def test_an_emoji_keeps_its_selector() -> None:
    assert document("a: \u26a0\ufe0f care\n").data == {"a": "\u26a0\ufe0f care"}


@given(TREES)
@example({"a": "1.10", "b": ["yes", "~", "- x", "a: b", "c #d", "", "multi\nline\n", " x "]})
def test_means_what_yaml_means(tree: Any) -> None:
    for options in ({}, {"default_flow_style": True}, {"width": 20, "indent": 4}, {"default_style": "|"}):
        text = yaml.safe_dump(tree, allow_unicode=True, sort_keys=False, **options)
        result = read(text.encode(), "t")
        if isinstance(result, Document):
            assert result.data == plainly(text) == tree
        else:  # what only some readers read, such as a `?` without quotes inside brackets, is refused
            assert {finding.rule for finding in result} <= {"yaml-syntax", "too-large"}


@given(TREES)
def test_every_span_reads_as_its_value_again(tree: Any) -> None:
    text = yaml.safe_dump({"k": tree}, allow_unicode=True, width=40)
    result = read(text.encode(), "t")
    for path, node in result.nodes.items() if isinstance(result, Document) else ():
        indent = " " * (node.span.start - text.rfind("\n", 0, node.span.start) - 1)
        cut = text[node.span.start : node.span.end]
        lead = "k: " if cut[0] in "|>" else indent
        again = plainly(f"{lead}{cut}\n")
        assert (again["k"] if lead == "k: " else again) == value_at(result.data, path)
        if node.key is not None:
            assert plainly(text[node.key.start : node.key.end]) == path[-1]


def value_at(data: Any, path: tuple[str | int, ...]) -> Any:
    for part in path:
        data = data[part]
    return data


@given(st.text(VISIBLE | st.sampled_from("\n\t\r :#?,[]{}'\"\x07\u200b\u2028\ufeff\x85\ufe0f"), max_size=30))
@example("no")
@example("1e3")
@example("1.10")
@example("0o17")
@example("a: b")
@example("a #b")
@example("http://example.org/x#y")
@example("why?")
@example("2026-11-20")
@example("🦀\U0001ffff")
def test_a_scalar_is_the_same_text_for_every_reader(value: str) -> None:
    written = scalar(value)
    assert "\n" not in written
    for text in (written, f"- {written}", f"[{written}, {{k: {written}}}]", f"k: {written} # comment"):
        plain = yaml.safe_load(text)
        assert plain == yaml.load(text, Loader=yaml.CSafeLoader)
        assert value in (
            plain,
            *(plain if isinstance(plain, list) else ()),
            *(plain.values() if isinstance(plain, dict) else ()),
        )
    if "\\" not in written:
        assert document(f"k: {written}\n").data == {"k": value}


@pytest.mark.parametrize("value", ["plain text", "don't", "node-1 (main)", "a/b", "http://x.org/y", "1 apple", "Größe"])
def test_a_harmless_text_needs_no_quotes(value: str) -> None:
    assert scalar(value) == value


@pytest.mark.parametrize("value", ["yes", "N", "null", "", "~", "1.10", "12:30", "0x1F", "1_000", "-x", "a: b", "a, b"])
def test_a_text_another_reader_takes_for_something_else_gets_quotes(value: str) -> None:
    assert scalar(value) == f'"{value}"'


def test_a_lone_surrogate_cannot_be_written() -> None:
    with pytest.raises(ValueError, match="surrogate"):
        scalar("x\ud800")


@given(
    st.binary(max_size=200)
    | st.lists(NUISANCE, max_size=14).map(lambda parts: "".join(parts).encode("utf-8", "surrogatepass"))
)
def test_nothing_a_contributor_sends_makes_it_raise(source: bytes) -> None:
    result = read(source, "t")
    if isinstance(result, Document):
        text = source.decode()
        assert result.data == plainly(text)
        assert all(0 <= node.span.start < node.span.end <= len(text) for node in result.nodes.values())
        return
    assert 0 < len(result) <= MOST_FINDINGS
    assert list(result) == sorted(result, key=lambda finding: (finding.place.line, finding.place.column))
    for finding in result:
        assert finding.severity is Severity.ERROR
        assert finding.message.isprintable()
        assert finding.message.endswith(".")
        if finding.edit is not None:
            text = source.decode("utf-8", "surrogatepass")
            assert apply(text, [finding.edit]) != text


@pytest.mark.parametrize(
    ("source", "rule"),
    [
        (b"[" * 200_000, "too-large"),
        (b"- " * 300_000, "too-large"),
        (b"{a: " * 200_000, "too-large"),
        (b"{" + b"a," * 500_000 + b"}", "empty-value"),
        (b"[" + b"[]," * 300_000 + b"]", "too-large"),
        (b"a: b\n" * 200_000, "duplicate-key"),
        (b"- &a x\n" * 140_000, "yaml-feature"),
        (b"- !a x\n" * 140_000, "yaml-feature"),
        (
            b"a: &a [x]\n" + b"".join(b"%c: &%c [*%c,*%c]\n" % (c, c, c - 1, c - 1) for c in range(98, 110)),
            "yaml-feature",
        ),
        (b"\0x" * 500_000, "hidden-characters"),
        (b"a: @" + b" " * 1_000_000 + b"x", "yaml-syntax"),
        (b"a: " + b"{{a}}" * 200_000, "yaml-syntax"),
        (b"a:\n" + b"\tb: c\n" * 150_000, "yaml-syntax"),
        (b'a: "' + b"x\n  " * 200_000, "yaml-syntax"),
        (b"a: b\n" + b" " * 500_000 + b"\t\t#", "yaml-syntax"),
    ],
    ids=lambda value: value if isinstance(value, str) else repr(value[:12]),
)
def test_a_file_made_to_hurt_is_refused(source: bytes, rule: str) -> None:
    assert findings(source)[0].rule == rule


def test_the_limits_are_where_they_are_said_to_be() -> None:
    deep = "[" * MOST_DEPTH + "]" * MOST_DEPTH
    assert document(deep).data is not None
    assert findings(f"[{deep}]")[0].rule == "too-large"
    items = "- x\n" * (MOST_NODES - 1)
    assert len(document(items).data) == MOST_NODES - 1
    assert findings(items + "- x\n")[0].rule == "too-large"
    assert isinstance(read(b"a: " + b"x" * (MOST_BYTES - 3), "t"), Document)
    (finding,) = findings(b"a: " + b"x" * (MOST_BYTES - 2))
    assert finding.message == "The file has 1,048,577 bytes: a template has at most 1,048,576; shorten or split it."
    assert finding.place == Place(1, 1, 1, 1)


@pytest.mark.parametrize(
    ("text", "after"),
    [
        ("a: @x # c\nb: c\n", 'a: "@x" # c\nb: c\n'),
        ("a: {b: @x, c: d}\n", 'a: {b: "@x", c: d}\n'),
        ("a: `ls -l` runs\n", 'a: "`ls -l` runs"\n'),
        ("a: *.example.org\n", 'a: "*.example.org"\n'),
        ("a: **bold** text\n", 'a: "**bold** text"\n'),
        ("a: *x\n", 'a: "*x"\n'),
        ("a: &amp; b\n", 'a: "&amp; b"\n'),
        ("a: &x b\n", 'a: "&x b"\n'),
        ("a: !important thing\n", 'a: "!important thing"\n'),
        ("a: %appdata%\n", 'a: "%appdata%"\n'),
        ("a: > 5 items\n", 'a: "> 5 items"\n'),
        ("a: {{name}}\n", 'a: "{{name}}"\n'),
        ("a: {{name}} and {{other}}\n", 'a: "{{name}} and {{other}}"\n'),
        ("a: {b: {{name}}, c: d}\n", 'a: {b: "{{name}}", c: d}\n'),
        ("- {{name}} x\n", '- "{{name}} x"\n'),
        ("a: [x](y)\n", 'a: "[x](y)"\n'),
        ("x: y\r\nsummary: one: two # c\r\n", 'x: y\r\nsummary: "one: two" # c\r\n'),
        ("a: {b: x: y, c: d}\n", 'a: {b: "x: y", c: d}\n'),
        ("a: {b: why? how, c: d}\n", 'a: {b: "why? how", c: d}\n'),
        ("a: {b: 1,363 lines, c: d}\n", 'a: {b: "1,363 lines", c: d}\n'),
        ("a: {b: one, two, three}\n", 'a: {b: "one, two, three"}\n'),
        ("a:\n\tb: c\n\td: e\nf: g\n", "a:\n  b: c\n  d: e\nf: g\n"),
        ("a: b\tc\n", "a: b c\n"),
        ('a: "x\nb: c\n', 'a: "x"\nb: c\n'),
        ("a: 'it's late'\n", 'a: "it\'s late"\n'),
        ('a: "x" y\n', 'a: "\\"x\\" y"\n'),
        ("a:b\nc: d\n", "a: b\nc: d\n"),
        ("a: x\nb:c\nd: e\n", "a: x\nb: c\nd: e\n"),
        ("a:\xa0b\nc: d\n", "a: b\nc: d\n"),
        ("a\xa0b: c\n", "a b: c\n"),
        ("\ufeffa: b\n", "a: b\n"),
        ("a: x\u200by\n", "a: xy\n"),
        ("a: x\u2028y\n", "a: x y\n"),
        ("a: b\rc: d\n", "a: b\nc: d\n"),
    ],
)
def test_a_usual_first_error_comes_with_the_edit_that_mends_it(text: str, after: str) -> None:
    assert mended(text) == after
    assert isinstance(read(after.encode(), "t"), Document)


@pytest.mark.parametrize(
    "text",
    [
        "a: @x\n  goes on\nb: c\n",  # the value has a second line
        "@x: y\n",  # a key
        "- Note: a: b\n",  # a key or a text?
        "a: 'tis late\n",  # an apostrophe or a quote?
        'a: "x" and "y"\n',
        "a: {b: 'x', y}\n",
        "a: &b x\nc: *b\n",
        "a: {b: c}}\n",
        "a: - b\n",
        '"a" b: c\n',
        'a: "C:\\path"\n',
    ],
)
def test_no_edit_where_the_meaning_is_not_sure(text: str) -> None:
    assert [finding.edit for finding in findings(text)] == [None] * len(findings(text))


@pytest.mark.parametrize(
    ("text", "rule", "place", "message"),
    [
        ("a: 1\nb: 2\na: 3\n", "duplicate-key", (3, 1), "`a` stands here again, first on line 1: keep one."),
        ("a: {b: 1, b: 2}\n", "duplicate-key", (1, 11), "`b` stands here again, first on line 1: keep one."),
        ("<<: {a: b}\n", "yaml-feature", (1, 1), "`<<` merges another mapping into this one: write its entries out."),
        (
            "a: &x b\nc: *x\n",
            "yaml-feature",
            (1, 4),
            "`&x` is an anchor: delete it, or put the value in quotes if the `&` is text.",
        ),
        ("%YAML 1.2\n---\na: b\n", "yaml-feature", (1, 1), "A directive (`%`) stands before the document: delete it."),
        (
            "a: b\n---\nc: d\n",
            "yaml-feature",
            (2, 1),
            "A second document begins here: a template is one document; move the rest to a file of its own.",
        ),
        (
            "? [a]\n: b\n",
            "yaml-feature",
            (1, 3),
            "A key is a word on one line: write `key: value`, or put the text in quotes.",
        ),
        ("a:\n  b:\n", "empty-value", (2, 3), "`b` has no value: write one after the colon, or remove the key."),
        (
            "a: # 1\n",
            "empty-value",
            (1, 1),
            "`a` has no value, `#` begins a comment: put the text in quotes, or write a value.",
        ),
        (
            "a: ~\n",
            "empty-value",
            (1, 4),
            "`~` means no value: write one, or remove the entry.",
        ),
        ("- x\n-\n", "empty-value", (2, 2), "This item of the list has no value: write one, or remove the item."),
        (
            "a: {b: 1,363 lines}\n",
            "empty-value",
            (1, 10),
            "`363 lines` has no value: a comma ends a value inside { }; put the text in quotes.",
        ),
        (
            "a: {b}\n",
            "empty-value",
            (1, 5),
            "`b` has no value: write one after a colon, or put the text in quotes with its braces.",
        ),
        ("", "empty-value", (1, 1), "The file is empty: write a template into it."),
        ("---\n# x\n", "empty-value", (3, 1), "The file is empty: write a template into it."),
        (
            "a: \x1b[31m\n",
            "hidden-characters",
            (1, 4),
            "U+001B (control character) cannot be seen by a reader: delete it.",
        ),
        (
            "a: \u202ex\n",
            "hidden-characters",
            (1, 4),
            "U+202E (RIGHT-TO-LEFT OVERRIDE) cannot be seen by a reader: delete it.",
        ),
        (
            "a: x\ufe0f\n",
            "hidden-characters",
            (1, 5),
            "U+FE0F (VARIATION SELECTOR-16) cannot be seen by a reader: delete it.",
        ),
        ("a: \ud800\n", "hidden-characters", (1, 4), "U+D800 (lone surrogate) cannot be seen by a reader: delete it."),
        (
            "a: \U0001ffff\n",
            "hidden-characters",
            (1, 4),
            "U+1FFFF (not a character) cannot be seen by a reader: delete it.",
        ),
        (
            "a: x\u200b\u2060\n",
            "hidden-characters",
            (1, 5),
            "2 characters here cannot be seen by a reader, the first is U+200B (ZERO WIDTH SPACE): delete them.",
        ),
        (
            'a: "x\\u200b"\n',
            "hidden-characters",
            (1, 4),
            "An escape in this text makes U+200B (ZERO WIDTH SPACE), which cannot be seen: delete it.",
        ),
        (
            "a: b\rc: d\n",
            "hidden-characters",
            (1, 5),
            "A carriage return stands here without a line feed: end every line with a line feed.",
        ),
        (
            "\ufeffa: b\n",
            "yaml-feature",
            (1, 1),
            "The file begins with a byte order mark (U+FEFF): save it as UTF-8 without one.",
        ),
        (
            "a: `x`\n",
            "yaml-syntax",
            (1, 4),
            "A value without quotes cannot begin with a backtick: put the value in quotes.",
        ),
        (
            "a: b\nc: 'x\nd: e\n",
            "yaml-syntax",
            (2, 4),
            "The quote opened here is never closed: put `'` at the end of the text.",
        ),
        (
            'a: "x\nb: "y"\n',
            "yaml-syntax",
            (1, 4),
            "What opens here closes only on line 2, before other text: close it where it ends.",
        ),
        (
            'a: "\\path"\n',
            "yaml-syntax",
            (1, 5),
            "`\\p` is no escape that YAML reads here: write `\\\\` for a backslash, or use single quotes.",
        ),
        ("a:\n\tb: c\n", "yaml-syntax", (2, 1), "A tab indents this line, which YAML forbids: indent with spaces."),
        (
            "a:\n  x: 1\n y: 2\n",
            "yaml-syntax",
            (3, 2),
            "Nothing in column 2 can follow what stands above: line it up with the entries it belongs to.",
        ),
        (
            "a: x\n  b: c\n",
            "yaml-syntax",
            (2, 4),
            "The text begun on line 1 cannot hold a colon: line this up with its mapping, or put the text in quotes.",
        ),
        (
            "- a\nb: c\n",
            "yaml-syntax",
            (2, 1),
            "The list begun on line 1 goes on here: begin the line with `- `, or indent it.",
        ),
        (
            "a: x\nb\nc: d\n",
            "yaml-syntax",
            (2, 1),
            "This line is neither `key: value` nor part of the text above: add the colon, or indent it under its key.",
        ),
        ("a: [b, c\n", "yaml-syntax", (1, 4), "The `[` opened here is never closed: put `]` where it ends."),
        (
            "a: {b: c\nd: e\n",
            "yaml-syntax",
            (1, 4),
            "What this `{` opens makes no sense from line 2 on: put `}` where it ends, or add the missing comma.",
        ),
        (
            "a: {b: c}}\n",
            "yaml-syntax",
            (1, 10),
            "This `}` closes nothing: delete it, or put the value in quotes if it is text.",
        ),
        (": x\n", "yaml-syntax", (1, 1), "No key stands before this colon: write one, or put the text in quotes."),
        ("a: |#x\n", "yaml-syntax", (1, 4), "Only a line break may follow this `|`: move the text to the next line."),
    ],
)
def test_a_finding_says_what_is_there_where_and_what_to_do(
    text: str, rule: str, place: tuple[int, int], message: str
) -> None:
    finding = findings(text)[0]
    assert (finding.rule, (finding.place.line, finding.place.column), finding.message) == (rule, place, message)
    assert finding.file == "template.yaml"


@pytest.mark.parametrize(
    ("source", "place", "message"),
    [
        (
            b"a: b\nc: \xe9t\xe9\n",
            Place(2, 4, 2, 5),
            "The byte 0xE9 (at offset 8) is not UTF-8: save the file as UTF-8.",
        ),
        ("a: b".encode("utf-16"), Place(1, 1, 1, 2), "The file is UTF-16: save it as UTF-8."),
    ],
)
def test_another_encoding_is_named(source: bytes, place: Place, message: str) -> None:
    (finding,) = findings(source)
    assert (finding.rule, finding.place, finding.message) == ("encoding", place, message)


def test_findings_come_together_in_the_order_of_the_file() -> None:
    found = findings("a: ~\nb: &x y\nc:\nb: z\nd: @x\n")
    assert [(finding.rule, finding.place.line) for finding in found] == [
        ("empty-value", 1),
        ("yaml-feature", 2),
        ("empty-value", 3),
        ("duplicate-key", 4),
        ("yaml-syntax", 5),
    ]
    assert [finding.path for finding in found[:4]] == [("a",), ("b",), ("c",), ("b",)]
    assert len(findings("a: b\n" * 500)) == MOST_FINDINGS
    assert len(findings("a: x\u200b\n" * 500)) == MOST_FINDINGS


def test_a_message_quotes_little_of_a_long_or_odd_text() -> None:
    key = "`x` " * 200
    message = findings(f"? '{key}'\n")[0].message
    assert message.count("`") == 2
    assert len(message) < 200


def test_edits_are_made_from_one_text() -> None:
    edits = [Edit(4, 5, "Z"), Edit(0, 1, "X"), Edit(2, 2, "1"), Edit(2, 2, "2")]
    assert apply("abcde", edits) == "Xb12cdZ"
    assert apply("abc", []) == "abc"


@pytest.mark.parametrize("edits", [[Edit(0, 2, ""), Edit(1, 3, "")], [Edit(2, 9, "")], [Edit(2, 1, "")]])
def test_edits_that_overlap_or_leave_the_text_are_a_programmers_fault(edits: list[Edit]) -> None:
    with pytest.raises(ValueError, match="overlaps another or leaves"):
        apply("abc", edits)


def test_places_are_counted_in_characters_from_one() -> None:
    assert place_between("ab\n🦀c\n", 4, 5) == Place(2, 2, 2, 3)
    assert place_between("ab\n🦀c\n", 1, 6) == Place(1, 2, 3, 1)
    assert place_between("", 0, 0) == Place(1, 1, 1, 1)


WITHOUT_LIBYAML = """
import sys
sys.modules["yaml._yaml"] = None
from schema.document import Document, read
for source in (b"a: {b: [c, 'd']}", b"a: @", b"a: b: c", b"a: 'x", b'a: "\\\\U00110000"', b"[" * 9999, b"a:\\n\\tb: c"):
    result = read(source, "t")
    print(result.data if isinstance(result, Document) else result[0].rule)
"""


def test_it_reads_the_same_where_libyaml_is_missing() -> None:
    done = subprocess.run([sys.executable, "-c", WITHOUT_LIBYAML], capture_output=True, text=True, check=True)
    rules = ["yaml-syntax", "yaml-syntax", "yaml-syntax", "yaml-syntax", "too-large", "yaml-syntax"]
    assert done.stdout.splitlines() == ["{'a': {'b': ['c', 'd']}}", *rules]
