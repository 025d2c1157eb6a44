"""Objects of a repository, asked for one by one of processes that stay: to start one takes longer than to answer."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from metta_lint.base.errors import LintError

if TYPE_CHECKING:
    import subprocess
    from types import TracebackType
    from typing import IO, Self

    from metta_lint.history.git import Repository

CHECK, CONTENT = "--batch-check", "--batch"


class Objects:
    """The sizes and bytes of a repository's objects; its processes end when the block does."""

    def __init__(self, repository: Repository) -> None:
        self._repository = repository
        self._processes: dict[str, subprocess.Popen[bytes]] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for process in self._processes.values():
            with suppress(OSError):  # it may have ended by itself
                _pipe(process.stdin).close()
            _pipe(process.stdout).close()
            process.wait()

    def size(self, oid: str) -> int | None:
        """An object's size in bytes; None where it is not here. Raises LintError in a clone that is partial."""
        return self._size(CHECK, oid)

    def read(self, oid: str) -> bytes:
        """An object's bytes: it must be there, and of a size that one has looked at. Raises LintError otherwise."""
        size = self._size(CONTENT, oid)
        if size is None:
            raise LintError(f"{self._repository.top}: the object {oid} cannot be read")
        return _pipe(self._processes[CONTENT].stdout).read(size + 1)[:size]

    def _size(self, mode: str, oid: str) -> int | None:
        """Ask for an object, and read the first line of the answer: its name, type and size."""
        if mode not in self._processes:
            self._processes[mode] = self._repository.conversation("cat-file", mode)
        process = self._processes[mode]
        try:
            _pipe(process.stdin).write(f"{oid}\n".encode("ascii"))
            _pipe(process.stdin).flush()
            head = _pipe(process.stdout).readline().split()
        except OSError:
            head = []
        if not head:  # it would have to fetch the object, and may not
            raise LintError(
                f"{self._repository.top}: this clone is partial, and does not have the files of earlier commits"
            )
        return int(head[2]) if len(head) == 3 and head[1] == b"blob" else None


def _pipe(stream: IO[bytes] | None) -> IO[bytes]:
    assert stream is not None  # noqa: S101 - for the type checker: it is a pipe
    return stream
