"""How many agents the environments that come with PufferLib have, where no config says it.

Read from ``environments/<package>/environment.py`` of PufferAI/PufferLib (2023 to 2025): what it wraps in
``GymnasiumPufferEnv`` has one agent, what it wraps in ``PettingZooPufferEnv`` those of the game, and what vectorises
itself one for each of its own environments. They are used only where no file of the run says more.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from metta_lint.base.records import NamedTuple
from metta_lint.base.unknown import Unknown

if TYPE_CHECKING:
    from collections.abc import Mapping

    from metta_lint.plans.run import Run


class Agents(NamedTuple):
    """A formula over settings or a number, and whose code says so."""

    formula: str
    source: str


SINGLE = frozenset(
    {
        "atari",
        "box2d",
        "bsuite",
        "classic_control",
        "classic_control_continuous",
        "crafter",
        "dm_control",
        "dm_lab",
        "griddly",
        "gvgai",
        "minerl",
        "minigrid",
        "minihack",
        "mujoco",
        "nethack",
        "pokemon_red",
        "procgen",
        "slimevolley",
        "stable_retro",
        "vizdoom",
    }
)
"""Packages whose environments PufferLib wraps as Gymnasium environments of one agent."""

VECTORISED: Mapping[str, int] = {"kinetix": 1, "mani_skill": 1, "craftax": 2048}
"""Packages that run ``[env] num_envs`` environments of one agent in one, and their num_envs where no INI says it."""

NATIVE: Mapping[tuple[str, str], int] = {("ocean", "puffer_breakout"): 1}
"""Environments of a package, otherwise mixed, that do so too."""

GAMES: Mapping[tuple[str, str], tuple[int, str]] = {
    ("butterfly", "cooperative_pong_v5"): (2, "PettingZoo's cooperative_pong_v5: two paddles"),
    ("nmmo", "nmmo"): (128, "Neural MMO 2's default config: PLAYER_N"),
}
"""Games of several agents, and whose number that is."""


def agents_of(run: Run) -> Agents | Unknown:
    """The agents of one environment of a run's package, as a formula; Unknown where only its code knows."""
    package, names = run.value("base.package"), run.value("base.env_name")
    if not isinstance(package, str) or not isinstance(names, str):
        return Unknown("no INI or YAML of this environment says how many agents it has")
    found = {_agents(run, package, name) for name in names.split()}
    only = next(iter(found)) if len(found) == 1 else None
    if only is not None:
        return only
    return Unknown("the environment's code decides how many agents it has: no INI or YAML of this environment says it")


def _agents(run: Run, package: str, name: str) -> Agents | None:
    code = f"PufferLib environments/{package}"
    if package in SINGLE:
        return Agents("1", f"{code}: wrapped as a Gymnasium environment of one agent")
    if (package, name) in GAMES:
        number, source = GAMES[package, name]
        return Agents(str(number), source)
    default = VECTORISED.get(package, NATIVE.get((package, name)))
    if default is None:
        return None
    own = "env.num_envs" if "env.num_envs" in run.settings else str(default)
    return Agents(own, f"{code}: it runs num_envs environments of one agent in one")
