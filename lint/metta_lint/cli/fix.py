"""``metta-lint check --fix`` and ``--diff``: what is changed, and what is said of it, all of that on stderr."""

from __future__ import annotations

import os
from collections import Counter
from typing import TYPE_CHECKING

import click

from metta_lint.base.errors import LintError
from metta_lint.base.records import NamedTuple
from metta_lint.cli.options import option_group
from metta_lint.cli.output import emit

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from metta_lint.check.report import Report
    from metta_lint.cli.options import OutputOptions
    from metta_lint.files.replace import Rewrite
    from metta_lint.fixes.fixer import Fixed
    from metta_lint.plans.pair import Side
    from metta_lint.rules.finding import Finding, Severity


class FixOptions(NamedTuple):
    """Which fixes are applied, or shown (``diff``); ``take`` is the side of pairs that is right."""

    fix: bool
    unsafe_fixes: bool
    diff: bool
    take: Side | None


fix_options = option_group(
    "fixes",
    FixOptions,
    click.option("--fix", is_flag=True, help="Apply the fixes that change no run but for what was plainly meant."),
    click.option("--unsafe-fixes", is_flag=True, help="With --fix or --diff: all fixes."),
    click.option("--diff", is_flag=True, help="Print what --fix would change, and write nothing."),
    click.option(
        "--take",
        type=click.Choice(["left", "right"]),
        help="The side of each pair that is right: the other one is fixed to agree.",
    ),
)


def without_effect(options: FixOptions) -> list[str]:
    """What is said of options that choose fixes where no fixes are asked for."""
    if options.fix or options.diff:
        return []
    given = [name for name, value in (("--unsafe-fixes", options.unsafe_fixes), ("--take", options.take)) if value]
    return [f"{name} changes no file without --fix, and shows no change without --diff" for name in given]


def with_pairs_taken(side: Side | None, report: Report) -> Report:
    """The report, its findings of pairs with fixes where a side is said to be right."""
    if side is None and not any(pair.truth for pair in report.pairs):
        return report
    from metta_lint.fixes.take import with_taken

    return report._replace(findings=with_taken(report.findings, report.pairs, side))


def with_sizes_solved(report: Report) -> Report:
    """The report, its findings of sizes that do not go together with fixes."""
    from metta_lint.fixes.solver.fixes import with_solved

    return report._replace(findings=with_solved(report.findings, report.plans))


def with_fixes(
    look: Callable[[], Report], roots: Sequence[str], options: FixOptions, severity: Severity, output: OutputOptions
) -> tuple[Report, int]:
    """Fix what is found below some files and folders, or say what would change; what is left, and an exit code.

    With ``--diff`` the code is 1 where something would change; with either it is 2 where a fix is none, with ``--fix``
    where something could not be written, with ``--diff``, which shows no findings, where a file could not be read.
    """
    from metta_lint.fixes.fixer import Fixer, Wanted

    wanted = Wanted(tuple(roots), options.unsafe_fixes, of_pairs=options.take is not None, severity=severity)
    fixer = Fixer(look, wanted)
    fixed = fixer.fix()
    report = fixer.report
    code = _say_bugs(fixed)
    if options.diff:
        from metta_lint.reports.diff import diff

        emit(diff(fixed.rewrites).removesuffix("\n"), output, is_patch=True)
        _say(fixed, report, "Would fix", options, output)
        unreadable = _say_unreadable(report)
        return report, max(code, unreadable, int(bool(fixed.rewrites)))
    failed = [rewrite for rewrite in fixed.rewrites if not _written(rewrite)]
    if failed:
        fixed, report = fixed._replace(done=_without(fixed.done, failed), unsettled=False), look()
    _say(fixed, report, "Fixed", options, output)
    return report, 2 if failed else code


def _written(rewrite: Rewrite) -> bool:
    try:
        note = rewrite.write()
    except LintError as error:
        click.echo(f"error: {error}", err=True)
        return False
    if note:
        click.echo(f"warning: {note}", err=True)
    return True


def _without(done: Iterable[Finding], failed: Iterable[Rewrite]) -> tuple[Finding, ...]:
    """The findings whose fix is wholly in files that were written."""
    files = {os.path.realpath(rewrite.path) for rewrite in failed}
    return tuple(
        finding
        for finding in done
        if finding.fix is not None and files.isdisjoint(os.path.realpath(edit.span.path) for edit in finding.fix.edits)
    )


def _say_bugs(fixed: Fixed) -> int:
    for finding in fixed.failed:
        click.echo(
            f"error: the fix of {finding.code} ({finding.name}) at {finding.span} leaves it there, and is not "
            "applied: this is a bug of the rule",
            err=True,
        )
    return 2 if fixed.failed else 0


def _say_unreadable(report: Report) -> int:
    unreadable = [finding for finding in report.findings if finding.is_input_error]
    for finding in unreadable:
        click.echo(f"error: {finding.span}: {finding.message}", err=True)
    return 2 if unreadable else 0


def _say(fixed: Fixed, report: Report, verb: str, options: FixOptions, output: OutputOptions) -> None:
    if output.quiet:
        return
    lines = [f"{verb} {_counted(fixed.done)}" if fixed.done else "No fixes to apply"]
    lines += [f"Left alone, for it would change {_elsewhere(finding)}" for finding in fixed.outside]
    unsafe = [finding for finding in report.findings if finding.fix is not None and not finding.fix.is_safe]
    if unsafe and not options.unsafe_fixes:
        lines.append(f"{len(unsafe)} more can be fixed with --unsafe-fixes")
    if fixed.unsettled:
        lines.append("There is more to fix: run it again")
    left = len(report.findings)
    lines.append(f"{left} {'finding is' if left == 1 else 'findings are'} left" if left else "Nothing is left")
    for line in lines:
        click.echo(line, err=True)


def _elsewhere(finding: Finding) -> str:
    files = dict.fromkeys(edit.span.path for edit in finding.fix.edits) if finding.fix is not None else ()
    return f"{', '.join(files)}: {finding.span}: {finding.code}"


def _counted(findings: Iterable[Finding]) -> str:
    """``3 findings: 2 x ML501 (ignored-key), 1 x ML407 (text-for-value)``."""
    counts = Counter((finding.code, finding.name) for finding in findings)
    total = sum(counts.values())
    each = ", ".join(f"{number} x {code} ({name})" for (code, name), number in sorted(counts.items()))
    return f"{total} finding{'' if total == 1 else 's'}: {each}"
