"""A contributor's text in Markdown can be read and cannot act: judged by a CommonMark reader with tables."""

import re
from html.parser import HTMLParser

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from registry.exports.text import cell, code_block, inline, link, one_line, paragraphs

READER = MarkdownIt("commonmark").enable(["table", "strikethrough"])

HOSTILE = [
    "<script>alert(1)</script>",
    "[click](javascript:alert(1))",
    "![x](https://tracker.example/p.gif)",
    "<https://tracker.example>",
    "https://tracker.example www.tracker.example",
    "# heading",
    "> quote",
    "- item",
    "+ item",
    "1. item",
    "2) item",
    "---",
    "===",
    "***",
    "```",
    "~~~",
    "    code",
    "| a | b |",
    "a | b",
    "*bold* _it_ **b** __u__ ~~s~~",
    "[ref]: https://tracker.example",
    "[^1]: note",
    "&lt;b&gt; &#60;b&#62;",
    "\\",
    "\\\\`",
    "ends with \\",
    "`code` and `unclosed",
    "``two``",
    "` `",
    "`a|b`",
    "`a\\|b`",
    "`<b>`",
    "$x$ $$y$$",
    "<!-- comment",
    "a\n\n# b",
    "term\n: definition",
    "line\n===",
    "-",
    "1.",
    "{{ 7 * 7 }} {% raw %}",
]

texts = st.text(st.sampled_from("ab1 `*_[](){}<>#+-.!|\\~&:=$^\n\"'/"), max_size=40) | st.sampled_from(HOSTILE)


class Seen(HTMLParser):
    """What a reader sees: the text, and every element there is."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.text, self.tags = "", []

    def handle_starttag(self, tag: str, attrs: object) -> None:  # noqa: ARG002  # the parser calls it so
        self.tags.append(tag)

    def handle_data(self, data: str) -> None:
        self.text += data


def seen(markdown: str) -> Seen:
    page = Seen()
    page.feed(READER.render(markdown))
    page.close()
    return page


def words_of(text: str) -> str:
    """The text as it is to be seen: on one line, code without its backticks."""
    return " ".join(re.sub(r"`([^`]+)`", r"\1", one_line(text)).split())


@given(texts)
@example("`a` - `b`")
@example("-`x`")
def test_a_line_is_seen_as_it_was_written_and_only_code_is_markup(text: str) -> None:
    page = seen(inline(text))
    assert " ".join(page.text.split()) == words_of(text)
    assert set(page.tags) <= {"p", "code"}


@given(st.lists(texts, min_size=1, max_size=4))
def test_cells_stay_in_their_table(cells: list[str]) -> None:
    row = " | ".join(cell(text) for text in cells)
    head = " | ".join("h" for _ in cells)
    line = " | ".join("---" for _ in cells)
    page = seen(f"| {head} |\n| {line} |\n| {row} |\n| {row} |\n\nafter\n")
    assert page.tags.count("td") == 2 * len(cells)
    assert set(page.tags) <= {"table", "thead", "tbody", "tr", "th", "td", "code", "p"}
    told = " ".join("".join(words_of(text) for text in cells).split())
    assert re.sub(r"\s", "", page.text).count(re.sub(r"\s", "", told)) >= 2


@given(st.text(st.sampled_from("`~ab\n <>"), max_size=60))
def test_a_code_block_cannot_be_left(content: str) -> None:
    page = seen(f"before\n\n{code_block(content, 'json5')}\n\nafter")
    assert [tag for tag in page.tags if tag not in ("p", "pre", "code")] == []
    assert page.tags.count("p") == 2


def test_the_language_of_a_code_block_is_a_word() -> None:
    assert code_block("x", "sh\n```\n# out").splitlines()[0] == "```shout"


@pytest.mark.parametrize(
    "address", ["javascript:alert(1)", "http://a.example", "https://a b", "https://a>b", "data:x", ""]
)
def test_only_https_becomes_a_link(address: str) -> None:
    assert "a" not in seen(link("text", address)).tags


def test_a_link_shows_its_text_and_nothing_else() -> None:
    page = seen(link("a ](x) `b`", "https://docs.example/a(b)"))
    assert page.tags == ["p", "a", "code"]
    assert page.text.strip() == "a ](x) b"


def test_paragraphs_are_parted_by_empty_lines() -> None:
    assert paragraphs("one\ntwo\n\n \nthree") == ("one two", "three")
    assert paragraphs("") == ()
