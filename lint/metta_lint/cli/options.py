"""The options that commands share: each group of them reaches a command as one record."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Sequence
from functools import wraps
from typing import TYPE_CHECKING, Literal, TypeAlias

import click

from metta_lint.base import plugins
from metta_lint.base.errors import LintError
from metta_lint.base.records import NamedTuple
from metta_lint.files.confined import confined
from metta_lint.files.file_system import exists
from metta_lint.plans.run import Machine, split_entry
from metta_lint.project.config import Config, Selector, find_config, load_config
from metta_lint.trainers.dialects import parse_choice

if TYPE_CHECKING:
    from metta_lint.reports.style import Style

Command: TypeAlias = Callable[..., int]
OptionDecorator: TypeAlias = Callable[[Command], Command]


class PositiveNumber(click.ParamType[float]):
    """A finite number above zero."""

    name = "number"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> float:
        try:
            number = float(str(value))
        except ValueError:
            self.fail(f"{value!r} is not a number", param, ctx)
        if not 0 < number < float("inf"):
            self.fail(f"{value} is not a finite number above 0", param, ctx)
        return number


def option_group(argument: str, record: Callable[..., object], *options: OptionDecorator) -> OptionDecorator:
    """Options that a command gets as one record: ``rule_options`` gives it ``rules=RuleOptions(...)``.

    Each option has the name of a field of the record. ``--help`` lists the options in this order.
    """

    def decorate(command: Command) -> Command:
        @wraps(command)
        def with_record(**values: object) -> int:
            own = {field: values.pop(field) for field in record.__annotations__ if field in values}
            return command(**values, **{argument: record(**own)})

        for option in reversed(options):
            option(with_record)
        return with_record

    return decorate


class LaunchOptions(NamedTuple):
    """How runs are launched: the configuration file, the machine, the trainers' versions, the overrides."""

    config_path: str | None = None
    cpus: int | None = None
    gpus: int | None = None
    world_size: int | None = None
    steps_per_second: float | None = None
    trainers: tuple[str, ...] = ()
    overrides: tuple[str, ...] = ()
    set_left: tuple[str, ...] = ()
    set_right: tuple[str, ...] = ()


_LAUNCH: tuple[OptionDecorator, ...] = (
    click.option("--cpus", type=click.IntRange(1), help="CPU cores of the machine that would train."),
    click.option("--gpus", type=click.IntRange(1), help="GPUs of that machine (1 where it has none)."),
    click.option("--world-size", type=click.IntRange(1), help="Processes of a distributed launch."),
    click.option("--steps-per-second", type=PositiveNumber(), help="Agent steps per second, to give losses in hours."),
    click.option(
        "--trainer",
        "trainers",
        multiple=True,
        metavar="NAME[@VERSION]",
        help="The version of a trainer that its runs are for, instead of the one found in their files: pufferlib@2.",
    ),
    click.option(
        "--set",
        "overrides",
        multiple=True,
        metavar="[RUN:]KEY=VALUE",
        help="Override, in the trainer's syntax; of one declared run, or of all that have the key.",
    ),
)
config_option = click.option(
    "--config", "config_path", metavar="FILE", help="Configuration file instead of the nearest one."
)
launch_options = option_group("launch", LaunchOptions, config_option, *_LAUNCH)
launch_options_beside_config = option_group("launch", LaunchOptions, *_LAUNCH)
pair_options = option_group(
    "launch",
    LaunchOptions,
    config_option,
    *_LAUNCH,
    click.option("--set-left", multiple=True, metavar="KEY=VALUE", help="Override of the left run."),
    click.option("--set-right", multiple=True, metavar="KEY=VALUE", help="Override of the right run."),
)


class RuleOptions(NamedTuple):
    """Which rules run. ``preview``: None leaves it to the configuration."""

    select: tuple[str, ...]
    extend_select: tuple[str, ...]
    ignore: tuple[str, ...]
    preview: bool | None


rule_options = option_group(
    "rules",
    RuleOptions,
    click.option(
        "--select", multiple=True, metavar="CODE", help="Codes or prefixes of rules to run, instead of the configured."
    ),
    click.option("--extend-select", multiple=True, metavar="CODE", help="Codes or prefixes of rules to run as well."),
    click.option("--ignore", multiple=True, metavar="CODE", help="Codes or prefixes of rules not to run."),
    click.option("--preview/--no-preview", default=None, help="Also run rules that are not yet stable."),
)


