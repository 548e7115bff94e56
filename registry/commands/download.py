"""A publisher's file over https: bounded in size, in time and in how often it sends us elsewhere."""

import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from http.client import HTTPException
from typing import IO, Any
from urllib.parse import urlsplit

from registry.errors import CannotRunError
from schema.reports.text import visible

MOST_REDIRECTS = 5
PATIENCE = 30.0
"""Seconds that a server may say nothing."""
LONGEST = 600.0
"""Seconds that the whole file may take."""
_PIECE = 65_536


def is_address(name: str) -> bool:
    """Whether this names something on the net and no file: `https://...`, and what is refused, such as `http://...`."""
    return "://" in name


def download(address: str, most_bytes: int) -> bytes:
    """The bytes at an https address, at most that many. Certificates are those that this machine trusts.

    CannotRunError for another scheme, there or after a redirect; for a server that cannot be reached, is not who it
    says, answers with anything but the file, is too slow or sends more.
    """
    shown = visible(address)
    try:
        _refuse_other_schemes(address)
        with _opener().open(address, timeout=PATIENCE) as answer:
            return _whole(b"".join(_pieces(answer, shown, most_bytes)), answer.headers["Content-Length"], shown)
    except urllib.error.HTTPError as error:
        with error:
            raise CannotRunError(f"{shown} answers {error.code} {_on_one_line(error.reason)}.") from None
    except TimeoutError:
        raise CannotRunError(f"{shown} says nothing for {PATIENCE:.0f} seconds: try again, or name a file.") from None
    except (OSError, HTTPException, ValueError) as error:
        reason = error.reason if isinstance(error, urllib.error.URLError) else error
        raise CannotRunError(f"{shown} cannot be read: {_on_one_line(reason)}.") from None


def _pieces(answer: IO[bytes], shown: str, most_bytes: int) -> Iterator[bytes]:
    left, until = most_bytes, time.monotonic() + LONGEST
    while piece := answer.read(_PIECE):
        left -= len(piece)
        if left < 0:
            raise CannotRunError(f"{shown} is larger than {most_bytes} bytes, far more than is published.")
        if time.monotonic() > until:
            raise CannotRunError(f"{shown} takes longer than {LONGEST:.0f} seconds: download it, and name the file.")
        yield piece


def _whole(body: bytes, length: str | None, shown: str) -> bytes:
    """A connection that ends too early leaves a shorter file that may look like one from which entries were taken."""
    if length is not None and length != str(len(body)):
        raise CannotRunError(f"{shown} ended after {len(body)} of {visible(length)} bytes: try again.")
    return body


def _on_one_line(reason: object) -> str:
    return visible(" ".join(str(reason).split()))


class _OnlyHttps(urllib.request.HTTPRedirectHandler):
    max_redirections = MOST_REDIRECTS

    def redirect_request(self, req: urllib.request.Request, *about: Any) -> urllib.request.Request | None:
        """The next request, unless it leaves https; `about` ends with the address."""
        _refuse_other_schemes(str(about[-1]))
        return super().redirect_request(req, *about)


def _opener() -> urllib.request.OpenerDirector:
    """No handler for files, ftp or plain http: whatever an answer says, nothing else is opened."""
    opener = urllib.request.OpenerDirector()
    for handler in (
        urllib.request.ProxyHandler(),
        urllib.request.HTTPSHandler(),
        urllib.request.HTTPDefaultErrorHandler(),
        urllib.request.HTTPErrorProcessor(),
        _OnlyHttps(),
    ):
        opener.add_handler(handler)
    return opener


def _refuse_other_schemes(address: str) -> None:
    parts = urlsplit(address)
    if parts.scheme != "https" or not parts.hostname:
        raise CannotRunError(f"{visible(address)} is no https address: only those are read, and files.")
