"""``metta-lint explain``."""

from __future__ import annotations

from typing import Any

import click

from metta_lint.cli.options import (
    config_option,
    given,
    option_group,
    output_options,
)
from metta_lint.cli.output import emit
from metta_lint.errors import LintError


@click.command()
@click.argument("code", metavar="CODE")
@option_group(config_option, output_options)
def explain(code: str, config_path: str | None, **options: Any) -> int:
    """A rule's page: what it finds, why it matters, how to mend it."""
    from metta_lint.engine import load_rules
    from metta_lint.explain import BUILT_IN_PAGES, page

    config, _ = given(config_path, ".", options)
    if code.upper() in BUILT_IN_PAGES:
        emit(BUILT_IN_PAGES[code.upper()], options["output_file"])
        return 0
    rule = next((rule for rule in load_rules(config.plugins) if code.upper() in (rule.code, rule.name.upper())), None)
    if rule is None:
        raise LintError(f"no rule is called {code}; `metta-lint rules` lists them")
    emit(page(rule), options["output_file"])
    return 0
