"""Writes settings into a run's files: edits that give settings other values, checked by planning the edited files.

A value goes into the entry's own file if that overrides other files, because other runs read a
``default.ini`` or an included YAML too. Where no file overrides another (a dump, Python, an environment's own YAML),
the value is changed in place.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, TypeAlias, cast

from metta_lint.base.documents import COMMAND_LINE, Mapping, Span
from metta_lint.base.errors import LintError
from metta_lint.base.records import NamedTuple
from metta_lint.base.values import OFF
from metta_lint.files.file_system import reading_instead
from metta_lint.plans.formula import formula
from metta_lint.plans.pair import same
from metta_lint.project.runs import plan_again
from metta_lint.sources import read
from metta_lint.sources.edit import Edit
from metta_lint.sources.entry_removal import ends_in_block_text
from metta_lint.sources.literals import Unwritable, like, written
from metta_lint.sources.syntax import INI
from metta_lint.sources.text import file_text
from metta_lint.trainers.dialects import trainer_for

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from collections.abc import Mapping as MappingABC

    from metta_lint.base.documents import Node
    from metta_lint.plans.plan import Plan
    from metta_lint.plans.run import Run, Setting
    from metta_lint.sources.text import FileText

_COMMENT = re.compile(r"\s*#.*\Z")
INDENT = "  "


class Written(NamedTuple):
    """Edits that give a run other settings, by setting, and the plan of the edited files.

    Lines inserted at one place are one edit, which all of their settings share.
    """

    edits: MappingABC[str, Edit]
    plan: Plan

    def of(self, keys: Iterable[str]) -> tuple[Edit, ...]:
        """The edits of some of the settings, each once, in the order of the files."""
        return tuple(sorted({self.edits[key] for key in keys}))


def write(run: Run, changes: MappingABC[str, object]) -> Written:
    """The edits with which the run's settings have these values. Raises Unwritable, with the reason, if there are none.

    The edited files are planned again to make sure of it.
    """
    done, failed = write_most(run, changes)
    if failed or done is None:
        raise Unwritable(next(iter(failed.values()), "there is nothing to change"))
    return done


def write_most(run: Run, changes: MappingABC[str, object]) -> tuple[Written | None, dict[str, str]]:
    """The edits for all settings that can be written together, and why the others cannot."""
    places: dict[str, tuple[_WritePlace, object]] = {}
    failed: dict[str, str] = {}
    plan = None
    for key, value in changes.items():
        try:
            places, plan = _with_change(run, places, key, value)
        except Unwritable as reason:
            failed[key] = str(reason)
    return (Written(_rendered(places), plan) if plan is not None else None), failed


_Places: TypeAlias = "dict[str, tuple[_WritePlace, object]]"


def _with_change(run: Run, before: _Places, key: str, value: object) -> tuple[_Places, Plan]:
    """These changes and one more, at the first place where it takes effect and undoes none of the others."""
    wanted = {**{each: value for each, (_, value) in before.items()}, key: value}
    reasons = []
    for place in _places(run, key):
        places = {**before, key: (place, like(value, run.value(key)))}
        try:
            plan = plan_edited(run, _rendered(places).values())
        except Unwritable as reason:
            reasons.append(str(reason))
            continue
        if all(same(plan.run.value(each), meant) for each, meant in wanted.items()):
            return places, plan
        reasons.append(f"what {place.span} says does not decide it")
    raise Unwritable(_why_not(run, key) or (reasons[0] if reasons else f"no file has a place for {key}"))


def _rendered(places: _Places) -> dict[str, Edit]:
    """The edits of changes, by their settings."""
    together: dict[Span, list[tuple[_WritePlace, object]]] = {}
    for place, value in places.values():
        together.setdefault(place.span, []).append((place, value))
    texts = {span: _text(found) for span, found in together.items()}
    return {key: Edit(place.span, texts[place.span]) for key, (place, _) in places.items()}


def _text(changes: list[tuple[_WritePlace, object]]) -> str:
    """The new text of one place: the new value, or all new lines, those of the innermost mapping first."""
    place, value = changes[-1]
    path = place.span.path
    if not place.keys:  # PufferLib reads over a comment behind a literal: it stays
        comment = _COMMENT.search(place.text) if INI.fits(path) else None
        end = comment.start() if comment is not None else len(place.text)
        return written(value, path, place.text[:end]) + place.text[end:]
    lines: dict[str, dict[str, object]] = {}
    for each, new in sorted(changes, key=lambda change: -len(change[0].indent)):
        nested = lines.setdefault(each.indent, {})
        for key in each.keys[:-1]:
            nested = cast("dict[str, object]", nested.setdefault(key, {}))
        nested[each.keys[-1]] = written(new, path)
    every = [line for indent, nested in lines.items() for line in _lines(nested, indent, is_ini=INI.fits(path))]
    newline = file_text(path).newline
    return "".join(f"{newline}{line}" for line in every)


def _lines(nested: dict[str, object], indent: str, *, is_ini: bool) -> Iterator[str]:
    for key, value in nested.items():
        if isinstance(value, dict):
            yield from ("", f"[{key}]") if is_ini else (f"{indent}{key}:",)
            yield from _lines(value, indent if is_ini else indent + INDENT, is_ini=is_ini)
        else:
            yield f"{indent}{key} = {value}" if is_ini else f"{indent}{key}: {value}"


def _why_not(run: Run, key: str) -> str:
    """The override that decides a setting whatever the files contain; "" if there is none."""
    setting = run.settings.get(key)
    if setting is not None and run.overrides and _place_in_file(setting) is None:
        name = key.rpartition(".")[2]
        said = next((text for text in run.overrides if _named_by(text) == name), None)
        return f"{said} is laid over all files, by the command line or the declared run" if said else ""
    return ""


def _named_by(override: str) -> str:
    """The last part of the key that an override sets: ``minibatch_size`` of ``train.minibatch-size=32``."""
    return override.partition("=")[0].replace("-", "_").rpartition(".")[2].strip("+~_")


def plan_edited(run: Run, edits: Iterable[Edit]) -> Plan:
    """The plan of a run as its files would be with these edits. Raises Unwritable if they no longer make a run."""
    files: dict[str, list[Edit]] = {}
    for edit in dict.fromkeys(edits):
        files.setdefault(edit.span.path, []).append(edit)
    try:
        contents = {path: file_text(path).edited(of_file) for path, of_file in files.items()}
        with reading_instead(contents):
            return plan_again(run)
    except (LintError, OSError, UnicodeDecodeError) as error:
        raise Unwritable(f"the edited files no longer make a run: {error}") from error


# -- places ------------------------------------------------------------------------------------------------------------


class _WritePlace(NamedTuple):
    """A place for a value: over the present text, or as a new line."""

    span: Span
    text: str
    keys: tuple[str, ...] = ()
    indent: str = ""


def _places(run: Run, key: str) -> Iterator[_WritePlace]:
    """Places for a setting, best first: the entry's own file, then its present place."""
    setting = run.settings.get(key)
    now = _place_in_file(setting) if setting is not None else None
    if now is None or now.span.path != run.file:
        new = _new_line(run, key)
        if new is not None:
            yield new
    if now is not None:
        yield now


