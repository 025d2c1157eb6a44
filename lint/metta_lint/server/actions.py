"""What an editor offers to do about findings: their fixes, their pages, and all safe fixes of a file at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from lsprotocol.types import (
    CodeAction,
    CodeActionKind,
    Command,
    OptionalVersionedTextDocumentIdentifier,
    TextDocumentEdit,
    TextEdit,
    WorkspaceEdit,
)

from metta_lint.built_in import BUILT_IN
from metta_lint.errors import InputError
from metta_lint.fixes import together
from metta_lint.server.diagnostics import address
from metta_lint.suppressing import directive_for

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from lsprotocol.types import Diagnostic, Range

    from metta_lint.findings import Edit, Fix
    from metta_lint.server.diagnostics import Shown
    from metta_lint.server.linting import Checked, Result

EXPLAIN = "metta-lint.explain"
FIX_ALL = f"{CodeActionKind.SourceFixAll.value}.metta-lint"
NEVER_SUPPRESSED = frozenset(built_in.code for built_in in BUILT_IN)
KINDS = (CodeActionKind.QuickFix.value, FIX_ALL)


class Abilities(NamedTuple):
    """What the editor can do with edits: ``versions`` says that it checks for which version of a file they are."""

    versions: bool = False


def actions(
    result: Result, shown: Sequence[Shown], uri: str, place: Range, only: Sequence[str] | None, abilities: Abilities
) -> list[CodeAction]:
    """What is offered for a range of a file. ``only`` are the kinds that the editor asks for."""
    found: list[CodeAction] = []
    if _wants(only, CodeActionKind.QuickFix.value):
        for each in shown:
            if _meets(each.diagnostic.range, place):
                found += _quick_fixes(result, each, abilities)
    if _wants(only, FIX_ALL, asked=True):
        found += _fix_all(result, shown, uri, abilities)
    return found


def _wants(only: Sequence[str] | None, kind: str, *, asked: bool = False) -> bool:
    """Whether an editor wants actions of a kind; ``asked``: only if it says so."""
    if only is None:
        return not asked
    return any(kind == wanted or kind.startswith(f"{wanted}.") for wanted in only)


def _meets(one: Range, other: Range) -> bool:
    return one.start <= other.end and other.start <= one.end


def _quick_fixes(result: Result, shown: Shown, abilities: Abilities) -> Iterator[CodeAction]:
    finding, diagnostics = shown.finding, [shown.diagnostic]
    if finding.fix is not None:
        yield _fix(result, shown.checked, finding.fix, diagnostics, abilities)
    suppression = _suppression(result, shown)
    if suppression is not None:
        title = f"Suppress {finding.code} here, and say why"
        edit = _workspace_edit(result, [(shown.checked, suppression)], abilities)
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


def _fix(result: Result, checked: Checked, fix: Fix, diagnostics: list[Diagnostic], abilities: Abilities) -> CodeAction:
    message = fix.message[:1].upper() + fix.message[1:]
    return CodeAction(
        title=message if fix.is_safe else f"{message} (unsafe)",
        kind=CodeActionKind.QuickFix,
        diagnostics=diagnostics,
        is_preferred=True if fix.is_safe else None,
        edit=_workspace_edit(result, [(checked, edit) for edit in fix.edits], abilities),
    )


def _fix_all(result: Result, shown: Sequence[Shown], uri: str, abilities: Abilities) -> Iterator[CodeAction]:
    """The safe fixes of one file that concern no other and do not touch each other."""
    safe = {id(each.finding): each for each in shown if _is_safe_here(result, each, uri)}
    chosen = [safe[id(finding)] for finding in together(each.finding for each in safe.values())]
    edits = [(each.checked, edit) for each in chosen for edit in (each.finding.fix.edits if each.finding.fix else ())]
    if edits:
        title = "metta-lint: apply all safe fixes"
        yield CodeAction(title, kind=FIX_ALL, edit=_workspace_edit(result, edits, abilities))


def _is_safe_here(result: Result, shown: Shown, uri: str) -> bool:
    fix = shown.finding.fix
    if fix is None or not fix.is_safe:
        return False
    return all(address(result, result.file(shown.checked.root, edit.span)) == uri for edit in fix.edits)


def _workspace_edit(result: Result, edits: Iterable[tuple[Checked, Edit]], abilities: Abilities) -> WorkspaceEdit:
    by_uri: dict[str, list[TextEdit]] = {}
    for checked, edit in edits:
        uri, text_edit = _text_edit(result, checked, edit)
        if text_edit not in (found := by_uri.setdefault(uri, [])):  # fixes may share an edit whole
            found.append(text_edit)
    if not abilities.versions:
        return WorkspaceEdit(changes=by_uri)
    versions = {held.uri: held.version for held in result.state.held.values()}
    return WorkspaceEdit(
        document_changes=[
            TextDocumentEdit(OptionalVersionedTextDocumentIdentifier(uri, versions.get(uri)), found)
            for uri, found in by_uri.items()
        ]
    )


def _text_edit(result: Result, checked: Checked, edit: Edit) -> tuple[str, TextEdit]:
    file = result.file(checked.root, edit.span)
    return address(result, file), TextEdit(result.text(file).range(edit.span), edit.text)
