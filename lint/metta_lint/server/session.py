"""One editor's session: what it holds, what was last found in it, and who waits for that."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING

from metta_lint.server.diagnostics import diagnostics
from metta_lint.server.linting import File, Result, lint
from metta_lint.server.places import SettingPlaces
from metta_lint.server.state import EditorState, Held, resolved
from metta_lint.server.worker import Worker

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from metta_lint.files.memory import Memory
    from metta_lint.server.diagnostics import Shown
    from metta_lint.server.roots import Root


class IndexedResult:
    """A result with all that editors ask of it."""

    def __init__(self, result: Result) -> None:
        self.result = result
        self.shown: Mapping[str, list[Shown]] = diagnostics(result)
        self._places: SettingPlaces | None = None

    @property
    def places(self) -> SettingPlaces:
        """Where settings are written: worked out when it is first asked for."""
        if self._places is None:
            self._places = SettingPlaces(self.result)
        return self._places


class Session:
    """The state of the protocol's own thread. Every change is given to the worker; what it finds comes back here.

    ``publish`` is called with what was found in the latest state, ``fail`` with the error where linting crashed.
    """

    def __init__(self, publish: Callable[[IndexedResult], None], fail: Callable[[Exception], None]) -> None:
        self.state = EditorState()
        self.encoding = "utf-16"
        self._publish = publish
        self._fail = fail
        self._found = IndexedResult(Result(self.state, (), self.encoding))
        self._settled = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._memories: dict[Root, Memory] = {}
        self._worker: Worker[EditorState] = Worker(self._lint)

    # -- on the protocol's thread ------------------------------------------------------------------------------------

    def open(self, uri: str, path: str, version: int, content: str) -> None:
        """A document was opened, or changed."""
        held = Held(uri, path, version, content)
        self._change(self.state._replace(held={**self.state.held, resolved(path): held}))

    def close(self, path: str) -> None:
        """A document was closed: its file counts again."""
        key = resolved(path)
        self._change(self.state._replace(held={k: held for k, held in self.state.held.items() if k != key}))

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
        """What is found in the latest state, once it has been looked at."""
        while not self._settled.is_set():  # a change may come between the event and who waits for it
            await self._settled.wait()
        return self._found

    def _take(self, found: IndexedResult | Exception, number: int) -> None:
        if number != self.state.number:
            return  # it was overtaken: the state that did so is being worked on
        if isinstance(found, Exception):
            self._fail(found)
            found = IndexedResult(Result(self.state, (), self.encoding))  # what was found before is of other texts
        self._found = found
        self._publish(found)
        self._settled.set()

    # -- on the worker's thread --------------------------------------------------------------------------------------

    def _lint(self, state: EditorState) -> None:
        try:
            found: IndexedResult | Exception = IndexedResult(lint(state, self.encoding, self._memories))
        except Exception as error:  # noqa: BLE001 - a session outlives whatever goes wrong in one check
            found = error
        if self._loop is not None:
            with suppress(RuntimeError):  # the session has ended meanwhile
                self._loop.call_soon_threadsafe(self._take, found, state.number)


def file_of(path: str) -> File:
    """The file of a path that an editor gives."""
    return File(resolved(path), path)
