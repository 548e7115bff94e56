"""The bundle is a ZIP file that others read, the same for the same files."""

import gzip
import io
import zipfile
from collections.abc import Iterator

from registry.bundle import Member, as_it_is, bundled, from_gzip

FILES = {"SHA256SUMS": b"", "v1/größe.txt": b"short", "v1/long.yaml": b"again and " * 5_000}


def members() -> Iterator[Member]:
    for path, body in FILES.items():
        yield from_gzip(path, gzip.compress(body, mtime=0)) if len(body) > 100 else as_it_is(path, body)


def test_another_reader_finds_every_file_whole() -> None:
    made = b"".join(bundled(members()))
    with zipfile.ZipFile(io.BytesIO(made)) as found:
        assert found.testzip() is None
        assert {name: found.read(name) for name in found.namelist()} == FILES
        assert {info.external_attr >> 16 for info in found.infolist()} == {0o100644}
    assert len(made) < 1_000
    assert made == b"".join(bundled(members()))


def test_more_files_than_the_old_format_can_count() -> None:
    made = b"".join(bundled(as_it_is(f"{i}.txt", b"") for i in range(70_000)))
    with zipfile.ZipFile(io.BytesIO(made)) as found:
        assert len(found.namelist()) == 70_000
        assert found.read("69999.txt") == b""


def test_an_empty_bundle_is_one() -> None:
    with zipfile.ZipFile(io.BytesIO(b"".join(bundled([])))) as found:
        assert found.namelist() == []
