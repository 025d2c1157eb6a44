"""Applies findings' fixes to files in memory and lints again, round after round, until there is nothing to fix.

Nothing is written here. A fix is kept if the next check no longer has its finding, and no new input error. Any other
fix is taken back, and reported as a bug of its rule.
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
    """The parts of a report that fixing reads."""

    @property
    def findings(self) -> Sequence[Finding]:
        """All findings."""


R = TypeVar("R", bound=Linted)


class Wanted(NamedTuple):
    """Which fixes to apply, and to which files.

    Safe ones always; ``unsafe`` adds all others, ``of_pairs`` those that give one side of a pair the other's values.
    Findings less severe than ``severity`` are left alone. ``roots`` are the files and folders that may be changed.
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
        """Whether all edits of a finding are in files that may be changed."""
        return all(any(is_below(edit.span.path, root) for root in self.roots) for edit in finding.edits)


class Fixed(NamedTuple):
    """The result of fixing.

    ``outside`` are findings left alone because their edits are in other files; ``failed`` those whose fix did not
    remove them; ``unsettled`` says that fixes were left after the last round.
    """

    done: tuple[Finding, ...]
    rewrites: tuple[Rewrite, ...]
    outside: tuple[Finding, ...]
    failed: tuple[Finding, ...]
    unsettled: bool


class Fixer(Generic[R]):
    """Applies fixes in memory. ``look`` lints everything, with the changed files in place.

    ``report`` is that of the last check: the findings that are left once the rewrites are written.
    """

    def __init__(self, look: Callable[[], R], wanted: Wanted) -> None:
        self.look = look
        self.report = look()
        self.wanted = wanted
        self.rewrites: dict[str, Rewrite] = {}  # by the real path: a file may have several names
        self.real_paths: dict[str, str] = {}
        self.done: list[Finding] = []
        self.failed: dict[FindingIdentity, Finding] = {}

    def fix(self) -> Fixed:
        """Apply what is wanted, round after round."""
        for _ in range(ROUNDS):
            batch = together(self._candidates())
            if not batch:
                break
            self._round(batch)
        allowed = [finding for finding in self.report.findings if self.wanted.allows(finding)]
        return Fixed(
            tuple(self.done),
            tuple(sorted(rewrite for rewrite in self.rewrites.values() if rewrite.before != rewrite.after)),
            tuple(finding for finding in allowed if not self.wanted.reaches(finding)),
            tuple(self.failed.values()),
            unsettled=bool(self._candidates()),
        )

    def _candidates(self) -> list[Finding]:
        wanted = (f for f in self.report.findings if self.wanted.allows(f) and self.wanted.reaches(f))
        found = [finding for finding in wanted if finding.identity not in self.failed]
        return sorted(found, key=lambda finding: (finding.edits[0].span, finding.code))

    def _round(self, batch: list[Finding]) -> None:
        """Apply fixes that do not touch all at once; one by one if one of them fails."""
        if self._apply(batch):
            return
        if len(batch) == 1:
            self.failed[batch[0].identity] = batch[0]
            return
        for finding in batch:
            # The lines of the others may have moved: each is looked up by its identity.
            current = next((each for each in self._candidates() if each.identity == finding.identity), None)
            if current is not None:
                self._round([current])

    def _apply(self, batch: list[Finding]) -> bool:
        """Make these fixes and lint again. If one of them does not remove its finding, take all of them back."""
        before = dict(self.rewrites)
        self._edit(batch)
        contents = {name: self.rewrites[real].after for name, real in self.real_paths.items() if real in self.rewrites}
        with reading_instead(contents):
            after = self.look()
        if not _is_better(self.report, after, batch):
            self.rewrites = before
            return False
        self.report = after
        self.done += batch
        return True

    def _edit(self, batch: list[Finding]) -> None:
        edits: dict[str, list[Edit]] = {}
        for edit in (edit for finding in batch for edit in finding.edits):
            path = edit.span.path
            real = self.real_paths.setdefault(path, real_path(path))
            if real not in self.rewrites:
                data = read_bytes(path)
                self.rewrites[real] = Rewrite(path, data, data)
            edits.setdefault(real, []).append(edit._replace(span=edit.span._replace(path=real)))
        for real, found in edits.items():
            rewrite = self.rewrites[real]
            self.rewrites[real] = rewrite._replace(after=FileText(real, rewrite.after.decode()).edited(found))


def _is_better(before: Linted, after: Linted, batch: Iterable[Finding]) -> bool:
    """Whether each of the fixed findings is gone, and no file has become unreadable."""
    old, new = (Counter(finding.identity for finding in look.findings) for look in (before, after))
    fixed = Counter(finding.identity for finding in batch)
    old_errors, new_errors = (sum(finding.is_input_error for finding in look.findings) for look in (before, after))
    return new_errors <= old_errors and all(new[key] <= old[key] - number for key, number in fixed.items())


def together(findings: Iterable[Finding], file_of: Callable[[str], str] = real_path) -> list[Finding]:
    """The findings whose fixes can be made at once, earlier ones first: no two edits touch, unless they are equal.

    ``file_of`` gives a path's file, which may have several names.
    Of a YAML file's entries one is removed at a time: a mapping that loses its last entry is written in another way.
    """
    chosen: list[Finding] = []
    taken: dict[str, set[Edit]] = {}
    emptied: set[str] = set()
    for finding in findings:
        edits = finding.edits
        removed = {edit.span.path for edit in edits if not edit.text and not INI.fits(edit.span.path)}
        others = [other for edit in edits for other in taken.get(file_of(edit.span.path), set()) - {edit}]
        if removed & emptied or any(_touch(edit.span, other.span) for edit in edits for other in others):
            continue
        chosen.append(finding)
        emptied |= removed
        for edit in edits:
            taken.setdefault(file_of(edit.span.path), set()).add(edit)
    return chosen


def _touch(one: Span, other: Span) -> bool:
    """Whether two spans overlap, or one is an empty span at the other's edge."""
    if one[1:3] == one[3:] or other[1:3] == other[3:]:
        return one[1:3] <= other[3:] and other[1:3] <= one[3:]
    return one[1:3] < other[3:] and other[1:3] < one[3:]
