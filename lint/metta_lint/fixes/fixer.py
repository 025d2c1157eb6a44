"""Fixes: findings' edits applied to files in memory, linted again, round after round until there is nothing to apply.

Nothing is written here. What a fix does to a file is believed when the next look finds its finding gone and no input
error that was not there; any other fix is taken back, and said to be a bug of its rule.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

from metta_lint.base.paths import is_below
from metta_lint.base.records import NamedTuple
from metta_lint.files.file_system import read_bytes, reading_instead, real_path
from metta_lint.files.replace import Rewrite
from metta_lint.rules.finding import at_least
from metta_lint.sources.syntax import INI
from metta_lint.sources.text import FileText

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from metta_lint.base.documents import Span
    from metta_lint.rules.finding import Finding, FindingIdentity, Severity
    from metta_lint.sources.edit import Edit

ROUNDS = 100
"""Looks at most: fixes of one file that overlap are applied one a round."""


class Linted(Protocol):
    """What a look at everything comes to, as far as fixing asks."""

    @property
    def findings(self) -> Sequence[Finding]:
        """All that was found."""


R = TypeVar("R", bound=Linted)


class Wanted(NamedTuple):
    """Which fixes are to be applied, beside the safe ones, and to which files.

    ``unsafe`` are all others, ``of_pairs`` those that bring one side of a pair to the other's values. Findings that are
    less severe than ``severity`` are not asked about.
    """

    roots: tuple[str, ...]
    unsafe: bool = False
    of_pairs: bool = False
    severity: Severity = "info"

    def allows(self, finding: Finding) -> bool:
        """Whether a finding has a fix of the kind that is wanted."""
        if finding.fix is None or not at_least(self.severity, [finding]):
            return False
        return finding.fix.is_safe or self.unsafe or (self.of_pairs and finding.is_of_pair)

    def reaches(self, finding: Finding) -> bool:
        """Whether all edits of a finding lie in the files that were asked about."""
        return finding.fix is not None and all(self._is_inside(edit.span.path) for edit in finding.fix.edits)

    def _is_inside(self, path: str) -> bool:
        return any(is_below(path, root) for root in self.roots)


class Fixed(NamedTuple):
    """What fixing came to.

    ``outside`` are findings left alone because their edits lie elsewhere; ``failed`` those whose fix did not do what it
    says; ``unsettled`` is set where fixes were left after the last round.
    """

    done: tuple[Finding, ...]
    rewrites: tuple[Rewrite, ...]
    outside: tuple[Finding, ...] = ()
    failed: tuple[Finding, ...] = ()
    unsettled: bool = False


class _Files:
    """The files that have changed, by where they really lie: a file may be reached by several names."""

    def __init__(self) -> None:
        self.before: dict[str, bytes] = {}
        self.after: dict[str, bytes] = {}
        self.names: dict[str, dict[str, None]] = {}

    def contents(self) -> dict[str, bytes]:
        """What every name of a changed file holds."""
        return {name: self.after[real] for real in self.after for name in self.names[real]}

    def read(self, path: str) -> tuple[str, bytes]:
        """Where a file really lies, and what it holds by now."""
        real = real_path(path)
        self.names.setdefault(real, {})[path] = None
        if real not in self.after:
            self.before[real] = self.after[real] = read_bytes(path)
        return real, self.after[real]

    def rewrites(self) -> tuple[Rewrite, ...]:
        """The files that are to be written, by name."""
        changed = [real for real, data in self.after.items() if data != self.before[real]]
        found = [Rewrite(next(iter(self.names[real])), self.before[real], self.after[real]) for real in changed]
        return tuple(sorted(found))


class Fixer(Generic[R]):
    """Applies fixes in memory. ``look`` lints everything, as it reads at that moment.

    ``report`` is the last look: what is left when all rewrites are written.
    """

    def __init__(self, look: Callable[[], R], wanted: Wanted) -> None:
        self.look = look
        self.report = look()
        self.wanted = wanted
        self.files = _Files()
        self.done: list[Finding] = []
        self.failed: dict[FindingIdentity, Finding] = {}

    def fix(self) -> Fixed:
        """Apply what is wanted, round after round."""
        report = self.report
        unsettled = False
        for left in reversed(range(ROUNDS)):
            batch = together(self._candidates(report))
            if not batch:
                break
            report = self._round(report, batch)
            unsettled = left == 0
        outside = [f for f in report.findings if self.wanted.allows(f) and not self.wanted.reaches(f)]
        self.report = report
        return Fixed(
            tuple(self.done),
            self.files.rewrites(),
            tuple(outside),
            tuple(self.failed.values()),
            unsettled and bool(self._candidates(report)),
        )

    def _candidates(self, report: R) -> list[Finding]:
        reached = (f for f in report.findings if self.wanted.allows(f) and self.wanted.reaches(f))
        found = [finding for finding in reached if finding.identity not in self.failed]
        return sorted(found, key=lambda finding: (finding.fix.edits[0].span, finding.code) if finding.fix else ())

    def _round(self, report: R, batch: list[Finding]) -> R:
        """Apply fixes that do not touch, all at once; one by one where the whole is not what it should be."""
        found = self._applied(report, batch)
        if found is not None:
            return found
        if len(batch) == 1:
            self.failed[batch[0].identity] = batch[0]
            return report
        for finding in batch:
            # What was found at other lines may have moved: each is looked up by what it says.
            current = next((each for each in self._candidates(report) if each.identity == finding.identity), None)
            if current is not None:
                report = self._round(report, [current])
        return report

    def _applied(self, report: R, batch: list[Finding]) -> R | None:
        """The report after these fixes; None, and all as it was, where one of them did not do what it says."""
        before = dict(self.files.after)
        self._edit(batch)
        with reading_instead(self.files.contents()):
            after = self.look()
        if _is_better(report, after, batch):
            self.done += batch
            return after
        self.files.after = before
        return None

    def _edit(self, batch: list[Finding]) -> None:
        edits: dict[str, list[Edit]] = {}
        for finding in batch:
            for edit in finding.fix.edits if finding.fix is not None else ():
                edits.setdefault(edit.span.path, []).append(edit)
        by_file: dict[str, list[Edit]] = {}
        for path, found in edits.items():
            real, _ = self.files.read(path)
            by_file.setdefault(real, []).extend(edit._replace(span=edit.span._replace(path=real)) for edit in found)
        for real, found in by_file.items():
            self.files.after[real] = FileText(real, self.files.after[real].decode()).edited(found)


def _is_better(before: Linted, after: Linted, batch: Iterable[Finding]) -> bool:
    """Whether each of the fixed findings is gone, and no file has become unreadable."""
    counts = [Counter(finding.identity for finding in look.findings) for look in (before, after)]
    fixed = Counter(finding.identity for finding in batch)
    gone = all(counts[1][key] <= counts[0][key] - number for key, number in fixed.items())
    errors = [sum(finding.is_input_error for finding in report.findings) for report in (before, after)]
    return gone and errors[1] <= errors[0]


def together(findings: Iterable[Finding]) -> list[Finding]:
    """The first of the findings whose fixes can be made at once: none touches another, or they share an edit whole.

    Of a YAML's entries one is removed at a time: a mapping that loses its last one is written otherwise.
    """
    chosen: list[Finding] = []
    taken: dict[str, set[Edit]] = {}
    emptied: set[str] = set()
    for finding in findings:
        edits = finding.fix.edits if finding.fix is not None else ()
        removed = {edit.span.path for edit in edits if not edit.text and not INI.fits(edit.span.path)}
        others = [other for edit in edits for other in taken.get(real_path(edit.span.path), set()) - {edit}]
        if removed & emptied or any(_touch(edit.span, other.span) for edit in edits for other in others):
            continue
        chosen.append(finding)
        emptied |= removed
        for edit in edits:
            taken.setdefault(real_path(edit.span.path), set()).add(edit)
    return chosen


def _touch(one: Span, other: Span) -> bool:
    """Whether two stretches overlap, or one is a place at the other's edge."""
    if one[1:3] == one[3:] or other[1:3] == other[3:]:
        return one[1:3] <= other[3:] and other[1:3] <= one[3:]
    return one[1:3] < other[3:] and other[1:3] < one[3:]
