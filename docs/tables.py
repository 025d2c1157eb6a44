"""Pages of tables, made from what the linter itself reads: the keys of each trainer, and how quantities are derived."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from metta_lint.base.unknown import Unknown
from metta_lint.base.wording import show
from metta_lint.loops.requirements import REQUIREMENTS
from metta_lint.project.config import load_config
from metta_lint.project.runs import plan_run
from metta_lint.trainers.metta.defaults import DEFAULTS
from metta_lint.trainers.metta.pydantic_era.defaults import TRAINER, TRAINING_ENV
from metta_lint.trainers.pufferlib import keys

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from metta_lint.plans.plan import Plan
    from metta_lint.trainers.metta.defaults import Default

EXAMPLES = Path(__file__).parents[1] / "examples" / "metta-lint.toml"


def pages() -> dict[str, str]:
    """Every page by its path below docs/."""
    return {
        "trainers/pufferlib.md": "\n".join(_pufferlib()) + "\n",
        "trainers/metta.md": "\n".join(_metta()) + "\n",
        "quantities.md": "\n".join(_quantities()) + "\n",
    }


def _pufferlib() -> Iterator[str]:
    yield "# PufferLib's keys"
    yield ""
    yield (
        "What each version reads. Any other key of `[train]` is ignored without a word (ML501); any other key of "
        "`[vec]` is an error (ML401); `[env]` goes to the environment's constructor, which refuses what it has no "
        "parameter for (ML504)."
    )
    for title, version in (("3", "3"), ("2.0", "2"), ("4.0", "4")):
        yield ""
        yield f"## `[train]` of {title}"
        yield ""
        yield from _words(keys.READS[version].sections["train"])
    yield ""
    yield "## `[vec]` of 3"
    yield ""
    yield from _words(keys.VEC)
    yield ""
    yield "## In which order 3 comes to them"
    yield ""
    yield "Each is read with `[]`, so that a missing one is a `KeyError` at this moment."
    yield ""
    yield "| key of `[train]` | before the trainer insists that |"
    yield "|---|---|"
    yield from (f"| `{key}` | {REQUIREMENTS[requirement]} |" for key, requirement in keys.READ.items())


def _words(names: Iterable[str]) -> Iterator[str]:
    yield ", ".join(f"`{name}`" for name in sorted(names))


def _metta() -> Iterator[str]:
    yield "# Metta's keys"
    yield ""
    yield (
        "Metta's trainer config is a pydantic model that forbids keys it does not know. In the Hydra era (July 2025) "
        "the defaults behind a key that no YAML says moved twice within the month: the table has all of them, in order."
    )
    yield ""
    yield "## Hydra era (2025)"
    yield ""
    yield "| key | type | default | bounds |"
    yield "|---|---|---|---|"
    yield from (
        f"| `{key}` | {_type(default)} | {_defaults(default)} | {_bounds(default)} |"
        for key, default in DEFAULTS.items()
    )
    yield ""
    yield "## Pydantic era (2026)"
    yield ""
    yield "A tree's own Python comes before this table."
    yield ""
    yield "| key | default |"
    yield "|---|---|"
    yield from (f"| `{key}` | {_value(value)} |" for key, value in _all(TRAINER, TRAINING_ENV))


def _all(*tables: Mapping[str, object]) -> Iterator[tuple[str, object]]:
    for table in tables:
        yield from table.items()


def _type(default: Default) -> str:
    return f"{default.type}, or none" if default.optional else default.type


def _defaults(default: Default) -> str:
    return ", then ".join(map(_value, (default.value, *default.moved)))


def _value(value: object) -> str:
    if isinstance(value, Unknown):
        return value.because
    return f"`{show(value) if isinstance(value, int) and not isinstance(value, bool) else value}`"


def _bounds(default: Default) -> str:
    said = [
        f"> {default.above:g}" if default.above is not None else "",
        f">= {default.at_least:g}" if default.at_least is not None else "",
        f"<= {default.at_most:g}" if default.at_most is not None else "",
        " or ".join(f"`{choice}`" for choice in default.choices),
    ]
    return ", ".join(part for part in said if part)


def _quantities() -> Iterator[str]:
    config = load_config(str(EXAMPLES))
    yield "# How each quantity is derived"
    yield ""
    yield (
        "The formulas of the two plans in `examples/`, as `metta-lint plan` evaluates them: over settings, in the "
        "trainer's own keys, and over each other. Where a run's settings choose another formula (`auto`, a serial "
        "run), the plan has that one; `metta-lint plan RUN` shows it with the run's numbers put in."
    )
    for name, title in (("puffer", "PufferLib 3"), ("native", "Metta, Hydra era")):
        yield ""
        yield f"## {title}"
        yield ""
        yield "| quantity | formula | unit | from |"
        yield "|---|---|---|---|"
        yield from _rows(plan_run(name, config))


def _rows(plan: Plan) -> Iterator[str]:
    for quantity in plan.quantities.values():
        if quantity.unknown_because is not None and not quantity.inputs:
            formula = quantity.unknown_because
        else:
            formula = f"`{quantity.formula}`".replace("|", "\\|")
        unit = "" if quantity.unit == "1" else quantity.unit
        yield f"| `{quantity.name}` | {formula} | {unit} | {quantity.source} |"
