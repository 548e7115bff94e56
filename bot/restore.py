"""Numbers that comments of the reviewer have promised, for a ledger that was put back from an older copy."""

import re
from collections.abc import Iterable, Mapping
from functools import partial

from bot.facts import Comment
from bot.mark import read as read_mark
from schema.ids import Ledger, Row
from schema.transitions import Cause, found_again, together

_PROMISED = re.compile(r"^- `([A-Z-]{3,30}[0-9]{3,6})` `+[^`\n]+/[^`\n]+`", re.MULTILINE)
"""A line of the list of reserved ids: what else a comment names may be a contributor's invention."""


def promised(comments: Iterable[Comment]) -> frozenset[str]:
    """The ids that comments with our mark, by a bot, list as reserved."""
    ours = (comment.body for comment in comments if comment.bot and read_mark(comment.body) is not None)
    return frozenset(found for body in ours for found in _PROMISED.findall(body))


def rows_lost(ledger: Ledger, named: Mapping[int, frozenset[str]], cause: Cause) -> tuple[Row, ...]:
    """Two rows for each number, by pull request, that the ledger lacks: so it is never given to another threat."""
    return together(
        ledger, [partial(found_again, ids=named[number], cause=cause.of(number)) for number in sorted(named)]
    )
