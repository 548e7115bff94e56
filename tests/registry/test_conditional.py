"""What a request's headers ask for, on plain values."""

import pytest

from registry.api.conditional import (
    Range,
    UnsatisfiableError,
    asked_range,
    encoding,
    held,
    http_date,
    is_other,
    preferred,
)

TAGS = ("abc", "abc-gzip")
MODIFIED = "2026-11-20T09:00:00Z"
DATE = "Fri, 20 Nov 2026 09:00:00 GMT"


@pytest.mark.parametrize(
    ("if_none_match", "if_modified_since", "tag"),
    [
        ('"abc"', None, "abc"),
        ('W/"abc"', None, "abc"),
        # The reader is told the very tag it has, not the one of the form it would get now.
        ('"abc-gzip"', None, "abc-gzip"),
        ('"x", "abc-gzip", "abc"', None, "abc"),
        ('"x","y"', None, ""),
        ("*", None, "abc"),
        ("abc", None, ""),
        ('"' * 999, None, ""),
        (None, DATE, "abc"),
        (None, "Fri, 20 Nov 2026 08:59:59 GMT", ""),
        (None, "Fri, 20 Nov 2026 09:00:01 GMT", "abc"),
        (None, "yesterday", ""),
        (None, None, ""),
        # Tags decide alone where there are any (RFC 9110, 13.1.3).
        ('"x"', DATE, ""),
        ('"abc"', "Fri, 20 Nov 2020 09:00:00 GMT", "abc"),
    ],
)
def test_a_reader_that_has_the_file_is_told_so(
    if_none_match: str | None, if_modified_since: str | None, tag: str
) -> None:
    assert held(TAGS, MODIFIED, if_none_match, if_modified_since) == tag


@pytest.mark.parametrize(
    ("if_match", "if_unmodified_since", "other"),
    [
        ('"abc"', None, False),
        ('"x", "abc-gzip"', None, False),
        ("*", None, False),
        ('"x"', None, True),
        ('W/"abc"', None, True),  # strong comparison (RFC 9110, 13.1.1)
        (None, DATE, False),
        (None, "Fri, 20 Nov 2026 08:59:59 GMT", True),
        (None, "yesterday", False),
        ('"abc"', "Fri, 20 Nov 2020 09:00:00 GMT", False),
        (None, None, False),
    ],
)
def test_a_reader_that_wants_only_what_it_knows_is_told_of_another(
    if_match: str | None, if_unmodified_since: str | None, other: object
) -> None:
    assert is_other(TAGS, MODIFIED, if_match, if_unmodified_since) is other


def test_a_moment_is_written_as_http_has_it() -> None:
    assert http_date(MODIFIED) == DATE


@pytest.mark.parametrize(
    ("header", "part"),
    [
        ("bytes=0-0", Range(0, 1)),
        ("bytes=0-9", Range(0, 10)),
        ("bytes=5-", Range(5, 10)),
        ("bytes=-3", Range(7, 10)),
        ("bytes=-99", Range(0, 10)),
        ("bytes=8-99", Range(8, 10)),
        ("BYTES = 1 - 2", Range(1, 3)),
        ("bytes=4-2", None),
        ("bytes=-", None),
        ("bytes=0-1,3-4", None),
        ("lines=0-1", None),
        ("bytes=a-b", None),
        ("bytes=٣-٤", None),
        ("", None),
        (None, None),
    ],
)
def test_one_range_of_bytes_is_understood_and_anything_else_means_the_whole(
    header: str | None, part: Range | None
) -> None:
    assert asked_range(header, None, "abc", MODIFIED, 10) == part


@pytest.mark.parametrize("header", ["bytes=10-", "bytes=10-11", "bytes=-0", "bytes=99999999999999999-"])
def test_a_range_outside_of_the_file_cannot_be_satisfied(header: str) -> None:
    with pytest.raises(UnsatisfiableError):
        asked_range(header, None, "abc", MODIFIED, 10)


@pytest.mark.parametrize(
    ("if_range", "part"),
    [('"abc"', Range(0, 1)), (DATE, Range(0, 1)), ('W/"abc"', None), ('"old"', None), ("Thu, 19 Nov 2026", None)],
)
def test_a_range_of_an_older_form_is_answered_with_the_whole(if_range: str, part: Range | None) -> None:
    assert asked_range("bytes=0-0", if_range, "abc", MODIFIED, 10) == part


@pytest.mark.parametrize(
    ("header", "coding"),
    [
        ("gzip", "gzip"),
        ("gzip, deflate, br, zstd", "br"),
        ("zstd;q=1, br;q=0.9", "zstd"),
        ("br;q=0.1, GZIP;q=0.5", "gzip"),
        ("*", "br"),
        ("br;q=0, *", "zstd"),
        ("gzip;q=0", ""),
        ("deflate", ""),
        ("identity", ""),
        ("identity;q=1, gzip;q=0.5", ""),
        ("identity;q=0.5, gzip", "gzip"),
        ("identity;q=0, *;q=0", ""),
        ("gzip;q=2", "gzip"),
        ("", ""),
        (None, ""),
    ],
)
def test_the_coding_is_the_one_that_is_liked_best(header: str | None, coding: str) -> None:
    assert encoding(header, ("br", "zstd", "gzip")) == coding
    assert encoding(header, ()) == ""


@pytest.mark.parametrize(
    ("accept", "media_type"),
    [
        (None, "application/json"),
        ("*/*", "application/json"),
        ("application/yaml", "application/yaml"),
        ("text/html, application/yaml;q=0.2, */*;q=0.1", "application/yaml"),
        ("application/*", "application/json"),
        ("application/json;q=0, */*", "application/yaml"),
        ("text/markdown", "text/markdown; charset=utf-8"),
        ("image/png", None),
        ("*/*;q=0", None),
        (",,;;==", None),
    ],
)
def test_the_format_is_the_one_that_is_liked_best(accept: str | None, media_type: str | None) -> None:
    offered = ("application/json", "application/yaml", "text/markdown; charset=utf-8")
    assert preferred(accept, offered) == media_type
