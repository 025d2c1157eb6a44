"""The report of a conformance run: docs/conformance.md."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

from conformance.causes import CAUSES
from metta_lint.loops.requirements import REQUIREMENTS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from conformance.judge import Verdict

UNREADABLE = "the files or the command line cannot be read"
INTRODUCTION = """# Conformance with PufferLib 3

Written by `make conformance`; do not edit.

Each config below is a pair of real INI files and a command line, drawn at random. The real PufferLib reads them, makes
the environments and trains, and a small driver counts from outside what happens (`tests/conformance/real/`). metta-lint
reads the same files and says what will happen. Equal means that every number that both know is the same, or that both
refuse: with the same exception, at the same moment, for the same condition.

What a run computes, as opposed to what it counts, is compared in [conformance-update.md](conformance-update.md).
"""
LISTED = 40
"""Of the wrong verdicts, the first so many are listed."""


class Report(NamedTuple):
    """A run: what was compared with what, and how each config came out."""

    versions: Mapping[str, str]
    seed: int
    verdicts: Sequence[Verdict]

    def count(self, kind: str) -> int:
        """How many configs came out this way."""
        return sum(verdict.kind == kind for verdict in self.verdicts)

    def text(self) -> str:
        """The report as Markdown."""
        return "\n".join(
            [*self._head(), *self._refusals(), *self._families(), *self._quantities(), *self._differences()]
        )

    def summary(self) -> str:
        """One line."""
        total = len(self.verdicts)
        return (
            f"{total:,} configs: {self.count('trained'):,} trained with the counts that the plan says, "
            f"{self.count('refused'):,} refused as it says, {self.count('explained'):,} differences explained, "
            f"{self.count('wrong'):,} wrong"
        )

    def _head(self) -> Iterator[str]:
        total = len(self.verdicts)
        yield INTRODUCTION
        yield f"- {', '.join(f'{name} {version}' for name, version in self.versions.items())}; CPU"
        yield f"- seed {self.seed}: `PYTHONPATH=tests python -m conformance --configs {total} --seed {self.seed}`"
        yield f"- {self.summary()}."

    def _refusals(self) -> Iterator[str]:
        yield from ("", "## Outcomes", "", "| outcome | configs |", "|---|---|")
        yield f"| trains, all counts equal | {self.count('trained'):,} |"
        by_requirement = Counter(verdict.about for verdict in self.verdicts if verdict.kind == "refused")
        for requirement, count in by_requirement.most_common():
            meaning = REQUIREMENTS.get(requirement, UNREADABLE)
            yield f"| refused equally: `{requirement}` ({meaning}) | {count:,} |"
        yield f"| differs, explained below | {self.count('explained'):,} |"
        yield f"| wrong | {self.count('wrong'):,} |"

    def _families(self) -> Iterator[str]:
        kinds = ("trained", "refused", "explained", "wrong")
        yield from ("", "## Families of configs", "", f"| family | configs | {' | '.join(kinds)} |", "|---" * 6 + "|")
        counts = Counter((verdict.config.family, verdict.kind) for verdict in self.verdicts)
        for family in dict.fromkeys(verdict.config.family for verdict in self.verdicts):
            row = [counts[family, kind] for kind in kinds]
            yield f"| {family.replace('_', ' ')} | {sum(row):,} | {' | '.join(f'{count:,}' for count in row)} |"

    def _quantities(self) -> Iterator[str]:
        yield from ("", "## Quantities", "")
        yield "A number that the trainer has and the plan calls unknown is counted on the right; the reasons follow."
        yield from ("", "| quantity | equal | unknown to the plan |", "|---|---|---|")
        equal = Counter(name for verdict in self._agreeing() for name in verdict.compared)
        unknown = Counter(name for verdict in self._agreeing() for name in verdict.unknown)
        for name in sorted({*equal, *unknown}):
            yield f"| `{name}` | {equal[name]:,} | {unknown[name]:,} |"
        yield from ("", "| why the plan does not know | configs |", "|---|---|")
        reasons = Counter(reason for verdict in self._agreeing() for reason in _reasons(verdict))
        for reason, count in reasons.most_common():
            yield f"| {reason} | {count:,} |"

    def _agreeing(self) -> Iterable[Verdict]:
        return (verdict for verdict in self.verdicts if verdict.kind in ("trained", "refused"))

    def _differences(self) -> Iterator[str]:
        yield from ("", "## Differences", "")
        for cause in CAUSES:
            found = [
                verdict for verdict in self.verdicts if verdict.kind == "explained" and verdict.about == cause.name
            ]
            if found:
                yield from (f"### {cause.name} ({len(found):,})", "", cause.explanation, "", "For example:", "")
                yield from (_item(found[0]), "")
        wrong = [verdict for verdict in self.verdicts if verdict.kind == "wrong"]
        yield from ("### wrong", "", *([_item(verdict) for verdict in wrong[:LISTED]] or ["None."]))
        if len(wrong) > LISTED:
            yield f"- and {len(wrong) - LISTED:,} more"
        yield ""


def _reasons(verdict: Verdict) -> set[str]:
    """Why a plan does not know some of what was measured; a refusal counts as one reason, whichever it is."""
    refused = "the trainer refuses, and the plan says nothing of what happens before"
    return {refused if "refuses first" in reason else reason for reason in verdict.unknown.values()}


def _item(verdict: Verdict) -> str:
    detail = " ".join(verdict.detail.split())
    return f"- config {verdict.config.number}: `{verdict.config.difference()}`: {detail}"
