"""Speaks the Language Server Protocol (3.17) with an editor, over stdin and stdout."""

from __future__ import annotations

import asyncio
import logging
import os
import sys
import traceback
from contextlib import ExitStack
from functools import cached_property, partial
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, TypeAlias

from lsprotocol import types as lsp
from pygls.capabilities import get_capability
from pygls.lsp.server import LanguageServer
from pygls.uris import from_fs_path, to_fs_path

from metta_lint import __version__
from metta_lint.rules.built_in import BUILT_IN
from metta_lint.rules.page import page_of
from metta_lint.rules.registry import load_rules
from metta_lint.server.actions import EXPLAIN, KINDS, Asked, actions
from metta_lint.server.hover import hover
from metta_lint.server.linting import File
from metta_lint.server.navigation import definitions, named_file, references
from metta_lint.server.session import Session
from metta_lint.server.state import file_key
from metta_lint.sources.syntax import BY_SUFFIX

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from metta_lint.rules.built_in import BuiltIn
    from metta_lint.rules.rule import Rule
    from metta_lint.server.session import IndexedResult

Published: TypeAlias = tuple[int | None, list[lsp.Diagnostic]]
"""What was sent of a file: for which version, and its diagnostics."""
At: TypeAlias = lsp.HoverParams | lsp.DefinitionParams | lsp.ReferenceParams
"""A question about a place of a document."""
WATCHED = "**/*{" + ",".join(BY_SUFFIX) + "}"


