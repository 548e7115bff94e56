"""A step as it is sent, and how one sees that it is done already."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Deed:
    """How a step is sent, and whether it stands already. Without `is_done` it may be sent twice without harm."""

    send: Callable[[], object]
    is_done: Callable[[], bool] | None = None
