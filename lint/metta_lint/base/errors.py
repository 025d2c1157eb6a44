"""Errors that a user can cause: one clear line, exit code 2. Any other exception is a bug and keeps its traceback."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from metta_lint.base.documents import Span


class LintError(Exception):
    """A usage, config or input error. Its text is all that the user needs to fix it."""


class OverrideError(LintError):
    """An override (``--set``, or that of a declared run) that the trainer refuses."""

    def __init__(self, message: str, override: str) -> None:
        super().__init__(message)
        self.override = override


class UnknownKeyError(OverrideError):
    """An override of a key that the trainer does not have."""


class PluginFileError(LintError):
    """A plugin file that cannot be used."""

    def __init__(self, message: str, file: str) -> None:
        super().__init__(message)
        self.file = file


class InputError(LintError):
    """A file that cannot be read or parsed; ``span`` is the place of the error.

    For a duplicate key, ``repeats`` is the place of the first one.
    """

    def __init__(self, message: str, span: Span, repeats: Span | None = None) -> None:
        super().__init__(f"{span}: {message}")
        self.message = message
        self.span = span
        self.repeats = repeats
