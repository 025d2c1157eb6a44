"""The engine: gives rules what they ask for, and turns their drafts into findings with places."""

from __future__ import annotations

from functools import partial
from itertools import islice
from typing import TYPE_CHECKING, TypeAlias

from metta_lint.base.documents import Span
from metta_lint.base.errors import LintError
from metta_lint.base.records import NamedTuple
from metta_lint.base.wording import printable
from metta_lint.files.memory import Same, recalled, remembers
from metta_lint.plans.pair import Pair, same
from metta_lint.plans.plan import Plan
from metta_lint.rules.finding import Finding, Related
from metta_lint.rules.registry import listed
from metta_lint.sources.key_paths import Keyed, keyed_at

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence

    from metta_lint.base.documents import Document
    from metta_lint.rules.registry import ListedRule
    from metta_lint.rules.rule import Draft, Place, Rule
    from metta_lint.sources.edit import Fix
    from metta_lint.trainers.trees.tree import ConfigTree

MOST = 500
"""Findings of one rule about one subject, at most: nobody reads more, and a rule may yield without end."""


class Subjects(NamedTuple):
    """All that rules can ask for. ``files`` are the paths of documents."""

    plans: Sequence[Plan] = ()
    pairs: Sequence[Pair] = ()
    files: Sequence[str] = ()
    trees: Sequence[ConfigTree] = ()


def _documents(subjects: Subjects) -> list[Document]:
    from metta_lint.sources import readable

    return [document for file in subjects.files if (document := readable(file)) is not None]


def _environments(subjects: Subjects) -> Iterator[Part]:
    for tree in subjects.trees:
        for name in tree.environment_names:
            yield (tree.folder, name), partial(_environment, tree, name)


def _environment(tree: ConfigTree, name: str) -> list[object]:
    found = tree.environment(name)
    return [] if found is None else [found]


def _sweeps(subjects: Subjects) -> Iterator[Part]:
    from metta_lint.trainers.dialects import sweeps_by_file

    return sweeps_by_file(subjects.files, subjects.trees, subjects.plans)


Part: TypeAlias = "tuple[Hashable, Callable[[], Sequence[object]]]"
"""Some subjects: a key for ``recalled`` (all that they depend on besides files), and a function that finds them.

Without a key (None) they are judged anew in every check.
"""
FIND: Mapping[str, Callable[[Subjects], Iterable[Part]]] = {
    "pair": lambda subjects: [(None, lambda: subjects.pairs)],
    "plan": lambda subjects: [(Same(plan), lambda plan=plan: [plan]) for plan in subjects.plans],  # type: ignore[misc]
    "document": lambda subjects: [(None, lambda: _documents(subjects))],
    "tree": lambda subjects: [(None, lambda: subjects.trees)],
    "environment": _environments,
    "sweep": _sweeps,
}
"""How the subjects of each kind are found, in parts that are recalled one by one."""


def run_rules(rules: Iterable[Rule], subjects: Subjects) -> list[Finding]:
    """What imported rules find."""
    return run_listed(map(listed, rules), subjects)


def run_listed(rules: Iterable[ListedRule], subjects: Subjects) -> list[Finding]:
    """What the rules find, each run once for every subject of its kind.

    A rule is imported only if it has a subject. Subjects that no rule asks for are not made, and none is kept after its
    rules have run: a sweep's plans take much memory. Raises LintError with the name of a rule that crashes.
    """
    asking: dict[str, list[ListedRule]] = {}
    for rule in rules:
        asking.setdefault(rule.subject, []).append(rule)
    found: list[Finding] = []
    for kind, those in asking.items():
        rules_asked = tuple(Same(rule.load()) for rule in those) if remembers() else ()
        for part, find in FIND[kind](subjects):
            judge = partial(_judged, those, find)
            found += judge() if part is None else recalled((kind, rules_asked, part), judge)
    return found


def _judged(rules: Iterable[ListedRule], find: Callable[[], Iterable[object]]) -> list[Finding]:
    return [finding for subject in find() for rule in rules for finding in _findings(rule.load(), subject)]


