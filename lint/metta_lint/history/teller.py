"""Makes the story of a quantity from the timelines of two runs."""

from __future__ import annotations

import os
from collections import Counter
from typing import TYPE_CHECKING

from metta_lint.base.records import NamedTuple
from metta_lint.base.wording import count
from metta_lint.history.story import Cause, How, Move, SideStory, Story, StoryKind, Which
from metta_lint.plans.comparison import planned_value
from metta_lint.plans.pair import same

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from metta_lint.history.git import Commit
    from metta_lint.history.walk import RunState, Timeline
    from metta_lint.plans.plan import Plan

GAPS = 3
"""Of the states that could not be planned, this many are named for each side."""


class Spell(NamedTuple):
    """A stretch of a timeline with one value: its oldest and newest state, and its start, larger for newer ones."""

    value: object
    first: RunState
    last: RunState
    start: float


class _Past:
    """The known values of a quantity on one side, newest first."""

    def __init__(self, timeline: Timeline, quantity: str, *, by_date: bool) -> None:
        self.timeline = timeline
        self.quantity = quantity
        self.spells: list[Spell] = []
        for state in timeline.states:
            if state.plan is not None:
                value = planned_value(state.plan, quantity)
                last = self.spells.pop().last if self.spells and same(self.spells[-1].value, value) else state
                self.spells.append(Spell(value, state, last, state.seconds if by_date else state.position))

    def at(self, moment: float) -> Spell | None:
        """The spell at a moment; None if the run did not exist then, or its value is unknown."""
        return next((spell for spell in self.spells if spell.start <= moment), None)

    @property
    def is_whole(self) -> bool:
        """Whether the timeline goes back to the start of the run."""
        return self.timeline.end in ("birth", "untracked")

    def how(self, index: int) -> How:
        """How the side got the value of a spell."""
        first = self.spells[index].first
        if first.commit is not None:
            return "changed" if index + 1 < len(self.spells) else "added"
        if self.timeline.end == "untracked":
            return "untracked"
        return "uncommitted" if first.at is None else "older"

    def causes(self, index: int) -> list[Cause]:
        """The settings behind the value of a spell that changed at its start."""
        plan = self.spells[index].first.plan
        before = self.spells[index + 1].last.plan if index + 1 < len(self.spells) else None
        if plan is None or before is None:
            return []
        settings = plan.settings_of(self.quantity)
        old = [before.run.settings.get(setting.key) for setting in settings]
        return [
            Cause(new.key, was.value if was is not None else None, new.value, new.span.path if new.span else "")
            for new, was in zip(settings, old, strict=True)
            if was is None or not same(was.value, new.value)
        ]

    def label(self, index: int) -> str:
        """The file that holds the value of a spell: one with a changed setting if possible, else the run's entry."""
        plan = self.spells[index].first.plan
        paths = [span.path for span in plan.spans_of(self.quantity)] if plan is not None else []
        changed = [cause.path for cause in self.causes(index) if cause.path]
        return next(iter((*changed, *paths)), plan.run.file if plan is not None else "")


def story_of(left: Timeline, right: Timeline, quantity: str) -> Story:
    """How two runs came to differ in a quantity. They must differ in it now."""
    by_date = left.walk is not right.walk
    pasts = [_Past(timeline, quantity, by_date=by_date) for timeline in (left, right)]
    agreed = _agreement(*pasts)
    since = agreed[1] if agreed is not None else None
    names = _short_names(pasts)
    kind = _kind(pasts, since)
    oldest = max(pasts, key=lambda past: past.spells[-1].start)
    return Story(
        kind,
        agreed[0] if agreed is not None else None,
        _side(pasts[0], since, names),
        _side(pasts[1], since, names),
        still=_still(pasts, since),
        bound=_bound(oldest.timeline) if kind == "cut-off" else "",
        gaps=(*_gaps(left), *_gaps(right)),
    )


