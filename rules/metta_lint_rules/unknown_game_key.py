"""ML711: unknown keys of the game."""

from collections.abc import Iterator

from metta_lint.api import Case, Draft, Environment, renaming
from metta_lint.api.mettagrid import allowed_keys, meant_by, stands_for

GAME = """defaults:
  - _self_
game:
  agent:
    default_resource_limit: 10
    {agent}: 1
  objects:
    altar:
      type_id: 8
      {altar}: 1
"""


class UnknownGameKey:
    """A key of the agent, a group or an object that the game does not have.

    ## Why it matters
    The environment's config is checked when it is built, and other keys are refused: the run dies at its first reset.
    Keys were renamed in 2025-06 (`initial_items` is `initial_resource_count`, `default_item_max` is
    `default_resource_limit`), and configs that few people run kept the old ones.

    ## Example
    `initial_items: 1` beside `input_resources: {ore_red: 1}`.

    ## How to fix it
    Write the key that the message names. A config that uses no name of 2025-06 or later is not judged.
    """

    code, name, severity = "ML711", "unknown-game-key", "error"
    fixable = "safe"
    agrees = [
        Case(files={"configs/env/a.yaml": GAME.format(agent="freeze_duration", altar="cooldown")}),
        Case(
            files={
                "configs/env/a.yaml": "defaults:\n  - _self_\ngame:\n  objects:\n    altar:\n      initial_items: 1\n"
            }
        ),
    ]
    drifts = [
        Case(
            files={"configs/env/a.yaml": GAME.format(agent="default_item_max", altar="initial_items")},
            at=("configs/env/a.yaml:6", "configs/env/a.yaml:10"),
        ),
        Case(
            files={"configs/env/a.yaml": GAME.format(agent="freeze_duration", altar="cooldwon")},
            at=("configs/env/a.yaml:10",),
        ),
    ]

    def check(self, environment: Environment) -> Iterator[Draft]:
        """One draft for each unknown key."""
        mappings = [("agent",), ("agent", "rewards"), ("global_obs",)]
        mappings += [("objects", name) for name, _ in environment.entries("objects")]
        mappings += [("groups", name) for name, _ in environment.entries("groups")]
        if not environment.has_new_names:
            return
        known = [(parents, allowed) for parents in mappings if (allowed := allowed_keys(parents)) is not None]
        found = [(*each, key, node) for each in known for key, node in environment.entries(*each[0])]
        for parents, allowed, key, node in found:
            if key in allowed:
                continue
            meant = meant_by(key, parents)
            fix = renaming(node.span, key, meant, is_safe=stands_for(key, meant))
            yield Draft(
                f"game.{'.'.join(parents)} has no key {key}: building the environment raises",
                at=node.span,
                help=f"did you mean {meant}?" if meant else f"the keys are {', '.join(sorted(allowed))}",
                fix=fix if meant and "." not in meant else None,
            )
