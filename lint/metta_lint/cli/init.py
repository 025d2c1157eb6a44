"""``metta-lint init``."""

from __future__ import annotations

import click


@click.command()
@click.option("--force", is_flag=True, help="Write over what is there.")
def init(force: bool) -> int:
    """Write metta-lint.toml for the pair in this folder, and the pre-commit entry."""
    from metta_lint.init import initialise

    click.echo(initialise(".", force=force))
    return 0