def _place_in_file(setting: Setting) -> _WritePlace | None:
    """The present place of a setting; None if an override sets it."""
    if setting.span is None or setting.span.path == COMMAND_LINE:
        return None
    text = file_text(setting.span.path)
    start, end = text.offsets(setting.span)
    return _WritePlace(setting.span, text.text[start:end])


def _new_line(run: Run, key: str) -> _WritePlace | None:
    """A line of its own for a setting in the entry's file, after the others of its section or mapping.

    None if that file does not override others, or has no place for such a line.
    """
    own = trainer_for(run.entry).solvable.own
    prefix = max((prefix for prefix in own if key.startswith(prefix)), key=len, default=None)
    root = read(run.file).root if prefix is not None else None
    if prefix is None or not isinstance(root, Mapping):
        return None
    own_key = own[prefix] + key.removeprefix(prefix)
    text = file_text(run.file)
    return _line_in_ini(text, root, own_key) if INI.fits(run.file) else _line_in_yaml(text, root, own_key.split("."))


def _line_in_ini(text: FileText, root: Mapping, key: str) -> _WritePlace:
    section, _, name = key.partition(".")
    entry = root.entries.get(section)
    if entry is None:
        last_line = len(text.starts) - text.text.endswith(("\n", "\r"))
        return _WritePlace(_end_of_line(text, last_line), "", (section, name))
    last = _last(entry.value, entry.key_span)
    node = entry.value
    indent = " " * (_first_column(node) - 1) if isinstance(node, Mapping) and node.entries else ""
    return _WritePlace(_end_of_line(text, last), "", (name,), indent)


def _line_in_yaml(text: FileText, node: Mapping, keys: list[str]) -> _WritePlace | None:
    while isinstance(below := node.get(keys[0]), Mapping) and below.entries and len(keys) > 1:
        node, keys = below, keys[1:]
    if node.get(keys[0]) is not None or not node.entries or text.begins(node.span, "{"):
        return None
    last = max(node.entries.values(), key=lambda entry: entry.key_span)
    if ends_in_block_text(last.value, text):
        return None
    line = _last(last.value, last.key_span)
    return _WritePlace(_end_of_line(text, line), "", tuple(keys), " " * (_first_column(node) - 1))


def _first_column(node: Mapping) -> int:
    return min(node.entries.values(), key=lambda entry: entry.key_span).key_span.column


def _last(node: Node, key_span: Span) -> int:
    """The last line of an entry; for an alias, the line of its key."""
    is_here = node.span.path == key_span.path and node.span.line >= key_span.line
    return max(key_span.end_line, node.span.end_line) if is_here else key_span.end_line


def _end_of_line(text: FileText, line: int) -> Span:
    """The place after the last character of a line."""
    return text.span(text.line_end(line), text.line_end(line))


# -- quantities that are settings --------------------------------------------------------------------------------------


def setting_behind(plan: Plan, quantity: str) -> str:
    """The single setting behind a quantity. Raises Unwritable if it is derived from others, or has no setting."""
    found = plan.quantities.get(quantity)
    if found is None or (not found.inputs and found.unknown_because is None):
        raise Unwritable(f"{plan.run.trainer} has no setting for {quantity}")
    names = formula(found.formula).names
    if len(names) == 1 and names[0] not in plan.quantities and set(found.inputs) == set(names):
        return names[0]
    raise Unwritable(f"{quantity} is derived, as {found.formula}")


def setting_value(value: object) -> object:
    """The setting's value that gives its quantity a value: None for a quantity that is off."""
    return None if value == OFF else value
