"""What Metta's room classes place by default: facts of Metta-AI/metta at e0f6d943 (2025-07-23).

Classes are looked up by bare name: their modules moved (``mettagrid.room`` became ``metta.mettagrid.room``), their
behaviour did not.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from metta_lint.base.records import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping


class Room(NamedTuple):
    """A room class.

    ``agents`` is the default of its parameter of that name (None: not known). ``own_objects`` are those that it places
    by itself, each with the parameter, and its default, that must be above 0 for that. ``choices`` are the parameters
    that take one of a few words; another one is a ValueError or an AssertionError.
    """

    agents: int | None = None
    own_objects: Mapping[str, tuple[str, float]] = {}
    choices: Mapping[str, tuple[str, ...]] = {}


LAYOUTS = ("grid", "column", "row")
"""room_list.py RoomList.__init__()"""

ROOMS: Mapping[str, Room] = {
    # mettagrid/src/metta/mettagrid/room/**
    "BoxShare": Room(agents=14),
    "Boxy": Room(),
    "CentralTableLayout": Room(),
    "ConfinedRoomCoord": Room(),
    "Manhatten": Room(agents=16, own_objects={"heart": ("heart_prob", 0.1)}),
    "MultiRoom": Room(choices={"layout": LAYOUTS}),
    "NarrowWorld": Room(),
    "RoomList": Room(choices={"layout": LAYOUTS}),
    "TerrainFromNumpy": Room(),
    "TwoRoomsCoord": Room(agents=2),
    "VariedTerrain": Room(agents=1, choices={"style": ("all-sparse", "balanced", "dense", "maze")}),
}

PARAMETERS: Mapping[str, frozenset[str]] = {
    # metta/map/mapgen.py MapGenParams (extra keys are forbidden), room/multi_room.py, room/room_list.py
    "MapGen": frozenset(
        {
            "border_width",
            "height",
            "instance_border_width",
            "instance_map",
            "instances",
            "num_agents",
            "root",
            "seed",
            "width",
        }
    ),
    "MapGenAscii": frozenset({"border_width", "uri"}),
    "MultiRoom": frozenset({"border_object", "border_width", "layout", "num_rooms", "room"}),
    "RoomList": frozenset({"border_object", "border_width", "layout", "rooms"}),
}
"""All that a map builder can be given, where that is certain."""

CHARACTERS: Mapping[str, str] = {
    # mettagrid/src/metta/mettagrid/char_encoder.py NAME_TO_CHAR
    "@": "agent.agent",
    "A": "agent.agent",
    "1": "agent.team_1",
    "2": "agent.team_2",
    "3": "agent.team_3",
    "4": "agent.team_4",
    "p": "agent.prey",
    "P": "agent.predator",
    "#": "wall",
    "W": "wall",
    ".": "empty",
    " ": "empty",
    "s": "block",
    "m": "mine_red",
    "r": "mine_red",
    "b": "mine_blue",
    "g": "mine_green",
    "n": "generator_red",
    "R": "generator_red",
    "B": "generator_blue",
    "G": "generator_green",
    "_": "altar",
    "a": "altar",
    "o": "armory",
    "S": "lasery",
    "L": "lab",
    "F": "factory",
    "T": "temple",
    "c": "converter",
}
"""What a character of an ASCII map stands for; another one is a ValueError."""
SETTLED = frozenset("#WsrbgRBG_a@A1234")
"""Characters that stood for the same in every revision that has the names of 2025-06."""

ITEMS = frozenset(
    {
        "armor",
        "battery_blue",
        "battery_green",
        "battery_red",
        "blueprint",
        "heart",
        "laser",
        "ore_blue",
        "ore_green",
        "ore_red",
    }
)
"""Inventory items (mettagrid_config.py PyInventoryRewards), which no revision has as objects of the map."""
