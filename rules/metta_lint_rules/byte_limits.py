"""ML706: numbers that MettaGrid keeps in one byte."""

from collections.abc import Iterator

from metta_lint.api import Case, Draft, Environment, Node, Scalar, rewriting
from metta_lint.api.mettagrid import ITEMS

LARGEST = 255
"""mettagrid/cpp objects/agent.hpp and types.hpp: agents, item counts, object types and colours are uint8_t."""
GAME = """defaults:
  - _self_
game:
  num_agents: {agents}
  agent:
    resource_limits:
      heart: {limit}
    heart_max: {old}
"""


class ByteLimits:
    """A number that MettaGrid keeps in one byte is larger than 255.

    ## Why it matters
    Agents, item counts, object types and colours are `uint8_t`. A larger one is refused when the environment is built,
    or, before that was checked, wraps around: an inventory that may hold 1000 hearts held 232.

    ## Example
    `resource_limits: {heart: 1000}`.

    ## How to fix it
    Write 255 for «as many as they like».
    """

    code, name, severity = "ML706", "byte-limits", "error"
    fixable = "unsafe"
    agrees = [
        Case(files={"configs/env/a.yaml": GAME.format(agents=255, limit=255, old=255)}),
        Case(files={"configs/env/a.yaml": GAME.format(agents="???", limit="null", old="null")}),
    ]
    drifts = [
        Case(
            files={"configs/env/a.yaml": GAME.format(agents=256, limit=1000, old=1000)},
            at=("configs/env/a.yaml:4", "configs/env/a.yaml:7", "configs/env/a.yaml:8"),
        )
    ]

    def check(self, environment: Environment) -> Iterator[Draft]:
        """One draft for each number that does not fit."""
        for what, node in self._bytes(environment):
            value = node.value if isinstance(node, Scalar) else None
            if isinstance(value, int) and value > LARGEST:
                yield Draft(
                    f"{what} is {value}: MettaGrid keeps it in one byte, {LARGEST} at most",
                    at=node.span,
                    help=f"write {LARGEST} or less",
                    fix=rewriting(node.span, str(value), str(LARGEST)) if "limit" in what or "_max" in what else None,
                )

    def _bytes(self, environment: Environment) -> Iterator[tuple[str, Node]]:
        agents = environment.get("num_agents")
        if agents is not None:
            yield "num_agents", agents
        for key, node in environment.entries("agent"):
            if key in ("default_resource_limit", "default_item_max") or key.removesuffix("_max") in ITEMS:
                yield f"agent.{key}", node
        for item, node in environment.entries("agent", "resource_limits"):
            yield f"the limit of {item}", node
        for name, _ in environment.entries("objects"):
            for key in ("type_id", "color"):
                found = environment.get("objects", name, key)
                if found is not None:
                    yield f"{name}.{key}", found
