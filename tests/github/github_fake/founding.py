"""Making repositories, forks and accounts, and taking repositories away."""

from __future__ import annotations

from github_fake.hub import Hub
from github_fake.state import Repository, User

START_FILE = "README.md"


def user(hub: Hub, login: str, kind: str = "User", name: str | None = None) -> User:
    """The account of that login, made where it is new."""
    found = hub.world.users.get(login.lower())
    if found is None:
        found = hub.note(User(hub.world.next_id("user"), login, kind, name))
        hub.world.users[login.lower()] = found
    return found


def repository(hub: Hub, owner: User, name: str) -> Repository:
    """A bare repository without a commit."""
    path = hub.store.root / f"{owner.login}__{name}__{hub.world.next_id('folder')}.git"
    hub.store.create(path)
    return _keep(hub, Repository(hub.world.next_id("repository"), owner, name, path, hub.clock.now))


def _keep(hub: Hub, made: Repository) -> Repository:
    hub.world.repositories[made.full_name.lower()] = made
    hub.note(made)
    return made


def fork(hub: Hub, source: Repository, owner: User, name: str | None = None) -> Repository:
    """The owner's fork of a repository, made where there is none: same objects, own branches."""
    for known in hub.world.repositories.values():
        if known.parent is source and known.owner is owner:
            return known
    path = hub.store.root / f"{owner.login}__{name or source.name}__{hub.world.next_id('folder')}.git"
    hub.store.fork(source.path, path)
    number = hub.world.next_id("repository")
    made = Repository(number, owner, name or source.name, path, hub.clock.now, source.default_branch, parent=source)
    for ref, sha in hub.git(source).refs("refs/heads/").items():
        hub.git(made).move(ref, sha, None)
    return _keep(hub, made)


def delete(hub: Hub, gone: Repository) -> None:
    """Forget it; heads in it lose their repository, its commits stay in the network."""
    del hub.world.repositories[gone.full_name.lower()]
    for where in hub.world.repositories.values():
        for what in where.issues.values():
            if what.pull and what.pull.head_repository is gone:
                what.pull.head_repository = None
