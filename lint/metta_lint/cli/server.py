"""``metta-lint server``."""

from __future__ import annotations

import click

from metta_lint.base.errors import LintError


@click.command("server")
def command() -> int:
    """Speak the Language Server Protocol on stdin and stdout, for editors."""
    try:
        from metta_lint.server.protocol import serve
    except ModuleNotFoundError as error:
        package = (error.name or "metta_lint").partition(".")[0]
        if package == "metta_lint":
            raise
        raise LintError(f"the server needs {package}: pip install 'metta-lint[server]'") from error
    return serve()
