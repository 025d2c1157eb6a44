"""JSON for scripts, in the shapes of docs/schema: ``"schema": "metta-lint/1"`` in each."""

from __future__ import annotations

from math import isfinite
from typing import TYPE_CHECKING

from metta_lint.base.documents import Span
from metta_lint.base.paths import slashed
from metta_lint.base.unknown import Unknown
from metta_lint.rules.finding import SEVERITIES
from metta_lint.sources.text import file_start

if TYPE_CHECKING:
    from collections.abc import Iterable

    from metta_lint.check.report import Report
    from metta_lint.plans.plan import Plan, Refusal
    from metta_lint.reports.style import Style
    from metta_lint.rules.finding import Finding
    from metta_lint.sources.edit import Edit


SCHEMA = "metta-lint/1"


def page(report: Report, _style: Style) -> str:
    """The data of ``check --output-format json``: the findings, and the files, runs and pairs that were checked."""
    counts: dict[str, object] = {
        severity: sum(f.severity == severity for f in report.findings) for severity in SEVERITIES
    }
    held = report.held
    summary: dict[str, object] = {
        "findings": len(report.findings),
        **counts,
        "runs": [plan.run.label for plan in report.plans],
        "pairs": [{"left": pair.runs[0], "right": pair.runs[1], "reason": pair.reason} for pair in report.pairs],
        "notes": report.notes,
        "warnings": report.warnings,
        "files": report.files,
        "suppressed": len(report.suppressed),
        "baseline": None
        if held is None
        else {"path": held.baseline.path, "known": held.known, "stale": sum(held.gone.values())},
    }
    return as_json({"schema": SCHEMA, "findings": list(map(finding_data, report.findings)), "summary": summary})


def finding_data(finding: Finding) -> dict[str, object]:
    """One finding. Its fix is all of the edits, or none."""
    fix = finding.fix
    return {
        "code": finding.code,
        "name": finding.name,
        "severity": finding.severity,
        "message": finding.message,
        "location": finding.span,
        "related": [{"label": related.label, **span_data(related.span)} for related in finding.related],
        "claims": finding.claims,
        "help": finding.help,
        "notes": finding.notes,
        "subject": finding.found_in,
        "fix": None if fix is None else {"message": fix.message, "safe": fix.is_safe, "edits": edits_data(fix.edits)},
        "url": finding.url,
        **({"history": finding.history} if finding.history is not None else {}),
    }


def edits_data(edits: Iterable[Edit]) -> list[dict[str, object]]:
    """Edits: each a place and the text that goes there."""
    return [{**span_data(edit.span), "text": edit.text} for edit in edits]


def plan_data(plan: Plan) -> dict[str, object]:
    """The data of ``plan --output-format json``."""
    return {
        "schema": SCHEMA,
        **run_data(plan),
        "settings": {
            key: {
                "value": setting.value,
                **({"unknown_because": setting.value.because} if isinstance(setting.value, Unknown) else {}),
                "location": setting.span,
                "overrides": setting.overrides,
            }
            for key, setting in plan.run.settings.items()
        },
        "quantities": {
            name: {
                "value": quantity.value,
                "unit": quantity.unit,
                "formula": quantity.formula,
                "inputs": quantity.inputs,
                **({} if quantity.unknown_because is None else {"unknown_because": quantity.unknown_because}),
            }
            for name, quantity in plan.quantities.items()
        },
        "refusals": [_refusal_data(plan, refusal) for refusal in plan.refusals],
        "risks": [{**_refusal_data(plan, risk), "only_if": risk.only_if} for risk in plan.risks],
        "loop": {} if plan.loop is None else plan.loop,
        "notes": plan.run.notes,
    }


def run_data(plan: Plan) -> dict[str, object]:
    """The fields that identify a run."""
    return {"trainer": plan.run.trainer, "version": plan.run.version, "entry": plan.run.entry}


def _refusal_data(plan: Plan, refusal: Refusal) -> dict[str, object]:
    return {
        "code": refusal.requirement,
        "message": f"{refusal.exception}: {refusal.message}",
        "location": plan.place_of(refusal) or file_start(plan.run.file),
    }


def span_data(span: Span) -> dict[str, object]:
    """A place: 1-based, the end exclusive, ``/`` in the path."""
    return {**span._asdict(), "path": slashed(span.path)}


def as_json(data: object) -> str:
    """A report for scripts. Numbers that JSON lacks are texts: ``"inf"``, ``"-inf"``, ``"nan"``."""
    import json

    return json.dumps(_plain(data), indent=2, default=str)


def _plain(data: object) -> object:
    """Data as JSON: a record by its fields, null for an unknown value.

    Python's own writer would write NaN and Infinity, which other readers refuse.
    """
    match data:
        case float():
            return data if isfinite(data) else str(data)
        case dict():
            return {key: _plain(value) for key, value in data.items()}
        case Unknown():
            return None
        case Span():
            return span_data(data)
        case tuple() if hasattr(data, "_asdict"):
            return _plain(data._asdict())
        case list() | tuple():
            return [_plain(item) for item in data]
    return data
