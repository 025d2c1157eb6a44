"""ML703: rewards and recipes with unknown items."""

from collections.abc import Iterator

from metta_lint.api import Case, Draft, Environment, Node, Scalar, Sequence, close_names, renaming

GAME = """defaults:
  - _self_
game:
  inventory_item_names: [ore_red, heart]
  agent:
    rewards:
      inventory:
        heart: 1
        {item}: 0.5
  objects:
    altar:
      type_id: 8
      input_resources:
        {item}: {count}
"""
DROPPED = "inventory_item_names has no such item, and the environment drops it without a word"


class UnknownItem:
    """A reward or a recipe names an item that `inventory_item_names` does not have.

    ## Why it matters
    The environment looks names up in `inventory_item_names` and drops those that it does not find: the reward is never
    paid, the input costs nothing, the output is not made. An action or an initial inventory with such an item raises.

    ## Example
    `inventory_item_names` without `blueprint`, and a lab whose only output is `blueprint: 1`: it takes 3 ore and 3
    batteries and gives nothing.

    ## How to fix it
    Add the item to `inventory_item_names`, or remove what names it.
    """

    code, name, severity = "ML703", "unknown-item", "warning"
    fixable = "safe"
    agrees = [
        Case(files={"configs/env/a.yaml": GAME.format(item="ore_red", count=1)}),
        Case(files={"configs/env/a.yaml": GAME.format(item="ore_red", count=0)}),
    ]
    drifts = [
        Case(
            files={"configs/env/a.yaml": GAME.format(item="ore", count=1)},
            at=("configs/env/a.yaml:9", "configs/env/a.yaml:14"),
        ),
        Case(files={"configs/env/a.yaml": GAME.format(item="ore", count=0)}, at=("configs/env/a.yaml:9",)),
        Case(files={"configs/env/a.yaml": GAME.format(item="ore_rde", count=0)}, at=("configs/env/a.yaml:9",)),
    ]

    def check(self, environment: Environment) -> Iterator[Draft]:
        """One draft for each name with an amount that is not an item."""
        names = environment.get("inventory_item_names")
        if not isinstance(names, Sequence):
            return
        items = [str(item.value) for item in names.items if isinstance(item, Scalar)]
        for what, item, node, effect in self._used(environment):
            if item not in items and self._counts(node):
                near = "".join(close_names(item, items))
                yield Draft(
                    f"{what} {item}: {DROPPED}: {effect}",
                    at=node.span,
                    related=(("the items of this game", names.span),),
                    help=f"add {item} to inventory_item_names" + (f", or write {near}" if near else ""),
                    fix=renaming(node.span, item, near) if near else None,
                )

    def _used(self, environment: Environment) -> Iterator[tuple[str, str, Node, str]]:
        for item, node in environment.entries("agent", "rewards", "inventory"):
            if not item.endswith("_max"):
                yield "a reward for", item, node, "it is never paid"
        for name, _ in environment.entries("objects"):
            for item, node in environment.entries("objects", name, "input_resources"):
                yield f"{name} takes", item, node, f"{name} asks nothing of it"
            for item, node in environment.entries("objects", name, "output_resources"):
                yield f"{name} makes", item, node, f"{name} never makes it"

    def _counts(self, node: Node) -> bool:
        value = node.value if isinstance(node, Scalar) else None
        return isinstance(value, int | float) and value != 0
