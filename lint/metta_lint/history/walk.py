"""Walks back through a repository and plans runs at the commits that touched their files, newest first.

The walk follows first parents from HEAD: the main line. The state before a commit is planned only if the commit changed
a file that the newer plan was read from, or removed one that the older plan may have been read from. No other commit
can have changed the run.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Literal

from metta_lint.base.errors import InputError, LintError
from metta_lint.base.wording import printable
from metta_lint.files.file_system import is_file, real_path, using
from metta_lint.plans.run import split_entry
from metta_lint.project.runs import files_of, plan_run
from metta_lint.sources import known_suffixes
from metta_lint.trainers.dialects import added_trainers

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from metta_lint.history.earlier import EarlierState
    from metta_lint.history.git import Change, MainlineCommit
    from metta_lint.plans.plan import Plan
    from metta_lint.project.config import Config

COMMITS = 20_000
"""At most this many commits are looked at."""
BATCH = 500
"""The changes of this many commits are read at once."""
NEWEST = float("inf")
"""The time of the working tree: after every commit."""
NEIGHBOURS = ("default.ini", "environments")
"""Trainers look for files with these names by themselves: one that was removed may have been read."""

End = Literal["birth", "limit", "shallow", "untracked"]
"""Why a walk ends for a run: the run did not exist before; the limit is reached; the clone is shallow; no commit has
the run."""


@dataclass(eq=False)
class RunState:
    """What a run was from one commit on, up to the next newer state.

    - ``plan``: None if it could not be planned; ``failure`` says why.
    - ``at``: a commit that has this state; None for the working tree.
    - ``reads``: the files that the run was read from, as the repository names them.
    - ``commit``: the commit that began this state; None for the working tree, or if the walk ended before.
    - ``position``: that commit's place on the main line: 0 for HEAD, -1 for its first parent.
    - ``seconds``: its committer's time, but no later than that of newer commits.
    """

    plan: Plan | None
    at: str | None = None
    failure: str = ""
    reads: frozenset[str] = frozenset()
    commit: str | None = None
    position: float = NEWEST
    seconds: float = NEWEST


class Timeline:
    """The states of one run, newest first: the working tree, HEAD, and so on.

    ``walk`` is None for a run outside of any repository. ``entry`` is the run's entry file in the oldest state, as the
    repository names it. ``horizon`` is the oldest commit that was looked at, and ``end`` why the walk stopped there.
    """

    def __init__(self, plan: Plan, config: Config, walk: Walk | None) -> None:
        self.run = plan.run.label
        self.walk = walk
        self.states = [RunState(plan)]
        self.end: End | None = None if walk is not None else "untracked"
        self.horizon: str | None = None
        self._config = config
        self._machine = plan.run.machine
        declared = config.runs.get(self.run)
        file, self._name = split_entry(self.run if declared is None else declared.entry)
        # The overrides of the command line come after those of the declared run.
        self._overrides = plan.run.overrides[len(declared.overrides) if declared is not None else 0 :]
        self.first_entry = self.entry = (walk.repository.inside(file) if walk is not None else None) or ""

    def reach(self, commit: str, position: float, seconds: float, end: End | None) -> None:
        """Date the oldest state: a commit began it, or the walk ends there and the state is as old or older."""
        state = self.states[-1]
        state.position, state.seconds = position, seconds
        self.end = end
        if end in (None, "birth"):
            state.commit = commit
        else:
            self.horizon = commit

    def planned(self, file: str) -> Plan:
        """Plan the run from an entry file. Raises LintError if that fails."""
        entry = f"{file}:{self._name}" if self._name else file
        declared = self._config.runs.get(self.run)
        if declared is None:
            return plan_run(entry, self._config, self._overrides, self._machine, with_problems=True)
        config = self._config._replace(runs={self.run: declared._replace(entry=entry)})
        return plan_run(self.run, config, self._overrides, self._machine, with_problems=True)


class Walk:
    """Plans runs of one repository at its commits."""

    def __init__(self, earlier: EarlierState, limit: int) -> None:
        self.repository = earlier.repository
        self.planned = 0
        self.described = cache(self.repository.described)
        self._branches = 0
        self._parents = cache(self.repository.parents)
        self._earlier = earlier
        self._limit = limit
        self._folder = os.getcwd()

    @property
    def reached(self) -> int:
        """The limit that ended the walk: on commits that are planned, or on those that are looked at."""
        return self._limit if self.planned >= self._limit else COMMITS

    # -- the main line ---------------------------------------------------------------------------------------------

    def go(self, timelines: Sequence[Timeline]) -> None:
        """Follow runs back to the first commit of each, or as far as the limit and the clone allow."""
        head = self.repository.commit("HEAD")
        for timeline in timelines:
            self._add(timeline, head)
        cut = self.repository.cut_off
        oldest = NEWEST
        for index, (step, changes) in enumerate(self._steps(head)):
            oldest = min(oldest, step.seconds)  # a committer's clock may be wrong; the order of commits is not
            going = [timeline for timeline in timelines if timeline.end is None]
            if not going:
                return
            touched = [timeline for timeline in going if _is_touched(timeline, changes)]
            end: End | None = None
            if step.commit in cut:
                end = "shallow"
            elif step.parent is None:
                end = "birth"  # there is no older commit to plan
            elif index + 1 == COMMITS or (touched and self.planned >= self._limit):
                end = "limit"
            for timeline in going if end is not None else touched:
                timeline.reach(step.commit, float(-index), float(oldest), end)
            if end is None and touched:
                self.planned += 1
                for timeline in touched:
                    _rename(timeline, changes)
                    self._add(timeline, step.parent)

    def _steps(self, head: str | None) -> Iterator[tuple[MainlineCommit, list[Change]]]:
        steps = self.repository.mainline(head, COMMITS) if head is not None else []
        for start in range(0, len(steps), BATCH):
            batch = steps[start : start + BATCH]
            pairs = [(step.commit, step.parent) for step in batch]
            yield from zip(batch, self.repository.changes_of(pairs, _suffixes()), strict=True)

    def _add(self, timeline: Timeline, commit: str | None) -> None:
        """Add the state of an older commit. If the run is missing there, its walk ends."""
        state = self._state(timeline, commit, timeline.entry)
        if state is None:
            timeline.end = "birth" if len(timeline.states) > 1 else "untracked"
            return
        if state.plan is None:  # its files are unknown: take those of the newer state
            state.reads |= timeline.states[-1].reads
        timeline.states.append(state)

    # -- one commit ------------------------------------------------------------------------------------------------

    def _state(self, timeline: Timeline, commit: str | None, entry: str) -> RunState | None:
        """A run at a commit, where its entry file has this name; None if it is missing."""
        if commit is None or not entry:
            return None
        self._earlier.move(commit)
        with using(self._earlier):
            file = self.repository.seen(entry)
            if not is_file(file):
                return None
            try:
                plan = timeline.planned(file)
                return RunState(plan, commit, reads=frozenset({entry, *self._files(plan)}))
            except (LintError, ArithmeticError, ValueError, TypeError) as error:
                message = error.message if isinstance(error, InputError) else str(error)
                return RunState(None, commit, printable(message), frozenset({entry}))

    def source_of(self, timeline: Timeline, state: RunState, is_same: Callable[[Plan | None], bool]) -> str | None:
        """The commit that brought a state's value. If a merge did, the commit of the merged branch that brought it.

        ``is_same`` says whether a plan has the value. If no single commit of the branch brought it, it is the merge.
        """
        if state.commit is None:
            return None
        first, *others = self._parents(state.commit) or [""]
        if not others:
            return state.commit
        merged = self.repository.merged_by(state.commit, first)
        current, reads, parents = state.commit, state.reads, others
        while self._branches < self._limit:
            found = self._parent_with(timeline, current, parents, reads, is_same)
            if found is None:
                return current
            current, reads = found
            if current not in merged:  # the main line had the value before, and the merge brought it back
                return state.commit
            parents = self._parents(current)
        return state.commit

    def _parent_with(
        self,
        timeline: Timeline,
        commit: str,
        parents: Iterable[str],
        reads: frozenset[str],
        is_same: Callable[[Plan | None], bool],
    ) -> tuple[str, frozenset[str]] | None:
        """The first of some parents that has the value too, and the files that the run was read from there."""
        for parent in parents:
            if not any(change.entry.path in reads for change in self.repository.changes(parent, commit)):
                return parent, reads
            self._branches += 1
            state = self._state_by_any_name(timeline, parent)
            if state is not None and is_same(state.plan):
                return parent, state.reads
        return None

    def _state_by_any_name(self, timeline: Timeline, commit: str) -> RunState | None:
        """A run at a commit of a branch, by its oldest entry name or by the present one."""
        states = (self._state(timeline, commit, name) for name in dict.fromkeys((timeline.entry, timeline.first_entry)))
        return next((state for state in states if state is not None), None)

    def _files(self, plan: Plan) -> Iterator[str]:
        """The files of the repository that a plan was read from, with the targets of links."""
        run = plan.run
        spans = [problem.span for problem in run.problems]
        spans += [span for _, span in run.callee.places] if run.callee is not None else []
        for path in {*files_of(plan), *(span.path for span in spans)}:
            for full in (os.path.normpath(os.path.join(self._folder, path)), real_path(path)):
                inside = self.repository.inside(full)
                if inside is not None:
                    yield inside


def _suffixes() -> tuple[str, ...]:
    """The suffixes of files that runs are read from, those of plugins' trainers included."""
    added = (suffix for trainer in added_trainers() for suffix in trainer.suffixes)
    return tuple(dict.fromkeys((*known_suffixes(), *added)))


def _rename(timeline: Timeline, changes: Iterable[Change]) -> None:
    """Go back to the name that a run's entry had before a commit renamed it."""
    names = (change.before for change in changes if change.status == "R" and change.entry.path == timeline.entry)
    timeline.entry = next(names, timeline.entry)


def _is_touched(timeline: Timeline, changes: Iterable[Change]) -> bool:
    """Whether a commit changed a file that the run is read from after it, or removed one that was perhaps read."""
    reads = timeline.states[-1].reads
    folders = {os.path.dirname(path) for path in reads}
    return any(
        change.entry.path in reads or (change.status in "DR" and _may_be_read(change.before, folders))
        for change in changes
    )


def _may_be_read(path: str, folders: set[str]) -> bool:
    """Whether a removed file may have been read: it was beside one that is, or where a trainer looks."""
    return os.path.dirname(path) in folders or any(part in NEIGHBOURS for part in path.split("/"))
