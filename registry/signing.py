"""Signatures over the sums, made by OpenSSH where an operator sets a key, and verified by OpenSSH alone."""

import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from registry.errors import CannotRunError

NAMESPACE = "threatshelf"
"""What the signatures are for: one made with the same key for something else is none of ours."""
SUFFIX = ".sig"
MEDIA_TYPE = "text/plain; charset=utf-8"
_KIND = "ssh-ed25519"
_SECONDS = 20


@dataclass(frozen=True)
class Signer:
    """A public key, as OpenSSH writes it without a comment, and what signs bytes with its private half."""

    public_key: str
    sign: Callable[[bytes], bytes]


def signer(key: Path) -> Signer:
    """The signer with the private key in this file, which has no passphrase; CannotRunError when it cannot sign."""
    public = _ssh_keygen(key, "-y", "-P", "").decode("ascii", "replace").split()
    if public[:1] != [_KIND]:
        # Others put chance into their signatures, so that equal catalogues would not be equal bytes.
        raise CannotRunError(f"the signing key {key} is none of the kind {_KIND}: make one with ssh-keygen -t ed25519.")
    return Signer(" ".join(public[:2]), lambda body: _ssh_keygen(key, "-Y", "sign", "-n", NAMESPACE, stdin=body))


def told(found: Signer | None) -> dict[str, Any] | None:
    """What the discovery document says: everything `ssh-keygen -Y verify` asks for; None where nothing is signed."""
    if found is None:
        return None
    return {
        "file": "SHA256SUMS.sig, beside each SHA256SUMS",
        "namespace": NAMESPACE,
        "public_key": found.public_key,
        "allowed_signers": f'{NAMESPACE} namespaces="{NAMESPACE}" {found.public_key}',
        "verify": (
            f"ssh-keygen -Y verify -f allowed_signers -I {NAMESPACE} -n {NAMESPACE} -s SHA256SUMS.sig < SHA256SUMS"
        ),
    }


def _ssh_keygen(key: Path, *arguments: str, stdin: bytes = b"") -> bytes:
    command = ["ssh-keygen", *arguments, "-f", str(key)]
    try:
        done = subprocess.run(command, input=stdin, capture_output=True, timeout=_SECONDS, check=False)  # noqa: S603
    except (OSError, subprocess.TimeoutExpired) as error:
        raise CannotRunError(f"ssh-keygen cannot be run: {error}. Install OpenSSH's client.") from error
    if done.returncode:
        said = done.stderr.decode("utf-8", "replace").strip().partition("\n")[0]
        raise CannotRunError(f"the signing key {key} cannot be used: {said}.")
    return done.stdout
