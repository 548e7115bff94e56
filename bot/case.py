"""All that a visit knows when it makes up its mind: the thread, the files, the ledger, the people, the moment."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from bot import places
from bot.facts import PullRequest, Role
from bot.judgement import Judgement
from schema.ids import Ledger


@dataclass(frozen=True)
class House:
    """Where this registry lives: the address of its pages and of the forge, and the prefix of its ids (mostly none)."""

    pages: str
    forge: str = "https://github.com"
    prefix: str = ""


@dataclass(frozen=True)
class Case:
    """The facts of one visit. `moment` is UTC (`2026-11-20T09:00:00Z`).

    `ledger` is None where it cannot be reached. `roles` by login, asked of the forge at this moment (`commands.people`
    says whose); who is missing may do nothing. `digests` by commit: `judgement.digest_at` of the files as they stand at
    each commit of `stages.approved_commits`. `diff_lines`: by path, the lines of the head that the diff shows.
    """

    pull_request: PullRequest
    judgement: Judgement
    ledger: Ledger | None
    moment: str
    house: House
    roles: Mapping[str, Role] = field(default_factory=dict)
    digests: Mapping[str, str] = field(default_factory=dict)
    diff_lines: Mapping[str, frozenset[int]] = field(default_factory=dict)

    def role(self, login: str) -> Role:
        """What the person may do here."""
        return self.roles.get(login, Role.NONE)

    def is_this_content(self, commit: str) -> bool:
        """Whether the commit holds what the head holds, ids aside.

        The digest knows templates only: where other files come along, nothing but the head itself will do.
        """
        if commit == self.pull_request.head_sha:
            return True
        only_templates = all(places.folder_of(file.path) for file in self.pull_request.files)
        return only_templates and self.digests.get(commit) == self.judgement.digest

    @property
    def is_sound(self) -> bool:
        """Whether every template that is touched was read, and can be read as one."""
        seen = self.judgement.templates
        return len(seen) == len(places.templates(self.pull_request)) and all(template.sound for template in seen)
