"""``metta-lint check --fix`` and ``--diff``: what is changed, and what is said about it on stderr."""

from __future__ import annotations

import os
from collections import Counter
from typing import TYPE_CHECKING

import click

from metta_lint.base.errors import LintError
from metta_lint.base.records import NamedTuple
from metta_lint.base.wording import count
from metta_lint.cli.options import option_group, warn
from metta_lint.cli.output import emit

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from metta_lint.check.report import Filter, Report
    from metta_lint.cli.options import OutputOptions
    from metta_lint.files.replace import Rewrite
    from metta_lint.fixes.fixer import Fixed
    from metta_lint.plans.pair import Side
    from metta_lint.rules.finding import Finding, Severity


class FixOptions(NamedTuple):
    """Which fixes are applied, or shown (``diff``). ``take`` is the side whose values both runs of a pair get."""

    fix: bool
    unsafe_fixes: bool
    diff: bool
    take: Side | None


fix_options = option_group(
    "fixes",
    FixOptions,
    click.option(
        "--fix", is_flag=True, help="Apply safe fixes: they change a run only where it is plain what was meant."
    ),
    click.option("--unsafe-fixes", is_flag=True, help="With --fix or --diff: unsafe fixes too."),
    click.option("--diff", is_flag=True, help="Print what --fix would change, and write nothing."),
    click.option(
        "--take",
        type=click.Choice(["left", "right"]),
        help="The side of each pair that is right: the other one is fixed to agree.",
    ),
)


def without_effect(options: FixOptions) -> list[str]:
    """A warning for each option that chooses fixes where no fixes are asked for."""
    if options.fix or options.diff:
        return []
    given = [name for name, value in (("--unsafe-fixes", options.unsafe_fixes), ("--take", options.take)) if value]
    return [f"{name} changes no file without --fix, and shows no change without --diff" for name in given]


def fix_filters(options: FixOptions) -> Iterator[Filter]:
    """Filters that give findings more fixes: the other side's value where a side is right, sizes that fit."""

    def with_pairs_taken(report: Report) -> Report:
        if options.take is None and not any(pair.truth for pair in report.pairs):
            return report
        from metta_lint.fixes.take import with_taken

        return report._replace(findings=with_taken(report.findings, report.pairs, options.take))

    def with_sizes_solved(report: Report) -> Report:
        from metta_lint.fixes.solver.answers import with_solved

        return report._replace(findings=with_solved(report.findings, report.plans))

    yield with_pairs_taken
    if options.fix or options.diff or options.unsafe_fixes:
        yield with_sizes_solved


def with_fixes(
    look: Callable[[], Report], roots: Sequence[str], options: FixOptions, severity: Severity, output: OutputOptions
) -> tuple[Report, int]:
    """Fix findings in some files and folders, or print what would change. Returns what is left, and an exit code.

    The code is 2 where a fix does not work, where ``--fix`` cannot write a file, or where ``--diff``, which shows no
    findings, cannot read one. Else ``--diff`` has 1 where something would change.
    """
    from metta_lint.fixes.fixer import Fixer, Wanted

    fixer = Fixer(
        look, Wanted(tuple(roots), options.unsafe_fixes, of_pairs=options.take is not None, severity=severity)
    )
    fixed = fixer.fix()
    report = fixer.report
    errors = [
        f"the fix of {finding.code} ({finding.name}) at {finding.span} leaves it there, and is not applied: "
        "this is a bug of the rule"
        for finding in fixed.failed
    ]
    if options.diff:
        from metta_lint.reports.diff import diff

        emit(diff(fixed.rewrites).removesuffix("\n"), output, is_patch=True)
        errors += [f"{finding.span}: {finding.message}" for finding in report.findings if finding.is_input_error]
    else:
        failed = {rewrite.path: error for rewrite in fixed.rewrites if (error := _failure(rewrite))}
        errors += failed.values()
        if failed:
            fixed, report = fixed._replace(done=_without(fixed.done, failed), unsettled=False), look()
    said = [] if output.quiet else _summary(fixed, report, options)
    for line in (*(f"error: {error}" for error in errors), *said):
        click.echo(line, err=True)
    return report, 2 if errors else int(options.diff and bool(fixed.rewrites))


def _failure(rewrite: Rewrite) -> str:
    """Write a file. Returns why that failed, or "" where it did not."""
    try:
        note = rewrite.write()
    except LintError as error:
        return str(error)
    warn([note] if note else [])
    return ""


def _without(done: Iterable[Finding], failed: Iterable[str]) -> tuple[Finding, ...]:
    """The findings whose fix is in none of the files that could not be written."""
    files = set(map(os.path.realpath, failed))
    return tuple(finding for finding in done if files.isdisjoint(map(os.path.realpath, _edited(finding))))


def _edited(finding: Finding) -> dict[str, None]:
    """The files that a finding's fix edits."""
    return dict.fromkeys(edit.span.path for edit in finding.edits)


def _summary(fixed: Fixed, report: Report, options: FixOptions) -> Iterator[str]:
    """``Fixed 3 findings: 2 x ML501 (ignored-key), 1 x ML407 (text-for-value)``, and what is left."""
    counts = Counter((finding.code, finding.name) for finding in fixed.done)
    each = ", ".join(f"{number} x {code} ({name})" for (code, name), number in sorted(counts.items()))
    verb = "Would fix" if options.diff else "Fixed"
    yield f"{verb} {count(len(fixed.done), 'finding')}: {each}" if counts else "No fixes to apply"
    for finding in fixed.outside:
        yield f"Left alone, for it would change {', '.join(_edited(finding))}: {finding.span}: {finding.code}"
    unsafe = sum(finding.fix is not None and not finding.fix.is_safe for finding in report.findings)
    if unsafe and not options.unsafe_fixes:
        yield f"{unsafe} more can be fixed with --unsafe-fixes"
    if fixed.unsettled:
        yield "There is more to fix: run it again"
    left = len(report.findings)
    yield f"{left} {'finding is' if left == 1 else 'findings are'} left" if left else "Nothing is left"
