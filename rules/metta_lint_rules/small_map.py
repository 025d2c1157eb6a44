"""ML708: maps that are smaller than what an agent sees."""

from collections.abc import Iterator

from metta_lint.api import Case, Draft, Environment, Scalar
from metta_lint.api.mettagrid import kind_of

GAME = """game:
  obs_width: 11
  obs_height: 11
  map_builder:
    _target_: metta.map.mapgen.MapGen
    width: {width}
    height: 20
    border_width: 0
    root: {{type: metta.map.scenes.random.Random}}
"""


class SmallMap:
    """The map with its border is smaller than the window that an agent sees.

    ## Why it matters
    The window never holds anything beyond the map's edge. An agent then sees the whole of that dimension from
    everywhere, which is another task than the one with a partial view, and part of each observation is always empty.

    ## Example
    `obs_width: 11` on a map of 9 columns, border and all.

    ## How to fix it
    A larger map, or a smaller window (the policy's first layer changes with it).
    """

    code, name, severity = "ML708", "small-map", "info"
    agrees = [
        Case(files={"configs/env/a.yaml": GAME.format(width=11)}),
        Case(files={"configs/env/a.yaml": GAME.format(width="???")}),
    ]
    drifts = [Case(files={"configs/env/a.yaml": GAME.format(width=9)}, at=("configs/env/a.yaml:6",))]

    def check(self, environment: Environment) -> Iterator[Draft]:
        """One draft for each dimension of a generated map, of a single instance, that is smaller than the window."""
        node = environment.map_builder
        if kind_of(node) != "MapGen" or environment.get("map_builder", "instances") is not None:
            return
        border = environment.get("map_builder", "border_width")
        margin = border.value if isinstance(border, Scalar) else 5  # metta/map/mapgen.py MapGenParams
        for key in ("width", "height"):
            size, window = environment.get("map_builder", key), environment.value(f"obs_{key}")
            value = size.value if isinstance(size, Scalar) else None
            if size is None or not all(isinstance(number, int) for number in (value, window, margin)):
                continue
            whole = value + 2 * margin  # type: ignore[operator]
            if whole < window:  # type: ignore[operator]
                yield Draft(
                    f"the map is {whole} cells in {key} with its border, and an agent sees {window}",
                    at=size.span,
                    help=f"a larger map, or a smaller obs_{key}",
                    values=(whole, window),
                )
