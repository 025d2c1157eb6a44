"""The keys that an environment's ``game`` can have, and those that moved (Metta-AI/metta, mettagrid_config.py).

The models forbid other keys: building the environment raises. Keys of later revisions count as known, and a config is
judged only if it uses names of 2025-06 or later itself: before that, items had keys of their own (``input_ore_red``).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from metta_lint.base.wording import close_names, is_slip
from metta_lint.trainers.mettagrid.rooms import ITEMS

if TYPE_CHECKING:
    from collections.abc import Mapping

ANY = "*"
KEYS: Mapping[tuple[str, ...], frozenset[str]] = {
    # PyAgentConfig
    ("agent",): frozenset(
        {
            "action_failure_penalty",
            "default_resource_limit",
            "freeze_duration",
            "initial_inventory",
            "resource_limits",
            "rewards",
        }
    ),
    # PyAgentRewards: items may still stand here, they are moved to inventory
    ("agent", "rewards"): frozenset({"inventory", "inventory_max", "stats", *ITEMS, *(f"{i}_max" for i in ITEMS)}),
    # PyGroupConfig
    ("groups", ANY): frozenset({"group_reward_pct", "id", "props", "sprite"}),
    # PyConverterConfig, PyWallConfig, BoxConfig
    ("objects", ANY): frozenset(
        {
            "color",
            "conversion_ticks",
            "cooldown",
            "initial_resource_count",
            "input_resources",
            "max_conversions",
            "max_output",
            "name",
            "output_resources",
            "resources_to_create",
            "swappable",
            "tags",
            "type_id",
        }
    ),
    # PyGlobalObsConfig
    ("global_obs",): frozenset(
        {"episode_completion_pct", "last_action", "last_reward", "resource_rewards", "visitation_counts"}
    ),
}

TOP_KEYS = frozenset({"desync_episodes", "game", "label", "labels", "num_trials", "sampling"})
"""What is read of an environment's config outside of its game (mettagrid_env.py, curriculum/sampling.py)."""

MOVED: Mapping[str, str] = {
    "initial_items": "initial_resource_count",
    "default_item_max": "default_resource_limit",
    **{f"input_{item}": f"input_resources.{item}" for item in ITEMS},
    **{f"output_{item}": f"output_resources.{item}" for item in ITEMS},
    **{f"{item}_max": f"resource_limits.{item}" for item in ITEMS},
}
"""What a key of before 2025-06 is called since."""

NEW_NAMES = frozenset(
    {"default_resource_limit", "initial_resource_count", "input_resources", "output_resources", "resource_limits"}
)
"""Keys that tell a config of 2025-06 or later."""


def allowed_keys(parents: tuple[str, ...]) -> frozenset[str] | None:
    """The keys that a mapping below ``game`` can have; None if any key is allowed, or they are unknown."""
    patterns = (parents, (*parents[:-1], ANY)) if parents else (parents,)
    return next((KEYS[pattern] for pattern in patterns if pattern in KEYS), None)


def meant_by(key: str, parents: tuple[str, ...]) -> str:
    """The key that an unknown one stands for: the one it moved to, else the most similar; empty if there is none."""
    if key in MOVED:
        return MOVED[key]
    return next(iter(close_names(key, sorted(allowed_keys(parents) or ()))), "")


def refused_key(keys: tuple[str, ...]) -> tuple[str, str] | None:
    """Why an environment of 2025-06 or later refuses a key of its config, and the key that was meant (maybe none).

    None if the key is accepted, or that is unknown.
    """
    for depth in range(2, len(keys)):
        parents, name = keys[1:depth], keys[depth]
        allowed = allowed_keys(parents) if keys[0] == "game" else None
        if allowed is not None and name not in allowed:
            meant = meant_by(name, parents)
            where = ".".join(["game", *parents])
            return f"{where} has no {name}, and refuses it", f"{where}.{meant}" if meant else ""
    return None


def stands_for(key: str, meant: str) -> bool:
    """Whether an unknown key certainly means another one: it was renamed in 2025-06, or is a typo."""
    return MOVED.get(key) == meant or is_slip(key, meant)
