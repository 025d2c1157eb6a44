"""The protocol's side: what an editor says and asks, and what it is told (LSP 3.17, over stdin and stdout)."""

from __future__ import annotations

import asyncio
import logging
import os
import sys
import traceback
from enum import Enum
from functools import partial
from typing import TYPE_CHECKING, Protocol, TypeAlias

from lsprotocol import types as lsp
from pygls.capabilities import get_capability
from pygls.lsp.server import LanguageServer
from pygls.uris import from_fs_path, to_fs_path

from metta_lint import __version__
from metta_lint.rules.registry import load_rules
from metta_lint.server.actions import EXPLAIN, KINDS, Asked, actions
from metta_lint.server.hover import hover
from metta_lint.server.navigation import definitions, named_file, references
from metta_lint.server.pages import Pages
from metta_lint.server.session import Session, file_of
from metta_lint.sources.syntax import BY_SUFFIX

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from metta_lint.server.places import Use
    from metta_lint.server.session import IndexedResult

Published: TypeAlias = tuple[int | None, list[lsp.Diagnostic]]
"""What was sent of a file: for which version, and its diagnostics."""


class At(Protocol):
    """A question about a place of a document."""

    @property
    def text_document(self) -> lsp.TextDocumentIdentifier:
        """The document."""

    @property
    def position(self) -> lsp.Position:
        """Where in it."""


WATCHED = "**/*{" + ",".join(BY_SUFFIX) + "}"