def merged(findings: Iterable[Finding]) -> list[Finding]:
    """Each finding once; ``others`` are the further runs or pairs that it was found in."""
    found: dict[object, Finding] = {}
    for finding in findings:
        key = finding if finding.is_input_error else (finding.span, finding.identity)
        first = found.get(key)
        found[key] = finding if first is None else first._replace(others=(*first.others, finding.runs))
    return sorted(found.values(), key=lambda finding: (finding.span, finding.code, finding.message))


def _findings(rule: Rule, subject: object) -> list[Finding]:
    try:
        return [_located(rule, draft, subject) for draft in islice(rule.check(subject), MOST)]
    except Exception as error:
        raise LintError(f"rule {rule.code} crashed on {_name(subject)}: {type(error).__name__}: {error}") from error


def _located(rule: Rule, draft: Draft, subject: object) -> Finding:
    span = _span(draft.at)
    related = [Related(printable(label), place) for label, at in draft.related if (place := _span(at)) is not None]
    message = draft.message
    if span is None and related and not isinstance(draft.at, Span):
        # What is not written anywhere has no line; the other side's has.
        span, related = related[0].span, [*related[1:]]
        message += _unwritten(draft.at, subject)
    about = _about(draft, subject)
    return Finding(
        code=rule.code,
        name=rule.name,
        severity=draft.severity or rule.severity,
        message=printable(message),
        span=span or Span(draft.at.path if isinstance(draft.at, Span) else draft.at.plan.run.file, 1, 1, 1, 1),
        related=tuple(related),
        claims=draft.claims,
        help=printable(draft.help),
        runs=subject.runs if isinstance(subject, Pair) else (subject.run.label,) if isinstance(subject, Plan) else (),
        looked_at=_name(subject),
        quantity="" if isinstance(draft.at, Span) else draft.at.name,
        subject=about.path,
        values=about.values,
        fix=_fix(draft),
        page=getattr(rule, "url", ""),
    )


def _about(draft: Draft, subject: object) -> Keyed:
    """The subject and the values of a draft's finding, where the draft does not give them.

    At a span they are the keys and the value that stand there. At a quantity the values are its own on both sides (of a
    plan: those of all the draft's places), and those that the draft claims.
    """
    if isinstance(draft.at, Span):
        found = keyed_at(draft.at) if not draft.subject or draft.values is None else Keyed()
        return Keyed(draft.subject or found.path, found.values if draft.values is None else draft.values)
    if draft.values is not None:
        return Keyed(draft.subject, draft.values)
    values: dict[str, tuple[object, ...]] = {claim.quantity: claim[1:] for claim in draft.claims}
    if isinstance(subject, Pair):
        values[draft.at.name] = subject.left.lookup(draft.at.name), subject.right.lookup(draft.at.name)
    else:
        places = (draft.at, *(at for _, at in draft.related if not isinstance(at, Span)))
        values |= {place.name: (place.plan.lookup(place.name),) for place in places}
    return Keyed(draft.subject, tuple(value for each in values.values() for value in _each_once(each)))


def _each_once(values: tuple[object, ...]) -> tuple[object, ...]:
    """Both sides' values, or one value if they are the same."""
    return values if len(values) == 2 and not same(*values) else values[:1]


def _fix(draft: Draft) -> Fix | None:
    if draft.fix is None:
        return None
    from metta_lint.sources.edits import resolved_fix

    return resolved_fix(draft.fix)


def _unwritten(place: Place, subject: object) -> str:
    """What to add to a message about a value that stands in no file; of a pair, whose it is and where it comes from."""
    if subject is place.plan:
        return f" (no file says {place.name})"
    quantity = place.plan.quantities.get(place.name)
    source = f": {quantity.source}" if quantity is not None and quantity.source else ""
    return f" ({_name(place.plan)} has the first{source})"


def _span(at: Place | Span) -> Span | None:
    return at if isinstance(at, Span) else next(iter(at.plan.spans_of(at.name)), None)


def _name(subject: object) -> str:
    """A subject's name in findings: a run's name or entry, else a path."""
    if isinstance(subject, Pair):
        return subject.label
    if isinstance(subject, Plan):
        return subject.run.label
    return str(getattr(subject, "path", subject))
