"""Which settings of which runs are written at a place, be they overridden at another place or not."""

from __future__ import annotations

from typing import TYPE_CHECKING

from metta_lint.base.records import NamedTuple
from metta_lint.server.positions import covers

if TYPE_CHECKING:
    from collections.abc import Iterator

    from metta_lint.base.documents import Span
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
