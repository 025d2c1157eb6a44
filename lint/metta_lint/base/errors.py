"""What a user can cause: one clear line, exit code 2. Everything else is a bug and keeps its traceback."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from metta_lint.base.documents import Span


class LintError(Exception):
    """A usage, config or input error: its text is all that the user needs to fix it."""


class OverrideError(LintError):
    """An override of a run, of the command line or a declared one, that its trainer does not take."""

    def __init__(self, message: str, override: str) -> None:
        super().__init__(message)
        self.override = override


class UnknownKeyError(OverrideError):
    """The trainer has no key that the override could change."""


class PluginFileError(LintError):
    """A plugin file that cannot be used."""

    def __init__(self, message: str, file: str) -> None:
        super().__init__(message)
        self.file = file


class InputError(LintError):
    """A file that cannot be read as what it claims to be, with the place where it stops making sense.

    ``repeats`` is the place of the key that the one at ``span`` repeats, where that is what is wrong.
    """

    def __init__(self, message: str, span: Span, repeats: Span | None = None) -> None:
        super().__init__(f"{span}: {message}")
        self.message = message
        self.span = span
        self.repeats = repeats
