"""ML702: the map has another number of agents than the game."""

from collections.abc import Iterator

from metta_lint.api import Case, Draft, Environment, rewriting

GAME = """game:
  num_agents: {agents}
  map_builder:
    _target_: metta.mettagrid.room.multi_room.MultiRoom
    num_rooms: 4
    room:
      _target_: metta.mettagrid.room.navigation.varied_terrain.VariedTerrain
      agents: 8
"""
GRID = """game:
  num_agents: 8
  map_builder:
    _target_: metta.map.mapgen.MapGen
    instances: ${{div:${{..num_agents}},{each}}}
    root:
      type: metta.map.scenes.random.Random
      params:
        agents: 2
"""
ASCII = """game:
  num_agents: 1
  map_builder:
    _target_: metta.map.mapgen_ascii.MapGenAscii
    uri: configs/env/maps/tiny.map
"""


class MapAgents:
    """The map places another number of agents than `game.num_agents`.

    ## Why it matters
    MettaGrid counts the agents of every map that it builds and stops where they are not `num_agents`: the run dies at
    its first reset, or in the middle, when a curriculum first draws the environment.

    ## Example
    `num_agents: 24` over a `MultiRoom` of 4 rooms with 8 agents each: the map has 32.

    ## How to fix it
    Change the one or the other; `instances: ${div:${..num_agents},6}` derives the map from the number.
    """

    code, name, severity = "ML702", "map-agents", "error"
    fixable = "unsafe"
    agrees = [
        Case(files={"configs/env/a.yaml": GAME.format(agents=32)}),
        Case(files={"configs/env/a.yaml": GRID.format(each=2)}),
        Case(files={"configs/env/a.yaml": GAME.format(agents="???")}),
        Case(files={"configs/env/a.yaml": ASCII, "configs/env/maps/tiny.map": "###\n#@#\n###\n"}),
        Case(files={"configs/env/a.yaml": ASCII}),
    ]
    drifts = [
        Case(files={"configs/env/a.yaml": GAME.format(agents=24)}, at=("configs/env/a.yaml:2",)),
        Case(files={"configs/env/a.yaml": GRID.format(each=4)}, at=("configs/env/a.yaml:2",)),
        Case(
            files={"configs/env/a.yaml": ASCII, "configs/env/maps/tiny.map": "####\n#@A#\n####\n"},
            at=("configs/env/a.yaml:2",),
        ),
    ]

    def check(self, environment: Environment) -> Iterator[Draft]:
        """One draft where both numbers are certain and differ."""
        node, placed = environment.get("num_agents"), environment.agents_placed
        agents = environment.value("num_agents")
        if node is None or placed is None or not isinstance(agents, int) or agents == placed.agents:
            return
        yield Draft(
            f"num_agents is {agents}, but the map has {placed.agents} agents: building the environment raises",
            at=node.span,
            related=placed.places,
            help=f"write num_agents: {placed.agents}, or place {agents} agents",
            fix=rewriting(node.span, str(agents), str(placed.agents)),
            values=(agents, placed.agents),
        )
