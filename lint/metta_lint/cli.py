"""The command line: every command gathers its options, calls one plain function, and prints one report."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import click

from metta_lint import __version__
from metta_lint.config import Config, find_config, load_config
from metta_lint.errors import LintError
from metta_lint.settings import Machine
from metta_lint.trainers import parse_choice

INTERRUPTED = 130
Command = TypeVar("Command", bound=Callable[..., Any])


def run(arguments: Sequence[str]) -> int:
    """Run a command; its exit code. What a user can cause ends in one line on stderr and exit code 2."""
    _prepare_streams()
    try:
        result = main.main(list(arguments), prog_name="metta-lint", standalone_mode=False)
    except click.exceptions.Exit as stop:
        return stop.exit_code
    except click.ClickException as error:
        error.show()
        return 2
    except LintError as error:
        click.echo(f"error: {error}", err=True)
        return 2
    except (click.Abort, KeyboardInterrupt):
        click.echo("interrupted", err=True)
        return INTERRUPTED
    return result if isinstance(result, int) else 0


def _prepare_streams() -> None:
    """A closed stdout swallows what is printed; a character that a terminal lacks is escaped."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115 - as long as the process
        reconfigure = getattr(getattr(sys, name), "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="backslashreplace")


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="metta-lint", message="%(prog)s %(version)s")
def main() -> None:
    """What RL training configs will really do, where two of them disagree, and proof by running both."""


class _PositiveNumber(click.ParamType[float]):
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


def _options(*decorators: Callable[[Command], Command]) -> Callable[[Command], Command]:
    def decorate(command: Command) -> Command:
        for decorator in reversed(decorators):
            command = decorator(command)
        return command

    return decorate


_config = click.option("--config", "config_path", metavar="FILE", help="Configuration file instead of the nearest one.")
_machine = _options(
    click.option("--cpus", type=click.IntRange(1), help="CPU cores of the machine that would train."),
    click.option("--gpus", type=click.IntRange(1), help="GPUs of that machine (1 where it has none)."),
    click.option("--world-size", type=click.IntRange(1), help="Processes of a distributed launch."),
    click.option("--steps-per-second", type=_PositiveNumber(), help="Agent steps per second, to give losses in hours."),
)
_set = click.option("--set", "overrides", multiple=True, metavar="KEY=VALUE", help="Override, in the trainer's syntax.")
_trainer = click.option(
    "--trainer",
    "trainers",
    multiple=True,
    metavar="NAME[@VERSION]",
    help="The version that runs of a trainer are for, instead of the one that their files tell: pufferlib@2.",
)
_set_sides = _options(
    click.option("--set-left", multiple=True, metavar="KEY=VALUE", help="Override of the left run."),
    click.option("--set-right", multiple=True, metavar="KEY=VALUE", help="Override of the right run."),
)
_rules = _options(
    click.option("--select", multiple=True, metavar="CODE", help="Code or prefix of rules to run (repeatable)."),
    click.option("--ignore", multiple=True, metavar="CODE", help="Code or prefix of rules not to run (repeatable)."),
)
_output = _options(
    click.option("--output-file", metavar="FILE", help="Write the report to a file instead of stdout."),
    click.option("--color", type=click.Choice(["auto", "always", "never"]), default="auto", show_default=True),
    click.option("-q", "--quiet", is_flag=True, help="Findings only: no notes, no summary, no progress."),
    click.option("-v", "--verbose", is_flag=True, help="Say more on stderr."),
)


def _format(*formats: str) -> Callable[[Command], Command]:
    choice = click.Choice(formats)
    return click.option("--output-format", type=choice, default=formats[0], show_default=True)


def _given(path: str | None, start: str, options: dict[str, Any]) -> tuple[Config, Machine]:
    """The configuration, and the machine as the command line completes it."""
    config = load_config(path) if path else find_config(start)
    config = config._replace(trainers=tuple(map(parse_choice, options.get("trainers", ()))))
    given = {key: options[key] for key in Machine._fields if options.get(key) is not None}
    return config, config.machine._replace(**given)


def _with_rules(config: Config, select: Sequence[str], ignore: Sequence[str]) -> Config:
    split = [[code.strip() for item in items for code in item.split(",")] for items in (select, ignore)]
    return config._replace(select=tuple(split[0]) or config.select, ignore=(*config.ignore, *split[1]))


