"""Parsed documents kept from one run to the next, by the content of their files.

A document depends on nothing but a file's bytes, its suffix and the readers, so that is what it is found by: an entry
holds the bytes that it was made of, and counts only for exactly those. Paths are no part of it. The readers are told
apart by a stamp: our version, Python's, and the size and time of every source file of theirs and of PyYAML's; one who
works on them never gets what they made before.

**Where.** In the user's own cache folder, not in the repository. What a repository brings along must not decide what is
found in it, and a folder of entries would: each says what its file is read as. The folder is made for the user alone;
one that belongs to someone else, or that others can write to, is not used. ``--cache-dir`` and METTA_LINT_CACHE_DIR
name another, which is then trusted to be one's own.

**How.** One pack for each folder that the linter is started in: a line of JSON that says where each entry lies, then
the entries, each a file's bytes and its document as JSON. JSON is parsed and never run; pickle and marshal are not for
bytes that may have been damaged. A checksum tells damaged entries, which are made anew. A pack is written beside its
place and renamed, so that no reader ever sees half of one; what others wrote meanwhile is taken over. What was not used
for a month is dropped, and the oldest beyond the bounds on size.
"""

from __future__ import annotations

import os
import sys
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from zlib import crc32

from metta_lint import __version__
from metta_lint.records import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

    from metta_lint.documents import Document
    from metta_lint.errors import InputError

VARIABLE = "METTA_LINT_CACHE_DIR"
FORMAT = 1
PACK_LIMIT = 32 << 20
"""Bytes of one pack; 10,000 small files take about half of them."""
FOLDER_LIMIT = 128 << 20
"""Bytes of all packs together."""
KEPT_DAYS = 30
REFRESHED_DAYS = 7
"""The use of an entry is noted again after so many days: to write a pack at every use would cost more than it saves."""
_AT_ONCE = 4 << 20  # bytes of a pack that are read in one go; of a larger one, entry by entry
_SUFFIX = ".pack"
_DAMAGED = (OSError, ValueError, TypeError, KeyError, IndexError, AttributeError, RecursionError)
"""What reading a damaged pack can raise."""


class Entry(NamedTuple):
    """Where an entry lies in its pack, and when it was used last, in days since 1970."""

    start: int
    bytes_read: int
    length: int
    checksum: int
    day: int


class Cache:
    """The documents of one pack. Nothing is read before the first document is asked for."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._today = int(time.time() // 86_400)
        self._pack: _Pack | None = None
        self._added: dict[str, tuple[bytes, bytes]] = {}
        self._used: set[str] = set()

    def find(self, suffix: str, data: bytes, path: str) -> Document | InputError | None:
        """What a file of these bytes was read as, said of the file at a path; None where it is not known."""
        from metta_lint.sources.encoding import decode

        if self._pack is None:
            self._pack = _Pack(self._path)
        key = _key(suffix, data)
        try:
            text = self._pack.text(key, data)
            found = None if text is None else decode(text, path)
        except _DAMAGED:
            return None
        if found is not None:
            self._used.add(key)
        return found

    def add(self, suffix: str, data: bytes, path: str, found: Document | InputError) -> None:
        """Keep what a file was read as, if its text says all of it."""
        from metta_lint.sources.encoding import NotKeptError, encode

        try:
            self._added[_key(suffix, data)] = data, encode(found, path).encode()
        except NotKeptError:
            return

    def save(self) -> None:
        """Write the pack if there is something new in it. What cannot be written is not: it is but a cache."""
        old = self._pack
        entries = old.entries if old is not None else {}
        is_stale = any(self._today - entries[key].day > REFRESHED_DAYS for key in self._used)
        if not self._added and not is_stale:
            return
        try:
            _prepare(os.path.dirname(self._path))
            self._write(_Pack(self._path))
            _prune(self._path, self._today)
        except OSError:
            return

    def _write(self, now: _Pack) -> None:
        """Write what is new, then what the pack has by now, the latest used first, up to the bounds."""
        index: dict[str, Entry] = {}
        blobs: list[bytes] = []
        size = 0
        kept = sorted(now.entries, key=lambda key: (key not in self._used, -now.entries[key].day))
        for key in (*self._added, *(key for key in kept if key not in self._added)):
            blob, entry = self._entry(key, now, size)
            if blob and size + len(blob) <= PACK_LIMIT:
                index[key] = entry
                blobs.append(blob)
                size += len(blob)
        import json

        head = json.dumps([_stamp(), index], separators=(",", ":")).encode()
        temporary = f"{self._path}.{os.getpid()}.tmp"
        try:
            with open(temporary, "wb") as file:
                file.writelines([head, b"\n", *blobs])
            os.replace(temporary, self._path)
        finally:
            if os.path.exists(temporary):
                os.unlink(temporary)

    def _entry(self, key: str, now: _Pack, start: int) -> tuple[bytes, Entry]:
        if key in self._added:
            data, text = self._added[key]
            return data + text, Entry(start, len(data), len(text), crc32(text), self._today)
        old = now.entries[key]
        day = self._today if key in self._used else old.day
        blob = now.blob(old) if self._today - day <= KEPT_DAYS else b""
        return blob, old._replace(start=start, day=day)


class _Pack:
    """A pack as it is on the disk: empty where there is none, where it is damaged, or where others' readers made it."""

    def __init__(self, path: str) -> None:
        self.entries: dict[str, Entry] = {}
        self._file: Any = None
        try:
            self._open(path)
        except _DAMAGED:
            self.entries = {}

    def _open(self, path: str) -> None:
        import json
        from io import BytesIO

        if os.path.getsize(path) > 2 * PACK_LIMIT:
            return
        with open(path, "rb") as file:
            head = file.readline()
            stamp, index = json.loads(head)
            if stamp != _stamp():
                return
            self._start = len(head)
            size = os.fstat(file.fileno()).st_size
            if size <= _AT_ONCE:
                self._file = BytesIO(head + file.read())
        if self._file is None:
            self._file = open(path, "rb", buffering=0)  # noqa: SIM115 - as long as the process
        self.entries = {key: Entry(*map(int, entry)) for key, entry in index.items()}

    def text(self, key: str, data: bytes) -> str | None:
        """The document kept for these bytes, as text. Raises one of _DAMAGED for what is no text any more."""
        entry = self.entries.get(key)
        if entry is None:
            return None
        blob = self.blob(entry)
        text = blob[entry.bytes_read :]
        if blob[: entry.bytes_read] != data or crc32(text) != entry.checksum:
            return None
        return text.decode()

    def blob(self, entry: Entry) -> bytes:
        """An entry as it is written: the file's bytes, and the document."""
        self._file.seek(self._start + entry.start)
        blob: bytes = self._file.read(entry.bytes_read + entry.length)
        return blob


