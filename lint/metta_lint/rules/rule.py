"""What a rule is made of, as ``metta_lint.api`` says: its shape, its cases, the drafts that it yields."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from metta_lint.base.records import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from collections.abc import Mapping as MappingABC

    from metta_lint.base.documents import Span
    from metta_lint.plans.plan import Plan
    from metta_lint.rules.finding import Claim, Severity
    from metta_lint.sources.edit import Fix


class Place(NamedTuple):
    """A quantity or a setting of a plan: the engine finds the lines that it came from."""

    plan: Plan
    name: str


class Draft(NamedTuple):
    """What a rule has to say.

    ``at`` is where: a place of a plan, or the span of a document's node. ``related`` are further places, each with
    what is to be seen there; ``claims`` what running both sides will measure; ``help`` how to fix it; ``severity``
    replaces the rule's own where a case is milder or worse; ``fix`` fixes it by edits at spans.

    ``subject`` and ``values`` are what the finding is known by when lines move or words change, where that is not what
    stands at its place: the keys that lead there and the value, or the quantity, its values and those that are claimed.
    """

    message: str
    at: Place | Span
    related: tuple[tuple[str, Place | Span], ...] = ()
    claims: tuple[Claim, ...] = ()
    help: str = ""
    severity: Severity | None = None
    fix: Fix | None = None
    subject: str = ""
    values: tuple[object, ...] | None = None


class Case(NamedTuple):
    """A tiny pair of configs, as what differs from a pair that agrees in everything; or files of their own.

    Keys are settings in the trainer's own syntax; ``env.game.*`` go to the environment's YAML. ``claims`` is what the
    reference trainer must measure, left and right (None: not looked at). ``trainers`` name the two dialects.

    A rule about what no run measures (a document, a tree) has cases of ``files`` instead, text by path; ``at`` names
    the lines that it must find, each as ``path:line``, and no others.
    """

    left: MappingABC[str, object] = {}
    right: MappingABC[str, object] = {}
    claims: MappingABC[str, tuple[object, object]] = {}
    trainers: tuple[str, str] = ("pufferlib", "metta")
    files: MappingABC[str, str] = {}
    at: tuple[str, ...] = ()


class Rule(Protocol):
    """The shape of a rule. One with ``preview = True`` is not yet stable, and runs only where that is asked for."""

    code: str
    name: str
    severity: Severity
    agrees: list[Case]
    drifts: list[Case]

    @property
    def check(self) -> Callable[..., Iterable[Draft]]:
        """Yields a draft for each thing that is wrong. Its parameter's name says what it looks at."""
