"""The options that commands share, and what they make of the configuration."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any, TypeVar

import click

from metta_lint.base import plugins
from metta_lint.plans.run import Machine
from metta_lint.project.config import Config, Selector, find_config, load_config
from metta_lint.reports.formats import FORMATS
from metta_lint.rules.finding import SEVERITIES
from metta_lint.trainers.dialects import parse_choice

Command = TypeVar("Command", bound=Callable[..., Any])


class PositiveNumber(click.ParamType[float]):
    """A finite number above zero."""

    name = "number"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        try:
            number = float(value)
        except ValueError:
            self.fail(f"{value!r} is no number", param, ctx)
        if not 0 < number < float("inf"):
            self.fail(f"{value} is not a finite number above 0", param, ctx)
        return number


def option_group(*decorators: Callable[[Command], Command]) -> Callable[[Command], Command]:
    """Several options as one decorator, in the order in which ``--help`` lists them."""

    def decorate(command: Command) -> Command:
        for decorator in reversed(decorators):
            command = decorator(command)
        return command

    return decorate


config_option = click.option(
    "--config", "config_path", metavar="FILE", help="Configuration file instead of the nearest one."
)
machine_options = option_group(
    click.option("--cpus", type=click.IntRange(1), help="CPU cores of the machine that would train."),
    click.option("--gpus", type=click.IntRange(1), help="GPUs of that machine (1 where it has none)."),
    click.option("--world-size", type=click.IntRange(1), help="Processes of a distributed launch."),
    click.option("--steps-per-second", type=PositiveNumber(), help="Agent steps per second, to give losses in hours."),
)
set_option = click.option(
    "--set", "overrides", multiple=True, metavar="KEY=VALUE", help="Override, in the trainer's syntax."
)
trainer_option = click.option(
    "--trainer",
    "trainers",
    multiple=True,
    metavar="NAME[@VERSION]",
    help="The version that runs of a trainer are for, instead of the one that their files tell: pufferlib@2.",
)
side_options = option_group(
    click.option("--set-left", multiple=True, metavar="KEY=VALUE", help="Override of the left run."),
    click.option("--set-right", multiple=True, metavar="KEY=VALUE", help="Override of the right run."),
)
rule_options = option_group(
    click.option(
        "--select", multiple=True, metavar="CODE", help="Codes or prefixes of rules to run, instead of the configured."
    ),
    click.option("--extend-select", multiple=True, metavar="CODE", help="Codes or prefixes of rules to run as well."),
    click.option("--ignore", multiple=True, metavar="CODE", help="Codes or prefixes of rules not to run."),
    click.option("--preview/--no-preview", default=None, help="Run rules that are not yet stable too."),
)
gitignore_option = click.option(
    "--respect-gitignore/--no-respect-gitignore",
    default=None,
    help="Whether folders are searched without what git ignores (default: yes; respect-gitignore in the config).",
)
history_options = option_group(
    click.option(
        "--history", is_flag=True, help="Say how each drift came to be: which commits, whose side moved last."
    ),
    click.option(
        "--history-limit",
        type=click.IntRange(1),
        default=200,
        show_default=True,
        metavar="N",
        help="Commits at which the runs are planned again, at most.",
    ),
)
output_options = option_group(
    click.option("--output-file", metavar="FILE", help="Write the report to a file instead of stdout."),
    click.option("--color", type=click.Choice(["auto", "always", "never"]), default="auto", show_default=True),
    click.option("-q", "--quiet", is_flag=True, help="Findings only: no notes, no summary, no progress."),
    click.option("-v", "--verbose", is_flag=True, help="Say more on stderr."),
)
report_options = option_group(
    click.option("--output-format", type=click.Choice(list(FORMATS)), default="full", show_default=True),
    click.option(
        "--severity",
        type=click.Choice(SEVERITIES[::-1]),
        default=SEVERITIES[-1],
        show_default=True,
        help="The least severity that is reported, and counts for the exit code.",
    ),
    click.option("--statistics", is_flag=True, help="Count the findings by code instead of listing them."),
    click.option("--exit-zero", is_flag=True, help="Findings are no failure; an input that cannot be read still is."),
)


def format_option(*formats: str) -> Callable[[Command], Command]:
    """``--output-format``, the first of the formats being the default."""
    choice = click.Choice(formats)
    return click.option("--output-format", type=choice, default=formats[0], show_default=True)


def given(path: str | None, start: str, options: dict[str, Any]) -> tuple[Config, Machine]:
    """The configuration, and the machine as the command line completes it."""
    config = load_config(path) if path else find_config(start)
    plugins.use(config.plugins)
    config = config._replace(trainers=tuple(map(parse_choice, options.get("trainers", ()))))
    if options.get("respect_gitignore") is not None:
        config = config._replace(respects_gitignore=options["respect_gitignore"])
    values = {key: options[key] for key in Machine._fields if options.get(key) is not None}
    return config, config.machine._replace(**values)


def with_rules(config: Config, options: dict[str, Any]) -> Config:
    """The configuration with what the command line selects and ignores; ``--select`` replaces what it selects."""
    configured = [one for one in config.selectors if not (options["select"] and one.selects)]
    given_here = (
        *_selectors((*options["select"], *options["extend_select"]), selects=True),
        *_selectors(options["ignore"], selects=False),
    )
    preview = config.preview if options["preview"] is None else options["preview"]
    return config._replace(selectors=(*configured, *given_here), preview=preview)


def _selectors(items: Iterable[str], *, selects: bool) -> Iterator[Selector]:
    """The codes of an option, which may have several with commas between them.

    An empty one would be what every code begins with: ``--ignore ML101,`` is not meant to ignore everything.
    """
    for item in items:
        codes = list(filter(None, map(str.strip, item.split(","))))
        if not codes:
            raise click.UsageError(f"{item!r} names no rule")
        yield from (Selector(code, selects, from_command_line=True) for code in codes)


def warn(warnings: Iterable[str]) -> None:
    """Say on stderr what the user asked for and does not get."""
    for warning in warnings:
        click.echo(f"warning: {warning}", err=True)
