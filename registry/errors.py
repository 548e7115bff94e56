"""Failures that are said to a user in one sentence."""


class CannotRunError(Exception):
    """A command could not do its work; the message says why and what to do. Exit code 2."""


class AwayError(CannotRunError):
    """The catalogue's database does not answer now; it may in a moment."""
