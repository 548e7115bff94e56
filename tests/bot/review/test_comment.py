"""What a contributor reads: whole comments as golden files, nothing of theirs alive in it, never too long."""

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import markdown
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot import mark
from bot.case import Case, House
from bot.changes import Line
from bot.comment import body, note_comment, reply_comment, review_comment
from bot.escape import address, code, fenced, message, plain
from bot.facts import Change
from bot.judgement import SeenTemplate
from bot.numbering import rows
from bot.review import Review, review
from schema.finding import Finding, Place, Severity

GOLDEN = Path(__file__).parent / "golden"
WHERE = "shelf/shelf"
HOUSE = House("https://pages.example/shelf", "https://forge.example")


def with_ids(case: Case) -> Case:
    """The case after the ids that are due were appended to the ledger."""
    wanted = review(case).ids.wanted
    assert wanted is not None
    assert case.ledger is not None
    return replace(case, ledger=case.ledger.extended(rows(case.ledger, wanted)))


def newcomer(desk: Any) -> Review:
    path = "templates/mail-helper/template.yaml"
    files = desk.added(path)
    case = desk.case(desk.thread(files, newcomer=True), {path: desk.text("newcomer")})
    return review(case)


def clean_update(desk: Any) -> Review:
    stands = desk.thread(desk.added(desk.path, change=Change.MODIFIED))
    before = desk.text()
    after = before.replace("version: 1.0.0", "version: 1.1.0").replace("impact: 3", "impact: 4")
    after = after.replace("stride_answers:", EXTRA + "stride_answers:")
    judgement = desk.judged(stands, {desk.path: after}, {desk.path: before})
    return review(replace(desk.case(stands), judgement=judgement))


def hostile(desk: Any) -> Review:
    sound, faulty, odd = desk.path, "templates/letter-box/template.yaml", "templates/@shelf/[x](y) #1 <b>`x`.yaml"
    stands = desk.thread(desk.added(faulty), desk.added(odd), desk.added(sound), title=HOSTILE)
    return review(desk.case(stands, {sound: desk.text("hostile-names"), faulty: desk.text("hostile")}))


EXTRA = """\
  - key: wrong-folder-trusted
    category: EVADE
    title: A letter hides among those already read
    scenario: Somebody writes a letter that makes the sorter mark it as read, and no person opens it any more.
    targets: [writer-to-sorter]
    stride: [T]
    actors: [letter-writer]
    risk: {likelihood: 2, impact: 2, because: The folder is read by a person each week.}
    gaps: [Nobody counts the letters.]
    status: open
"""


def ids_reserved(desk: Any) -> Review:
    stands = desk.in_stage("documentation", approvals=(desk.approval(),))
    return review(with_ids(desk.case(stands)))


@pytest.mark.parametrize("make", [newcomer, clean_update, ids_reserved, hostile])
def test_the_whole_comment_reads_as_agreed(make: Any, desk: Any, tmp_path: Path) -> None:
    expected, written = GOLDEN / f"{make.__name__.replace('_', '-')}.md", tmp_path / "comment.md"
    written.write_text(body(make(desk), WHERE, desk.house), encoding="utf-8")
    assert written.read_text(encoding="utf-8") == expected.read_text(encoding="utf-8"), f"cp {written} {expected}"


def test_the_parts_come_in_the_order_a_reader_needs_them(desk: Any) -> None:
    text = body(newcomer(desk), WHERE, desk.house)
    parts = (
        "errors to mend",
        "Welcome",
        "What to do next",
        "[line ",
        "more findings</summary>",
        "on your machine",
        "<sub>",
    )
    assert [text.index(part) for part in parts] == sorted(text.index(part) for part in parts)


def test_ten_findings_are_open_and_the_worst_come_first(desk: Any) -> None:
    found = newcomer(desk)
    text = body(found, WHERE, desk.house)
    before_the_fold = text.partition("<details>")[0]
    assert before_the_fold.count("\n- ") == 10
    assert before_the_fold.count("❌") == 11  # one in the verdict
    assert found.errors == 10


@pytest.mark.parametrize(
    "hostile",
    [
        "@shelf/maintainers look",
        "fixes #1 and shelf/shelf#2 and GH-3",
        "<img src=x onerror=alert(1)> <!-- --> </details>",
        "[click](https://evil.example) ![pixel](https://evil.example/p.png)",
        "www.evil.example and https://evil.example/x",
        "``` \n# headline\n- [ ] task\n> quote\n/approve " + "a" * 40,
        "`code` and ``more` of it",
        "**bold** _it_ ~~gone~~ | table | \\ $x$",
        "turned\u202eright zero\u200bwidth tag\U000e0041s bom\ufeff nul\x00 esc\x1b[31m",
        "commit 1234567890abcdef1234567890abcdef12345678",
        "<!-- threatshelf: {} -->",
        "::error::x ##[error]x",
    ],
)
def test_nothing_a_contributor_wrote_is_alive_in_a_comment(hostile: str) -> None:
    for written in (code(hostile), plain(hostile), message(hostile), message(f"`{hostile}` is no key.")):
        assert "\n" not in written
        outside = _outside_code(written)
        assert not re.search(r"(?<![\\&])[@#][a-z0-9]|://|www\.|GH-[0-9]|<|[0-9a-f]{7}", outside), written
        assert all(char.isprintable() for char in written)
        html = markdown.markdown(f"- ❌ {written} end")
        assert not re.search(r"<(a|img|strong|em|h[1-6]|script|table|del|details)\b", html), html


