"""`threatshelf withdraw`: what a maintainer does first when a published template harms."""

from pathlib import Path
from typing import Any

import pytest

from registry.cli import main
from registry.withdrawn import Withdrawal, withdrawals


def withdraw(checkout: Any, *arguments: str) -> int:
    said = ("--by", "mara", "--reason", "It opens the gateway: to 'everybody'.", "--root", str(checkout.root))
    return main(["withdraw", *arguments, *said])


def file_of(checkout: Any) -> Path:
    return Path(checkout.root, "templates", "desk-assistant", "withdrawn.yaml")


def rows(checkout: Any) -> tuple[Withdrawal, ...]:
    return withdrawals(file_of(checkout).read_bytes(), "withdrawn.yaml")


def test_every_published_version_is_taken_back_with_one_word(
    two_templates: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    assert withdraw(two_templates, "desk-assistant") == 0

    told = [(row.version, row.by, row.reason) for row in rows(two_templates)]
    assert told == [
        ("0.1.0", "mara", "It opens the gateway: to 'everybody'."),
        ("0.2.0", "mara", "It opens the gateway: to 'everybody'."),
    ]
    assert "/withdraw <id> malicious <sentence>" in capsys.readouterr().out


def test_a_row_that_is_there_stays_and_is_not_said_twice(two_templates: Any) -> None:
    assert withdraw(two_templates, "desk-assistant", "0.1.0", "--superseded-by", "0.2.0") == 0
    before = file_of(two_templates).read_bytes()

    assert withdraw(two_templates, "desk-assistant", "0.1.0") == 0
    assert file_of(two_templates).read_bytes() == before
    assert withdraw(two_templates, "desk-assistant") == 0
    assert file_of(two_templates).read_bytes().startswith(before)
    assert [(row.version, row.superseded_by) for row in rows(two_templates)] == [("0.1.0", "0.2.0"), ("0.2.0", "")]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("no-such-template",), "nothing of no-such-template is published"),
        (("desk-assistant", "9.9.9"), "withdraws 9.9.9, which was never published"),
        (("desk-assistant", "0.1.0", "--superseded-by", "9.9.9"), "9.9.9 follows 0.1.0, and it was never published"),
        (("../desk-assistant",), "nothing of ../desk-assistant is published"),
    ],
)
def test_what_cannot_be_taken_back_is_said_and_nothing_written(
    two_templates: Any, capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], words: str
) -> None:
    assert withdraw(two_templates, *arguments) == 2
    assert words in capsys.readouterr().err
    assert not file_of(two_templates).exists()