class Server:
    """Answers one editor. The handlers run on one thread, the linting on another."""

    def __init__(self) -> None:
        # The whole text at each change: what a line is would otherwise have to be agreed upon to the last character.
        self.language_server = LanguageServer("metta-lint", __version__, lsp.TextDocumentSyncKind.Full)
        self.session = Session(self._publish, self._failed)
        self.pages = Pages()
        self.was_shut_down = False
        self._published: dict[str, Published] = {}
        self._problems: set[str] = set()
        for method, handler in self._handlers().items():  # as partials: pygls marks what it is given
            self.language_server.feature(method, _OPTIONS.get(method))(partial(handler))
        self.language_server.command(EXPLAIN)(partial(self._explain))

    def _handlers(self) -> Mapping[str, Callable[..., object]]:
        return {
            lsp.INITIALIZE: self._initialize,
            lsp.INITIALIZED: self._initialized,
            lsp.SHUTDOWN: self._shut_down,
            lsp.TEXT_DOCUMENT_DID_OPEN: self._opened,
            lsp.TEXT_DOCUMENT_DID_CHANGE: self._changed,
            lsp.TEXT_DOCUMENT_DID_SAVE: self._saved,
            lsp.TEXT_DOCUMENT_DID_CLOSE: self._closed,
            lsp.WORKSPACE_DID_CHANGE_WATCHED_FILES: self._saved,
            lsp.WORKSPACE_DID_CHANGE_WORKSPACE_FOLDERS: self._folders_changed,
            lsp.TEXT_DOCUMENT_HOVER: self._hover,
            lsp.TEXT_DOCUMENT_DEFINITION: self._definition,
            lsp.TEXT_DOCUMENT_REFERENCES: self._references,
            lsp.TEXT_DOCUMENT_CODE_ACTION: self._code_actions,
        }

    # -- what the editor says ----------------------------------------------------------------------------------------

    def _initialize(self, _params: lsp.InitializeParams) -> None:
        self.session.encoding = _plain(self.language_server.workspace.position_encoding or "utf-16")

    def _initialized(self, _params: lsp.InitializedParams) -> None:
        self._folders_changed(None)
        capabilities = self.language_server.client_capabilities
        if get_capability(capabilities, "workspace.did_change_watched_files.dynamic_registration"):
            options = lsp.DidChangeWatchedFilesRegistrationOptions([lsp.FileSystemWatcher(WATCHED)])
            watching = lsp.Registration("metta-lint.files", lsp.WORKSPACE_DID_CHANGE_WATCHED_FILES, options)
            self.language_server.client_register_capability(lsp.RegistrationParams([watching]))

    def _shut_down(self, _params: None) -> None:
        self.was_shut_down = True

    def _opened(self, params: lsp.DidOpenTextDocumentParams) -> None:
        self._holds(params.text_document.uri)

    def _changed(self, params: lsp.DidChangeTextDocumentParams) -> None:
        self._holds(params.text_document.uri)

    def _holds(self, uri: str) -> None:
        document = self.language_server.workspace.get_text_document(uri)
        path = to_fs_path(uri)
        if path is not None:
            self.session.open(uri, path, document.version or 0, document.source)

    def _saved(self, _params: lsp.DidSaveTextDocumentParams | lsp.DidChangeWatchedFilesParams) -> None:
        self.session.look_again()

    def _closed(self, params: lsp.DidCloseTextDocumentParams) -> None:
        path = to_fs_path(params.text_document.uri)
        if path is not None:
            self.session.close(path)

    def _folders_changed(self, _params: lsp.DidChangeWorkspaceFoldersParams | None) -> None:
        workspace = self.language_server.workspace
        paths = [to_fs_path(folder.uri) for folder in workspace.folders.values()] or [workspace.root_path]
        self.session.set_folders(tuple(path for path in paths if path is not None))

    # -- what it is told ---------------------------------------------------------------------------------------------

    def _publish(self, found: IndexedResult) -> None:
        """Send what is new: other diagnostics, the same of a new version, and that there are none any more."""
        versions = {held.uri: held.version for held in found.result.state.held.values()}
        new: dict[str, Published] = {uri: (versions.get(uri), []) for uri in (*self._published, *versions)}
        for uri, shown in found.shown.items():
            new[uri] = (versions.get(uri), [each.diagnostic for each in shown])
        for uri, (version, diagnostics) in new.items():
            if self._published.get(uri) != (version, diagnostics):
                params = lsp.PublishDiagnosticsParams(uri, diagnostics, version)
                self.language_server.text_document_publish_diagnostics(params)
        self._published = {uri: said for uri, said in new.items() if said[1] or uri in versions}
        self._say({checked.root.folder: checked.problem for checked in found.result.checked if checked.problem})

    def _say(self, problems: Mapping[str, str]) -> None:
        """A message for each root that cannot be linted any more: one, however often the config is typed at."""
        for folder, problem in problems.items():
            if folder not in self._problems:
                self._message(problem)
        self._problems = set(problems)

    def _failed(self, error: Exception) -> None:
        traceback.print_exception(error)
        self._message(f"a check crashed: {type(error).__name__}: {error}")

    def _message(self, text: str) -> None:
        message = lsp.ShowMessageParams(lsp.MessageType.Error, f"metta-lint: {text}")
        self.language_server.window_show_message(message)

    # -- what it asks ------------------------------------------------------------------------------------------------

    async def _hover(self, params: lsp.HoverParams) -> lsp.Hover | None:
        found, uses = await self._uses(params)
        if not uses:
            return None
        return lsp.Hover(lsp.MarkupContent(lsp.MarkupKind.Markdown, hover(found.result, uses)))

    async def _definition(self, params: lsp.DefinitionParams) -> list[lsp.Location]:
        found, uses = await self._uses(params)
        return definitions(found.result, uses) or _named(found, params)

    async def _references(self, params: lsp.ReferenceParams) -> list[lsp.Location]:
        found, uses = await self._uses(params)
        return references(found.result, uses)

    async def _uses(self, params: At) -> tuple[IndexedResult, list[Use]]:
        found = await self.session.found()
        path = to_fs_path(params.text_document.uri)
        if path is None:
            return found, []
        file = file_of(path)
        return found, found.places.at(file, *found.result.text(file).place(params.position))

    async def _code_actions(self, params: lsp.CodeActionParams) -> list[lsp.CodeAction]:
        found = await self.session.found()
        uri = params.text_document.uri
        capabilities = self.language_server.client_capabilities
        versions = get_capability(capabilities, "workspace.workspace_edit.document_changes")
        only = params.context.only
        asked = Asked(
            found.result,
            uri,
            params.range,
            None if only is None else tuple(_plain(kind) for kind in only),
            versions=bool(versions),
        )
        # On a thread of its own: to bring one side to the other's value takes planning.
        return await asyncio.to_thread(actions, asked, found.shown.get(uri, []))

    async def _explain(self, code: str) -> str:
        """A rule's page: shown as a document where the editor can, and the answer in any case."""
        reports = [checked.report for checked in (await self.session.found()).result.checked]
        ours = [rule.load() for report in reports if report is not None for rule in report.rules]
        path, text = self.pages.write(code, [*load_rules(), *ours])
        if get_capability(self.language_server.client_capabilities, "window.show_document.support"):
            self.language_server.window_show_document(lsp.ShowDocumentParams(str(from_fs_path(path)), take_focus=True))
        return text


_OPTIONS: Mapping[str, lsp.CodeActionOptions] = {
    lsp.TEXT_DOCUMENT_CODE_ACTION: lsp.CodeActionOptions(code_action_kinds=list(KINDS)),
}


def _named(found: IndexedResult, params: At) -> list[lsp.Location]:
    """The start of the file that a name at a position means."""
    path = to_fs_path(params.text_document.uri)
    held = found.result.state.held.get(file_of(path).key) if path is not None else None
    if path is None or held is None:
        return []
    file = file_of(path)
    place = found.result.text(file).place(params.position)
    target = named_file(file, held.data, *place)
    start = lsp.Position(0, 0)
    return [lsp.Location(str(from_fs_path(os.path.normpath(target))), lsp.Range(start, start))] if target else []


def _plain(word: str) -> str:
    """A word of the protocol's; its own words are enumerated, and their texts are not themselves."""
    return str(word.value) if isinstance(word, Enum) else word


def serve() -> int:
    """Speak with the editor until it leaves; 0 where it took its leave first, 1 where it did not.

    stdout is the protocol's alone: whatever else would print there (a repository's own rules) prints on stderr.
    """
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr)
    protocol = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    server = Server()
    try:
        server.language_server.start_io(stdout=protocol)
    finally:
        server.pages.remove()
    return 0 if server.was_shut_down else 1