class Server:
    """Answers one editor. The handlers run on one thread, the linting on another."""

    def __init__(self) -> None:
        # The whole text at each change: with partial ones, both sides must agree on every character before.
        self.language_server = LanguageServer("metta-lint", __version__, lsp.TextDocumentSyncKind.Full)
        self.session = Session(self._publish, self._failed)
        self.was_shut_down = False
        self.cleanup = ExitStack()
        self._published: dict[str, Published] = {}
        self._problems: set[str] = set()
        handlers: Mapping[str, Callable[..., object]] = {
            lsp.INITIALIZED: self._initialized,
            lsp.SHUTDOWN: self._shut_down,
            lsp.TEXT_DOCUMENT_DID_OPEN: self._holds,
            lsp.TEXT_DOCUMENT_DID_CHANGE: self._holds,
            lsp.TEXT_DOCUMENT_DID_SAVE: self._saved,
            lsp.TEXT_DOCUMENT_DID_CLOSE: self._closed,
            lsp.WORKSPACE_DID_CHANGE_WATCHED_FILES: self._saved,
            lsp.WORKSPACE_DID_CHANGE_WORKSPACE_FOLDERS: self._folders_changed,
            lsp.TEXT_DOCUMENT_HOVER: self._hover,
            lsp.TEXT_DOCUMENT_DEFINITION: self._definition,
            lsp.TEXT_DOCUMENT_REFERENCES: self._references,
        }
        for method, handler in handlers.items():  # as partials: pygls sets attributes of what it is given
            self.language_server.feature(method)(partial(handler))
        kinds = lsp.CodeActionOptions(code_action_kinds=list(KINDS))
        self.language_server.feature(lsp.TEXT_DOCUMENT_CODE_ACTION, kinds)(partial(self._code_actions))
        self.language_server.command(EXPLAIN)(partial(self._explain))

    # -- what the editor says ----------------------------------------------------------------------------------------

    def _initialized(self, _params: lsp.InitializedParams) -> None:
        self.session.codec = self.language_server.workspace.position_codec
        self._folders_changed(None)
        capabilities = self.language_server.client_capabilities
        if get_capability(capabilities, "workspace.did_change_watched_files.dynamic_registration"):
            options = lsp.DidChangeWatchedFilesRegistrationOptions([lsp.FileSystemWatcher(WATCHED)])
            watching = lsp.Registration("metta-lint.files", lsp.WORKSPACE_DID_CHANGE_WATCHED_FILES, options)
            self.language_server.client_register_capability(lsp.RegistrationParams([watching]))

    def _shut_down(self, _params: None) -> None:
        self.was_shut_down = True

    def _holds(self, params: lsp.DidOpenTextDocumentParams | lsp.DidChangeTextDocumentParams) -> None:
        uri = params.text_document.uri
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

    # -- what the editor is told -------------------------------------------------------------------------------------

    def _publish(self, found: IndexedResult) -> None:
        """Send what is new: other diagnostics, the same ones for a new version, an empty list where there are no more.

        A root that can no longer be linted is a message, once, however long the user types at its config.
        """
        versions = {held.uri: held.version for held in found.result.state.held.values()}
        new: dict[str, Published] = {uri: (versions.get(uri), []) for uri in (*self._published, *versions)}
        for uri, shown in found.shown.items():
            new[uri] = (versions.get(uri), [each.diagnostic for each in shown])
        for uri, (version, diagnostics) in new.items():
            if self._published.get(uri) != (version, diagnostics):
                params = lsp.PublishDiagnosticsParams(uri, diagnostics, version)
                self.language_server.text_document_publish_diagnostics(params)
        self._published = {uri: said for uri, said in new.items() if said[1] or uri in versions}
        problems = {checked.root.folder: checked.problem for checked in found.result.checked if checked.problem}
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

    # -- what the editor asks ----------------------------------------------------------------------------------------

    async def _hover(self, params: lsp.HoverParams) -> lsp.Hover | None:
        found, file, place = await self._place(params)
        uses = found.places.at(file, *place)
        return lsp.Hover(lsp.MarkupContent(lsp.MarkupKind.Markdown, hover(found.result, uses))) if uses else None

    async def _definition(self, params: lsp.DefinitionParams) -> list[lsp.Location]:
        found, file, place = await self._place(params)
        return definitions(found.result, found.places.at(file, *place)) or named_file(found.result, file, *place)

    async def _references(self, params: lsp.ReferenceParams) -> list[lsp.Location]:
        found, file, place = await self._place(params)
        return references(found.result, found.places.at(file, *place))

    async def _place(self, params: At) -> tuple[IndexedResult, File, tuple[int, int]]:
        """The file, line and column that a question is about, in what is found in the latest state."""
        found = await self.session.found()
        path = to_fs_path(params.text_document.uri) or ""  # a document that is no file has no settings
        file = File(file_key(path), path)
        return found, file, found.result.text(file).place(params.position)

    async def _code_actions(self, params: lsp.CodeActionParams) -> list[lsp.CodeAction]:
        found = await self.session.found()
        capabilities = self.language_server.client_capabilities
        versions = get_capability(capabilities, "workspace.workspace_edit.document_changes")
        asked = Asked(found.result, params, versions=bool(versions))
        # On a thread of its own: taking one side's value plans the edited files.
        return await asyncio.to_thread(actions, asked, found.shown.get(params.text_document.uri, []))

    async def _explain(self, code: str) -> str:
        """A rule's page: shown as a document if the editor can do that, and the answer in any case."""
        reports = [checked.report for checked in (await self.session.found()).result.checked]
        ours = [rule.load() for report in reports if report is not None for rule in report.rules]
        every: tuple[BuiltIn | Rule, ...] = (*BUILT_IN, *load_rules(), *ours)
        found = next((page_of(rule) for rule in every if rule.code == code), None)
        text = found or f"# {code}\n\nNo rule here has this code."
        if get_capability(self.language_server.client_capabilities, "window.show_document.support"):
            path = os.path.join(self._pages, f"{code if found else 'unknown'}.md")
            with open(path, "w", encoding="utf-8") as file:  # noqa: ASYNC230 - a few lines
                file.write(f"{text}\n")
            self.language_server.window_show_document(lsp.ShowDocumentParams(str(from_fs_path(path)), take_focus=True))
        return text

    @cached_property
    def _pages(self) -> str:
        """A folder for rules' pages, made for the first one."""
        return self.cleanup.enter_context(TemporaryDirectory(prefix="metta-lint-", ignore_cleanup_errors=True))


def serve() -> int:
    """Speak with the editor until it leaves; 0 if it asked for the shutdown first, 1 if it did not.

    stdout belongs to the protocol: whatever else prints there, like a repository's own rules, prints on stderr.
    """
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr)
    protocol = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    server = Server()
    with server.cleanup:
        server.language_server.start_io(stdout=protocol)
    return 0 if server.was_shut_down else 1
