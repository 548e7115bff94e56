"""Sums are signed so that OpenSSH alone can verify them."""

import shutil
import subprocess
from pathlib import Path

import pytest

from registry.errors import CannotRunError
from registry.signing import signer, told

pytestmark = pytest.mark.skipif(shutil.which("ssh-keygen") is None, reason="ssh-keygen is not installed")
SUMS = b"0" * 64 + b"  desk-assistant.yaml\n"


def key(folder: Path, *options: str) -> Path:
    file = folder / "key"
    command = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "", *options, "-f", str(file)]
    subprocess.run(command, check=True)
    return file


def verified(folder: Path, signed: bytes, command: str) -> bool:
    (folder / "SHA256SUMS").write_bytes(signed)
    done = subprocess.run(["sh", "-c", command], cwd=folder, capture_output=True, check=False)
    return done.returncode == 0


def test_what_the_discovery_document_says_verifies_a_signature(tmp_path: Path) -> None:
    found = signer(key(tmp_path))
    said = told(found)
    assert said is not None
    (tmp_path / "allowed_signers").write_text(said["allowed_signers"] + "\n")
    (tmp_path / "SHA256SUMS.sig").write_bytes(found.sign(SUMS))
    assert verified(tmp_path, SUMS, said["verify"])
    assert not verified(tmp_path, SUMS.replace(b"desk", b"disk"), said["verify"])
    assert not verified(tmp_path, SUMS, said["verify"].replace("-n threatshelf", "-n git"))


def test_equal_sums_have_equal_signatures(tmp_path: Path) -> None:
    found = signer(key(tmp_path))
    assert found.sign(SUMS) == found.sign(SUMS)


def test_without_a_key_nothing_is_promised() -> None:
    assert told(None) is None


@pytest.mark.parametrize("options", [("-t", "ecdsa"), ("-N", "a passphrase")])
def test_a_key_that_cannot_do_it_is_refused_by_name(tmp_path: Path, options: tuple[str, ...]) -> None:
    file = key(tmp_path, *options)
    with pytest.raises(CannotRunError, match=r"the signing key .*key"):
        signer(file)


def test_a_key_that_is_not_there_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(CannotRunError, match="nothing"):
        signer(tmp_path / "nothing")
