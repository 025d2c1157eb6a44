"""Definitions and references: the line that decides a value, all places of a setting, the file that a name means."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from lsprotocol.types import Location, Position, Range
from pygls.uris import from_fs_path

from metta_lint.base.errors import InputError
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
    from metta_lint.server.linting import File, Result
    from metta_lint.server.places import Use


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
            yield span, f"{root}/{DefaultsNode(single, folder).path.removesuffix('.yaml')}.yaml"
    for reference in env_references(document.root):
        yield reference.span, f"{root}/{reference.text.strip('/').removesuffix('.yaml')}.yaml"
    for reference in file_references(document.root, os.path.basename(root)):
        yield reference.span, f"{os.path.dirname(root)}/{reference.text}"
