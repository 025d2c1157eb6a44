"""Changes of a run's settings as edits of its files, each read back before it is believed.

A value goes into the entry's own file, where the trainer lays that over the others: what a ``default.ini`` or an
included YAML says, other runs read too. Where nothing is layered (a dump, Python, an environment's own YAML), it is
changed where it is written.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, TypeAlias

from metta_lint.base.documents import COMMAND_LINE, Mapping, Scalar, Span
from metta_lint.base.errors import LintError
from metta_lint.base.records import NamedTuple
from metta_lint.files.file_system import reading_instead
from metta_lint.plans.pair import same
from metta_lint.project.runs import plan_again
from metta_lint.sources import read
from metta_lint.sources.edit import Edit
from metta_lint.sources.entry_removal import ends_in_block_text
from metta_lint.sources.literals import Unwritable, like, written
from metta_lint.sources.syntax import INI
from metta_lint.sources.text import text_of
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
    """Edits that give a run other settings, and the plan that its trainer makes of the edited files.

    ``edits`` are by setting: lines that are inserted at one place are one edit, which all of their settings share.
    """

    edits: MappingABC[str, Edit]
    plan: Plan

    def of(self, keys: Iterable[str]) -> tuple[Edit, ...]:
        """The edits of some of the settings, each once, in the order of the files."""
        return tuple(sorted({self.edits[key] for key in keys}))


def write(run: Run, changes: MappingABC[str, object]) -> Written:
    """The edits that give settings of a run these values.

    They are read back: the run of the edited files has these values. Raises Unwritable where there are no such edits,
    with the reason.
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
    """These changes and one more, at the first place where it has the effect that is meant and undoes no other."""
    wanted = {**{each: value for each, (_, value) in before.items()}, key: value}
    reasons = []
    for place in _places(run, key):
        places = {**before, key: (place, like(value, run.value(key)))}
        try:
            plan = plan_of(run, _rendered(places).values())
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
    """What stands at one place afterwards: the new value, or all new lines, those of the innermost mapping first."""
    place, value = changes[-1]
    if not place.keys:
        return place.replaced(value)
    lines: dict[str, dict[str, object]] = {}
    for each, new in sorted(changes, key=lambda change: -len(change[0].indent)):
        _nest(lines.setdefault(each.indent, {}), each.keys, written(new, each.span.path))
    write_lines = _ini_lines if INI.fits(place.span.path) else _yaml_lines
    every = [line for indent, nested in lines.items() for line in write_lines(nested, indent)]
    newline = text_of(place.span.path).newline
    return "".join(f"{newline}{line}" for line in every)


def _nest(lines: dict[str, object], keys: tuple[str, ...], value: str) -> None:
    for key in keys[:-1]:
        below = lines.setdefault(key, {})
        assert isinstance(below, dict)  # noqa: S101 - for the type checker: a key is a mapping or a value
        lines = below
    lines[keys[-1]] = value


def _ini_lines(lines: dict[str, object], indent: str) -> Iterator[str]:
    for key, value in lines.items():
        if isinstance(value, dict):
            yield from ("", f"[{key}]", *_ini_lines(value, indent))
        else:
            yield f"{indent}{key} = {value}"


def _yaml_lines(lines: dict[str, object], indent: str) -> Iterator[str]:
    for key, value in lines.items():
        if isinstance(value, dict):
            yield from (f"{indent}{key}:", *_yaml_lines(value, indent + INDENT))
        else:
            yield f"{indent}{key}: {value}"


def _why_not(run: Run, key: str) -> str:
    """What stands over all files, if that decides a setting."""
    setting = run.settings.get(key)
    if setting is not None and run.overrides and (setting.span is None or setting.span.path == COMMAND_LINE):
        name = key.rpartition(".")[2]
        said = next((text for text in run.overrides if name in text.partition("=")[0].replace("-", "_")), None)
        return f"{said} is laid over all files, by the command line or the declared run" if said else ""
    return ""


def plan_of(run: Run, edits: Iterable[Edit]) -> Plan:
    """The plan of a run as its files would be with these edits. Raises Unwritable for what no longer is a run."""
    files: dict[str, list[Edit]] = {}
    for edit in dict.fromkeys(edits):
        files.setdefault(edit.span.path, []).append(edit)
    try:
        contents = {path: text_of(path).edited(of_file) for path, of_file in files.items()}
        with reading_instead(contents):
            return plan_again(run)
    except (LintError, OSError, UnicodeDecodeError) as error:
        raise Unwritable(f"the edited files are no run: {error}") from error


