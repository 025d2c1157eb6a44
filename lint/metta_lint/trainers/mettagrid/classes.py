"""Python modules that ``_target_`` can name: those of Metta-AI/metta in any revision up to 2025-12, by package.

A module that no revision has is a certain error; one that only another revision has is not judged.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from metta_lint.base.wording import close_names

if TYPE_CHECKING:
    from collections.abc import Mapping

NEAR = 0.85
"""How much alike two paths must be: they share most of their parts."""
MODULES: Mapping[str, list[str]] = {
    # agent/src/metta/agent/lib and, before it moved, metta/agent/lib
    "metta.agent.lib": [
        "action",
        "actor",
        "attention",
        "basal_ganglia_reward_shaper",
        "component_container",
        "env_context",
        "environmental_context",
        "feature_normalizer",
        "latent_decoder",
        "lstm",
        "lstm_dep",
        "lstm_jack",
        "lstm_switching",
        "mean_pool",
        "memory_traces",
        "merge_layer",
        "metta_architecture",
        "metta_layer",
        "metta_module",
        "metta_modules",
        "modular_network",
        "nn_layer_library",
        "obs_enc",
        "obs_enc_2",
        "obs_encoders",
        "obs_encoders_old",
        "obs_encoding",
        "obs_feature_remapper",
        "obs_shaper",
        "obs_token_to_box_shaper",
        "obs_tokenizers",
        "observation_normalizer",
        "position",
        "sensory_decoder",
        "transformer",
        "transformer_memory_core",
        "wrapper_modules",
    ],
    "metta.mettagrid.curriculum": [
        "bucketed",
        "colortree_random",
        "core",
        "curriculum",
        "curriculum_algorithm",
        "curriculum_builder",
        "genetic",
        "learning_progress",
        "low_reward",
        "low_reward_bucketed",
        "multi_task",
        "prioritize_regressed",
        "progressive",
        "random",
        "sampling",
        "sequential_trial_task",
        "staged_progressive",
        "task_tree",
        "util",
    ],
    "metta.mettagrid.room": [
        "ascii",
        "maze",
        "mean_distance",
        "multi_room",
        "random",
        "room",
        "room_list",
        "room_scene",
        "terrain_from_numpy",
        "utils",
        "cognitive_evals.barriermaze",
        "cognitive_evals.corridor_maze",
        "cognitive_evals.explore_exploit",
        "cognitive_evals.labyrinth",
        "cognitive_evals.radial_maze",
        "cognitive_evals.room_within_room",
        "cooperation.central_table_layout",
        "cooperation.confined_room_coord",
        "cooperation.two_rooms_coord",
        "multi_agent.boxshare",
        "multi_agent.boxy",
        "multi_agent.manhatten",
        "multi_agent.narrow_world",
        "navigation.cylinder_world",
        "navigation.minigrid_altar_fetch",
        "navigation.minigrid_crossing_paths",
        "navigation.minigrid_empty_navigation",
        "navigation.minigrid_memory_collection",
        "navigation.minigrid_multi_room_navigation",
        "navigation.minigrid_resource_maze",
        "navigation.snakey_cylinder",
        "navigation.varied_terrain",
        "navigation.varied_terrain_easy_peasy",
        "navigation.varied_terrain_sequence",
        "systematic_exploration.bounce_turn",
        "systematic_exploration.boxes",
        "systematic_exploration.combined_adversarial",
        "systematic_exploration.direction_based",
        "systematic_exploration.direction_based_sparse",
        "systematic_exploration.fixed_sweep",
        "systematic_exploration.random_walk",
        "systematic_exploration.snaking_labyrinth",
        "systematic_exploration.snaking_labyrinth_fractal",
        "systematic_exploration.spiders",
        "systematic_exploration.spindly_spiders",
        "systematic_exploration.surround_altars",
        "systematic_exploration.uniform_grid",
        "systematic_exploration.wallfollow_sparse",
        "systematic_exploration.wallfollow_terrain",
    ],
}

CLASSES: Mapping[str, tuple[str, ...]] = {
    "metta.mettagrid.room.multi_agent.boxshare": ("BoxShare",),
    "metta.mettagrid.room.multi_agent.manhatten": ("Manhatten", "SnakeyCylinder", "SnakeyCylinderRoom"),
    "metta.mettagrid.room.multi_room": ("MultiRoom",),
    "metta.mettagrid.room.navigation.varied_terrain": ("VariedTerrain",),
    "metta.mettagrid.room.room_list": ("RoomList",),
    "metta.mettagrid.room.terrain_from_numpy": ("TerrainFromNumpy",),
}
"""The classes that a module defines, where that is known."""


def nearest_target(target: str) -> str | None:
    """The known module or class most similar to an unknown ``_target_``; empty if none is similar.

    None if the target is known or cannot be judged: only targets below the packages of ``MODULES`` are.
    """
    module, _, name = target.rpartition(".")
    for package, modules in MODULES.items():
        if module.startswith(f"{package}."):
            known = [f"{package}.{known}" for known in modules]
            if module not in known:
                return "".join(close_names(module, known, NEAR))
            if module in CLASSES and name not in CLASSES[module]:
                return "".join(close_names(target, [f"{module}.{known}" for known in CLASSES[module]], NEAR))
    return None