def _key(suffix: str, data: bytes) -> str:
    """What an entry is looked up by. It need not be one of a kind: the bytes are compared."""
    return f"{suffix}{len(data)}-{crc32(data):x}"


def _stamp() -> str:
    """What tells the readers apart that documents were made by."""
    from importlib.machinery import PathFinder

    package = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    yaml = PathFinder.find_spec("yaml")
    folders = [f"{package}/sources", *(yaml.submodule_search_locations or () if yaml is not None else ())]
    files = [f"{package}/documents.py", f"{package}/errors.py"]
    for folder in folders:
        files += sorted(f"{folder}/{name}" for name in os.listdir(folder) if not name.startswith("__pycache__"))
    states = [(file, status.st_mtime_ns, status.st_size) for file in files for status in (os.stat(file),)]
    made = f"{FORMAT} {__version__} {sys.implementation.cache_tag} {sys.hexversion:x}"
    return f"{made} {crc32(repr(states).encode()):x}"


# -- folders -----------------------------------------------------------------------------------------------------------


@contextmanager
def kept_documents(folder: str | None = None, *, wanted: bool = True) -> Iterator[None]:
    """While this lasts, documents are taken from the cache, and what is new is put into it at the end.

    ``folder`` is where the cache lies instead of the user's own cache folder. Where there is no place for it, nothing
    is kept.
    """
    from metta_lint import sources

    place = cache_folder(folder) if wanted else None
    pack = _pack_of_here() if place is not None else None
    if place is None or pack is None:
        yield
        return
    cache = Cache(os.path.join(place, pack))
    with sources.remembering(cache):
        yield
    cache.save()


def _pack_of_here() -> str | None:
    """The name of the pack for the current folder; None where that has been deleted."""
    try:
        here = os.getcwd()
    except OSError:
        return None
    return f"{os.path.basename(here)[:40]}-{crc32(os.fsencode(here)):08x}{_SUFFIX}"


def cache_folder(named: str | None) -> str | None:
    """Where the cache lies: in the folder that is named, else the user's own; None where that is not theirs alone."""
    named = named or os.environ.get(VARIABLE)
    if named:
        return os.path.abspath(named)
    folder = os.path.join(_users_cache(), "metta-lint")
    return folder if os.path.isabs(folder) and _is_ours(folder) else None


def _users_cache() -> str:
    """Where programs of this user keep what they can make again (the XDG base directories, and what is like them)."""
    if sys.platform == "win32":
        return os.environ.get("LOCALAPPDATA", "")
    if sys.platform == "darwin":
        return os.path.expanduser("~/Library/Caches")
    return os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")


def _is_ours(folder: str) -> bool:
    """Whether a folder is not there yet, or belongs to this user and no one else can write to it."""
    try:
        status = os.stat(folder)
    except OSError:
        return True
    return os.name == "nt" or (status.st_uid == os.geteuid() and not status.st_mode & 0o022)


def _prepare(folder: str) -> None:
    """Make the folder, and tell git and programs that make backups to leave it alone."""
    if os.path.isdir(folder):
        return
    os.makedirs(folder, mode=0o700, exist_ok=True)
    for name, text in (
        (".gitignore", "*\n"),
        ("CACHEDIR.TAG", "Signature: 8a477f597d28d172789f06886806bc55\n# See https://bford.info/cachedir/\n"),
    ):
        with open(os.path.join(folder, name), "w", encoding="utf-8") as file:
            file.write(text)


def _prune(written: str, today: int) -> None:
    """Delete what lies beside a pack and was not written for long, and the oldest of what takes too much room."""
    folder = os.path.dirname(written)
    packs = [os.path.join(folder, name) for name in os.listdir(folder) if name.endswith((_SUFFIX, ".tmp"))]
    found = sorted(((os.stat(pack), pack) for pack in packs), key=lambda pair: -pair[0].st_mtime)
    total = 0
    for status, pack in found:
        total += status.st_size
        is_old = today - status.st_mtime // 86_400 > KEPT_DAYS
        if pack != written and (is_old or total > FOLDER_LIMIT):
            os.unlink(pack)
