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

from metta_lint.server.diagnostics import address

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from lsprotocol.types import Diagnostic, Range

    from metta_lint.findings import Edit, Fix
    from metta_lint.server.diagnostics import Shown
    from metta_lint.server.linting import Checked, Result

EXPLAIN = "metta-lint.explain"
FIX_ALL = f"{CodeActionKind.SourceFixAll.value}.metta-lint"
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
    if not finding.is_input_error:
        title = f"Explain {finding.code}"
        command = Command(title, EXPLAIN, arguments=[finding.code])
        yield CodeAction(title, kind=CodeActionKind.QuickFix, diagnostics=diagnostics, command=command)


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
    """All safe fixes of one file that concern no other, without those that touch what another one mends already."""
    edits: list[tuple[Checked, Edit]] = []
    taken: list[Range] = []
    for each in shown:
        fix = each.finding.fix
        if fix is None or not fix.is_safe:
            continue
        of_fix = [(each.checked, edit) for edit in fix.edits]
        places = [_text_edit(result, *edit) for edit in of_fix]
        if any(found != uri or any(_meets(edit.range, other) for other in taken) for found, edit in places):
            continue
        edits += of_fix
        taken += [edit.range for _, edit in places]
    if edits:
        title = "metta-lint: apply all safe fixes"
        yield CodeAction(title, kind=FIX_ALL, edit=_workspace_edit(result, edits, abilities))


def _workspace_edit(result: Result, edits: Iterable[tuple[Checked, Edit]], abilities: Abilities) -> WorkspaceEdit:
    by_uri: dict[str, list[TextEdit]] = {}
    for checked, edit in edits:
        uri, text_edit = _text_edit(result, checked, edit)
        by_uri.setdefault(uri, []).append(text_edit)
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
