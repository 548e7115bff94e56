"""The bytes of templates, fetched as they stand at the head, where it comes from, and at commits that were approved."""

from collections.abc import Iterator, Mapping

from bot import places
from bot.facts import Contents, PullRequest, Role
from bot.forge import Forge
from bot.judgement import digest_at
from bot.stages import approved_commits

MOST_APPROVED = 10
"""Approved commits whose content is looked at."""


def contents(forge: Forge, standing: PullRequest) -> Contents:
    """The bytes of the templates worth reading, at the head and where it comes from."""
    files = places.readable(standing)
    before = {file.path: file.previous_path or file.path for file in files}
    at_base = _regular(forge.tree(standing.base_sha, before.values())) if files else {}
    blobs = forge.blobs([*(file.oid for file in files), *at_base.values()])
    return Contents(
        head={file.path: blobs[file.oid] for file in files},
        base={path: blobs[oid] for path, oid in at_base.items()},
    )


def _regular(tree: Mapping[str, tuple[str, str]]) -> dict[str, str]:
    return {path: oid for path, (mode, oid) in tree.items() if mode == places.REGULAR}


def digests(forge: Forge, standing: PullRequest, roles: Mapping[str, Role]) -> Iterator[tuple[str, str]]:
    """The digest of the content at each commit that somebody approved who may; a stranger's word costs no request."""
    files = [file.path for file in standing.files if places.folder_of(file.path)]
    for commit in approved_commits(standing, roles)[:MOST_APPROVED]:
        there = _regular(forge.tree(commit, files))
        blobs = forge.blobs(there.values())
        yield commit, digest_at(standing, {path: blobs[oid] for path, oid in there.items()})
