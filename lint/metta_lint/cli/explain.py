"""``metta-lint explain``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from metta_lint.cli.options import (
    config_option,
    given,
    option_group,
    output_options,
)
from metta_lint.cli.output import emit
from metta_lint.errors import LintError

if TYPE_CHECKING:
    from metta_lint.api import Rule
    from metta_lint.built_in import BuiltIn


@click.command()
@click.argument("code", metavar="CODE")
@option_group(config_option, output_options)
def explain(code: str, config_path: str | None, **options: Any) -> int:
    """A rule's page: what it finds, why it matters, how to mend it."""
    from metta_lint.built_in import BUILT_IN
    from metta_lint.engine import load_rules
    from metta_lint.explain import page

    config, _ = given(config_path, ".", options)
    every: tuple[BuiltIn | Rule, ...] = (*BUILT_IN, *load_rules(config.plugins))
    rule = next((rule for rule in every if code.upper() in (rule.code, rule.name.upper())), None)
    if rule is None:
        raise LintError(f"no rule is called {code}; `metta-lint rules` lists them")
    emit(page(rule), options["output_file"])
    return 0
