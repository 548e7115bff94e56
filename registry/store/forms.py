"""Bytes made shorter for the way: what a reader may take instead of them, made once when they are published."""

import gzip
import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import brotli
import zstandard

from registry.bundle import LEVEL


@dataclass(frozen=True)
class Form:
    """A content coding (RFC 9110), the bytes in it, and their own sha-256 in hexadecimal."""

    encoding: str
    body: bytes
    sha256: str


# Where the next level costs ten times as much and saves two bytes in a hundred.
_ENCODERS: Mapping[str, Callable[[bytes], bytes]] = {
    "br": lambda body: bytes(brotli.compress(body, quality=7)),
    "zstd": lambda body: zstandard.ZstdCompressor(level=10).compress(body),
    "gzip": lambda body: gzip.compress(body, compresslevel=LEVEL, mtime=0),
}
ENCODINGS = tuple(_ENCODERS)
"""The best first, for a reader that takes several equally."""


def forms(body: bytes) -> tuple[Form, ...]:
    """The forms that are shorter than the bytes themselves, the best first; the same for the same bytes."""
    made = ((name, encode(body)) for name, encode in _ENCODERS.items())
    return tuple(Form(name, short, hashlib.sha256(short).hexdigest()) for name, short in made if len(short) < len(body))
