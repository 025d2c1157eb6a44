"""One editor's session: what it holds, what was last found in it, and the thread that lints."""

from __future__ import annotations

import asyncio
import threading
from contextlib import suppress
from functools import cached_property
from typing import TYPE_CHECKING, Generic, TypeVar

from pygls.workspace import PositionCodec

from metta_lint.server.diagnostics import diagnostics
from metta_lint.server.linting import Result, lint
from metta_lint.server.navigation import SettingPlaces
from metta_lint.server.state import EditorState, Held, file_key

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from metta_lint.files.memory import Memory
    from metta_lint.server.diagnostics import Shown
    from metta_lint.server.state import Root


PAUSE = 0.15
"""Seconds without a change before a state is linted: about the time between two keystrokes."""

Job = TypeVar("Job")


class IndexedResult:
    """A result with its diagnostics, and the places of its settings."""

    def __init__(self, result: Result) -> None:
        self.result = result
        self.shown: Mapping[str, list[Shown]] = diagnostics(result)

    @cached_property
    def places(self) -> SettingPlaces:
        """Where settings are written; found when somebody first asks."""
        return SettingPlaces(self.result)


class Session:
    """The editor's state. Every change of it is given to the worker's thread, whose result comes back to this one.

    ``publish`` is called with what was found in the latest state, ``fail`` with the error if linting crashed.
    """

    def __init__(self, publish: Callable[[IndexedResult], None], fail: Callable[[Exception], None]) -> None:
        self.state = EditorState()
        self.codec = PositionCodec()
        self._publish = publish
        self._fail = fail
        self._found = IndexedResult(Result(self.state, (), self.codec))
        self._settled = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._memories: dict[Root, Memory] = {}
        self._worker: Worker[EditorState] = Worker(self._lint)

    # -- on the protocol's thread ------------------------------------------------------------------------------------

    def open(self, uri: str, path: str, version: int, content: str) -> None:
        """A document was opened, or changed."""
        held = Held(uri, path, version, content)
        self._change(self.state._replace(held={**self.state.held, file_key(path): held}))

    def close(self, path: str) -> None:
        """A document was closed: its file is read again."""
        held = dict(self.state.held)
        held.pop(file_key(path), None)
        self._change(self.state._replace(held=held))

    def set_folders(self, folders: tuple[str, ...]) -> None:
        """The editor's folders, which are linted as a whole."""
        self._change(self.state._replace(folders=folders))

    def look_again(self) -> None:
        """Files have changed on disk."""
        self._change(self.state)

    def _change(self, state: EditorState) -> None:
        self.state = state._replace(number=state.number + 1)
        self._settled.clear()
        self._loop = asyncio.get_running_loop()
        self._worker.give(self.state)

    async def found(self) -> IndexedResult:
        """What is found in the latest state, once that is linted."""
        while not self._settled.is_set():  # after the event, another change may come before this task runs
            await self._settled.wait()
        return self._found

    def _take(self, found: IndexedResult | Exception, number: int) -> None:
        if number != self.state.number:
            return  # a newer state is being linted
        if isinstance(found, Exception):
            self._fail(found)
            found = IndexedResult(Result(self.state, (), self.codec))  # what was found before is of other texts
        self._found = found
        self._publish(found)
        self._settled.set()

    # -- on the worker's thread --------------------------------------------------------------------------------------

    def _lint(self, state: EditorState) -> None:
        try:
            found: IndexedResult | Exception = IndexedResult(lint(state, self.codec, self._memories))
        except Exception as error:  # noqa: BLE001 - a session outlives whatever goes wrong in one check
            found = error
        if self._loop is not None:
            with suppress(RuntimeError):  # the session has ended meanwhile
                self._loop.call_soon_threadsafe(self._take, found, state.number)


class Worker(Generic[Job]):
    """A thread that does the latest job it is given, once no newer one has come for a while.

    It ends with the process: an editor that leaves does not wait for a check.
    """

    def __init__(self, work: Callable[[Job], None], pause: float = PAUSE) -> None:
        self._work = work
        self._pause = pause
        self._latest: Job | None = None
        self._changed = threading.Condition()
        threading.Thread(target=self._run, name="metta-lint", daemon=True).start()

    def give(self, job: Job) -> None:
        """Do this next, instead of the job that waits."""
        with self._changed:
            self._latest = job
            self._changed.notify()

    def _run(self) -> None:
        while True:
            self._work(self._next())

    def _next(self) -> Job:
        with self._changed:
            while self._latest is None:
                self._changed.wait()
            while self._changed.wait(self._pause):
                pass
            job, self._latest = self._latest, None
        return job
