"""Results that are kept as long as the files that they were computed from stay the same.

The language server checks the same folders after each pause in typing. While a ``Memory`` is in use, ``recalled``
computes a result once and notes what was asked of the file system meanwhile. It returns the same result again if those
questions still have the same answers. Without a memory, everything is computed anew.
"""

from __future__ import annotations

from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Generic, TypeVar, cast

from metta_lint.files.file_system import FileSystem, current, using

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterator, Mapping

    from metta_lint.files.file_system import FolderEntry, Status

T = TypeVar("T")
Query = tuple[str, object]
"""The name of a method of a file system and a path; or RECALL and the key of another result."""
RECALL = "recall"


class Same(Generic[T]):
    """An object as part of a key, compared by identity."""

    def __init__(self, value: T) -> None:
        self.value = value

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Same) and self.value is other.value

    def __hash__(self) -> int:
        return id(self.value)


class _Kept:
    """A result, the answers that it depends on, and the last round in which they were found unchanged."""

    def __init__(self, result: object, answers: dict[Query, object], make: Callable[[], object], number: int) -> None:
        self.result = result
        self.answers = answers
        self.make = make
        self.round = number


class Memory(FileSystem):
    """Results of earlier rounds by their keys. Results that a round does not ask for are dropped at its end.

    While a result is computed, the memory is the file system in use and notes each query.
    """

    def __init__(self) -> None:
        self._kept: dict[Hashable, _Kept] = {}
        self._round = 0
        self._said: dict[Query, object] = {}
        self._noting: list[dict[Query, object]] = []
        self.below = current()

    @contextmanager
    def new_round(self) -> Iterator[None]:
        """Check all answers anew within this block: files may have changed."""
        self._round += 1
        self._said, self._noting, self.below = {}, [], current()
        token = _memory.set(self)
        try:
            yield
        finally:
            _memory.reset(token)
            self._kept = {key: kept for key, kept in self._kept.items() if kept.round == self._round}

    @property
    def is_in_use(self) -> bool:
        """Whether the file system in use is the one that this memory notes; not that of a fix that is tried."""
        return current() in (self.below, self)

    def recall(self, key: Hashable, make: Callable[[], T], *, by_result: bool) -> T:
        """See ``recalled``."""
        kept = self._kept.get(key)
        if kept is None or not self._holds(kept):
            kept = self._kept[key] = self._made(make)
        self._noted({(RECALL, key): kept.result} if by_result else kept.answers)
        return cast("T", kept.result)

    def _made(self, make: Callable[[], object]) -> _Kept:
        answers: dict[Query, object] = {}
        self._noting.append(answers)
        try:
            with using(self):
                result = make()
        except Exception:  # who asked for it may go on without it
            self._noting.pop()
            self._noted(answers)
            raise
        self._noting.pop()
        return _Kept(result, answers, make, self._round)

    def _noted(self, answers: Mapping[Query, object]) -> None:
        """Note that the result being computed depends on these too."""
        if self._noting:
            self._noting[-1].update(answers)

    def _holds(self, kept: _Kept) -> bool:
        if kept.round != self._round:
            if any(self._answer(query) != answer for query, answer in kept.answers.items()):
                return False
            kept.round = self._round
        return True

    def _answer(self, query: Query) -> object:
        what, about = query
        if what != RECALL:
            return self._ask(what, str(about))
        known = self._kept.get(about)
        if known is None:
            return None
        noting, self._noting = self._noting, []
        try:
            return self.recall(about, known.make, by_result=True)
        finally:
            self._noting = noting

    # -- as a file system ----------------------------------------------------------------------------------------------

    def status(self, path: str) -> Status:
        return cast("Status", self._answered("status", path))

    def content(self, path: str, limit: int) -> bytes:
        self._answered("status", path)  # first: what changes in between is seen the next time
        return self.below.content(path, limit)

    def entries(self, folder: str) -> list[FolderEntry]:
        answer = self._answered("entries", folder)
        if isinstance(answer, tuple):
            raise OSError(*answer, folder)
        return list(cast("list[FolderEntry]", answer))

    def real(self, path: str) -> str:
        return str(self._answered("real", path))

    def is_link(self, path: str) -> bool:
        return bool(self._answered("is_link", path))

    def _answered(self, what: str, path: str) -> object:
        """An answer, with a note that the result being computed depends on it."""
        answer = self._ask(what, path)
        self._noted({(what, path): answer})
        return answer

    def _ask(self, what: str, path: str) -> object:
        """The file system's answer, the same for a whole round; an error of listing as its fields."""
        query = what, path
        if query not in self._said:
            try:
                self._said[query] = getattr(self.below, what)(path)
            except OSError as error:
                self._said[query] = error.errno, error.strerror
        return self._said[query]


_memory: ContextVar[Memory | None] = ContextVar("memory", default=None)


def recalled(key: Hashable, make: Callable[[], T], *, by_result: bool = False) -> T:
    """The result of ``make``, or its earlier result for an equal key if no file that it asked for has changed.

    The result must depend on nothing but the key and files. With ``by_result``, a result that uses this one depends on
    its value and not on the files behind it; then ``make`` must not keep anything from one round.
    """
    memory = _memory.get()
    if memory is None or not memory.is_in_use:
        return make()
    return memory.recall(key, make, by_result=by_result)


def remembers() -> bool:
    """Whether a memory is in use; if so, results must not be cached elsewhere without its notes."""
    memory = _memory.get()
    return memory is not None and memory.is_in_use
