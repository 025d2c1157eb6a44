"""Findings: what is wrong, where, what it rests on, and what a run of both sides would measure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypeAlias

from metta_lint.base.records import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from metta_lint.base.documents import Span
    from metta_lint.sources.edit import Fix


Severity: TypeAlias = Literal["error", "warning", "info"]
SEVERITIES: tuple[Severity, ...] = ("error", "warning", "info")
DOCUMENTATION = "https://metta-lint.github.io/metta-lint"
OUR_PREFIX = "ML"
"""What our own codes begin with; a plugin's begin with something else."""


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


class Finding(NamedTuple):
    """One thing that is wrong.

    ``span`` is the primary place; ``subject`` names the run or pair that was looked at, ``quantity`` what the
    finding is about (a declared difference of that quantity explains it), ``others`` how many more runs or pairs it is
    true of. ``notes`` say what else is known of it, a sentence each; ``history``
    is the data of how it came to be, where that was asked for. ``page`` is the address of its rule's page where
    that is not one of ours. A finding of an unreadable file has ``is_input_error`` set: it makes the exit code 2.
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
    notes: tuple[str, ...] = ()
    history: Mapping[str, object] | None = None
    page: str = ""

    @property
    def url(self) -> str:
        """The address of the rule's page, or "" where a plugin's rule has none."""
        return self.page or rule_page(self.code)


def at_least(severity: Severity, findings: Iterable[Finding]) -> list[Finding]:
    """The findings that are as severe or more; what cannot be read always stays."""
    kept = SEVERITIES[: SEVERITIES.index(severity) + 1]
    return [finding for finding in findings if finding.severity in kept or finding.is_input_error]


def rule_page(code: str) -> str:
    """The address of a code's page in our documentation, or "" for a code that is a plugin's."""
    is_ours = code.startswith(OUR_PREFIX) and code.removeprefix(OUR_PREFIX).isdecimal()
    return f"{DOCUMENTATION}/rules/{code}/" if is_ours else ""