def _side(past: _Past, since: float | None, names: Mapping[str, str]) -> SideStory:
    """A side's first and last move since a moment, or its last one if there is none; without a moment its last two."""
    moved = [index for index, spell in enumerate(past.spells) if since is None or spell.start >= since] or [0]
    told = {moved[0], moved[-1]} if since is not None else set(moved[:2])
    moves = [_move(past, index, names) for index in sorted(told, reverse=True)]
    return SideStory(tuple(moves), _bound(past.timeline))


def _move(past: _Past, index: int, names: Mapping[str, str]) -> Move:
    spell = past.spells[index]
    before = past.spells[index + 1].value if index + 1 < len(past.spells) else None
    others = (c for c in past.causes(index) if not (same(c.value, spell.value) and same(c.before, before)))
    label, commit = names[past.label(index)], _commit(past, spell)
    return Move(past.how(index), label, before, spell.value, commit, spell.start, next(others, None))


def _commit(past: _Past, spell: Spell) -> Commit | None:
    """The commit that brought a value, if there is one."""
    walk = past.timeline.walk
    if walk is None:
        return None

    def is_same(plan: Plan | None) -> bool:
        return plan is not None and same(planned_value(plan, past.quantity), spell.value)

    name = walk.source_of(past.timeline, spell.first, is_same)
    return walk.described(name) if name is not None else None


def _bound(timeline: Timeline) -> str:
    """How far back the history was read, and why no further."""
    walk = timeline.walk
    if walk is None or timeline.horizon is None:
        return ""
    commit = walk.described(timeline.horizon).label
    if timeline.end == "shallow":
        return f"{commit}, where this shallow clone is cut off"
    return f"{commit}, where the limit of {walk.reached} commits is reached"


def _gaps(timeline: Timeline) -> list[str]:
    """The states that could not be planned, the newest first."""
    walk = timeline.walk
    if walk is None:
        return []
    failed = [state for state in timeline.states if state.failure and state.at is not None]
    named = [(walk.described(state.at or "").short, state.failure) for state in failed[:GAPS]]
    said = [f"{timeline.run} could not be planned at {short}: {failure}" for short, failure in named]
    more = len(failed) - GAPS
    return [*said, *([f"nor at {count(more, 'more commit')}"] if more > 0 else [])]


def _short_names(pasts: Iterable[_Past]) -> dict[str, str]:
    """For each path the file's name alone, or the path if two files have that name."""
    paths = {past.label(index) for past in pasts for index in range(len(past.spells))}
    often = Counter(map(os.path.basename, paths))
    return {path: name if often[name := os.path.basename(path)] == 1 else path for path in paths}


def _agreement(left: _Past, right: _Past) -> tuple[object, float] | None:
    """The last value that both sides had, and the moment when that ended; None if none is known."""
    ended = None
    moments = {spell.start for past in (left, right) for spell in past.spells}
    for moment in sorted(moments, reverse=True):
        one, other = left.at(moment), right.at(moment)
        if one is None or other is None:
            return None
        if ended is not None and one.value is not None and same(one.value, other.value):
            return one.value, ended
        ended = moment
    return None


def _moved(past: _Past, since: float | None) -> bool:
    """Whether a side has changed since a moment; without a moment, ever."""
    return len(past.spells) > 1 if since is None else past.spells[0].start >= since


def _kind(pasts: list[_Past], since: float | None) -> StoryKind:
    both = all(_moved(past, since) for past in pasts)
    if since is not None:
        return "both-moved" if both else "one-side"
    newest = max(past.spells[-1].start for past in pasts)  # before this, one of the two is unknown
    if any(past.spells[-1].start == newest and not past.is_whole for past in pasts):
        return "cut-off"
    return "both-moved" if both else "born-different"


def _still(pasts: list[_Past], since: float | None) -> Which | None:
    """The side that still has the value that both had."""
    left, right = (since is None or _moved(past, since) for past in pasts)
    return None if left and right else "left" if not left else "right"
