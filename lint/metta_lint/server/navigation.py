"""From a value to the line that wins, to all of its places, and from a name to the file that it means."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from metta_lint.base.errors import InputError
from metta_lint.files.file_system import is_file
from metta_lint.server.diagnostics import location
from metta_lint.sources import read
from metta_lint.sources.syntax import YAML
from metta_lint.trainers.hydra.includes import DefaultsNode, read_config_file
from metta_lint.trainers.trees.references import env_references, file_references
from metta_lint.trainers.trees.roots import tree_root

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from lsprotocol.types import Location

    from metta_lint.base.documents import Document, Span
    from metta_lint.server.linting import File, Result
    from metta_lint.server.places import Use


def definitions(result: Result, uses: Sequence[Use]) -> list[Location]:
    """The lines that win over a place, in the runs that read it; its own line, where it wins."""
    places = ((use, use.setting.span) for use in uses if use.setting.span is not None)
    return _once(location(result, use.checked, span) for use, span in places)


def references(result: Result, uses: Sequence[Use]) -> list[Location]:
    """All places of the settings that a place writes, in every layer, and those of the other sides of their pairs."""
    here = (location(result, use.checked, span) for use in uses for span in use.setting.spans)
    return _once([*here, *(location(result, use.checked, span) for use in uses for span in _other_sides(use))])


def _once(locations: Iterable[Location]) -> list[Location]:
    found: dict[tuple[str, int, int], Location] = {}
    for place in locations:
        found.setdefault((place.uri, place.range.start.line, place.range.start.character), place)
    return list(found.values())


def _other_sides(use: Use) -> Iterator[Span]:
    """Where a pair's other side writes the quantities that this setting decides."""
    decided = [name for name in use.plan.quantities if _first(use.plan.settings_of(name)) is use.setting]
    for pair in use.checked.report.pairs if use.checked.report is not None else ():
        for plan, other in ((pair.left, pair.right), (pair.right, pair.left)):
            if plan is use.plan:
                yield from (span for name in decided for span in other.spans_of(name)[:1])


def _first(settings: Sequence[object]) -> object:
    return settings[0] if settings else None


def named_file(file: File, content: bytes, line: int, column: int) -> str | None:
    """The file that a name at a place of a Hydra tree's config means: in its defaults list, or an environment's."""
    if not YAML.fits(file.path):
        return None
    try:
        document = read(file.path, content)
        found = next((path for span, path in _names(document) if _is_in(span, line, column)), None)
    except InputError:
        return None  # which is a finding of its own
    return found if found is not None and is_file(found) else None


def _is_in(span: Span, line: int, column: int) -> bool:
    return (span.line, span.column) <= (line, column) <= (span.end_line, span.end_column)


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
