"""Content-addressed bytes on disk: a document is stored under its own SHA-256, so the same bytes are stored once.

Under the root a blob lies at `<first two digits>/<the other sixty-two>`. A blob appears whole or not at all: it is written to a
temporary file beside its place, flushed to the disk, and renamed. What is read is hashed again, because disks forget.
"""

from __future__ import annotations

import hashlib
import os
import re
import tempfile
from pathlib import Path

from motcua.errors import InvalidInput, NotFound, Unavailable

_SHA256 = re.compile(r"[0-9a-f]{64}")


class NotABlobName(InvalidInput):
    """Blobs are named by 64 lower-case hexadecimal digits and by nothing else, so that no name can lead out of the folder."""


class BlobNotFound(NotFound):
    """No bytes with this hash are stored."""


class BlobDamaged(Unavailable):
    """What lies on the disk is not what was stored; storing the same content again mends it."""


class FolderBlobs:
    """`Blobs` of engine/connectors.py in a folder, safe between threads and between processes."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def put(self, content: bytes) -> str:
        """Store `content` and return its SHA-256 in hex. When this returns, the bytes survive a power cut."""
        sha256 = hashlib.sha256(content).hexdigest()
        path = self._path(sha256)
        if not _holds(path, sha256):
            path.parent.mkdir(parents=True, exist_ok=True)
            _write_whole(path, content)
        return sha256

    def get(self, sha256: str) -> bytes:
        """Raises NotABlobName, BlobNotFound, or BlobDamaged when the stored bytes no longer have this hash."""
        path = self._path(sha256)
        try:
            content = path.read_bytes()
        except FileNotFoundError as cause:
            raise BlobNotFound(
                f"No document with the hash {sha256} is stored; restore the folder of documents from its backup.", sha256=sha256
            ) from cause
        if hashlib.sha256(content).hexdigest() != sha256:
            raise BlobDamaged(
                f"The document with the hash {sha256} was altered on the disk; restore it from the backup.", sha256=sha256
            )
        return content

    def _path(self, sha256: str) -> Path:
        if _SHA256.fullmatch(sha256) is None:
            raise NotABlobName(
                f"{sha256!r} names no document; give its SHA-256 as 64 lower-case hexadecimal digits.", sha256=sha256
            )
        return self._root / sha256[:2] / sha256[2:]


def _holds(path: Path, sha256: str) -> bool:
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest() == sha256
    except FileNotFoundError:
        return False


def _write_whole(path: Path, content: bytes) -> None:
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=".new-")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
    _flush_folder(path.parent)
    _flush_folder(path.parent.parent)


def _flush_folder(folder: Path) -> None:
    """Make the rename itself durable. Windows has no such call, and renames there are journalled."""
    if os.name == "nt":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
