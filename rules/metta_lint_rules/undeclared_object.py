"""ML704: objects on the map that the game does not define."""

from collections.abc import Iterator

from metta_lint.api import Case, Draft, Environment, close_names, renaming
from metta_lint.api.mettagrid import AGENT, ITEMS, Thing

GAME = """game:
  groups:
    agent: {{id: 0}}
  map_builder:
    _target_: metta.map.mapgen.MapGen
    root:
      type: metta.map.scenes.random.Random
      params:
        agents: 1
        objects:
          altar: 1
          {thing}: 2
  objects:
    altar:
      type_id: 8
"""
MANHATTEN = """{defaults}game:
  map_builder:
    _target_: metta.mettagrid.room.multi_agent.manhatten.Manhatten
    heart_prob: {chance}
"""
WITHOUT_BASE = """{defaults}game:
  objects:
    altar: {{type_id: 8}}
    mine_red:
      cooldown: 5
  map_builder: {map}
"""


class UndeclaredObject:
    """The map places an object that `game.objects` does not define.

    ## Why it matters
    MettaGrid makes each cell's object from its definition; a cell without one stops the build of the environment. An
    object that is changed but defined nowhere (no `type_id`, because no default brings it) is no better.

    ## Example
    The `Manhatten` room scatters `heart` by itself; hearts are items, and no config can define such an object.

    ## How to fix it
    Include the config that defines the object (`/env/mettagrid/game/objects/mines@game.objects`), or do not place it.
    """

    code, name, severity = "ML704", "undeclared-object", "error"
    fixable = "safe"
    agrees = [
        Case(files={"configs/env/a.yaml": GAME.format(thing="altar_2").replace("altar_2: 2", "wall: 0")}),
        Case(files={"configs/env/a.yaml": "defaults:\n  - base\n  - _self_\n" + GAME.format(thing="wall")}),
        Case(files={"configs/env/a.yaml": MANHATTEN.format(defaults="", chance=0)}),
        Case(files={"configs/env/a.yaml": WITHOUT_BASE.format(defaults="defaults:\n  - base\n  - _self_\n", map="{}")}),
        Case(files={"configs/env/a.yaml": WITHOUT_BASE.format(defaults="defaults:\n  - _self_\n", map="???")}),
    ]
    drifts = [
        Case(files={"configs/env/a.yaml": GAME.format(thing="wall")}, at=("configs/env/a.yaml:12",)),
        Case(
            files={"configs/env/a.yaml": GAME.replace("          altar: 1\n", "").format(thing="altra")},
            at=("configs/env/a.yaml:11",),
        ),
        Case(files={"configs/env/a.yaml": MANHATTEN.format(defaults="", chance=0.1)}, at=("configs/env/a.yaml:4",)),
        Case(
            files={
                "configs/env/a.yaml": MANHATTEN.format(
                    defaults="defaults: [base, _self_]\n", chance="${uniform:0.1,0.2}"
                )
            },
            at=("configs/env/a.yaml:5",),
        ),
        Case(
            files={"configs/env/a.yaml": WITHOUT_BASE.format(defaults="defaults:\n  - _self_\n", map="{}")},
            at=("configs/env/a.yaml:7",),
        ),
    ]

    def check(self, environment: Environment) -> Iterator[Draft]:
        """One draft for each object that is placed and not defined, and for each that is changed and not defined."""
        defined = [name for name, _ in environment.entries("objects")]
        groups = [f"{AGENT}{name}" for name, _ in environment.entries("groups")]
        for thing in environment.things_placed:
            known = groups if thing.name.startswith(AGENT) else defined
            if thing.name not in known and self._certain(thing, environment):
                yield self._undefined(thing, known)
        yield from self._without_base(environment)

    def _certain(self, thing: Thing, environment: Environment) -> bool:
        if thing.by and thing.name in ITEMS:
            return True  # no default can define it
        whole = environment.is_complete and not environment.is_template
        return whole and (environment.has_new_names or not thing.in_file)

    def _undefined(self, thing: Thing, known: list[str]) -> Draft:
        where = "game.groups" if thing.name.startswith(AGENT) else "game.objects"
        by = f" ({thing.by})" if thing.by else ""
        near = "".join(close_names(thing.name, known))
        return Draft(
            f"the map places {thing.name}{by}, which {where} does not define: building the environment raises",
            at=thing.span,
            help=f"did you mean {near}?" if near else "include the config that defines it, or do not place it",
            fix=renaming(thing.span, thing.name, near) if near and not thing.in_file else None,
            values=(thing.name, thing.by),
        )

    def _without_base(self, environment: Environment) -> Iterator[Draft]:
        objects = [name for name, _ in environment.entries("objects")]
        typed = {name for name in objects if environment.get("objects", name, "type_id") is not None}
        for name, node in environment.entries("objects"):
            if environment.is_complete and not environment.is_template and typed and name not in typed:
                yield Draft(
                    f"game.objects.{name} has no type_id: it changes an object that none of the defaults defines",
                    at=node.span,
                    help=f"include the config of game/objects that defines {name}, or remove it here",
                )
