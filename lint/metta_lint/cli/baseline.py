"""The options of ``check`` that read, write and prune a baseline."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import click

from metta_lint.base.records import NamedTuple
from metta_lint.base.wording import count
from metta_lint.cli.options import option_group
from metta_lint.project.config import GivenFile

if TYPE_CHECKING:
    from metta_lint.check.report import Report
    from metta_lint.project.config import Config

NOWHERE = ""
"""What ``--write-baseline`` without a file stands for."""


class BaselineOptions(NamedTuple):
    """Which baseline is read (None: the configured one; "": none), written (NOWHERE: the one read) or pruned."""

    baseline: str | None
    write_baseline: str | None
    prune_baseline: bool

    @property
    def changes_file(self) -> bool:
        """Whether the baseline itself is written."""
        return self.write_baseline is not None or self.prune_baseline


baseline_options = option_group(
    "baselines",
    BaselineOptions,
    click.option("--baseline", metavar="FILE", help="Leave out findings that this baseline knows; '' for no baseline."),
    click.option(
        "--write-baseline",
        metavar="[FILE]",
        is_flag=False,
        flag_value=NOWHERE,
        help="Write what is found now to the baseline, instead of reporting it.",
    ),
    click.option("--prune-baseline", is_flag=True, help="Drop the baseline's entries that no longer occur."),
)


def with_baseline(config: Config, options: BaselineOptions) -> Config:
    """The configuration with the command line's baseline; without one where it is to be written."""
    if options.write_baseline is not None and options.prune_baseline:
        raise click.UsageError("--write-baseline writes what is found now: there is nothing to prune")
    if options.baseline is not None:
        config = config._replace(baseline=GivenFile(options.baseline) if options.baseline else None)
    if options.prune_baseline and config.baseline is None:
        raise click.UsageError("--prune-baseline needs a baseline: --baseline, or `baseline` in the configuration")
    return config if options.write_baseline is None else config._replace(baseline=None)


def keep_baseline(report: Report, config: Config, options: BaselineOptions) -> Report:
    """Write or prune the baseline where that is asked for. Returns the report without what the baseline now knows.

    ``config`` is the one before ``with_baseline``: the baseline that it names is written.
    """
    if options.write_baseline is not None:
        return _write(report, config, options.write_baseline or options.baseline)
    return _prune(report) if options.prune_baseline else report


def _write(report: Report, config: Config, given: str | None) -> Report:
    from metta_lint.base.paths import from_folder, slashed
    from metta_lint.check.baseline import FILE, to_write, updated, write_baseline

    configured = config.baseline.path if config.baseline is not None else None
    path = given or configured or slashed(os.path.normpath(os.path.join(config.folder, FILE)))
    baseline = updated(to_write(path), report.findings, report.coverage)
    write_baseline(baseline)
    click.echo(f"wrote {path}: {count(sum(baseline.counts.values()), 'finding')}", err=True)
    if configured is None or os.path.realpath(path) != os.path.realpath(configured):
        name = from_folder(path, config.folder)
        click.echo(f'to use it, add to {config.path or "metta-lint.toml"}: baseline = "{name}"', err=True)
    return report._replace(findings=[finding for finding in report.findings if finding.is_input_error])


def _prune(report: Report) -> Report:
    from metta_lint.check.baseline import write_baseline
    from metta_lint.rules.built_in import STALE_ENTRY

    held = report.held
    if held is None or not held.gone:
        reason = "" if report.coverage.is_complete else ": not all of the project was looked at as it is declared"
        click.echo(f"nothing to prune{reason}", err=True)
        return report
    write_baseline(held.pruned())
    click.echo(f"{held.baseline.path}: dropped {count(sum(held.gone.values()), 'finding')}", err=True)
    return report._replace(findings=[finding for finding in report.findings if finding.code != STALE_ENTRY.code])
