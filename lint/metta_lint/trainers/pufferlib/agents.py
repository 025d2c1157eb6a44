"""Agents per environment: what an argument, a YAML, or the environment's package says, in the trainer's precedence."""

from __future__ import annotations

from typing import TYPE_CHECKING

from metta_lint.base.unknown import Unknown
from metta_lint.plans.plan import Refusal
from metta_lint.trainers.pufferlib.packages import agents_of
from metta_lint.trainers.values import check_whole

if TYPE_CHECKING:
    from metta_lint.plans.derivation import Derivation

MOST_OF_METTAGRID = 255
"""The agents that MettaGrid can number: an agent's id is a byte (mettagrid 0.26.22 mettagrid_c)."""

PUFFER_ENV = "PufferLib 3.0 pufferlib.py PufferEnv.__init__()"


def derive_agents(d: Derivation) -> None:
    """Derive ``agents_per_env``, and refuse what is no number of agents."""
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
    agents = agents_of(d.run)
    if not isinstance(agents, Unknown):
        d.define("agents_per_env", agents.formula, source=agents.source, decided_by="base.package")
        return
    why = f"{agents.because}; [env] num_envs multiplies it" if own_envs else agents.because
    d.assume("agents_per_env", Unknown(why))


def _refuse(d: Derivation) -> None:
    named = [key for key in d.quantity_inputs("agents_per_env") if key.startswith("env.")]
    check_whole(d, named, "integer-agents", exception="TypeError", words=())
    for key in named:
        value = d.run.value(key)
        if isinstance(value, int | float) and value < 1:
            message = f"{key} = {value}: num_agents must be >= 1 ({PUFFER_ENV})"
            d.refuse(Refusal("positive-agents", "APIUsageError", message, (key,)))
        if isinstance(value, int) and value > MOST_OF_METTAGRID and _is_mettagrid(d):
            message = f"{key} = {value}: MettaGrid holds at most {MOST_OF_METTAGRID} agents"
            d.refuse(Refusal("agents-fit-environment", "RuntimeError", message, (key,)))


def _is_mettagrid(d: Derivation) -> bool:
    return d.run.value("base.package") == "metta"
