"""A contribution changes templates and nothing else.

What: a pull request that changes a template together with other files, by an author who cannot write here. Files that
instruct machines (workflows, agents' instructions, hooks) are named first.

Why: a template is judged by rules and its people; code, workflows and instructions to agents are judged otherwise.
Mixed together, one hides behind the other.

Fix: keep `templates/<id>/template.yaml` in this pull request and open another one for the rest.
"""

import re
from collections.abc import Iterator

from bot.checks.check import Fault, check, named
from bot.facts import PullRequest, Role
from bot.places import folder_of, touches_templates
from schema.finding import Severity

_INSTRUCTS = re.compile(
    r"(.*/)?(\.github/.*|\.githooks/.*|\.husky/.*|\.cursor/.*|\.claude/.*|\.codex/.*|\.gemini/.*|\.vscode/.*"
    r"|\.devcontainer/.*|\.mcp\.json|\.cursorrules|\.windsurfrules|\.clinerules.*|\.pre-commit-config\.yaml"
    r"|agents\.md|claude\.md|gemini\.md|copilot-instructions\.md|skill\.md|[^/]+\.instructions\.md|hooks/.*)",
    re.IGNORECASE | re.DOTALL,
)


def look(pull_request: PullRequest, author: Role) -> Iterator[Fault]:
    """One fault for all the files that belong elsewhere."""
    if author.at_least(Role.WRITE) or not touches_templates(pull_request):
        return
    paths = dict.fromkeys(p for file in pull_request.files for p in (file.path, file.previous_path) if p)
    others = [path for path in paths if folder_of(path) is None]
    instructing = [path for path in others if _INSTRUCTS.fullmatch(path)]
    if instructing:
        yield Fault("", f"Files that tell machines what to do are changed: {named(instructing)}. Take them out.")
    plain = [path for path in others if path not in set(instructing)]
    if plain:
        yield Fault("", f"Other files than templates are changed: {named(plain)}. Put them into another pull request.")


CHECK = check(__name__, __doc__, Severity.ERROR, look)
