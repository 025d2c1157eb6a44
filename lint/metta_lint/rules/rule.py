"""What a rule is made of: its attributes, its cases, the drafts that it yields. See ``metta_lint.api``."""

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
    """One thing that a rule found.

    ``at`` is where: a place of a plan, or the span of a document's node. ``related`` are further places, each with a
    label; ``claims`` predict what running both sides will measure; ``help`` says how to fix it; ``severity`` replaces
    the rule's own where a case is milder or worse; ``fix`` fixes it by edits at spans.

    ``subject`` and ``values`` are the finding's identity when lines move or the wording changes. Without them that is
    what stands at ``at``: the keys that lead there and the value; or the quantity, its values and the claimed ones.
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
    """A tiny pair of configs on which a rule is tested, as changes to a pair that agrees in everything.

    Keys are settings in the trainer's own syntax (``{"train.gamma": 0.9}``); ``env.game.*`` go to the environment's
    YAML. ``claims`` are the values that the reference trainer must measure, left and right (None: any). ``trainers``
    name the two dialects.

    A rule about something that no run measures (a document, a tree) has cases of ``files`` instead, text by path;
    ``at`` names the lines where it must find something, each as ``path:line``, and nowhere else.
    """

    left: MappingABC[str, object] = {}
    right: MappingABC[str, object] = {}
    claims: MappingABC[str, tuple[object, object]] = {}
    trainers: tuple[str, str] = ("pufferlib", "metta")
    files: MappingABC[str, str] = {}
    at: tuple[str, ...] = ()


class Rule(Protocol):
    """What a rule has. One with ``preview = True`` is not yet stable, and runs only with ``--preview``."""

    code: str
    name: str
    severity: Severity
    agrees: list[Case]
    drifts: list[Case]

    @property
    def check(self) -> Callable[..., Iterable[Draft]]:
        """Yields a draft for each thing that is wrong. Its parameter's name says what it looks at."""
