"""ML710: parameters that accept a few words only, with another word."""

from collections.abc import Iterator

from metta_lint.api import Case, Draft, Environment, Scalar, Unknown, close_names, rewriting
from metta_lint.api.mettagrid import ROOMS, rooms_of

ROOM = """game:
  map_builder:
    _target_: metta.mettagrid.room.multi_room.MultiRoom
    room:
      _target_: metta.mettagrid.room.navigation.varied_terrain.VariedTerrain
      style: {style}
"""


class EnumValue:
    """A map builder's parameter takes one of a few words, and has another one.

    ## Why it matters
    The room raises when it is built: at the first reset, or when a curriculum first draws this environment.

    ## Example
    `style: sparse-altars-dense-objects`, where `VariedTerrain` knows `all-sparse`, `balanced`, `dense` and `maze`.

    ## How to fix it
    Write one of the words that the message lists.
    """

    code, name, severity = "ML710", "enum-value", "error"
    fixable = "safe"
    agrees = [
        Case(files={"configs/env/a.yaml": ROOM.format(style="all-sparse")}),
        Case(files={"configs/env/a.yaml": ROOM.format(style="???")}),
        Case(files={"configs/env/a.yaml": ROOM.format(style="${choose:dense,maze}")}),
    ]
    drifts = [
        Case(files={"configs/env/a.yaml": ROOM.format(style="sparse")}, at=("configs/env/a.yaml:6",)),
        Case(files={"configs/env/a.yaml": ROOM.format(style="'balancde'")}, at=("configs/env/a.yaml:6",)),
        Case(files={"configs/env/a.yaml": ROOM.format(style="${choose:dense,sparse}")}, at=("configs/env/a.yaml:6",)),
    ]

    def check(self, environment: Environment) -> Iterator[Draft]:
        """One draft for each other word, whether it is written or drawn from a set."""
        for kind, node in rooms_of(environment.map_builder):
            for key, words in ROOMS[kind].choices.items() if kind in ROOMS else ():
                found = node.get(key)
                for word in self._words(found.value if isinstance(found, Scalar) else None):
                    if found is not None and word not in words:
                        near = "".join(close_names(word, words))
                        yield Draft(
                            f"{kind} has no {key} {word!r}: building the room raises",
                            at=found.span,
                            help=f"one of {', '.join(words)}" + (f"; did you mean {near}?" if near else ""),
                            fix=rewriting(found.span, word, near) if near else None,
                            values=(kind, word),
                        )

    def _words(self, value: object) -> list[str]:
        drawn = value.could_be.examples() if isinstance(value, Unknown) and value.could_be is not None else (value,)
        return [word for word in drawn if isinstance(word, str)]
