"""JSON for scripts: the shapes that docs/schema describes, ``"schema": "metta-lint/1"`` in each.

It is JSON as its standard has it: Python's own writer makes NaN and Infinity, which other readers refuse.
"""

from __future__ import annotations

from math import isfinite
from typing import TYPE_CHECKING

from metta_lint.base.paths import slashed
from metta_lint.base.unknown import Unknown
from metta_lint.rules.finding import SEVERITIES, Claim, Finding
from metta_lint.sources.text import file_start

if TYPE_CHECKING:
    from metta_lint.base.documents import Span
    from metta_lint.check.baseline import BaselineResult
    from metta_lint.check.report import Report
    from metta_lint.plans.plan import Plan, Quantity, Refusal
    from metta_lint.plans.run import Setting
    from metta_lint.reports.style import Style
    from metta_lint.sources.edit import Fix


SCHEMA = "metta-lint/1"


def check_data(report: Report) -> dict[str, object]:
    """What ``check --output-format json`` prints."""
    counts: dict[str, object] = {
        severity: sum(f.severity == severity for f in report.findings) for severity in SEVERITIES
    }
    return {
        "schema": SCHEMA,
        "findings": [finding_data(finding) for finding in report.findings],
        "summary": {
            "findings": len(report.findings),
            **counts,
            "runs": [plan.run.label for plan in report.plans],
            "pairs": [
                {
                    "left": pair.left.run.label,
                    "right": pair.right.run.label,
                    "reason": pair.reason,
                }
                for pair in report.pairs
            ],
            "notes": list(report.notes),
            "warnings": list(report.warnings),
            "files": report.files,
            "suppressed": len(report.suppressed),
            "baseline": baseline_data(report.held) if report.held is not None else None,
        },
    }


def baseline_data(held: BaselineResult) -> dict[str, object]:
    """What a baseline knew of the findings, and how many of its own no longer occur."""
    return {"path": held.baseline.path, "known": held.known, "stale": sum(held.gone.values())}


def finding_data(finding: Finding) -> dict[str, object]:
    """One finding."""
    return {
        "code": finding.code,
        "name": finding.name,
        "severity": finding.severity,
        "message": finding.message,
        "location": location(finding.span),
        "related": [{"label": related.label, **location(related.span)} for related in finding.related],
        "claims": [claim_data(claim) for claim in finding.claims],
        "help": finding.help,
        "notes": list(finding.notes),
        "subject": finding.found_in,
        "fix": fix_data(finding.fix) if finding.fix is not None else None,
        "url": finding.url,
        **({"history": finding.history} if finding.history is not None else {}),
    }


def fix_data(fix: Fix) -> dict[str, object]:
    """One fix: all of its edits, or none."""
    return {
        "message": fix.message,
        "safe": fix.is_safe,
        "edits": [{**location(edit.span), "text": edit.text} for edit in fix.edits],
    }


def claim_data(claim: Claim) -> dict[str, object]:
    """One claim."""
    return {"quantity": claim.quantity, "left": claim.left, "right": claim.right}


def plan_data(plan: Plan) -> dict[str, object]:
    """What ``plan --output-format json`` prints."""
    return {
        "schema": SCHEMA,
        "trainer": plan.run.trainer,
        "version": plan.run.version,
        "entry": plan.run.entry,
        "settings": {key: _setting(setting) for key, setting in plan.run.settings.items()},
        "quantities": {name: _quantity(quantity) for name, quantity in plan.quantities.items()},
        "refusals": [_refusal(plan, refusal) for refusal in plan.refusals],
        "risks": [{**_refusal(plan, risk), "only_if": risk.only_if} for risk in plan.risks],
        "loop": plan.loop.as_dict() if plan.loop is not None else {},
        "notes": list(plan.run.notes),
    }


def _refusal(plan: Plan, refusal: Refusal) -> dict[str, object]:
    return {
        "code": refusal.requirement,
        "message": f"{refusal.exception}: {refusal.message}",
        "location": location(plan.place_of(refusal) or file_start(plan.run.file)),
    }


def _setting(setting: Setting) -> dict[str, object]:
    return {
        "value": _known(setting.value),
        **({"unknown_because": setting.value.because} if isinstance(setting.value, Unknown) else {}),
        "location": location(setting.span) if setting.span is not None else None,
        "overrides": [location(span) for span in setting.overrides],
    }


def _known(value: object) -> object:
    """A value with null for what is unknown in it."""
    match value:
        case Unknown():
            return None
        case list():
            return [_known(item) for item in value]
        case dict():
            return {key: _known(item) for key, item in value.items()}
    return value


def _quantity(quantity: Quantity) -> dict[str, object]:
    data = {
        "value": quantity.value,
        "unit": quantity.unit,
        "formula": quantity.formula,
        "inputs": list(quantity.inputs),
    }
    if quantity.unknown_because is not None:
        data["unknown_because"] = quantity.unknown_because
    return data


def location(span: Span) -> dict[str, object]:
    """A place: 1-based, the end exclusive, ``/`` in the path."""
    return {
        "path": slashed(span.path),
        "line": span.line,
        "column": span.column,
        "end_line": span.end_line,
        "end_column": span.end_column,
    }


def as_json(data: object) -> str:
    """A report for scripts. What JSON has no number for is a text: ``"inf"``, ``"-inf"``, ``"nan"``."""
    import json

    try:
        return json.dumps(data, indent=2, default=str, allow_nan=False)
    except ValueError:
        return json.dumps(_finite(data), indent=2, default=str, allow_nan=False)


def _finite(data: object) -> object:
    """Data with texts for numbers that are not finite."""
    match data:
        case float():
            return data if isfinite(data) else str(data)
        case dict():
            return {key: _finite(value) for key, value in data.items()}
        case list() | tuple():
            return [_finite(item) for item in data]
    return data


def page(report: Report, _style: Style) -> str:
    """The findings, and what was looked at."""
    return as_json(check_data(report))
