"""The public API for rules about MettaGrid's environments: its keys, items, objects, rooms and maps.

They are those that Metta's configs had in 2025-07 and the code behind them.
"""

from metta_lint.trainers.mettagrid.classes import nearest_target
from metta_lint.trainers.mettagrid.game_keys import NEW_NAMES, TOP_KEYS, allowed_keys, meant_by, refused_key, stands_for
from metta_lint.trainers.mettagrid.maps import AGENT, Thing, kind_of
from metta_lint.trainers.mettagrid.rooms import CHARACTERS, ITEMS, PARAMETERS, ROOMS
from metta_lint.trainers.trees.environment import rooms_of

__all__ = [
    "AGENT",
    "CHARACTERS",
    "ITEMS",
    "NEW_NAMES",
    "PARAMETERS",
    "ROOMS",
    "TOP_KEYS",
    "Thing",
    "allowed_keys",
    "kind_of",
    "meant_by",
    "nearest_target",
    "refused_key",
    "rooms_of",
    "stands_for",
]
