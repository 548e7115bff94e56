"""The comment as GitHub shows it: whatever a contributor writes, nothing of it is alive outside code."""

from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.case import House
from bot.changes import Line
from bot.comment import review_comment
from bot.judgement import SeenTemplate
from bot.review import Ids, NumberedThreat, Review
from bot.stages import Stage, Staging
from github_fake.page import page
from schema.finding import Finding, Place, Severity

WHERE = ("shelf/shelf", House("https://pages.example/shelf", "https://forge.example"))
ATTACKS = (
    "@shelf/maintainers, see #1, shelf/shelf#2 and GH-3, or ada@1234567",
    "\\@ada \\\\@ada &#64;ada &commat;ada &num;1 \\#1 @\u200bada",
    "<img src=x onerror=alert(1)> <svg/onload=alert(1)> </details> <!-- --> <a href='https://evil.example'>x</a>",
    "[click](https://evil.example) ![p](//evil.example/p.png) [ref]: https://evil.example <https://evil.example>",
    "www.evil.example ftp://evil.example mailto:a@evil.example a@evil.example HTTPS://EVIL.EXAMPLE",
    "``` \n# head\n- [ ] task\n> [!WARNING]\n> quote\n\n---\n| a | b |\n|---|---|\n/approve " + "a" * 40,
    "`a`` b ``` c ` d",
    ":tada: :+1: :shipit: a:octocat:b",
    "$x$ and $$y$$ and $`z`$ \\$x\\$ US$ 5",
    "[^1] [^1]: foot ~~gone~~ **bold** __it__ *x* <kbd>k</kbd> ==m==",
    "GHSA-abcd-1234-wxyz CVE-2026-12345 1234567890abcdef1234567890abcdef12345678 deadbeef",
    "turned\u202eright zero\u200bwidth tag\U000e0041s bom\ufeff nul\x00 esc\x1b[31m e" + "\u0301" * 60,
    "```mermaid\ngraph LR\nclick a href 'https://evil.example'\n```",
    "<details open><summary>Nothing to mend</summary> ### ✅ Approved and complete",
    "::error::x ##[error]x ::set-output name=a::b",
)
PIECES = (
    *("@a", "#1", "`", "``", "```", "\\", "<b>", "[x](y)", "![", "](", "www.a", "://", ":a:", "$", "*", "_", "|", "\n"),
    *(" ", "a", "&amp;", "&#64;", "<!--", "-->", "~~", "1234567", "\u202e", "(", ")", "'", "GH-1", "CVE-2026-1234"),
)


class Bones(HTMLParser):
    """The elements of a page with their links, and its text, both without what is code."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[str] = []
        self.links: list[str] = []
        self.words: list[str] = []
        self.code: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "code" or self.code:
            self.code.append(tag)
            return
        said = dict(attrs)
        if "href" in said:
            self.links.append(str(said.pop("href")))
        self.elements.append(" ".join([tag, *(f"{name}={value}" for name, value in sorted(said.items()))]))

    def handle_endtag(self, tag: str) -> None:
        if self.code:
            self.code.pop()
        else:
            self.elements.append(f"/{tag}")

    def handle_comment(self, data: str) -> None:  # noqa: ARG002  # it is not seen
        self.elements.append("comment")

    def handle_data(self, data: str) -> None:
        if not self.code:
            self.words.append(data)


def everything(hostile: str) -> str:
    """A comment in which this text stands wherever a contributor's may."""
    place = Place(2, 1, 2, 2)
    paths = ("templates/mail/template.yaml", hostile or "calm", f"templates/X/{hostile}", "")
    said = (f"`{hostile}` is not one of `a`, `b`.", hostile, f"“{hostile}” does not fit.", f"{hostile} `{hostile}`")
    found = Review(
        7,
        "a" * 40,
        "ada",
        templates=(
            SeenTemplate(
                "templates/mail/template.yaml",
                "mail",
                is_new=False,
                sound=True,
                version=hostile,
                changes=(Line("Version raised", (hostile, hostile), " → "), Line("2 threats added", (hostile,) * 2)),
                diagram=f"flowchart LR\n{hostile}\n",
                waives=(hostile,),
            ),
        ),
        findings=tuple(
            Finding("structure", Severity.ERROR, path, place, (), text)
            for path, text in zip(paths, said, strict=True)
        ),
        ids=Ids(numbered=(NumberedThreat(hostile, "T-EXEC-001", hostile),)),
        staging=Staging(Stage.ASSESSMENT, stale=(hostile,)),
        next_step="Mend.",
    )  # fmt: skip
    return review_comment(found, WHERE, 1)


CALM = Bones(page(everything("calm")))


def assert_calm(text: str) -> None:
    """The same elements, links and words outside code as when nobody attacks."""
    bones = Bones(page(text))
    assert bones.elements == CALM.elements
    strange = [
        link for link in bones.links if not link.startswith(("https://forge.example/", "https://pages.example/"))
    ]
    assert strange == []
    assert len(bones.links) == len(CALM.links)
    assert all(char.isprintable() or char == "\n" for char in "".join(bones.words))


@pytest.mark.parametrize("hostile", ATTACKS)
def test_no_attack_puts_an_element_a_link_or_a_mention_into_the_comment(hostile: str) -> None:
    assert_calm(everything(hostile))


@given(st.lists(st.sampled_from(PIECES), max_size=14).map("".join) | st.text(max_size=60))
def test_nor_does_anything_made_of_their_pieces(hostile: str) -> None:
    assert_calm(everything(hostile))


def test_the_page_would_show_an_attack_that_works() -> None:
    alive = Bones(page("- ❌ " + " ".join(ATTACKS)))
    kinds = {element.partition("class=")[2] for element in alive.elements}
    assert kinds >= {"user-mention", "issue-link", "commit-link", "address", "emoji", "formula", "advisory"}
    assert any(element.startswith("img") for element in alive.elements)