def _outside_code(text: str) -> str:
    """What CommonMark would not take for inline code."""
    kept, at = [], 0
    while match := re.compile("`+").search(text, at):
        closing = re.compile(rf"(?<!`){match[0]}(?!`)").search(text, match.end())
        if closing is None:
            break
        kept.append(text[at : match.start()])
        at = closing.end()
    return "".join([*kept, text[at:]])


@given(st.text(max_size=80))
def test_whatever_is_written_stays_inside_its_code(text: str) -> None:
    for written in (code(text), message(f"`{text}`")):
        assert "@" not in _outside_code(written)
        assert "<" not in _outside_code(written)


@given(st.text(alphabet="`~a\n ", max_size=40))
def test_a_block_is_closed_only_by_its_own_fence(text: str) -> None:
    lines = fenced(text, "mermaid").split("\n")
    fence = lines[-1]
    assert all(not line.strip().startswith(fence) for line in lines[1:-1])


def test_a_file_name_cannot_end_the_link_it_stands_in() -> None:
    assert address("templates/a) <b>/x.yaml") == "templates/a%29%20%3Cb%3E/x.yaml"


@pytest.mark.parametrize(
    "piece", ["*", "&", "@a ", "`", "` ", "``x", "\U0001f600", "\u202e", "https://a.example/ ", "|"]
)
@pytest.mark.parametrize("templates", [0, 20])
def test_a_comment_is_never_too_long(piece: str, templates: int) -> None:
    drawing = "flowchart LR\n" + "a --> b\n" * 2400
    keys = tuple(f"{piece * 60}{n}" for n in range(100))
    changes = tuple(Line("100 threats added", keys) for _ in range(20))
    seen = tuple(
        SeenTemplate(
            f"templates/t{n}/template.yaml", "x" * 64, is_new=False, sound=True, changes=changes, diagram=drawing
        )
        for n in range(templates)
    )
    place = Place(1, 1, 1, 1)
    bad = [Finding("structure", Severity.ERROR, piece * 900 + str(n), place, (), piece * 3000) for n in range(480)]
    found = Review(7, "a" * 40, "ada", templates=seen, findings=tuple(bad), next_step="Mend.")
    text = review_comment(found, (WHERE, HOUSE), 1)
    assert len(text) < 65_000
    assert text.rstrip().endswith("</sub>")
    assert text.count("<details>") == text.count("</details>")


def test_marks_come_back_as_they_were_written(desk: Any) -> None:
    found = newcomer(desk)
    read = mark.read(review_comment(found, (WHERE, desk.house), 3))
    assert read is not None
    assert (read.kind, read.number, read.serial, read.verdict, read.head) == ("review", 7, 3, "failure", desk.head)
    assert read.ledger == 3
    assert read.digest == mark.fingerprint(body(found, WHERE, desk.house))


@pytest.mark.parametrize(
    "forged",
    [
        "",
        "no mark",
        "text <!-- threatshelf: {} -->",
        "<!-- threatshelf: {} -->",
        "<!-- threatshelf: [1] -->\nx",
        '<!-- threatshelf: {"kind": 1, "number": 7} -->\nx',
        '<!-- threatshelf: {"kind": "review", "number": true} -->\nx',
        '<!-- threatshelf: {"kind": "review", "number": 7, "admin": true} -->\nx',
        "<!-- threatshelf: {" + "[" * 1900 + "} -->\nx",
    ],
)
def test_what_is_no_mark_of_ours_is_none(forged: str) -> None:
    assert mark.read(forged) is None


def test_nothing_in_a_mark_ends_the_html_comment() -> None:
    text = mark.marked(mark.Mark("review", 7, verdict="--> <script>"), "x")
    assert text.count("-->") == 1
    read = mark.read(text)
    assert read is not None
    assert read.verdict == "--> <script>"
    assert json.loads(text.partition("{")[2].join(["{", ""]).partition(" -->")[0])["verdict"] == "--> <script>"


def test_a_pull_request_elsewhere_gets_one_line(desk: Any) -> None:
    found = desk.review(desk.thread(base_ref="next"))
    assert found.content is None
    assert note_comment(found).count("\n") == 1
    assert "to `main` only" in note_comment(found)
    assert "ledger" in desk.review(desk.thread(base_ref="threat-ids")).note


def test_a_reply_points_at_the_comment_it_answers(desk: Any) -> None:
    stands = desk.thread(comments=(desk.comment("/help", by="ada", number=5),))
    found = desk.review(stands)
    text = reply_comment(found, found.answers[0])
    assert "#issuecomment-5" in text
    read = mark.read(text)
    assert read is not None
    assert read.re == 5


HOSTILE = "@shelf/all #1 <b>x</b> [a](https://evil.example) `b` ``` | ::error::"


def test_a_file_full_of_traps_makes_a_harmless_comment(desk: Any) -> None:
    text = desk.text()
    for field in ("key: orders-in-letter", "title: Mail sorter", "status: draft", "category: EXEC", "kind: process"):
        name = field.partition(":")[0]
        text = text.replace(field, f"{name}: {json.dumps(HOSTILE)}")
    text += f"{json.dumps(HOSTILE)}: {json.dumps(HOSTILE)}\n"
    odd = desk.added("templates/@shelf/[x](y)/#1 <b>`x`.yaml")
    found = review(desk.case(desk.thread(desk.added(desk.path), odd, title=HOSTILE), {desk.path: text}))
    assert found.errors > 5
    written = body(found, WHERE, desk.house).partition("```sh")[0]
    for line in written.split("\n"):
        own = _outside_code(line)
        own = re.sub(r"\]\((https://(?:forge|pages)\.example/[^)\s]*)\)", "]", own)
        own = re.sub(r"</?(details|summary|sub|code)>", "", own)
        assert not re.search(r"[@<]|#[0-9]|://|evil", own), line
