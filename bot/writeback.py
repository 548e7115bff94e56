"""The ids of a pull request written into its files by position, for a branch that the App may commit to."""

from collections.abc import Iterator

from bot.facts import Contents, PullRequest
from bot.review import Review
from bot.stages import Stage
from bot.steps import CommitIds
from schema.document import Document, read
from schema.entries import with_ids

MESSAGE = "Write the threat ids that the ledger has for this pull request\n\nLedger: {rows} rows."


def commit_ids(pull_request: PullRequest, contents: Contents, found: Review) -> CommitIds | None:
    """One commit with every id that is reserved, once the content is approved; None when none is missing in the files.

    For branches of this repository only: nobody but its owner can push to a fork.
    """
    if pull_request.from_fork or found.staging.stage not in (Stage.DOCUMENTATION, Stage.MERGE):
        return None
    files = tuple(_written(contents, found))
    message = MESSAGE.format(rows=found.ids.rows)
    return CommitIds(pull_request.head_ref, found.head, message, files) if files else None


def _written(contents: Contents, found: Review) -> Iterator[tuple[str, bytes]]:
    known = {numbered.subject: numbered.id for numbered in found.ids.numbered}
    for template in found.templates:
        wanted = {t.subject.partition("/")[2]: known[t.subject] for t in template.threats if t.subject in known}
        document = read(contents.head.get(template.path, b""), template.path) if wanted else None
        if isinstance(document, Document):
            text = with_ids(document, wanted)
            if text != document.text:
                yield template.path, text.encode()
