"""The codes that the linter itself reports, without a rule, each with its page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from metta_lint.base.records import NamedTuple
from metta_lint.rules.finding import Finding

if TYPE_CHECKING:
    from metta_lint.base.documents import Span
    from metta_lint.rules.finding import Severity


class BuiltIn(NamedTuple):
    """A code that the linter itself reports. ``text`` is its page: a summary line first, like a rule's docstring."""

    code: str
    name: str
    severity: Severity
    text: str
    fixable: Literal["safe"] | None = None

    def finding(
        self,
        message: str,
        span: Span,
        subject: str = "",
        values: tuple[object, ...] = (),
        help: str = "",  # noqa: A002 - a finding's field is called so
    ) -> Finding:
        """A finding of this code; ``subject`` and ``values`` are its identity."""
        found = Finding(self.code, self.name, self.severity, message, span, help=help, subject=subject, values=values)
        return found._replace(is_input_error=self is UNREADABLE)


UNREADABLE = BuiltIn(
    "ML001",
    "unreadable-input",
    "error",
    """A file cannot be read as what it claims to be.

A syntax error, a duplicate key, an include of a missing file, an environment that two INIs claim, a comment for
metta-lint that names an unknown rule. The line is the one where the reader stops. Everything else is still linted, and
the exit code is 2. It can neither be ignored nor suppressed: what was not read was not judged.
Of these errors `--fix` fixes one: it removes the repetition of a key that stands twice with the same value.""",
    fixable="safe",
)
WITHOUT_REASON = BuiltIn(
    "ML901",
    "suppression-without-reason",
    "warning",
    """A finding is suppressed, or a difference declared, and nothing says why.

## Why it matters

Who meets the suppression next year cannot tell whether it still holds. It stays in force; only its reason is asked for.

## Example

    num_agents = 64  # metta-lint: ignore[ML101]

## How to fix it

Write the reason behind the brackets, or as `reason` of the declared difference:

    num_agents = 64  # metta-lint: ignore[ML101] the native side trains small rooms on purpose""",
)
UNUSED = BuiltIn(
    "ML902",
    "unused-suppression",
    "warning",
    """A suppression suppresses nothing, or a declared difference is no longer the one that was declared.

## Why it matters

A suppression without a finding hides the next one on its line, which nobody has looked at. A difference that was
declared as 64 against 3 says nothing of 64 against 8.

## Example

    [[tool.metta-lint.pairs.differs]]
    quantity = "agents_per_env"
    left = 64
    right = 3                   # and the run now has 8
    reason = "small rooms"

## How to fix it

Remove the comment, or the codes that are named; remove the declared difference, or fix the side that changed.

Only what could have been used is judged: the rule ran, and it looked at that file (docs/suppressions.md).""",
    fixable="safe",
)
STALE_ENTRY = BuiltIn(
    "ML903",
    "stale-baseline-entry",
    "warning",
    """The baseline knows a finding that no longer occurs.

## Why it matters

Somebody fixed it, or its numbers changed and it is reported as a new one. As long as the entry stands, the same
finding can come back and nobody is told.

## How to fix it

    metta-lint check --prune-baseline

drops the entries that no longer occur, and no others. Only what could have been found again is judged: all of the
project was looked at, every file could be read, the rule ran (docs/baseline.md).""",
)
BUILT_IN = (UNREADABLE, WITHOUT_REASON, UNUSED, STALE_ENTRY)
"""All of them, by code."""
