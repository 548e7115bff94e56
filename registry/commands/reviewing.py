"""Puts the reviewer together: whose credential, which repository, what is published, where its words go."""

import json
import random
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import UTC, date, datetime
from functools import lru_cache
from pathlib import Path

from bot import rights
from bot.case import House
from bot.forge import ForgeError
from bot.forge_ledger import ForgeLedger
from bot.github.client import ADDRESS, AppKey, Client, Patience, app_auth, token_auth
from bot.github_forge import GitHubForge
from bot.ledger import Patience as LedgerPatience
from bot.reviewer import Desk, Line, Speaker
from registry.commands.elsewhere import told
from registry.errors import CannotRunError
from registry.settings import from_environment
from registry.source import published, working_tree
from schema import shipped, suggestion
from schema.document import Document, read
from schema.facts import Facts, Telling
from schema.structure import typed
from schema.suggestion import Known, examples
from schema.template import from_data

SETTINGS = Path(".github", "threatshelf.yml")
_REPOSITORY = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{0,99}/[A-Za-z0-9._-]{1,100}")
_SETTING = re.compile(r"(bot|pages|prefix|app):[ \t]+([^\s#]+)[ \t]*(?:#.*)?")


@dataclass(frozen=True)
class Credentials:
    """How GitHub is reached: the repository, a checkout of its default branch, the API's `address`, seconds of pace."""

    environment: Mapping[str, str]
    repository: str
    root: Path
    address: str = ADDRESS
    pace: float = 1.0

    def forge(self) -> GitHubForge:
        """As the token that a workflow, or a person, has."""
        token = self.environment.get("GITHUB_TOKEN", "")
        if not token:
            raise CannotRunError("GITHUB_TOKEN is missing: set it to a token that may read the repository.")
        return GitHubForge(Client(token_auth(token), self.address, self._patience()), self.repository)

    def numbering_forge(self) -> tuple[GitHubForge, Speaker]:
        """As the App where it is named and its key is at hand (THREATSHELF_APP_KEY), else as the token."""
        if not said(self.root).get("app") or not self.environment.get("THREATSHELF_APP_KEY"):
            return self.forge(), Speaker.ACTIONS
        return GitHubForge(self.app_client(rights.NUMBERING), self.repository), Speaker.APP

    def app_key(self) -> AppKey:
        """The App that the settings name, with the key of THREATSHELF_APP_KEY."""
        app, key = said(self.root).get("app", ""), self.environment.get("THREATSHELF_APP_KEY", "")
        if not app.isdecimal():
            raise CannotRunError(f"{SETTINGS} names no App: `app` is the number of one.")
        if not key:
            raise CannotRunError("THREATSHELF_APP_KEY is missing: set it to the private key of the App, in PEM.")
        return AppKey(int(app), key)

    def app_client(self, narrowed: Mapping[str, str], pause: Callable[[float], None] = time.sleep) -> Client:
        """As the App, with no more than these rights. Raises CannotRunError where it is not installed."""
        patience = replace(self._patience(), pause=pause)
        try:
            auth = app_auth(replace(self.app_key(), rights=narrowed), self.repository, self.address, patience)
        except ForgeError as refusal:
            raise CannotRunError(f"{refusal}.") from None
        return Client(auth, self.address, patience)

    def _patience(self) -> Patience:
        return Patience(between_requests=None, between_writes=self.pace or None)


def credentials(environment: Mapping[str, str], root: Path, repository: str = "") -> Credentials:
    """What the environment says, as Actions sets it: GITHUB_REPOSITORY, GITHUB_API_URL and GITHUB_TOKEN.

    THREATSHELF_PACE: seconds between two writes (default 1, as GitHub asks). Raises CannotRunError.
    """
    name = repository or environment.get("GITHUB_REPOSITORY", "")
    if not _REPOSITORY.fullmatch(name):
        raise CannotRunError("which repository? Name it with --repo owner/name, or in GITHUB_REPOSITORY.")
    pace = environment.get("THREATSHELF_PACE", "1")
    if not re.fullmatch(r"[0-9]{1,2}(\.[0-9]{1,3})?", pace):
        raise CannotRunError("THREATSHELF_PACE is no number of seconds: set it to 1, or leave it out.")
    address = environment.get("GITHUB_API_URL") or ADDRESS
    return Credentials(environment, name, root, address.rstrip("/"), float(pace))


