"""The report of ``solve``: a run's problems, and proposals with the changes of each."""

from __future__ import annotations

from typing import TYPE_CHECKING

from metta_lint.base.wording import count
from metta_lint.reports.json import SCHEMA, edits_data, run_data
from metta_lint.reports.text import cell, table

if TYPE_CHECKING:
    from collections.abc import Iterator

    from metta_lint.fixes.solver.answers import Answer, Solution
    from metta_lint.reports.style import Style


def solve_page(answer: Answer, style: Style) -> str:
    """The problems, then each proposal with the numbers that it changes."""
    name = answer.plan.run.label
    if answer.is_clean:
        return f"{name}: nothing to solve: {answer.plan.run.dialect} takes it as it is, and wastes nothing"
    not_known = [f"  unknown: {because}" for because in answer.unknown]
    if answer.is_clean is None:
        heading = f"{name}: whether {answer.plan.run.dialect} takes it as it is and wastes nothing cannot be known"
        return "\n".join([style.bold(heading), *not_known])
    lines = [style.bold(f"{name}: what is wrong with it as it is")]
    lines += [*(f"  {message}" for message in answer.problems.values()), *not_known]
    missed = {want: value for want, value in answer.wants.items() if answer.plan.value(want) != value}
    lines += [
        f"  {want} = {cell(answer.plan.value(want), '?')}, and {cell(value, '?')} is wanted"
        for want, value in missed.items()
    ]
    return "\n\n".join(map("\n".join, (lines, *proposal_blocks(answer, style))))


def proposal_blocks(answer: Answer, style: Style) -> list[list[str]]:
    """The lines of each proposal, or a line that says that there is none."""
    blocks = [list(_lines(number, solution, style)) for number, solution in enumerate(answer.proposals, start=1)]
    return blocks or [["no change of one or two sizes makes it clean"]]


def _lines(number: int, solution: Solution, style: Style) -> Iterator[str]:
    proposal = solution.proposal
    said = ", ".join(f"{key} = {value} (now {proposal.before[key]})" for key, value in proposal.changes.items())
    far = count(len(proposal.changes), "setting") + f", {proposal.distance:.3f} octaves away"
    yield style.bold(f"{number}. {said}") + style.dim(f"  {far}")
    rows = [("quantity", "now", "then")]
    rows += [(name, cell(before, "?"), cell(after, "?")) for name, (before, after) in solution.moved.items()]
    yield from (f"   {line}" for line in table(rows, (1, 2)))
    if solution.not_written:
        yield style.dim(f"   not written into a file: {solution.not_written}")
    for edit in solution.edits:
        yield style.dim(f"   written at {edit.span}")


def solve_data(answer: Answer) -> dict[str, object]:
    """The data of ``solve --output-format json``."""
    return {
        "schema": SCHEMA,
        **run_data(answer.plan),
        "clean": answer.is_clean,
        **({"unknown_because": answer.unknown} if answer.unknown else {}),
        "problems": [{"name": name, "message": message} for name, message in answer.problems.items()],
        "wants": answer.wants,
        "proposals": [_solution_data(solution) for solution in answer.proposals],
    }


def _solution_data(solution: Solution) -> dict[str, object]:
    proposal = solution.proposal
    return {
        "settings": [
            {"key": key, "before": proposal.before[key], "after": value} for key, value in proposal.changes.items()
        ],
        "distance": round(proposal.distance, 6),
        "quantities": {name: {"before": before, "after": after} for name, (before, after) in solution.moved.items()},
        "edits": edits_data(solution.edits),
        **({"not_written_because": solution.not_written} if solution.not_written else {}),
    }
