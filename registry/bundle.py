"""A whole folder as one ZIP file, byte for byte the same for the same files, made from bytes compressed before."""

import struct
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

# Formats: https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT and RFC 1952. With ZIP64 where a number needs it.
_LOCAL = struct.Struct("<4s5H3L2H")
_CENTRAL = struct.Struct("<4s6H3L5H2L")
_END = struct.Struct("<4s4H2LH")
_END_64 = struct.Struct("<4sQ2H2L4Q")
_LOCATOR_64 = struct.Struct("<4sLQL")
_GZIP_HEAD, _GZIP_TAIL = 10, struct.Struct("<2L")
_STORED, _DEFLATED = 0, 8
_UTF_8 = 1 << 11
_LATE_1980 = (0, 1 << 5 | 1)
"""The first moment that the format knows: what a file is called says more of its age than a date."""
LEVEL = 6
"""The level of compression, the same wherever a member comes from."""
PATH = "v1/bundle.zip"
_MOST, _MOST_ENTRIES = 0xFFFFFFFF, 0xFFFF


@dataclass(frozen=True)
class Member:
    """A file of the bundle: as it is, or its DEFLATE stream, and what its bytes are."""

    path: str
    data: bytes
    crc: int
    size: int
    method: int


def as_it_is(path: str, body: bytes) -> Member:
    """A member that is not compressed."""
    return Member(path, body, zlib.crc32(body), len(body), _STORED)


def from_gzip(path: str, compressed: bytes) -> Member:
    """A member out of a gzip file without a name in it, as Python writes one; nothing is compressed again."""
    crc, size = _GZIP_TAIL.unpack(compressed[-_GZIP_TAIL.size :])
    return Member(path, compressed[_GZIP_HEAD : -_GZIP_TAIL.size], crc, size, _DEFLATED)


def deflated(path: str, body: bytes) -> Member:
    """A member compressed here, into what a gzip file of that level holds; as it is where that would be shorter."""
    squeezer = zlib.compressobj(LEVEL, zlib.DEFLATED, -zlib.MAX_WBITS)
    data = squeezer.compress(body) + squeezer.flush()
    if len(data) + _GZIP_HEAD + _GZIP_TAIL.size >= len(body):
        return as_it_is(path, body)
    return Member(path, data, zlib.crc32(body), len(body), _DEFLATED)


def bundled(members: Iterable[Member]) -> Iterator[bytes]:
    """The bytes of the ZIP file, a piece at a time; the members in the order given, each below 4 GiB."""
    directory, at, count = bytearray(), 0, 0
    for member in members:
        head = _local(member)
        yield head
        yield member.data
        directory += _central(member, at)
        at += len(head) + len(member.data)
        count += 1
    yield bytes(directory)
    yield _end(count, len(directory), at)


def _local(member: Member) -> bytes:
    name = member.path.encode()
    return _LOCAL.pack(b"PK\x03\x04", 20, *_facts(member), len(name), 0) + name


def _facts(member: Member) -> tuple[int, ...]:
    return _UTF_8, member.method, *_LATE_1980, member.crc, len(member.data), member.size


def _central(member: Member, at: int) -> bytes:
    name = member.path.encode()
    extra = struct.pack("<2HQ", 1, 8, at) if at >= _MOST else b""
    version = 45 if extra else 20
    mode = 0o100644 << 16
    head = _CENTRAL.pack(
        b"PK\x01\x02", 3 << 8 | version, version, *_facts(member), len(name), len(extra), 0, 0, 0, mode, min(at, _MOST)
    )
    return head + name + extra


def _end(count: int, size: int, at: int) -> bytes:
    short = _END.pack(b"PK\x05\x06", 0, 0, *[min(count, _MOST_ENTRIES)] * 2, min(size, _MOST), min(at, _MOST), 0)
    if count < _MOST_ENTRIES and size < _MOST and at < _MOST:
        return short
    long = _END_64.pack(b"PK\x06\x06", _END_64.size - 12, 45, 45, 0, 0, count, count, size, at)
    return long + _LOCATOR_64.pack(b"PK\x06\x07", 0, at + size, 1) + short