def _emit(text: str, output_file: str | None) -> None:
    """Print a report, or write it to a file: beside it first, then renamed, so that a file is never half a report."""
    if output_file is None:
        _print(text)
        return
    temporary = f"{output_file}.{os.getpid()}.tmp"
    try:
        with open(temporary, "w", encoding="utf-8", newline="\n") as file:
            file.write(f"{text}\n" if text else "")
        os.replace(temporary, output_file)
    except OSError as error:
        raise LintError(f"{output_file}: cannot be written: {error.strerror}") from error
    finally:
        if os.path.exists(temporary):
            os.unlink(temporary)


def _print(text: str) -> None:
    """Print on stdout; where its reader has gone away nothing more can be said, and the exit code stays what it is."""
    try:
        sys.stdout.write(f"{text}\n" if text else "")
        sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except OSError as error:
        # What could not be written would be tried again, and complained of, when the interpreter ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise LintError(f"the report cannot be written: {error.strerror}") from error


def _style(options: dict[str, Any]) -> Any:
    from metta_lint.reports.style import Style, style_for

    return Style() if options["output_file"] else style_for(sys.stdout, options["color"])


def _json(data: object) -> str:
    import json

    return json.dumps(data, indent=2, default=str)


@main.command()
@click.argument("paths", nargs=-1, metavar="[PATH...]")
@_options(_config, _machine, _trainer, _set, _rules, _format("full", "concise", "json"), _output)
def check(paths: tuple[str, ...], config_path: str | None, overrides: tuple[str, ...], **options: Any) -> int:
    """Lint configs: PATH are files or folders; by default the declared runs, else this folder."""
    from metta_lint.check import check as run_check

    config, machine = _given(config_path, paths[0] if paths else ".", options)
    config = _with_rules(config, options["select"], options["ignore"])
    report = run_check(paths, config, overrides, machine)
    if options["output_format"] == "json":
        from metta_lint.reports.data import check_data

        text = _json(check_data(report))
    else:
        from metta_lint.reports.text import concise, findings_page

        is_concise = options["output_format"] == "concise"
        text = concise(report) if is_concise else findings_page(report, _style(options), quiet=options["quiet"])
    _emit(text, options["output_file"])
    return report.exit_code


@main.command()
@click.argument("run", metavar="RUN")
@_options(_config, _machine, _trainer, _set, _format("text", "json"), _output)
def plan(run: str, config_path: str | None, overrides: tuple[str, ...], **options: Any) -> int:
    """What one run will do: every derived number, its formula, and the lines that it came from."""
    from metta_lint.runs import plan_run

    config, machine = _given(config_path, run if os.path.exists(run) else ".", options)
    planned = plan_run(run, config, overrides, machine)
    _check_trainers(config, planned)
    if options["output_format"] == "json":
        from metta_lint.reports.data import plan_data

        text = _json(plan_data(planned))
    else:
        from metta_lint.reports.text import plan_page

        text = plan_page(planned, _style(options))
    _emit(text, options["output_file"])
    return 1 if planned.refusals else 0


def _pair_of(
    left: str, right: str, config: Config, machine: Machine, overrides: Sequence[str], options: Any, **backend: Any
) -> Any:
    from metta_lint.pairs import Pair
    from metta_lint.runs import plan_run

    first = plan_run(left, config, (*overrides, *options["set_left"]), machine, **backend)
    second = plan_run(right, config, (*overrides, *options["set_right"]), machine, **backend)
    _check_trainers(config, first, second)
    return Pair(first, second, "named on the command line")


def _check_trainers(config: Config, *plans: Any) -> None:
    """Raise LintError for a ``--trainer`` that none of the named runs is of: it would change nothing."""
    own = {plan.run.trainer for plan in plans}
    for choice in config.trainers:
        if choice.trainer not in own:
            raise LintError(f"--trainer {choice.trainer}: no run named here is {choice.trainer}'s")


@main.command()
@click.argument("left", metavar="LEFT")
@click.argument("right", metavar="RIGHT")
@_options(_config, _machine, _trainer, _set, _set_sides, _rules, _format("text", "markdown", "json"), _output)
def compare(left: str, right: str, config_path: str | None, overrides: tuple[str, ...], **options: Any) -> int:
    """The comparison table of two runs, derived values included. Exit code 1 where a rule finds something."""
    from metta_lint.compare import compare as compare_pair
    from metta_lint.reports import comparison

    config, machine = _given(config_path, left if os.path.exists(left) else ".", options)
    config = _with_rules(config, options["select"], options["ignore"])
    pair = _pair_of(left, right, config, machine, overrides, options)
    rows, findings = compare_pair(pair), _findings(pair, config)
    match options["output_format"]:
        case "json":
            text = _json(comparison.comparison_data(pair, rows, findings))
        case "markdown":
            text = comparison.comparison_markdown(pair, rows)
        case _:
            text = comparison.comparison_text(pair, rows, findings, _style(options))
    _emit(text, options["output_file"])
    return 1 if findings else 0


