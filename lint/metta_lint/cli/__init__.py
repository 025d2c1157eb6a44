"""The command line: each command reads its options, calls one plain function, and prints one report."""

from __future__ import annotations

import os
import sys
from importlib import import_module
from typing import TYPE_CHECKING

import click

from metta_lint import __version__
from metta_lint.base.errors import LintError

if TYPE_CHECKING:
    from collections.abc import Sequence

INTERRUPTED = 130
COMMANDS = ("check", "plan", "solve", "compare", "verify", "rules", "explain", "init", "server")
"""Each is the function ``command`` of the module of its name."""


class _Commands(click.Group):
    """Imports a command when it is asked for: each has imports that the others do without."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - click's
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = import_module(f"{__name__}.{cmd_name}").command
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0] not in COMMANDS and not args[0].startswith("-"):
            from metta_lint.base.wording import did_you_mean

            ctx.fail(f"No such command {args[0]!r}." + did_you_mean(args[0], COMMANDS, form=" Did you mean {!r}?"))
        return super().resolve_command(ctx, args)


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="metta-lint", message="%(prog)s %(version)s")
def commands() -> None:
    """What RL training configs will really do, where two of them disagree, and proof by running both."""


def run_command(arguments: Sequence[str]) -> int:
    """Run a command and return its exit code. An error that a user can cause is one line on stderr, and exit code 2."""
    _prepare_streams()
    try:
        result = commands.main(list(arguments), prog_name="metta-lint", standalone_mode=False)
    except click.exceptions.Exit as stop:
        return stop.exit_code
    except click.ClickException as error:
        error.show()
        return 2
    except LintError as error:
        from metta_lint.base.wording import escaped

        click.echo(f"error: {escaped(str(error))}", err=True)
        return 2
    except (click.Abort, KeyboardInterrupt):
        click.echo("interrupted", err=True)
        return INTERRUPTED
    return result if isinstance(result, int) else 0


def _prepare_streams() -> None:
    """Print nowhere where a stream is closed, and escape what a terminal's encoding lacks."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115 - as long as the process
        reconfigure = getattr(getattr(sys, name), "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="backslashreplace")
