"""The comparison table as text, markdown and JSON."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

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


NO_STORIES: Mapping[str, Story] = {}


def comparison_text(
    pair: Pair,
    rows: Sequence[ComparisonRow],
    findings: Sequence[Finding],
    style: Style,
    stories: Mapping[str, Story] = NO_STORIES,
) -> str:
    """The table for a terminal: a heading for each group, and below the table how each difference came to be."""
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
        told = [f"  {label}: {sentence}" for label, sentence in _told(rows, stories)]
        lines += ["", style.bold("History"), *told, *(style.dim(f"  note: {gap}") for gap in _gaps(stories))]
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


def _told(rows: Sequence[ComparisonRow], stories: Mapping[str, Story]) -> list[tuple[str, str]]:
    """How each row that differs came to differ: its label and a sentence."""
    return [(row.label, stories[row.quantity].sentence) for row in rows if row.quantity in stories]


def _gaps(stories: Mapping[str, Story]) -> list[str]:
    """What could not be planned, each once."""
    return list(dict.fromkeys(gap for story in stories.values() for gap in story.gaps))


def comparison_markdown(pair: Pair, rows: Sequence[ComparisonRow], stories: Mapping[str, Story] = NO_STORIES) -> str:
    """The table for a pull request."""
    lines = [
        f"| Parameter | {pair.left.run.label} | {pair.right.run.label} | Ratio | Notes |",
        "|---|---|---|---|---|",
    ]
    for group, members in groupby(rows, key=lambda row: row.group):
        lines.append(f"| **{group}** | | | | |")
        lines += [markdown_row(*map(_escaped, _cells(row))) for row in members]
    if stories:
        lines += ["", "| Parameter | History |", "|---|---|"]
        lines += [markdown_row(*map(_escaped, cells)) for cells in _told(rows, stories)]
        lines += [f"\n{gap}" for gap in _gaps(stories)]
    return "\n".join(lines)


def _escaped(cell: str) -> str:
    return cell.strip().replace("|", "\\|")


def comparison_data(
    pair: Pair,
    rows: Sequence[ComparisonRow],
    findings: Sequence[Finding],
    stories: Mapping[str, Story] = NO_STORIES,
) -> dict[str, object]:
    """What ``compare --output-format json`` prints."""
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
        "findings": [finding_data(finding) for finding in findings],
    }
