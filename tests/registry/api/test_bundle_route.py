"""The whole registry as one ZIP file: what is in it, how it is served, that an export makes the same bytes."""

import hashlib
import io
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import httpx

from registry.settings import Settings
from registry.store.catalogue import url_of

PATH = "/v1/bundle.zip"


def test_the_bundle_holds_every_file_byte_for_byte(client: httpx.Client, shelf: Any) -> None:
    answer = client.get(PATH)
    assert answer.headers["content-type"] == "application/zip"
    with zipfile.ZipFile(io.BytesIO(answer.content)) as found:
        assert found.testzip() is None
        assert {name: found.read(name) for name in found.namelist()} == dict(shelf.store.files())
        assert found.namelist() == sorted(found.namelist())


def test_the_bundle_is_served_like_any_file(client: httpx.Client) -> None:
    whole = client.get(PATH)
    assert whole.headers["etag"] == f'"{hashlib.sha256(whole.content).hexdigest()}"'
    assert whole.headers["content-disposition"] == 'attachment; filename="threatshelf-bundle.zip"'
    assert whole.headers["access-control-allow-origin"] == "*"
    assert client.get(PATH, headers={"If-None-Match": whole.headers["etag"]}).status_code == 304
    assert client.head(PATH).headers["etag"] == whole.headers["etag"]
    half = len(whole.content) // 2
    head = client.get(PATH, headers={"Range": f"bytes=0-{half - 1}"})
    tail = client.get(PATH, headers={"Range": f"bytes={half}-", "If-Range": whole.headers["etag"]})
    assert (head.status_code, tail.status_code) == (206, 206)
    assert head.content + tail.content == whole.content


def test_an_exported_folder_holds_the_same_bundle(client: httpx.Client, shelf: Any, tmp_path: Path) -> None:
    database = shelf.checkout.root.parent / "catalogue.db"
    command = [Path(sys.executable).with_name("threatshelf"), "export", "--out", tmp_path / "out"]
    subprocess.run([*command, "--database", url_of(database)], check=True, capture_output=True)
    assert (tmp_path / "out" / PATH[1:]).read_bytes() == client.get(PATH).content


def test_a_new_publication_makes_a_new_bundle(
    tmp_path: Path, two_templates: Any, published: Any, serve: Any, text: Any
) -> None:
    published(two_templates)
    with serve(Settings(database_url=url_of(tmp_path / "catalogue.db"))) as client:
        tags = [client.get(PATH).headers["etag"]]
        for version in ("0.3.0", "0.4.0"):
            two_templates.write("desk-assistant", text(version=version))
            two_templates.commit()
            published(two_templates)
            tags.append(client.get(PATH).headers["etag"])
        assert len(set(tags)) == 3
        with zipfile.ZipFile(io.BytesIO(client.get(PATH).content)) as found:
            assert "v1/templates/desk-assistant/0.4.0.yaml" in found.namelist()


def test_before_anything_is_published_there_is_none(tmp_path: Path, store: Any, serve: Any) -> None:
    with serve(Settings(database_url=url_of(tmp_path / "catalogue.db"))) as client:
        answer = client.get(PATH)
    assert (answer.status_code, answer.json()["code"]) == (404, "not-found")
