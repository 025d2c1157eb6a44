"""``metta-lint explain``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from metta_lint.base.errors import LintError
from metta_lint.cli.options import LaunchOptions, OutputOptions, given, launch_options_beside_config, output_options
from metta_lint.cli.output import emit
from metta_lint.sources.syntax import TOML

if TYPE_CHECKING:
    from metta_lint.project.config import Config
    from metta_lint.rules.built_in import BuiltIn
    from metta_lint.rules.registry import ListedRule
    from metta_lint.rules.rule import Rule


@click.command("explain")
@click.argument("code", metavar="CODE")
@click.option(
    "--config",
    "configs",
    multiple=True,
    metavar="RUN|FILE",
    help="A run, by its name or its entry file: explain the rule on its numbers. Or a configuration file (.toml).",
)
@click.option("--against", metavar="RUN", help="The run that it is compared with, for rules of pairs.")
@launch_options_beside_config
@output_options()
def command(
    code: str, configs: tuple[str, ...], against: str | None, launch: LaunchOptions, output: OutputOptions
) -> int:
    """A rule's page: what it finds, why it matters, how to fix it; with --config RUN, on your own numbers."""
    from metta_lint.rules.page import page_of

    files = [name for name in configs if TOML.fits(name)]
    runs = [name for name in configs if name not in files]
    if len(files) > 1:
        raise LintError(f"--config {files[1]}: the configuration is {files[0]} already")
    if len(runs) > 1:
        raise LintError(f"--config {runs[1]}: only one run is allowed; --against names the run to compare it with")
    if not runs and (against is not None or launch.overrides):
        raise LintError(f"{'--against' if against is not None else '--set'} needs a run: --config RUN")
    run = runs[0] if runs else None
    config, machine = given((run, against), launch._replace(config_path=files[0] if files else None))
    rule = _rule(code, config)
    text = page_of(rule)
    if run is not None:
        from metta_lint.check.explanation import RuleQuestion, explain
        from metta_lint.reports.explanation import explanation_page

        explained = explain(rule, RuleQuestion(run, against, config, machine, launch.overrides))
        text += "\n\n" + explanation_page(rule.code, explained, output.style)
    emit(text, output)
    return 0


def _rule(code: str, config: Config) -> Rule | BuiltIn:
    from metta_lint.rules.built_in import BUILT_IN, BuiltIn
    from metta_lint.rules.registry import list_rules

    every: list[BuiltIn | ListedRule] = [*BUILT_IN, *list_rules(config.plugins)]
    found = next((rule for rule in every if code.upper() in (rule.code, rule.name.upper())), None)
    if found is None:
        raise LintError(f"no rule is called {code}; `metta-lint rules` lists them")
    return found if isinstance(found, BuiltIn) else found.load()
