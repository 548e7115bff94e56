"""A catalogue that is signed: every folder of sums, over HTTP, in the bundle, after the next publication too."""

import io
import shutil
import subprocess
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from registry.publish import Source, publish
from registry.settings import Settings
from registry.signing import signer
from registry.store.catalogue import open_store, url_of

pytestmark = pytest.mark.skipif(shutil.which("ssh-keygen") is None, reason="ssh-keygen is not installed")
FOLDERS = ("", ".well-known/", "v1/", "v1/templates/", "v1/templates/desk-assistant/")
Publish = Callable[[Path | None], None]


def key(file: Path) -> Path:
    command = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "", "-f", str(file)]
    subprocess.run(command, check=True)
    return file


@pytest.fixture
def database(tmp_path: Path) -> str:
    return url_of(tmp_path / "signed.db")


@pytest.fixture
def published_with(database: str, two_templates: Any, now: Any) -> Publish:
    """Publishes the two templates with this key, or with none."""

    def published(file: Path | None) -> None:
        store = open_store(database, signer(file) if file else None)
        publish(store, Source(two_templates.root), now, lambda _step: None)
        store.close()

    return published


def verified(client: httpx.Client, folder: Path) -> list[str]:
    """The folders whose sums the signature beside them stands for, by what the discovery document says."""
    said = client.get("/.well-known/threatshelf.json").json()["integrity"]["signature"]
    (folder / "allowed_signers").write_text(said["allowed_signers"] + "\n")
    found = []
    for place in FOLDERS:
        for name in ("SHA256SUMS", "SHA256SUMS.sig"):
            (folder / name).write_bytes(client.get(f"/{place}{name}").content)
        done = subprocess.run(["sh", "-c", said["verify"]], cwd=folder, capture_output=True, check=False)
        found += [place] if done.returncode == 0 else []
    return found


def test_every_folder_is_signed_and_signed_anew_when_it_changes(
    tmp_path: Path, database: str, two_templates: Any, published_with: Publish, serve: Any, text: Any
) -> None:
    file = key(tmp_path / "key")
    published_with(file)
    with serve(Settings(database_url=database)) as client:
        assert verified(client, tmp_path) == list(FOLDERS)
        before = client.get("/v1/templates/SHA256SUMS.sig").content
        two_templates.write("desk-assistant", text(version="0.3.0"))
        two_templates.commit()
        published_with(file)
        assert verified(client, tmp_path) == list(FOLDERS)
        assert client.get("/v1/templates/SHA256SUMS.sig").content != before
        with zipfile.ZipFile(io.BytesIO(client.get("/v1/bundle.zip").content)) as bundle:
            assert {f"{folder}SHA256SUMS.sig" for folder in FOLDERS} <= set(bundle.namelist())


def test_another_key_signs_everything_anew_and_without_one_nothing_is_signed(
    tmp_path: Path, database: str, published_with: Publish, serve: Any
) -> None:
    published_with(key(tmp_path / "old"))
    with serve(Settings(database_url=database)) as client:
        public = client.get("/.well-known/threatshelf.json").json()["integrity"]["signature"]["public_key"]
        published_with(key(tmp_path / "new"))
        assert client.get("/.well-known/threatshelf.json").json()["integrity"]["signature"]["public_key"] != public
        assert verified(client, tmp_path) == list(FOLDERS)
        published_with(None)
        assert client.get("/.well-known/threatshelf.json").json()["integrity"]["signature"] is None
        assert client.get("/v1/templates/SHA256SUMS.sig").status_code == 404
