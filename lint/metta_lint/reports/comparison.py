"""The comparison table as text, markdown and JSON."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Any

from metta_lint.numbers import show
from metta_lint.reports.data import SCHEMA, finding_data
from metta_lint.reports.text import Row, table

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from metta_lint.compare import ComparisonRow
    from metta_lint.findings import Finding
    from metta_lint.pairs import Pair
    from metta_lint.reports.style import Style


def comparison_text(pair: Pair, rows: Sequence[ComparisonRow], findings: Sequence[Finding], style: Style) -> str:
    """The table for a terminal: a heading for each group."""
    lines = [
        style.bold(
            f"{_name(pair, 'left')} (left, {pair.left.run.dialect}) against "
            f"{_name(pair, 'right')} (right, {pair.right.run.dialect})"
        ),
        "",
    ]
    body = table(
        [("quantity", "left", "right", "ratio", "note"), *(_cells(row) for row in rows)], right_aligned=(1, 2, 3)
    )
    lines += body[:2]
    remaining = iter(body[2:])
    for group, members in groupby(rows, key=lambda row: row.group):
        lines.append(style.bold(group))
        lines += [_marked(next(remaining), row, style) for row in members]
    different = sum(not row.same for row in rows)
    lines += ["", f"{different} of {len(rows)} rows differ or are unknown"]
    if findings:
        lines.append(f"{len(findings)} findings: metta-lint check prints them")
    return "\n".join(lines)


def _marked(line: str, row: ComparisonRow, style: Style) -> str:
    return style.dim(line) if row.same else line


def _cells(row: ComparisonRow) -> Row:
    factor = "" if row.ratio is None or row.same else f"{show(float(f'{row.ratio:.3g}'))}x"
    return f"  {row.label}", _shown(row.left), _shown(row.right), factor, row.note


def _shown(value: object) -> str:
    return "unknown" if value is None else show(value)


def comparison_markdown(pair: Pair, rows: Sequence[ComparisonRow]) -> str:
    """The table for a pull request."""
    lines = [
        f"| Parameter | {_name(pair, 'left')} | {_name(pair, 'right')} | Ratio | Notes |",
        "|---|---|---|---|---|",
    ]
    for group, members in groupby(rows, key=lambda row: row.group):
        lines.append(f"| **{group}** | | | | |")
        lines += [f"| {' | '.join(_markdown_cells(row))} |" for row in members]
    return "\n".join(lines)


def _markdown_cells(row: ComparisonRow) -> Iterator[str]:
    for cell in _cells(row):
        yield cell.strip().replace("|", "\\|")


def comparison_data(pair: Pair, rows: Sequence[ComparisonRow], findings: Sequence[Finding]) -> dict[str, Any]:
    """What ``compare --output-format json`` prints."""
    return {
        "schema": SCHEMA,
        "left": _name(pair, "left"),
        "right": _name(pair, "right"),
        "trainers": {"left": pair.left.run.dialect, "right": pair.right.run.dialect},
        "rows": [
            {
                "group": row.group,
                "label": row.label,
                "quantity": row.quantity,
                "left": row.left,
                "right": row.right,
                "ratio": row.ratio,
                "same": row.same,
                "note": row.note,
            }
            for row in rows
        ],
        "findings": [finding_data(finding) for finding in findings],
    }


def _name(pair: Pair, side: str) -> str:
    run = pair.left.run if side == "left" else pair.right.run
    return run.name or run.entry