class HistoryOptions(NamedTuple):
    """Whether findings say how the two sides came to differ, and how many commits are read for that."""

    history: bool
    history_limit: int


history_options = option_group(
    "history",
    HistoryOptions,
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


class OutputOptions(NamedTuple):
    """A report's format, the file it goes to, and how it looks."""

    output_file: str | None
    color: Literal["auto", "always", "never"]
    quiet: bool
    verbose: bool
    output_format: str = "text"

    @property
    def is_json(self) -> bool:
        return self.output_format == "json"

    @property
    def style(self) -> Style:
        """How a page looks: in a file, without colours and line breaks for a terminal."""
        from metta_lint.reports.style import Style, style_for

        return Style(quiet=self.quiet) if self.output_file else style_for(sys.stdout, self.color, quiet=self.quiet)


def output_options(*formats: str) -> OptionDecorator:
    """The options of a report that has these formats, the first of them by default."""
    choice = click.option(
        "--output-format", type=click.Choice(formats), default=next(iter(formats), None), show_default=True
    )
    return option_group(
        "output",
        OutputOptions,
        *([choice] if formats else []),
        click.option("--output-file", metavar="FILE", help="Write the report to a file instead of stdout."),
        click.option("--color", type=click.Choice(["auto", "always", "never"]), default="auto", show_default=True),
        click.option("-q", "--quiet", is_flag=True, help="Findings only: no notes, no summary, no progress."),
        click.option("-v", "--verbose", is_flag=True, help="Say more on stderr."),
    )


def given(named: Sequence[str | None], launch: LaunchOptions) -> tuple[Config, Machine]:
    """The configuration, and its machine with the command line's options.

    ``named`` are the files, folders and runs of the command line. Until the command ends, links that lead out of
    their trees are not followed. Raises LintError for a ``--set`` of a run that is not declared.
    """
    path = launch.config_path
    there = [file for name in named if name and exists(file := split_entry(name)[0])]
    context = click.get_current_context()
    tree = context.with_resource(confined([*(there or ["."]), *([path] if path else [])]))
    if context.info_name != "check":  # whose report has the note
        context.call_on_close(lambda: click.echo("".join(f"note: {note}\n" for note in tree.notes), err=True, nl=False))
    config = load_config(path) if path else find_config(there[0] if there and there[0] == named[0] else ".")
    plugins.use(config.plugins)
    config = config._replace(trainers=tuple(map(parse_choice, launch.trainers)))
    for override in launch.overrides:
        _check_name(override, config)
    said = {key: value for key, value in launch._asdict().items() if key in Machine._fields and value is not None}
    return config, config.machine._replace(**said)


def _check_name(override: str, config: Config) -> None:
    from metta_lint.base.wording import did_you_mean
    from metta_lint.project.runs import addressed

    name = addressed(override)[0]
    if name is not None and name not in config.runs:
        hint = did_you_mean(name, config.runs) or f" (declared: {', '.join(config.runs) or 'none'})"
        raise LintError(f"--set {override}: no run is called {name!r}{hint}")


def with_rules(config: Config, rules: RuleOptions) -> Config:
    """The configuration with what the command line selects and ignores; ``--select`` replaces what it selects."""
    configured = [one for one in config.selectors if not (rules.select and one.selects)]
    given_here = [
        Selector(code, selects, from_command_line=True)
        for items, selects in (((*rules.select, *rules.extend_select), True), (rules.ignore, False))
        for item in items
        for code in _codes(item)
    ]
    preview = config.preview if rules.preview is None else rules.preview
    return config._replace(selectors=(*configured, *given_here), preview=preview)


def _codes(item: str) -> list[str]:
    """The codes of an option: one, or several with commas between them.

    An empty code would select everything: ``--ignore ML101,`` does not ignore every rule.
    """
    codes = list(filter(None, map(str.strip, item.split(","))))
    if not codes:
        raise click.UsageError(f"{item!r} names no rule")
    return codes


def warn(warnings: Iterable[str]) -> None:
    """Print warnings on stderr."""
    for warning in warnings:
        click.echo(f"warning: {warning}", err=True)