def _findings(pair: Any, config: Config) -> list[Any]:
    from metta_lint.engine import Subjects, chosen_rules, merged, run_rules

    rules = chosen_rules(config.plugins, config.select, config.ignore)
    return merged(run_rules(rules, Subjects([pair.left, pair.right], [pair])))


@main.command()
@click.argument("left", metavar="[LEFT", required=False)
@click.argument("right", metavar="RIGHT]", required=False)
@click.option("--run", "run_it", is_flag=True, help="Run both; without it, say what would be run.")
@click.option("--epochs", type=click.IntRange(1), default=1, show_default=True, help="Epochs to run.")
@click.option("--to-the-end", is_flag=True, help="Run until total_timesteps, whatever --epochs says.")
@click.option("--seconds", type=_PositiveNumber(), help="Stop after the epoch in which this many seconds have passed.")
@click.option("--policy-size", type=click.IntRange(1), help="Hidden size of the policy.  [default: 128]")
@click.option("--device", default="auto", show_default=True, help="auto, cpu, cuda, mps.")
@click.option("--backend", type=click.Choice(["embedded", "mettagrid"]), default="embedded", show_default=True)
@click.option("--scale", default="1/1", metavar="1/N", help="Run at a fraction of the size, with the same ratios.")
@click.option("--max-memory", metavar="SIZE", help="Refuse to start above this: 4G, 512M.")
@_options(_config, _machine, _trainer, _set, _set_sides, _rules, _format("text", "json"), _output)
def verify(
    left: str | None, right: str | None, config_path: str | None, overrides: tuple[str, ...], **options: Any
) -> int:
    """What would be measured of LEFT and RIGHT; with --run, measure it (all declared pairs if none are named)."""
    from metta_lint.verify_command import Request, verify_pairs

    if (left is None) != (right is None):
        raise LintError("verify takes two runs, or none for all declared pairs")
    config, machine = _given(config_path, left if left and os.path.exists(left) else ".", options)
    config = _with_rules(config, options["select"], options["ignore"])
    names = [(left, right)] if left and right else [(pair.left, pair.right) for pair in config.pairs]
    if not names:
        raise LintError("no pairs are declared: name two runs, or declare a pair in [tool.metta-lint]")
    request = Request(
        run=options["run_it"],
        epochs=None if options["to_the_end"] else options["epochs"],
        seconds=options["seconds"],
        policy_size=options["policy_size"],
        device=options["device"],
        backend=options["backend"],
        scale=options["scale"],
        max_memory=options["max_memory"],
        quiet=options["quiet"],
        as_json=options["output_format"] == "json",
    )

    def pair_of(first: str, second: str, **backend: Any) -> Any:
        return _pair_of(first, second, config, machine, overrides, options, **backend)

    text, code = verify_pairs(names, pair_of, lambda pair: _findings(pair, config), request, _style(options))
    _emit(text, options["output_file"])
    return code


@main.command()
@_options(_config, _format("text", "json"), _output)
def rules(config_path: str | None, **options: Any) -> int:
    """List every installed rule."""
    from metta_lint.engine import load_rules
    from metta_lint.explain import rules_data, rules_text

    config, _ = _given(config_path, ".", options)
    found = load_rules(config.plugins)
    _emit(_json(rules_data(found)) if options["output_format"] == "json" else rules_text(found), options["output_file"])
    return 0


@main.command()
@click.argument("code", metavar="CODE")
@_options(_config, _output)
def explain(code: str, config_path: str | None, **options: Any) -> int:
    """A rule's page: what it finds, why it matters, how to mend it."""
    from metta_lint.engine import load_rules
    from metta_lint.explain import BUILT_IN_PAGES, page

    config, _ = _given(config_path, ".", options)
    if code.upper() in BUILT_IN_PAGES:
        _emit(BUILT_IN_PAGES[code.upper()], options["output_file"])
        return 0
    rule = next((rule for rule in load_rules(config.plugins) if code.upper() in (rule.code, rule.name.upper())), None)
    if rule is None:
        raise LintError(f"no rule is called {code}; `metta-lint rules` lists them")
    _emit(page(rule), options["output_file"])
    return 0


@main.command()
@click.option("--force", is_flag=True, help="Write over what is there.")
def init(force: bool) -> int:
    """Write metta-lint.toml for the pair in this folder, and the pre-commit entry."""
    from metta_lint.init import initialise

    click.echo(initialise(".", force=force))
    return 0
