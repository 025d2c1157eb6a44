"""MettaGrid's settings in the plans of both trainers: agents, episode length, rewards by item."""

from __future__ import annotations

from typing import TYPE_CHECKING

from metta_lint.base.unknown import Unknown
from metta_lint.base.values import OFF, is_number
from metta_lint.loops.loop import EnvironmentSettings

if TYPE_CHECKING:
    from collections.abc import Mapping

    from metta_lint.plans.derivation import Derivation

INVENTORY = "env.game.agent.rewards.inventory"
ITEM_NAMES: Mapping[str, str] = {"ore_red": "ore", "battery_red": "battery", "heart": "heart"}
"""MettaGrid's names of the arena's three items, and their names in quantities and in the embedded environment."""

DEFAULT_MAX_STEPS = 1000
"""Ticks of an episode where no config sets ``max_steps`` (MettaGrid's arena)."""


def derive_rewards(d: Derivation, arguments: Mapping[str, str]) -> None:
    """Derive ``reward_<item>`` and ``reward_cap_<item>`` for every item that the environment's files name.

    ``arguments`` maps items to the settings whose values the trainer writes over those of the environment's YAML.
    """
    if "env.game.num_agents" not in d.run.settings and not any(key in d.run.settings for key in arguments.values()):
        return
    for item in _items(d, arguments):
        name = ITEM_NAMES.get(item, item)
        argument = arguments.get(item)
        if argument is not None and argument in d.run.settings:
            d.define(f"reward_{name}", argument, source="the environment's make()")
        elif f"{INVENTORY}.{item}" in d.run.settings:
            d.define(f"reward_{name}", f"{INVENTORY}.{item}", source="the environment's YAML")
        else:
            d.assume(f"reward_{name}", 0, source="no file of the environment pays for it")
        cap = d.run.settings.get(f"{INVENTORY}.{item}_max")
        if cap is not None and cap.value is not None:
            d.define(f"reward_cap_{name}", cap.key, source="the environment's YAML")
        else:
            d.assume(f"reward_cap_{name}", OFF, source="no file of the environment caps it")


def _items(d: Derivation, arguments: Mapping[str, str]) -> list[str]:
    """The items of the environment's inventory; where no config lists them, the items that have a reward.

    A reward for an item that is not in the inventory is never paid.
    """
    listed = d.run.value("env.game.inventory_item_names")
    if isinstance(listed, list):
        items = [item for item in listed if isinstance(item, str)]
    else:
        prefix = f"{INVENTORY}."
        keys = [key.removeprefix(prefix) for key in d.run.settings if key.startswith(prefix)]
        items = [item for item in keys if not item.endswith("_max")]
    return list(dict.fromkeys([*arguments, *ITEM_NAMES, *items]))


def environment_of(d: Derivation) -> EnvironmentSettings | Unknown:
    """The settings of the reference trainer's environment; Unknown, with the reason, where the plan lacks one."""
    agents = d.lookup("agents_per_env")
    if isinstance(agents, Unknown):
        return agents
    rewards = {name: d.lookup(f"reward_{name}") for name in ITEM_NAMES.values()}
    caps = {name: d.lookup(f"reward_cap_{name}") for name in ITEM_NAMES.values()}
    steps = d.run.value("env.game.max_steps")
    try:
        return EnvironmentSettings(
            agents_per_env=agents,  # type: ignore[arg-type]
            max_steps=steps if isinstance(steps, int) else DEFAULT_MAX_STEPS,
            rewards={name: float(pays) if isinstance(pays, int | float) else 0.0 for name, pays in rewards.items()},
            reward_caps={name: float(cap) for name, cap in caps.items() if is_number(cap)},
        )
    except OverflowError:
        return Unknown("a reward of its environment, or a cap on one, is larger than any float")
