"""Accounts in a test author's hand: people and Apps, each with tokens of their own."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property, wraps
from typing import Concatenate, ParamSpec, Protocol, TypeVar

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from github_fake import tokens
from github_fake.hub import Hub
from github_fake.state import App, Installation, Repository, Token, User

P = ParamSpec("P")
T = TypeVar("T")


class Holding(Protocol):
    """Anything that knows the hub."""

    @property
    def hub(self) -> Hub:
        """Where the lock is."""


H = TypeVar("H", bound=Holding)


def act(method: Callable[Concatenate[H, P], T]) -> Callable[Concatenate[H, P], T]:
    """Do it while no request is being answered."""

    @wraps(method)
    def alone(self: H, /, *args: P.args, **kwargs: P.kwargs) -> T:
        with self.hub.lock:
            return method(self, *args, **kwargs)

    return alone


@dataclass(frozen=True)
class Person:
    """An account that acts with a token of its own."""

    hub: Hub
    user: User

    @property
    def login(self) -> str:
        """Their name on GitHub."""
        return self.user.login

    @cached_property
    def credential(self) -> Token:
        """Their token, as the fake sees it."""
        return tokens.for_user(self.hub, self.user)

    @property
    def token(self) -> str:
        """Their token, as a client sends it."""
        return self.credential.value


@dataclass(frozen=True)
class AppHandle:
    """A GitHub App and its one installation."""

    hub: Hub
    app: App
    installation: Installation

    @classmethod
    def install(cls, hub: Hub, app: App, where: Sequence[Repository]) -> AppHandle:
        """Install it on the account of the first repository."""
        owner = where[0].owner if where else app.owner
        names = {r.full_name for r in where}
        number = hub.world.next_id("installation")
        made = Installation(number, app, owner, dict(app.rights), names, hub.clock.now)
        hub.world.installations[number] = made
        return cls(hub, app, made)

    @property
    def id(self) -> int:
        """The App's number."""
        return self.app.id

    @property
    def login(self) -> str:
        """The name of its bot."""
        return self.app.bot.login

    @cached_property
    def private_key(self) -> str:
        """A key to sign with, in PEM; the fake does not look at signatures."""
        key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        form = serialization.PrivateFormat.TraditionalOpenSSL
        return key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption()).decode()

    @act
    def token(self, rights: dict[str, str] | None = None) -> str:
        """An installation's token for an hour, narrowed to those rights where given."""
        narrowed = dict(self.installation.rights) if rights is None else rights
        reach = frozenset(self.installation.repositories)
        return tokens.for_installation(self.hub, self.installation, narrowed, reach).value
