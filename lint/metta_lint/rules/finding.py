"""Findings: what is wrong, where, and what running both sides would measure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypeAlias, TypeVar

from metta_lint.base.paths import slashed
from metta_lint.base.records import NamedTuple
from metta_lint.base.unknown import Unknown
from metta_lint.base.wording import printable

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Callable, Iterable, Mapping

    from metta_lint.base.documents import Span
    from metta_lint.sources.edit import Edit, Fix


K = TypeVar("K")
Severity: TypeAlias = Literal["error", "warning", "info"]
SEVERITIES: tuple[Severity, ...] = ("error", "warning", "info")
DOCUMENTATION = "https://metta-lint.github.io/metta-lint"
OUR_PREFIX = "ML"
"""What our own codes begin with; a plugin's begin with something else."""


class Claim(NamedTuple):
    """What a finding predicts: the value of a quantity that a run of the left and of the right side will measure.

    A side is None where the claim is about the other one alone.
    """

    quantity: str
    left: object
    right: object


class Related(NamedTuple):
    """Another place that belongs to a finding, with a label that says what is there: ``0.99 here``."""

    label: str
    span: Span


class FindingIdentity(NamedTuple):
    """What makes two findings the same. Neither the message's wording nor the line counts: both change too easily.

    ``subject`` is what the finding is about (a quantity, a key path or a name), ``values`` are its values as texts.
    """

    code: str
    path: str
    subject: str
    values: tuple[str, ...]

    @property
    def text(self) -> str:
        """Subject and values on one line: ``agents_per_env = 64, 3``."""
        return " = ".join(filter(None, (self.subject, ", ".join(self.values))))


class Finding(NamedTuple):
    """One thing that is wrong.

    ``span`` is the primary place. ``runs`` are the names of the run or of the pair's two runs that were looked at;
    where it was a file or a tree, ``looked_at`` is its path. ``others`` are the further runs or pairs that it is true
    of. ``quantity`` is the quantity or setting that the finding is about (a declared difference of that quantity
    explains it), ``subject`` the key path or name where it is about something else. With ``values`` these are the
    finding's identity.

    ``notes`` say what else is known of it, a sentence each; ``history`` is the data of how it came to be, where that
    was asked for. ``page`` is the address of its rule's page where that is not one of ours. A finding of an unreadable
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
    runs: tuple[str, ...] = ()
    looked_at: str = ""
    quantity: str = ""
    subject: str = ""
    values: tuple[object, ...] = ()
    others: tuple[tuple[str, ...], ...] = ()
    is_input_error: bool = False
    fix: Fix | None = None
    notes: tuple[str, ...] = ()
    history: Mapping[str, object] | None = None
    page: str = ""

    @property
    def is_of_pair(self) -> bool:
        """Whether a pair was looked at."""
        return len(self.runs) > 1

    @property
    def edits(self) -> tuple[Edit, ...]:
        """The edits of its fix; none where it has no fix."""
        return self.fix.edits if self.fix is not None else ()

    @property
    def found_in(self) -> str:
        """What was looked at: ``puffer against native``, or a path."""
        return " against ".join(self.runs) or self.looked_at

    @property
    def identity(self) -> FindingIdentity:
        """What stays the same when lines move. Its path is seen from the working directory."""
        values = tuple(map(_value_text, self.values))
        return FindingIdentity(self.code, slashed(self.span.path), self.subject or self.quantity, values)

    @property
    def url(self) -> str:
        """The address of the rule's page, or "" where a plugin's rule has none."""
        is_ours = self.code.startswith(OUR_PREFIX) and self.code.removeprefix(OUR_PREFIX).isdecimal()
        return self.page or (f"{DOCUMENTATION}/rules/{self.code}/" if is_ours else "")


def _value_text(value: object) -> str:
    """A value as a text for an identity: with all digits, 64.0 as ``64``, and without control characters."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return "unknown" if isinstance(value, Unknown) else printable(str(value))


def at_least(severity: Severity, findings: Iterable[Finding]) -> list[Finding]:
    """The findings of this severity or a higher one, and all input errors."""
    kept = SEVERITIES[: SEVERITIES.index(severity) + 1]
    return [finding for finding in findings if finding.severity in kept or finding.is_input_error]


def more_than(findings: Iterable[Finding], known: Counter[K], key: Callable[[Finding], K]) -> list[Finding]:
    """The findings beyond those that are counted in ``known``; of several equal ones the last. Input errors all stay.

    ``known`` is counted down by the others.
    """
    new = []
    for finding in findings:
        name = key(finding)
        if known[name] > 0 and not finding.is_input_error:
            known[name] -= 1
        else:
            new.append(finding)
    return new
