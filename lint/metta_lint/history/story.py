"""Stories: how the two sides of a pair came to differ in a quantity, as data and in one sentence."""

from __future__ import annotations

from itertools import groupby
from typing import Literal

from metta_lint.base.records import NamedTuple
from metta_lint.base.unknown import Unknown
from metta_lint.base.wording import printable, show
from metta_lint.history.git import Commit  # noqa: TC001 - a field of a record

StoryKind = Literal["one-side", "both-moved", "born-different", "cut-off"]
"""One side changed since they agreed; both changed; they always differed and at most one changed; the history that
could be read is too short to say."""
How = Literal["changed", "added", "uncommitted", "untracked", "older"]
"""How a side got a value: a commit changed it; a commit added the run; the change is not committed; no commit has the
run; it is older than the history that could be read."""
Which = Literal["left", "right", "both"]


class Cause(NamedTuple):
    """The change of a setting that a quantity is derived from. ``path`` is its file, "" if it is in none."""

    key: str
    before: object
    value: object
    path: str


class Move(NamedTuple):
    """The moment when a side got a value: ``start``, larger for newer moves.

    ``label`` is the file that holds the value, else the run's entry. ``cause`` is the setting that was changed, if its
    values differ from the quantity's own.
    """

    how: How
    label: str
    before: object
    value: object
    commit: Commit | None
    start: float
    cause: Cause | None = None


class SideStory(NamedTuple):
    """The moves of one side to report, oldest first: those since the sides agreed, or the latest.

    The last one brought the present value. ``bound`` says how far back the history was read.
    """

    moves: tuple[Move, ...]
    bound: str = ""

    @property
    def last(self) -> Move:
        return self.moves[-1]


class Story(NamedTuple):
    """How two sides came to differ.

    - ``agreed_on``: the last value that both had; None if they never agreed, as far as is known.
    - ``still``: the side that still has that value; None if neither has, or it is unknown.
    - ``bound``: how far back the history was read, if that was not far enough.
    - ``gaps``: the commits at which a run could not be planned.
    """

    kind: StoryKind
    agreed_on: object
    left: SideStory
    right: SideStory
    still: Which | None = None
    bound: str = ""
    gaps: tuple[str, ...] = ()

    @property
    def moved_last(self) -> Which | None:
        """The side that got its value last; None if that is unknown for both."""
        left, right = self.left.last, self.right.last
        if left.how == right.how == "older":
            return None
        return "both" if left.start == right.start else "left" if left.start > right.start else "right"

    @property
    def sentence(self) -> str:
        """The story in one sentence."""
        if self.agreed_on is not None:
            return self._broken()
        left, right = self.left.last, self.right.last
        if left.how == right.how == "added" and left.commit is not None and left.commit == right.commit:
            both = f"{left.label} with {_value(left.value)} and {right.label} with {_value(right.value)}"
            return f"never agreed: {left.commit.label} brought {both}"
        opening = "never agreed" if self.kind != "cut-off" else f"not in agreement as far back as {self.bound}"
        sides = (_since(side, self.bound, last=which == self.moved_last) for which, side in self._sides())
        return f"{opening}: {'; '.join(sides)}"

    def _sides(self) -> list[tuple[Which, SideStory]]:
        return [("left", self.left), ("right", self.right)]

    def _broken(self) -> str:
        """The moves that ended the agreement and came after it, then the side that did not move."""
        moving = [side for which, side in self._sides() if which != self.still]
        moves = sorted((move for side in moving for move in side.moves), key=_start)
        done = "; then ".join(_done(list(together)) for _, together in groupby(moves, key=_start))
        still = [_stands(side) for which, side in self._sides() if which == self.still]
        return "; ".join([f"agreed on {show(self.agreed_on)} until {done}", *still])

    def data(self) -> dict[str, object]:
        """The story for scripts."""
        return {
            "story": self.kind,
            "agreed_on": self.agreed_on,
            "moved_last": self.moved_last,
            "left": _move_data(self.left.last),
            "right": _move_data(self.right.last),
            "sentence": self.sentence,
            "bound": self.bound or None,
            "gaps": list(self.gaps),
        }


def _start(move: Move) -> float:
    return move.start


def _done(moves: list[Move]) -> str:
    """What one commit, or the working tree, changed: ``8f4d0d4 (...) changed metta.yaml 512 -> 64``."""
    changes = ", ".join(f"{move.label}{_because(move)} {_value(move.before)} -> {_value(move.value)}" for move in moves)
    commit = moves[0].commit
    return f"{'the working tree, not committed,' if commit is None else commit.label} changed {changes}"


def _because(move: Move) -> str:
    """The setting that was changed: `` (trainer.batch_size 1,024 -> 512):``."""
    if move.cause is None:
        return ""
    return f" ({move.cause.key} {_value(move.cause.before)} -> {_value(move.cause.value)}):"


def _stands(side: SideStory) -> str:
    """The side that kept the value that both had."""
    move = side.last
    if move.how == "changed" and move.commit is not None:
        return f"{move.label} last changed in {move.commit.label}"
    return _since(side)


def _since(side: SideStory, said: str = "", *, last: bool = False) -> str:
    """Since when a side has its value. ``said`` is a bound that the sentence has named already."""
    move = side.last
    ending = ", the last to move" if last and len(side.moves) > 1 else ""
    match move.how:
        case "changed" if move.commit is not None:
            text = f"{move.label}{_because(move)} {_value(move.before)} -> {_value(move.value)} in {move.commit.label}"
        case "added" if move.commit is not None:
            text = f"{move.label} has had {_value(move.value)} since {move.commit.label}"
        case "older":
            bound = "that" if side.bound == said else side.bound
            text = f"{move.label} has had {_value(move.value)} since before {bound}"
        case "untracked":
            text = f"{move.label} has {_value(move.value)} and is in no commit"
        case _:
            value, before = _value(move.value), _value(move.before)
            text = f"{move.label} has {value} in the working tree, not committed, {before} before"
    return text + ending


def _value(value: object) -> str:
    return "unknown" if value is None or isinstance(value, Unknown) else printable(show(value))


def _move_data(move: Move) -> dict[str, object]:
    return {
        "how": move.how,
        "file": move.label,
        "value": move.value,
        "before": move.before,
        "setting": _cause_data(move.cause) if move.cause is not None else None,
        "commit": _commit_data(move.commit) if move.commit is not None else None,
    }


def _cause_data(cause: Cause) -> dict[str, object]:
    before, value = (None if isinstance(each, Unknown) else each for each in (cause.before, cause.value))
    return {"key": cause.key, "before": before, "value": value}


def _commit_data(commit: Commit) -> dict[str, str]:
    return {"hash": commit.name, "short": commit.short, "date": commit.date, "subject": commit.subject}
