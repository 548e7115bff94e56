"""Signatures over the sums of folders: made when they are published, never by a server that reads."""

from collections.abc import Iterator

from sqlalchemy import Connection, delete, insert, text

from registry.signing import SUFFIX, Signer
from registry.store import sums
from registry.store.rows import SignatureRow


def is_signature(path: str) -> bool:
    """Whether the signature of a folder's sums would stand at the path."""
    return path.endswith(SUFFIX) and sums.is_sums(path.removesuffix(SUFFIX))


def read(connection: Connection, path: str) -> bytes | None:
    """The signature that stands at the path; None where the sums are not signed."""
    row = connection.execute(_SIGNATURE, {"path": path.rpartition("/")[0]}).first()
    return bytes(row.signature) if row else None


def write(connection: Connection, signer: Signer | None) -> None:
    """Sign what was not signed with this key as it is now; without a key no signature is left.

    Raises CannotRunError when the key cannot be used.
    """
    if signer is None:
        connection.execute(delete(SignatureRow))
        return
    for folder in list(_unsigned(connection, signer.public_key)):
        connection.execute(text("DELETE FROM signature WHERE path = :path"), {"path": folder.path})
        row = {
            "path": folder.path,
            "serial": folder.serial,
            "public_key": signer.public_key,
            "signature": signer.sign(sums.body(connection, folder.path)),
        }
        connection.execute(insert(SignatureRow), row)


def _unsigned(connection: Connection, public_key: str) -> Iterator[sums.Folder]:
    rows = connection.execute(text("SELECT path, serial, public_key FROM signature"))
    signed = {(row.path, row.serial) for row in rows if row.public_key == public_key}
    return (folder for folder in sums.folders(connection) if (folder.path, folder.serial) not in signed)


_SIGNATURE = text(
    "SELECT s.signature FROM signature s JOIN folder f ON f.path = s.path AND f.serial = s.serial WHERE s.path = :path"
)
