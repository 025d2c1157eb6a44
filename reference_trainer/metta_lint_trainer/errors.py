"""How a run can fail: for a reason that the user can fix, or because the configured trainer would refuse."""

from __future__ import annotations

from metta_lint.base.errors import LintError


class TrainerError(LintError):
    """The reference trainer cannot run or go on: a worker died, memory does not suffice, a layout that it lacks."""


class TrainerRefusal(Exception):  # noqa: N818 - what the configured trainer would do, not a fault of this one
    """The configured trainer would stop here.

    ``requirement`` is a key of ``metta_lint.loops.requirements.REQUIREMENTS``; ``exception`` names the type of
    what was raised.
    """

    def __init__(self, *, requirement: str, exception: str, message: str) -> None:
        super().__init__(message)
        self.requirement = requirement
        self.exception = exception
        self.message = message
