"""Code actions: a finding's fixes, a suppression, its rule's page, and all safe fixes of a file at once."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from lsprotocol.types import (
    CodeAction,
    CodeActionKind,
    Command,
    OptionalVersionedTextDocumentIdentifier,
    TextDocumentEdit,
    TextEdit,
    WorkspaceEdit,
)

from metta_lint.base.errors import InputError
from metta_lint.base.records import NamedTuple
from metta_lint.check.suppressions import directive_for
from metta_lint.fixes.fixer import together
from metta_lint.rules.built_in import BUILT_IN
from metta_lint.server.linting import taken

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from lsprotocol.types import CodeActionParams

    from metta_lint.server.diagnostics import Shown
    from metta_lint.server.linting import Checked, Result
    from metta_lint.sources.edit import Edit

EXPLAIN = "metta-lint.explain"
FIX_ALL = f"{CodeActionKind.SourceFixAll.value}.metta-lint"
NEVER_SUPPRESSED = frozenset(built_in.code for built_in in BUILT_IN)
KINDS = (CodeActionKind.QuickFix.value, FIX_ALL)


class Asked(NamedTuple):
    """What an editor asks for. ``versions`` says that it can check which version of a file an edit is for."""

    result: Result
    params: CodeActionParams
    versions: bool = False


def actions(asked: Asked, shown: Sequence[Shown]) -> list[CodeAction]:
    """The actions for what is shown in a file; all safe fixes at once only where the editor asks for that kind."""
    found: list[CodeAction] = []
    only, selected = asked.params.context.only, asked.params.range
    if only is None or _wants(only, CodeActionKind.QuickFix):
        for each in shown:
            place = each.diagnostic.range
            if place.start <= selected.end and selected.start <= place.end:
                found += _quick_fixes(asked, each)
    if only is not None and _wants(only, FIX_ALL):
        found += _fix_all(asked, shown)
    return found


def _wants(only: Sequence[str], kind: str) -> bool:
    """Whether a kind is one of those, or below one of them: ``source.fixAll.metta-lint`` is below ``source``."""
    return any(kind == wanted or kind.startswith(wanted + ".") for wanted in only)


def _quick_fixes(asked: Asked, shown: Shown) -> Iterator[CodeAction]:
    finding = shown.finding
    quick_fix = partial(CodeAction, kind=CodeActionKind.QuickFix, diagnostics=[shown.diagnostic])
    for fix in [finding.fix] if finding.fix is not None else taken(asked.result, shown.checked, finding):
        message = fix.message[:1].upper() + fix.message[1:]
        edit = _workspace_edit(asked, [(shown.checked, edit) for edit in fix.edits])
        if fix.is_safe:
            yield quick_fix(message, is_preferred=True, edit=edit)
        else:
            yield quick_fix(f"{message} (unsafe)", edit=edit)
    suppression = _suppression(asked.result, shown)
    if suppression is not None:
        edit = _workspace_edit(asked, [(shown.checked, suppression)])
        yield quick_fix(f"Suppress {finding.code} here, and say why", edit=edit)
    if not finding.is_input_error:
        title = f"Explain {finding.code}"
        yield quick_fix(title, command=Command(title, EXPLAIN, arguments=[finding.code]))


def _suppression(result: Result, shown: Shown) -> Edit | None:
    """The comment that suppresses a finding on this side. The user writes the reason: without one it is a finding."""
    file = result.file(shown.checked.root, shown.span)
    if shown.finding.code in NEVER_SUPPRESSED:
        return None
    try:
        return directive_for(shown.finding._replace(span=shown.span), "", result.data(file))
    except (OSError, InputError):
        return None


def _fix_all(asked: Asked, shown: Sequence[Shown]) -> Iterator[CodeAction]:
    """The safe fixes that change this file alone and do not touch each other."""
    safe = {id(each.finding): each for each in shown if _is_safe_here(asked, each)}
    # All are in this file. Their paths are relative, and a check on another thread may change the folder meanwhile.
    here = together((each.finding for each in safe.values()), lambda _: asked.params.text_document.uri)
    chosen = [safe[id(finding)] for finding in here]
    edits = [(each.checked, edit) for each in chosen for edit in each.finding.edits]
    if edits:
        title = "metta-lint: apply all safe fixes"
        yield CodeAction(title, kind=FIX_ALL, edit=_workspace_edit(asked, edits))


def _is_safe_here(asked: Asked, shown: Shown) -> bool:
    fix = shown.finding.fix
    if fix is None or not fix.is_safe:
        return False
    places = (asked.result.location(shown.checked.root, edit.span) for edit in fix.edits)
    return all(place.uri == asked.params.text_document.uri for place in places)


def _workspace_edit(asked: Asked, edits: Iterable[tuple[Checked, Edit]]) -> WorkspaceEdit:
    by_uri: dict[str, list[TextEdit]] = {}
    for checked, edit in edits:
        place = asked.result.location(checked.root, edit.span)
        text_edit = TextEdit(place.range, edit.text)
        if text_edit not in (found := by_uri.setdefault(place.uri, [])):  # fixes may share an edit
            found.append(text_edit)
    if not asked.versions:
        return WorkspaceEdit(changes=by_uri)
    versions = {held.uri: held.version for held in asked.result.state.held.values()}
    return WorkspaceEdit(
        document_changes=[
            TextDocumentEdit(OptionalVersionedTextDocumentIdentifier(uri, versions.get(uri)), found)
            for uri, found in by_uri.items()
        ]
    )