def desk(
    who: Credentials, tell: Callable[[Line], None], another: GitHubForge | None = None, known: Facts | None = None
) -> Desk:
    """All that a visit works with.

    `another`: the forge, where it is not the token's. `known`: the checkout's facts, where they are at hand.
    """
    forge = another or who.forge()
    return Desk(
        forge=forge,
        ledger=ForgeLedger(forge, who.repository),
        house=house(who.root, who.environment),
        facts=known or facts(who.root),
        moment=moment,
        seconds=time.monotonic,
        patience=LedgerPatience(time.sleep, time.monotonic, random.random),
        tell=tell,
        known=known_threats(who.root),
    )


def house(root: Path, environment: Mapping[str, str]) -> House:
    """Where pages and pull requests are, and the shelf's prefix. Raises CannotRunError."""
    settings = said(root)
    prefix = settings.get("prefix", "")
    if prefix and not re.fullmatch(r"[A-Z]{2,8}", prefix):
        raise CannotRunError(f"{SETTINGS}: a prefix is 2 to 8 capitals.")
    if "pages" in settings:
        environment = {"THREATSHELF_PUBLIC_ADDRESS": settings["pages"], **environment}
    server = environment.get("GITHUB_SERVER_URL") or "https://github.com"
    return House(from_environment(environment).public_address, server.rstrip("/"), prefix)


def facts(root: Path) -> Facts:
    """What a checkout knows of the world today."""
    today = datetime.now(UTC).date()
    return replace(shipped.facts(today, published=published(root)), elsewhere=_elsewhere(root, today))


def _elsewhere(root: Path, today: date) -> Mapping[str, tuple[Telling, ...]]:
    try:
        return told(state.source for state in working_tree(root, today).states if state.source)
    except CannotRunError:  # no templates yet
        return {}


def known_threats(root: Path) -> Known:
    """The threats of the vocabularies and of a checkout's templates, made ready for comparing."""
    today = datetime.now(UTC).date()
    try:
        sources = tuple(state.source for state in working_tree(root, today).states if state.source)
    except CannotRunError:  # no templates yet
        sources = ()
    return _compared_with(sources)


@lru_cache(maxsize=1)
def _compared_with(sources: tuple[bytes, ...]) -> Known:
    vocabularies, schema = shipped.vocabularies(), shipped.template_schema()
    documents = (read(source, "") for source in sources)
    data = (typed(one, schema) for one in documents if isinstance(one, Document))
    templates = (from_data(one) for one in data if isinstance(one, dict))
    return suggestion.known(vocabularies, examples(vocabularies, templates))


def moment() -> str:
    """Now, in UTC to the second."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def speaks(root: Path, environment: Mapping[str, str]) -> bool:
    """Whether Actions is to speak: not switched off (THREATSHELF_BOT=off), and not the App's part (`bot: app`)."""
    return environment.get("THREATSHELF_BOT", "").strip().lower() != "off" and said(root).get("bot") != "app"


def said(root: Path) -> dict[str, str]:
    """What `.github/threatshelf.yml` of the default branch says, one word to a line: empty where there is no such file.

    `bot`: actions (as its absence) or app. `pages`: the public address. `prefix`: of a private shelf. `app`: its id.
    """
    file = root / SETTINGS
    lines = file.read_text(encoding="utf-8", errors="replace").splitlines() if file.is_file() else []
    return {match[1]: match[2] for line in lines if (match := _SETTING.fullmatch(line))}


def names_an_app(root: Path) -> bool:
    """Whether the settings name an App, which then writes ids on branches."""
    return "app" in said(root)


def log_line(line: Line) -> str:
    """One line of JSON in which no runner finds a command: it begins with a brace and holds no number sign."""
    return json.dumps({"bot": asdict(line)}, ensure_ascii=True).replace("#", "\\u0023")