# -- places ------------------------------------------------------------------------------------------------------------


class _WritePlace(NamedTuple):
    """Where a value can be written: over what stands there, or as a new line."""

    span: Span
    text: str
    keys: tuple[str, ...] = ()
    indent: str = ""

    def replaced(self, value: object) -> str:
        """The value, with the comment that PufferLib reads over after a literal."""
        literal, comment = self.text, ""
        if INI.fits(self.span.path) and (found := _COMMENT.search(self.text)) is not None:
            literal, comment = self.text[: found.start()], found.group()
        return written(value, self.span.path, literal) + comment


def _places(run: Run, key: str) -> Iterator[_WritePlace]:
    """Where a setting could be written, best first: the entry's own file, then wherever it is written now."""
    setting = run.settings.get(key)
    entry = run.file
    if setting is not None and setting.span is not None and setting.span.path == entry:
        yield _over(setting)
        return
    own = _own_key(run, key)
    if own is not None:
        place = _line_in(entry, own)
        if place is not None:
            yield place
    if setting is not None and setting.span is not None and setting.span.path != COMMAND_LINE:
        yield _over(setting)


def _own_key(run: Run, key: str) -> str | None:
    """A setting's key as the entry's own file has it, or None where that file is laid over no other."""
    own = trainer_for(run.entry).solvable.own
    prefix = max((prefix for prefix in own if key.startswith(prefix)), key=len, default=None)
    return None if prefix is None else own[prefix] + key.removeprefix(prefix)


def _over(setting: Setting) -> _WritePlace:
    assert setting.span is not None  # noqa: S101 - for the type checker: asked before
    text = text_of(setting.span.path)
    start, end = text.offsets(setting.span)
    return _WritePlace(setting.span, text.text[start:end])


def _line_in(path: str, key: str) -> _WritePlace | None:
    """The line after what the entry's file says of the same section or mapping; None where there is none to be had."""
    text = text_of(path)
    root = read(path).root
    if not isinstance(root, Mapping):
        return None
    if INI.fits(path):
        return _line_in_ini(text, root, key)
    return _line_in_yaml(text, root, key.split("."))


def _line_in_ini(text: FileText, root: Mapping, key: str) -> _WritePlace | None:
    section, _, name = key.partition(".")
    entry = root.entries.get(section)
    if entry is None:
        last_line = len(text.starts) - text.text.endswith(("\n", "\r"))
        return _WritePlace(_end_of_line(text, last_line), "", (section, name))
    last = _last(entry.value, entry.key_span)
    node = entry.value
    indent = " " * (_first_column(node) - 1) if isinstance(node, Mapping) and node.entries else ""
    return _WritePlace(_end_of_line(text, last), "", (name,), indent)


def _line_in_yaml(text: FileText, root: Mapping, keys: list[str]) -> _WritePlace | None:
    node, rest = root, list(keys)
    while isinstance(below := node.get(rest[0]), Mapping) and below.entries and len(rest) > 1:
        node, rest = below, rest[1:]
    written_here = node.get(rest[0])
    if isinstance(written_here, Scalar) and len(rest) == 1:
        return None
    if written_here is not None or not node.entries or text.begins(node.span, "{"):
        return None
    last = max(node.entries.values(), key=lambda entry: entry.key_span)
    if ends_in_block_text(last.value, text):
        return None
    line = _last(last.value, last.key_span)
    return _WritePlace(_end_of_line(text, line), "", tuple(rest), " " * (_first_column(node) - 1))


def _first_column(node: Mapping) -> int:
    return min(node.entries.values(), key=lambda entry: entry.key_span).key_span.column


def _last(node: Node, key_span: Span) -> int:
    """The last line of an entry; an alias has its line where its key stands."""
    is_here = node.span.path == key_span.path and node.span.line >= key_span.line
    return max(key_span.end_line, node.span.end_line) if is_here else key_span.end_line


def _end_of_line(text: FileText, line: int) -> Span:
    """The place behind the last character of a line."""
    return text.span(text.line_end(line), text.line_end(line))
