"""The comparison table as text, markdown and JSON."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

from metta_lint.base.records import NamedTuple
from metta_lint.base.wording import count, show
from metta_lint.reports.json import SCHEMA, finding_data
from metta_lint.reports.markdown import row as markdown_row
from metta_lint.reports.text import cell, table

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from metta_lint.history.story import Story
    from metta_lint.plans.comparison import ComparisonRow
    from metta_lint.plans.pair import Pair
    from metta_lint.reports.style import Style
    from metta_lint.rules.finding import Finding


class Comparison(NamedTuple):
    """The content of ``compare``; ``stories`` tell how quantities came to differ."""

    pair: Pair
    rows: Sequence[ComparisonRow]
    findings: Sequence[Finding] = ()
    stories: Mapping[str, Story] = {}

    @property
    def told(self) -> list[tuple[str, str]]:
        """The label of each row that has a story, and the story as a sentence."""
        return [(row.label, self.stories[row.quantity].sentence) for row in self.rows if row.quantity in self.stories]

    @property
    def gaps(self) -> list[str]:
        """Commits on the way that could not be planned, each once."""
        return list(dict.fromkeys(gap for story in self.stories.values() for gap in story.gaps))


def comparison_text(comparison: Comparison, style: Style) -> str:
    """The table for a terminal: a heading for each group, and the stories of the differences below."""
    pair, rows, findings, stories = comparison
    lines = [
        style.bold(
            f"{pair.left.run.label} (left, {pair.left.run.dialect}) against "
            f"{pair.right.run.label} (right, {pair.right.run.dialect})"
        ),
        "",
    ]
    cells = [("quantity", "left", "right", "ratio", "note"), *(_cells(row) for row in rows)]
    body = table(cells, right_aligned=(1, 2, 3), width=style.width)
    lines += body[:2]
    remaining = iter(body[2:])
    for group, members in groupby(rows, key=lambda row: row.group):
        lines.append(style.bold(group))
        lines += [style.dim(line) if row.same else line for row, line in zip(members, remaining, strict=False)]
    if stories:
        lines += ["", style.bold("History"), *(f"  {label}: {sentence}" for label, sentence in comparison.told)]
        lines += [style.dim(f"  note: {gap}") for gap in comparison.gaps]
    different = sum(not row.same for row in rows)
    lines += ["", f"{different} of {len(rows)} rows differ or are unknown"]
    if findings:
        lines.append(
            f"{count(len(findings), 'finding')}: metta-lint check prints {'it' if len(findings) == 1 else 'them'}"
        )
    return "\n".join(lines)


def _cells(row: ComparisonRow) -> tuple[str, ...]:
    factor = "" if row.ratio is None or row.same else f"{show(float(f'{row.ratio:.3g}'))}x"
    return f"  {row.label}", cell(row.left, "unknown"), cell(row.right, "unknown"), factor, row.note


def comparison_markdown(comparison: Comparison) -> str:
    """The table for a pull request."""
    pair, rows, _, stories = comparison
    lines = [
        f"| Parameter | {pair.left.run.label} | {pair.right.run.label} | Ratio | Notes |",
        "|---|---|---|---|---|",
    ]
    for group, members in groupby(rows, key=lambda row: row.group):
        lines.append(f"| **{group}** | | | | |")
        lines += [markdown_row(*map(_escaped, _cells(row))) for row in members]
    if stories:
        lines += ["", "| Parameter | History |", "|---|---|"]
        lines += [markdown_row(*map(_escaped, cells)) for cells in comparison.told]
        lines += [f"\n{gap}" for gap in comparison.gaps]
    return "\n".join(lines)


def _escaped(cell: str) -> str:
    return cell.strip().replace("|", "\\|")


def comparison_data(comparison: Comparison) -> dict[str, object]:
    """What ``compare --output-format json`` prints."""
    pair, rows, findings, stories = comparison
    return {
        "schema": SCHEMA,
        "left": pair.runs[0],
        "right": pair.runs[1],
        "trainers": {"left": pair.left.run.dialect, "right": pair.right.run.dialect},
        "rows": [
            {
                **row._asdict(),
                "ratio": row.ratio,
                "same": row.same,
                **({"history": stories[row.quantity].data()} if row.quantity in stories else {}),
            }
            for row in rows
        ],
        "findings": list(map(finding_data, findings)),
    }
