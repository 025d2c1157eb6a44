"""A real editor's side of the language server: a subprocess, stdio, and nothing that waits for a clock."""

from __future__ import annotations

import asyncio
import sys
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lsprotocol import types as lsp
from pygls.lsp.client import LanguageClient
from pygls.uris import to_fs_path

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

PATIENCE = 60  # seconds until a test that waits for what never comes gives up

PYGLS_ON_3_14 = "ignore:'asyncio.iscoroutinefunction' is deprecated:DeprecationWarning"
COMMAND = (sys.executable, "-W", "error", "-W", PYGLS_ON_3_14, "-m", "metta_lint", "server")


class Editor:
    """An editor with one folder. ``diagnostics`` are the latest of each file, by its path from the folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.client = LanguageClient("editor", "1")
        self.diagnostics: dict[str, list[lsp.Diagnostic]] = {}
        self.published: list[tuple[str, int | None]] = []
        self.messages: list[str] = []
        self.documents_shown: list[tuple[Path, str]] = []
        self.versions: dict[str, int] = {}
        self.held: dict[str, str] = {}
        self.result: lsp.InitializeResult | None = None
        self._news = asyncio.Event()
        self.client.feature(lsp.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS)(partial(self._on_diagnostics))
        self.client.feature(lsp.WINDOW_SHOW_MESSAGE)(partial(self._on_message))
        self.client.feature(lsp.WINDOW_SHOW_DOCUMENT)(partial(self._on_document))
        self.client.feature(lsp.CLIENT_REGISTER_CAPABILITY)(lambda _: None)

    def _on_diagnostics(self, params: lsp.PublishDiagnosticsParams) -> None:
        name = self.name(params.uri)
        self.diagnostics[name] = list(params.diagnostics)
        self.published.append((name, params.version))
        self._news.set()

    def _on_message(self, params: lsp.ShowMessageParams) -> None:
        self.messages.append(params.message)
        self._news.set()

    def _on_document(self, params: lsp.ShowDocumentParams) -> lsp.ShowDocumentResult:
        path = Path(to_fs_path(params.uri) or "")
        self.documents_shown.append((path, path.read_text(encoding="utf-8")))
        return lsp.ShowDocumentResult(success=True)

    async def until(self, condition: Callable[[], bool]) -> None:
        """Wait for a notification after which something is so."""
        async with asyncio.timeout(PATIENCE):
            while not condition():
                self._news.clear()
                await self._news.wait()

    # -- files -------------------------------------------------------------------------------------------------------

    def uri(self, name: str) -> str:
        return (self.folder / name).as_uri()

    def name(self, uri: str) -> str:
        """The path from the folder of an address, the address itself where that is elsewhere."""
        path = Path(to_fs_path(uri) or "")
        return path.relative_to(self.folder).as_posix() if path.is_relative_to(self.folder) else uri

    def text(self, name: str) -> str:
        return (self.folder / name).read_bytes().decode()

    async def open(self, name: str, text: str | None = None) -> None:
        """Open a file, and wait for what is said of it."""
        content = self.text(name) if text is None else text
        self.versions[name], self.held[name] = 1, content
        item = lsp.TextDocumentItem(self.uri(name), "config", 1, content)
        self.client.text_document_did_open(lsp.DidOpenTextDocumentParams(item))
        await self.until(lambda: (name, 1) in self.published)

    async def type(self, name: str, text: str) -> None:
        """Change what is held of a file, saving nothing, and wait for what is said of it."""
        version = self.touch(name, text)
        await self.until(lambda: (name, version) in self.published)

    def touch(self, name: str, text: str) -> int:
        """Change what is held of a file; its new version."""
        self.versions[name] += 1
        self.held[name] = text
        identifier = lsp.VersionedTextDocumentIdentifier(self.versions[name], self.uri(name))
        change = lsp.TextDocumentContentChangeWholeDocument(text)
        self.client.text_document_did_change(lsp.DidChangeTextDocumentParams(identifier, [change]))
        return self.versions[name]

    def close(self, name: str) -> None:
        """Close a document: its file counts again."""
        del self.held[name]
        self.client.text_document_did_close(lsp.DidCloseTextDocumentParams(lsp.TextDocumentIdentifier(self.uri(name))))

    def say_changed(self, name: str) -> None:
        """Tell that a file changed on disk."""
        event = lsp.FileEvent(self.uri(name), lsp.FileChangeType.Changed)
        self.client.workspace_did_change_watched_files(lsp.DidChangeWatchedFilesParams([event]))

    def last_line(self, name: str) -> int:
        """The last line, from 0, of what is held of a file that ends with a line break."""
        return len(self.held[name].splitlines()) - 1

    # -- questions ---------------------------------------------------------------------------------------------------

    def _at(self, name: str, line: int, character: int) -> dict[str, Any]:
        return {
            "text_document": lsp.TextDocumentIdentifier(self.uri(name)),
            "position": lsp.Position(line, character),
        }

    async def hover(self, name: str, line: int, character: int) -> str | None:
        answer = await self.client.text_document_hover_async(lsp.HoverParams(**self._at(name, line, character)))
        if answer is None:
            return None
        assert isinstance(answer.contents, lsp.MarkupContent)
        assert answer.contents.kind == lsp.MarkupKind.Markdown
        return answer.contents.value

    async def definition(self, name: str, line: int, character: int) -> list[tuple[str, int]]:
        params = lsp.DefinitionParams(**self._at(name, line, character))
        return self._places(await self.client.text_document_definition_async(params))

    async def references(self, name: str, line: int, character: int) -> list[tuple[str, int]]:
        context = lsp.ReferenceContext(include_declaration=True)
        params = lsp.ReferenceParams(context, **self._at(name, line, character))
        return self._places(await self.client.text_document_references_async(params))

    def _places(self, found: Any) -> list[tuple[str, int]]:
        return [(self.name(place.uri), place.range.start.line) for place in found or []]

    def place(self, location: lsp.Location) -> tuple[str, lsp.Range]:
        """A location, by its file's path from the folder."""
        return self.name(location.uri), location.range

    async def actions(self, name: str, place: lsp.Range, *only: str) -> dict[str, lsp.CodeAction]:
        """What is offered, by title. The client takes every action that has a command for a bare command."""
        context = lsp.CodeActionContext(self.diagnostics.get(name, []), list(only) or None)
        params = lsp.CodeActionParams(lsp.TextDocumentIdentifier(self.uri(name)), place, context)
        found = await self.client.text_document_code_action_async(params)
        return {
            action.title: action if isinstance(action, lsp.CodeAction) else lsp.CodeAction(action.title)
            for action in found or []
        }

    async def leave(self, *, politely: bool = True) -> int:
        """Take leave; the server's exit code."""
        if politely:
            await self.client.shutdown_async(None)
        self.client.exit(None)
        server = self.client._server
        assert server is not None
        assert server.stderr is not None
        async with asyncio.timeout(PATIENCE):
            self.stderr = (await server.stderr.read()).decode()
            return await server.wait()


