"""Sources: readers that turn one file's bytes into a document with the span of every value."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from metta_lint.base import plugins
from metta_lint.base.errors import InputError, LintError
from metta_lint.files.file_system import identity, read_bytes
from metta_lint.sources.syntax import BY_SUFFIX, syntax_of
from metta_lint.sources.text import file_start

if TYPE_CHECKING:
    from metta_lint.base.documents import Document
    from metta_lint.files.file_system import Identity
    from metta_lint.sources.syntax import Source, Syntax


MARKER = b"metta-lint:"
"""The mark of a comment for metta-lint. A file without it is not searched for comments."""
_CACHED_BYTES = 4 << 20  # of all files together, whose documents take up to sixty times as much
_documents: dict[tuple[Identity, object], tuple[Document | InputError, int]] = {}
"""Each with its size in bytes; an error counts as ``_ERROR_BYTES``."""
_ERROR_BYTES = 1_000
_cached_bytes = 0


def added_sources() -> tuple[Source, ...]:
    """The sources that plugins add."""
    return tuple(added.item for added in plugins.items(plugins.SOURCES))


def known_suffixes() -> tuple[str, ...]:
    """The suffixes of files that can be read, including those of plugins."""
    return tuple(dict.fromkeys((*BY_SUFFIX, *(suffix for source in added_sources() for suffix in source.suffixes))))


def read(path: str, data: bytes | None = None) -> Document:
    """Parse a file into a document; ``data`` are its bytes if they are known already.

    Documents are cached until the file changes: plans, rules and sweeps read the same ones. Raises InputError for a
    file that cannot be read, is too large, or is not what its suffix says.
    """
    if data is not None:
        return _parse(path, data)
    key = identity(path), plugins.in_use()
    if key not in _documents:
        _read_into_cache(path, key)
    found = _documents[key][0]
    if isinstance(found, InputError):
        raise found.with_traceback(None)  # or it would keep those of all who have raised it
    return found


def _read_into_cache(path: str, key: tuple[Identity, object]) -> None:
    """Cache a file's document or error, and drop the oldest ones beyond the limit."""
    global _cached_bytes  # noqa: PLW0603 - it belongs to what is cached
    try:
        data = bytes_of(path)
        entry: tuple[Document | InputError, int] = _parse(path, data), len(data)
    except InputError as error:
        entry = error, _ERROR_BYTES
    _cached_bytes += entry[1]
    while _cached_bytes > _CACHED_BYTES and _documents:
        _cached_bytes -= _documents.pop(next(iter(_documents)))[1]
    _documents[key] = entry


def _parse(path: str, data: bytes) -> Document:
    syntax = syntax_of(path)
    document = _read_as(syntax, path, data)
    if MARKER not in data or syntax is None:
        return document
    from metta_lint.sources.comments import comments

    return document._replace(comments=(*document.comments, *comments(syntax, data, document)))


def _read_as(syntax: Syntax | None, path: str, data: bytes) -> Document:
    suffix = os.path.splitext(path)[1].lower()
    for source in added_sources():
        if suffix in source.suffixes and source.claims(path, data):
            try:
                return source.parse(data, path)
            except LintError:
                raise
            except Exception as error:
                reason = f"{type(error).__name__}: {error}"
                raise LintError(f"source {source.name} crashed on {path}: {reason}") from error
    if syntax is None:
        raise InputError(f"no reader for this kind of file (known: {' '.join(known_suffixes())})", file_start(path))
    return syntax.parse(data, path)


def bytes_of(path: str) -> bytes:
    """A file's bytes: an editor's buffer if it is open in one; of a file that is too large, one byte beyond the limit.

    Raises InputError for a file that cannot be read.
    """
    try:
        return read_bytes(path)
    except (OSError, ValueError) as error:  # ValueError: a NUL in the path
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise InputError(f"cannot be read: {reason}", file_start(path)) from None


def readable(path: str, *, repeats: bool = False) -> Document | None:
    """A file's document; None if it cannot be read, which is a finding of its own.

    With ``repeats``, a file with duplicate keys is read too; each repeated key gets a different name.
    """
    if os.path.splitext(path)[1].lower() not in known_suffixes():
        return None
    try:
        return read(path)
    except InputError as error:
        syntax = syntax_of(path)
        if not repeats or error.repeats is None or syntax is None:
            return None
    try:
        return syntax.parse(read_bytes(path), path, repeats=True)
    except InputError:
        return None
