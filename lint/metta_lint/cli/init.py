"""``metta-lint init``."""

from __future__ import annotations

import sys

import click


@click.command("init")
@click.option(
    "--baseline/--no-baseline",
    "wanted",
    default=None,
    help="Write a baseline of what is found now, so that the first commit passes (asked for on a terminal).",
)
def command(wanted: bool | None) -> int:
    """Adopt the hook: write metta-lint.toml for the runs and pairs in this folder, and the pre-commit entry.

    What is there already is kept.
    """
    from metta_lint.base.wording import count
    from metta_lint.check.adoption import adopt, prepare

    adoption = prepare(".")
    if wanted is None:
        wanted = False
        if adoption.old_findings and sys.stdin is not None and sys.stdin.isatty():
            question = f"{count(adoption.old_findings, 'finding')} in what is here now. Write a baseline of them?"
            wanted = click.confirm(question, default=True, err=True)
    click.echo("\n".join(adopt(adoption, with_baseline=wanted)))
    return 0
