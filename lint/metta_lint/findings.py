"""Findings: what is wrong, where, what it rests on, and what a run of both sides would measure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple, TypeAlias

if TYPE_CHECKING:
    from metta_lint.documents import Span

Severity: TypeAlias = Literal["error", "warning", "info"]
SEVERITIES: tuple[Severity, ...] = ("error", "warning", "info")


class Claim(NamedTuple):
    """A quantity's name and what a finding says that it will be measured as, left and right.

    A side is None where the claim is about the other one alone.
    """

    quantity: str
    left: object
    right: object


class Related(NamedTuple):
    """Another place that a finding speaks of, and what is to be seen there."""

    label: str
    span: Span


class Edit(NamedTuple):
    """Text in the place of what a span covers; an empty span inserts, an empty text deletes."""

    span: Span
    text: str


class Fix(NamedTuple):
    """Edits that mend a finding, all or none.

    ``message`` says what they do, as a command ("rename it to minibatch_size"). A fix is safe where no run changes by
    it but for what was plainly meant; any other is applied only where it was asked for.
    """

    message: str
    edits: tuple[Edit, ...]
    is_safe: bool = False


class Finding(NamedTuple):
    """One thing that is wrong.

    ``span`` is the primary place; ``subject`` names the run or pair that was looked at, ``quantity`` what the
    finding is about (a declared difference of that quantity explains it), ``others`` how many more runs or pairs it is
    true of. A finding of an unreadable
    file has ``is_input_error`` set: it makes the exit code 2.
    """

    code: str
    name: str
    severity: Severity
    message: str
    span: Span
    related: tuple[Related, ...] = ()
    claims: tuple[Claim, ...] = ()
    help: str = ""
    subject: str = ""
    quantity: str = ""
    others: int = 0
    is_input_error: bool = False
    fix: Fix | None = None

    @property
    def url(self) -> str:
        """The page of the finding's rule, relative to the project's documentation."""
        return f"docs/rules/{self.code}.md"