@asynccontextmanager
async def editing(
    folder: Path,
    *,
    capabilities: lsp.ClientCapabilities | None = None,
    folders: tuple[Path, ...] | None = None,
    politely: bool = True,
    exit_code: int = 0,
    stderr: str | None = "",
) -> AsyncIterator[Editor]:
    """A session in a folder: from the handshake until the server has ended, as it should.

    ``stderr`` is the one line that may have been written there, as often as it likes; None: whatever there is.
    """
    editor = Editor(folder)
    await editor.client.start_io(*COMMAND, cwd=folder)
    try:
        roots = [
            lsp.WorkspaceFolder(path.as_uri(), path.name) for path in (folders if folders is not None else (folder,))
        ]
        params = lsp.InitializeParams(capabilities or lsp.ClientCapabilities(), workspace_folders=roots)
        editor.result = await editor.client.initialize_async(params)
        editor.client.initialized(lsp.InitializedParams())
        yield editor
        assert await editor.leave(politely=politely) == exit_code
        assert stderr is None or set(editor.stderr.splitlines()) <= {stderr}
    finally:
        server = editor.client._server
        if server is not None and server.returncode is None:
            server.kill()
        await editor.client.stop()


def apply(edit: lsp.WorkspaceEdit, text: str, uri: str) -> str:
    """A text with a workspace's edits of it, which touch nothing else; characters are as wide as code units."""
    ((address, edits),) = edits_of(edit).items()
    assert address == uri
    starts = [0]
    for line in text.splitlines(keepends=True):
        starts.append(starts[-1] + len(line))
    for each in sorted(edits, key=lambda each: (each.range.start.line, each.range.start.character), reverse=True):
        start, end = (starts[place.line] + place.character for place in (each.range.start, each.range.end))
        text = text[:start] + each.new_text + text[end:]
    return text


def edits_of(edit: lsp.WorkspaceEdit) -> dict[str, list[lsp.TextEdit]]:
    """A workspace's edits by file, in either form."""
    found = {uri: list(edits) for uri, edits in (edit.changes or {}).items()}
    for change in edit.document_changes or ():
        assert isinstance(change, lsp.TextDocumentEdit)
        edits = [each for each in change.edits if isinstance(each, lsp.TextEdit)]
        found.setdefault(change.text_document.uri, []).extend(edits)
    return found
