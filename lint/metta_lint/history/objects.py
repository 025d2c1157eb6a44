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


class Objects:
    """The sizes and bytes of a repository's objects; its processes end when the block does."""

    def __init__(self, repository: Repository) -> None:
        self._repository = repository
        self._sizes = _Answers(repository, "--batch-check")
        self._contents = _Answers(repository, "--batch")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._sizes.close()
        self._contents.close()

    def size(self, oid: str) -> int | None:
        """An object's size in bytes; None where it is not here. Raises LintError in a clone that is partial."""
        return _size(self._sizes.head(oid))

    def read(self, oid: str) -> bytes:
        """An object's bytes: it must be there, and of a size that one has looked at. Raises LintError otherwise."""
        size = _size(self._contents.head(oid))
        if size is None:
            raise LintError(f"{self._repository.top}: the object {oid} cannot be read")
        return self._contents.body(size)


class _Answers:
    """One ``git cat-file``, started when it is first asked."""

    def __init__(self, repository: Repository, mode: str) -> None:
        self._repository = repository
        self._mode = mode
        self._process: subprocess.Popen[bytes] | None = None

    def head(self, oid: str) -> list[bytes]:
        """What it says of an object: its name, type and size; or that it is missing."""
        process = self._process or self._start()
        try:
            _in(process).write(f"{oid}\n".encode("ascii"))
            _in(process).flush()
            line = _out(process).readline()
        except OSError:
            line = b""
        if not line:  # it would have to fetch the object, and may not
            raise LintError(
                f"{self._repository.top}: this clone is partial, and does not have the files of earlier commits"
            )
        return line.split()

    def body(self, size: int) -> bytes:
        """The bytes that follow."""
        process = self._process or self._start()
        return _out(process).read(size + 1)[:size]

    def _start(self) -> subprocess.Popen[bytes]:
        self._process = self._repository.conversation("cat-file", self._mode)
        return self._process

    def close(self) -> None:
        if self._process is not None:
            with suppress(OSError):  # it may have ended by itself
                _in(self._process).close()
            _out(self._process).close()
            self._process.wait()


def _size(head: list[bytes]) -> int | None:
    return int(head[2]) if len(head) == 3 and head[1] == b"blob" else None


def _in(process: subprocess.Popen[bytes]) -> IO[bytes]:
    assert process.stdin is not None  # noqa: S101 - for the type checker: it is a pipe
    return process.stdin


def _out(process: subprocess.Popen[bytes]) -> IO[bytes]:
    assert process.stdout is not None  # noqa: S101 - for the type checker: it is a pipe
    return process.stdout
