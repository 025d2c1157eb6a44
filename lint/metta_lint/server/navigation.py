"""From a place to the settings written there, the lines that decide them, their other places, and a file it names."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from lsprotocol.types import Location, Position, Range
from pygls.uris import from_fs_path

from metta_lint.base.errors import InputError
from metta_lint.base.paths import config_name
from metta_lint.base.records import NamedTuple
from metta_lint.files.file_system import is_file
from metta_lint.server.positions import covers
from metta_lint.sources import read
from metta_lint.sources.syntax import YAML
from metta_lint.trainers.hydra.includes import DefaultsNode, read_config_file
from metta_lint.trainers.trees.references import env_references, file_references
from metta_lint.trainers.trees.roots import tree_root

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from metta_lint.base.documents import Document, Span
    from metta_lint.plans.plan import Plan
    from metta_lint.plans.run import Setting
    from metta_lint.server.linting import Checked, File, Result


MOST_LINES = 100
"""Lines of one value, like a long list, that are indexed."""


class Use(NamedTuple):
    """A place at which a run's setting is written; ``wins`` unless another place, or a command line, overrides it."""

    checked: Checked
    plan: Plan
    setting: Setting
    span: Span

    @property
    def wins(self) -> bool:
        return self.setting.span == self.span


class SettingPlaces:
    """Every place of every setting of a result's runs, by file and line."""

    def __init__(self, result: Result) -> None:
        self._lines: dict[tuple[str, int], list[Use]] = {}
        for use in _uses(result):
            key = result.file(use.checked.root, use.span).key
            for line in range(use.span.line, min(use.span.end_line, use.span.line + MOST_LINES) + 1):
                self._lines.setdefault((key, line), []).append(use)

    def at(self, file: File, line: int, column: int) -> list[Use]:
        """The uses whose value, or the key before it, is at a place: one for each run that reads it."""
        uses = self._lines.get((file.key, line), [])
        here = [use for use in uses if covers(use.span, line, column)]
        if not here:
            after = [use for use in uses if use.span.line == line and use.span.column > column]
            nearest = min((use.span.column for use in after), default=0)
            here = [use for use in after if use.span.column == nearest]
        narrowest = min((_size(use.span) for use in here), default=(0, 0))
        return [use for use in here if _size(use.span) == narrowest]


def _uses(result: Result) -> Iterator[Use]:
    for checked in result.checked:
        for plan in checked.report.plans if checked.report is not None else ():
            for setting in plan.run.settings.values():
                yield from (Use(checked, plan, setting, span) for span in setting.spans)


def _size(span: Span) -> tuple[int, int]:
    return span.end_line - span.line, span.end_column - span.column


# -- definitions and references ----------------------------------------------------------------------------------------


def definitions(result: Result, uses: Sequence[Use]) -> list[Location]:
    """The lines that decide a place's values in the runs that read it."""
    places = ((use, use.setting.span) for use in uses if use.setting.span is not None)
    return _once(result.location(use.checked.root, span) for use, span in places)


def references(result: Result, uses: Sequence[Use]) -> list[Location]:
    """All places of a place's settings, in every layer, and those on the other sides of their pairs."""
    here = (result.location(use.checked.root, span) for use in uses for span in use.setting.spans)
    return _once([*here, *(result.location(use.checked.root, span) for use in uses for span in _other_sides(use))])


def _once(locations: Iterable[Location]) -> list[Location]:
    found: dict[tuple[str, int, int], Location] = {}
    for place in locations:
        found.setdefault((place.uri, place.range.start.line, place.range.start.character), place)
    return list(found.values())


def _other_sides(use: Use) -> Iterator[Span]:
    """Where a pair's other side writes the quantities that this setting decides."""
    first_settings = ((name, use.plan.settings_of(name)[:1]) for name in use.plan.quantities)
    decided = [name for name, settings in first_settings if settings and settings[0] is use.setting]
    for pair in use.checked.report.pairs if use.checked.report is not None else ():
        for plan, other in ((pair.left, pair.right), (pair.right, pair.left)):
            if plan is use.plan:
                yield from (span for name in decided for span in other.spans_of(name)[:1])


def named_file(result: Result, file: File, line: int, column: int) -> list[Location]:
    """The start of the file that a name in a Hydra tree's config means: one of its defaults, or an environment."""
    if not YAML.fits(file.path):
        return []
    try:
        document = read(file.path, result.data(file))
        target = next((path for span, path in _names(document) if covers(span, line, column)), None)
    except InputError:
        return []  # the file has a finding that says so
    if target is None or not is_file(target):
        return []
    start = Position(0, 0)
    return [Location(str(from_fs_path(os.path.normpath(target))), Range(start, start))]


def _names(document: Document) -> Iterator[tuple[Span, str]]:
    """The names of files in a config, each with its place and the path of the file."""
    root = tree_root(document.path)
    folder = os.path.relpath(os.path.dirname(document.path), root).replace(os.sep, "/").removeprefix(".")
    for include in read_config_file(document).includes:
        for option in include.options or ():
            single = include._replace(options=(option,))
            span = option.span if include.many else include.span
            yield span, f"{root}/{config_name(DefaultsNode(single, folder).path)}.yaml"
    for reference in env_references(document.root):
        yield reference.span, f"{root}/{config_name(reference.text)}.yaml"
    for reference in file_references(document.root, os.path.basename(root)):
        yield reference.span, f"{os.path.dirname(root)}/{reference.text}"
