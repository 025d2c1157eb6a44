"""What an editor offers to do about findings: their fixes, their pages, and all safe fixes of a file at once."""

from __future__ import annotations

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
from metta_lint.check.suppression_comment import directive_for
from metta_lint.fixes.fixer import together
from metta_lint.rules.built_in import BUILT_IN
from metta_lint.server.diagnostics import address
from metta_lint.server.linting import taken

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from lsprotocol.types import Range

    from metta_lint.server.diagnostics import Shown
    from metta_lint.server.linting import Checked, Result
    from metta_lint.sources.edit import Edit, Fix

EXPLAIN = "metta-lint.explain"
FIX_ALL = f"{CodeActionKind.SourceFixAll.value}.metta-lint"
NEVER_SUPPRESSED = frozenset(built_in.code for built_in in BUILT_IN)
KINDS = (CodeActionKind.QuickFix.value, FIX_ALL)


class Asked(NamedTuple):
    """What an editor asks for: a range of a file, and the kinds of actions, if not all that are offered unasked.

    ``versions`` says that it checks for which version of a file an edit is.
    """

    result: Result
    uri: str
    place: Range
    only: tuple[str, ...] | None = None
    versions: bool = False


def actions(asked: Asked, shown: Sequence[Shown]) -> list[CodeAction]:
    """What is offered for what is shown in a file."""
    found: list[CodeAction] = []
    if _wants(asked.only, CodeActionKind.QuickFix.value):
        for each in shown:
            if _meets(each.diagnostic.range, asked.place):
                found += _quick_fixes(asked, each)
    if _wants(asked.only, FIX_ALL, unasked=False):
        found += _fix_all(asked, shown)
    return found


def _wants(only: Sequence[str] | None, kind: str, *, unasked: bool = True) -> bool:
    """Whether an editor wants actions of a kind; ``unasked``: also if it does not say so."""
    if only is None:
        return unasked
    return any(kind == wanted or kind.startswith(f"{wanted}.") for wanted in only)


def _meets(one: Range, other: Range) -> bool:
    return one.start <= other.end and other.start <= one.end


def _quick_fixes(asked: Asked, shown: Shown) -> Iterator[CodeAction]:
    finding, diagnostics = shown.finding, [shown.diagnostic]
    fixes = [finding.fix] if finding.fix is not None else taken(asked.result, shown.checked, finding)
    yield from (_fix(asked, shown, fix) for fix in fixes)
    suppression = _suppression(asked.result, shown)
    if suppression is not None:
        title = f"Suppress {finding.code} here, and say why"
        edit = _workspace_edit(asked, [(shown.checked, suppression)])
        yield CodeAction(title, kind=CodeActionKind.QuickFix, diagnostics=diagnostics, edit=edit)
    if not finding.is_input_error:
        title = f"Explain {finding.code}"
        command = Command(title, EXPLAIN, arguments=[finding.code])
        yield CodeAction(title, kind=CodeActionKind.QuickFix, diagnostics=diagnostics, command=command)


def _suppression(result: Result, shown: Shown) -> Edit | None:
    """The comment that suppresses a finding at this side; without a reason, which is a finding until one is written."""
    file = result.file(shown.checked.root, shown.span)
    if shown.finding.code in NEVER_SUPPRESSED:
        return None
    try:
        return directive_for(shown.finding._replace(span=shown.span), "", result.data(file))
    except (OSError, InputError):
        return None


def _fix(asked: Asked, shown: Shown, fix: Fix) -> CodeAction:
    message = fix.message[:1].upper() + fix.message[1:]
    return CodeAction(
        title=message if fix.is_safe else f"{message} (unsafe)",
        kind=CodeActionKind.QuickFix,
        diagnostics=[shown.diagnostic],
        is_preferred=True if fix.is_safe else None,
        edit=_workspace_edit(asked, [(shown.checked, edit) for edit in fix.edits]),
    )


def _fix_all(asked: Asked, shown: Sequence[Shown]) -> Iterator[CodeAction]:
    """The safe fixes of one file that concern no other and do not touch each other."""
    safe = {id(each.finding): each for each in shown if _is_safe_here(asked, each)}
    chosen = [safe[id(finding)] for finding in together(each.finding for each in safe.values())]
    edits = [(each.checked, edit) for each in chosen for edit in (each.finding.fix.edits if each.finding.fix else ())]
    if edits:
        title = "metta-lint: apply all safe fixes"
        yield CodeAction(title, kind=FIX_ALL, edit=_workspace_edit(asked, edits))


def _is_safe_here(asked: Asked, shown: Shown) -> bool:
    fix = shown.finding.fix
    if fix is None or not fix.is_safe:
        return False
    files = (asked.result.file(shown.checked.root, edit.span) for edit in fix.edits)
    return all(address(asked.result, file) == asked.uri for file in files)


def _workspace_edit(asked: Asked, edits: Iterable[tuple[Checked, Edit]]) -> WorkspaceEdit:
    by_uri: dict[str, list[TextEdit]] = {}
    for checked, edit in edits:
        uri, text_edit = _text_edit(asked.result, checked, edit)
        if text_edit not in (found := by_uri.setdefault(uri, [])):  # fixes may share an edit whole
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


def _text_edit(result: Result, checked: Checked, edit: Edit) -> tuple[str, TextEdit]:
    file = result.file(checked.root, edit.span)
    return address(result, file), TextEdit(result.text(file).range(edit.span), edit.text)
