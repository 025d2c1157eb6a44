"""Derives the agents per environment, and finds environments whose YAML and ``make()`` disagree about them.

The number comes from an argument of ``make()``, else from a YAML, else from the environment's package.

The packages are those that come with PufferLib, read from ``environments/<package>/environment.py`` of
PufferAI/PufferLib (2023 to 2025). An environment wrapped in ``GymnasiumPufferEnv`` has one agent, one wrapped in
``PettingZooPufferEnv`` has the agents of the game, and one that vectorises itself has one for each of its environments.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from metta_lint.base.errors import LintError
from metta_lint.base.unknown import Unknown
from metta_lint.plans.plan import Refusal
from metta_lint.trainers.pufferlib.config import has_code, read_run
from metta_lint.trainers.trainer import DefaultDrift

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from metta_lint.base.documents import Document
    from metta_lint.plans.derivation import Derivation
    from metta_lint.plans.run import Run

SINGLE = frozenset(
    """
    atari box2d bsuite classic_control classic_control_continuous crafter dm_control dm_lab griddly gvgai minerl
    minigrid minihack mujoco nethack pokemon_red procgen slimevolley stable_retro vizdoom
    """.split()
)
"""Packages whose environments PufferLib wraps as Gymnasium environments of one agent."""

VECTORISED: Mapping[str, int] = {"kinetix": 1, "mani_skill": 1, "craftax": 2048, "ocean/puffer_breakout": 1}
"""Packages that run ``[env] num_envs`` environments of one agent in one, and the default of num_envs.

Of ocean's environments, which differ, this is known of one.
"""

GAMES: Mapping[tuple[str, str], tuple[int, str]] = {
    ("butterfly", "cooperative_pong_v5"): (2, "PettingZoo's cooperative_pong_v5: two paddles"),
    ("nmmo", "nmmo"): (128, "Neural MMO 2's default config: PLAYER_N"),
}
"""Games of several agents: how many, and the source of that number."""


def _agents(run: Run, package: str, name: str) -> tuple[str, str] | None:
    """The number of agents, as a formula over settings or a number, and the code that it was read from."""
    code = f"PufferLib environments/{package}"
    if package in SINGLE:
        return "1", f"{code}: wrapped as a Gymnasium environment of one agent"
    if (package, name) in GAMES:
        number, source = GAMES[package, name]
        return str(number), source
    default = VECTORISED.get(package, VECTORISED.get(f"{package}/{name}"))
    if default is None:
        return None
    own = "env.num_envs" if "env.num_envs" in run.settings else str(default)
    return own, f"{code}: it runs num_envs environments of one agent in one"


MOST_OF_METTAGRID = 255
"""The most agents that MettaGrid can hold: an agent's id is a byte (mettagrid 0.26.22 mettagrid_c)."""

PUFFER_ENV = "PufferLib 3.0 pufferlib.py PufferEnv.__init__()"


def derive_agents(d: Derivation) -> None:
    """Derive ``agents_per_env``, and refuse a value that is not a possible number of agents."""
    settings = d.run.settings
    own_envs = "env.num_envs" in settings
    if "env.num_agents" in settings and not own_envs:
        d.define("agents_per_env", "env.num_agents", source="the environment's make(num_agents=...)")
    elif "env.game.num_agents" in settings:
        d.define("agents_per_env", "env.game.num_agents", source="the environment's YAML")
    else:
        _from_package(d, own_envs=own_envs)
    _refuse(d)


def _from_package(d: Derivation, *, own_envs: bool) -> None:
    package, names = d.run.value("base.package"), d.run.value("base.env_name")
    why = "no INI or YAML of this environment says how many agents it has"
    if isinstance(package, str) and isinstance(names, str):
        found = {_agents(d.run, package, name) for name in names.split()}
        agents = found.pop() if len(found) == 1 else None
        if agents is not None:
            d.define("agents_per_env", agents[0], source=agents[1], decided_by="base.package")
            return
        why = "the environment's code decides how many agents it has: no INI or YAML of this environment says it"
    d.assume("agents_per_env", Unknown(f"{why}; [env] num_envs multiplies it" if own_envs else why))


def _refuse(d: Derivation) -> None:
    named = [key for key in d.quantities["agents_per_env"].inputs if key.startswith("env.")]
    d.check_numbers(named, "integer-agents", whole=True)
    for key in named:
        value = d.run.value(key)
        if isinstance(value, int | float) and value < 1:
            message = f"{key} = {value}: num_agents must be >= 1 ({PUFFER_ENV})"
            d.refuse(Refusal("positive-agents", "APIUsageError", message, (key,)))
        if isinstance(value, int) and value > MOST_OF_METTAGRID and d.run.value("base.package") == "metta":
            message = f"{key} = {value}: MettaGrid holds at most {MOST_OF_METTAGRID} agents"
            d.refuse(Refusal("agents-fit-environment", "RuntimeError", message, (key,)))


def environment_drifts(document: Document) -> Iterator[DefaultDrift]:
    """The drift of ``num_agents``, where no INI sets it and the default of ``make()`` overrides the YAML's number."""
    if not has_code(document):
        return
    try:
        run = read_run(document.path)
    except LintError:
        return  # it is reported as a finding of its own
    if run.callee is None:
        return
    written, argument = run.settings.get("env.game.num_agents"), run.settings.get("env.num_agents")
    if written is None or written.span is None or argument is None or not run.callee.is_default(argument):
        return
    value, span = argument.value, argument.span
    if not isinstance(written.value, int) or written.value == value:
        return
    consequence = f"no INI says num_agents, so {value} agents are trained"
    yield DefaultDrift("num_agents", written.value, written.span, value, span, "make()", consequence, changes_runs=True)
