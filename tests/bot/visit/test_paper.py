"""What the reading job hands on: read as it was written, and refused when it is anything else."""

import copy
import json
from typing import Any

import pytest

from bot import paper
from bot.paper import PaperError
from bot.reviewer import Look, look
from shelf import STORY, Shelf, faulty


@pytest.fixture
def seen(shelf: Shelf) -> Look:
    """A look at a pull request with faults."""
    found = look(shelf.desk(), shelf.from_fork({STORY: faulty()}).number)
    assert found is not None
    return found


def test_what_is_read_is_what_was_written(seen: Look) -> None:
    assert paper.read(paper.write(seen).encode()) == seen
    assert paper.write(seen).isascii(), "no text in it can be taken for anything but data"


@pytest.mark.parametrize(
    "data",
    [b"", b"[]", b"null", b"{}", b"\xff", b"[" * 100_000, b"x" * (paper.MOST_BYTES + 1), b'{"head": 1}'],
    ids=["empty", "list", "null", "no keys", "no text", "depth", "size", "other keys"],
)
def test_anything_else_is_refused(data: bytes) -> None:
    with pytest.raises(PaperError):
        paper.read(data)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("head",), 7),
        (("head",), None),
        (("due",), 1),
        (("due",), "true"),
        (("digests",), []),
        (("digests",), {"a": 1}),
        (("judgement", "findings"), {}),
        (("judgement", "findings", 0, "severity"), "fatal"),
        (("judgement", "findings", 0, "severity"), ["error"]),
        (("judgement", "findings", 0, "place", "line"), "3"),
        (("judgement", "findings", 0, "place", "line"), True),
        (("judgement", "findings", 0, "message"), "x" * (paper.LONGEST_TEXT + 1)),
        (("judgement", "findings", 0, "path"), [["deep"]]),
        (("judgement", "templates", 0, "threats", 0, "slot"), 3),
        (("judgement", "digest"), {"$ref": "#"}),
    ],
)
def test_one_wrong_value_is_refused(seen: Look, path: tuple[Any, ...], value: object) -> None:
    changed = json.loads(paper.write(seen))
    place = changed
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value

    with pytest.raises(PaperError):
        paper.read(json.dumps(changed).encode())


def test_a_key_too_many_or_too_few_is_refused(seen: Look) -> None:
    whole = json.loads(paper.write(seen))
    more, fewer = copy.deepcopy(whole), copy.deepcopy(whole)
    more["judgement"]["role"] = "admin"
    del fewer["judgement"]["digest"]

    for changed in (more, fewer):
        with pytest.raises(PaperError, match="judgement has other keys"):
            paper.read(json.dumps(changed).encode())
