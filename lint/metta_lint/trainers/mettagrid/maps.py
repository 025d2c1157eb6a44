"""The agents and objects that a map builder's config certainly places (Metta 2025-07)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from metta_lint.base.documents import Document, Mapping, Node, Scalar, Sequence, Span
from metta_lint.base.records import NamedTuple
from metta_lint.base.unknown import Choice, Unknown
from metta_lint.trainers.mettagrid.rooms import CHARACTERS, ROOMS, SETTLED

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    MapFile = Callable[[str], Document | None]

CORNERS = frozenset({"top-left", "top-right", "bottom-left", "bottom-right"})
"""Areas that metta/map/scenes/maze.py makes, one of each."""
AGENT = "agent."


class Placed(NamedTuple):
    """A number of agents, and the lines that say so."""

    agents: int
    places: tuple[tuple[str, Span], ...] = ()

    def times(self, count: int, *places: tuple[str, Span]) -> Placed:
        """The same, placed several times."""
        return Placed(self.agents * count, (*places, *self.places))


class Thing(NamedTuple):
    """An object that is placed, the line that says so, and who places it where no config names it.

    ``in_file``: an ASCII map has it, by a character that the revision gives its meaning.
    """

    name: str
    span: Span
    by: str = ""
    in_file: bool = False


def kind_of(node: Node | None) -> str:
    """The class that a map builder, a room or a scene is of, by its bare name; empty if missing."""
    for key in ("_target_", "type"):
        found = node.get(key) if isinstance(node, Mapping) else None
        if isinstance(found, Scalar) and isinstance(found.value, str):
            return found.value.rpartition(".")[2]
    return ""


def _number(node: Node | None, default: int | None = None) -> int | None:
    if node is None:
        return default
    value = node.value if isinstance(node, Scalar) else None
    return value if isinstance(value, int) and not isinstance(value, bool) else None


# -- agents --------------------------------------------------------------------------------------------------------


def agents_placed(node: Node | None, map_file: MapFile) -> Placed | None:
    """How many agents a map builder or room places; None if that is uncertain."""
    if not isinstance(node, Mapping):
        return None
    match kind_of(node):
        case "MultiRoom":
            return _repeated(agents_placed(node.get("room"), map_file), node, "num_rooms", None)
        case "RoomList":
            rooms = _items(node.get("rooms"))
            return _sum([agents_placed(room, map_file) for room in rooms]) if rooms else None
        case "MapGen":
            if node.get("instance_map") is not None or node.get("num_agents") is not None:
                return None
            return _repeated(_in_scene(node.get("root"), map_file), node, "instances", 1)
        case "MapGenAscii":
            return _in_file(node.get("uri"), map_file)
        case kind if kind in ROOMS and node.get("teams") is None:
            return _given(node.get("agents"), ROOMS[kind].agents)
    return None


def _repeated(one: Placed | None, node: Mapping, key: str, default: int | None) -> Placed | None:
    times = _number(node.get(key), default)
    if one is None or times is None:
        return None
    written = node.get(key)
    return one.times(times, *([(f"{key}: {times}", written.span)] if written is not None else []))


def _sum(parts: list[Placed | None]) -> Placed | None:
    known = [part for part in parts if part is not None]
    if len(known) < len(parts):
        return None
    places = dict.fromkeys(place for part in known for place in part.places)
    return Placed(sum(part.agents for part in known), tuple(places))


def _given(node: Node | None, default: int | None) -> Placed | None:
    """The parameter ``agents``: a number, or numbers by team."""
    if isinstance(node, Mapping):
        return _sum([_given(entry.value, None) for entry in node.entries.values()])
    count = _number(node, default)
    if count is None:
        return None
    return Placed(count, ((f"agents: {count}", node.span),) if node is not None else ())


def _in_file(uri: Node | None, map_file: MapFile) -> Placed | None:
    text = _map_text(uri, map_file)
    if text is None or uri is None:
        return None
    count = _agents_in(text)
    return Placed(count, ((f"a map with {count} agents", uri.span),))


def _map_text(uri: Node | None, map_file: MapFile) -> str | None:
    """The rows of an ASCII map as one text, without the blanks around them; None if the map is missing."""
    document = map_file(str(uri.value)) if isinstance(uri, Scalar) and isinstance(uri.value, str) else None
    if document is None:
        return None
    return "".join(str(item.value).strip() for item in _items(document.root) if isinstance(item, Scalar))


def _items(node: Node | None) -> tuple[Node, ...]:
    return node.items if isinstance(node, Sequence) else ()


def _agents_in(text: str) -> int:
    return sum(CHARACTERS.get(character, "").startswith(AGENT) for character in text)


def _in_scene(node: Node | None, map_file: MapFile) -> Placed | None:
    """The agents of a scene of metta/map/scenes and of its children."""
    if not isinstance(node, Mapping):
        return None
    parts = [_own(node, map_file)]
    for child in _items(node.get("children")):
        below = _in_scene(child.get("scene"), map_file) if isinstance(child, Mapping) else None
        if below is not None and below.agents and isinstance(child, Mapping):
            areas = _areas(node, child)
            below = None if areas is None else below.times(areas)
        parts.append(below)
    return _sum(parts)


def _own(node: Mapping, map_file: MapFile) -> Placed | None:
    match kind_of(node):
        case "Random":
            return _given(node.get("params", "agents"), 0)
        case "MeanDistance":
            return Placed(1, (("MeanDistance places one agent", node.span),))
        case "InlineAscii":
            data = node.get("params", "data")
            text = data.value if isinstance(data, Scalar) else None
            return Placed(_agents_in(text)) if isinstance(text, str) else None
        case "Ascii":
            return _in_file(node.get("params", "uri"), map_file)
        case "RoomGrid" | "Layout" | "Maze" | "BSP" | "MakeConnected" | "RadialMaze" | "Nop":
            return Placed(0)
        case "MultiLeftAndRight":  # two teams share the rooms, with an agent in each
            rows, columns = _number(node.get("params", "rows")), _number(node.get("params", "columns"))
            if rows is None or columns is None:
                return None
            return Placed(rows * columns // 2 * 2, ((f"{rows} x {columns} rooms of one agent", node.span),))
    return None


def _areas(parent: Mapping, child: Mapping) -> int | None:
    """The number of its parent's areas that a child is drawn in."""
    where = child.get("where")
    if child.get("lock") is not None:
        return None  # which areas are left depends on the children before it
    if isinstance(where, Scalar) and where.value == "full":
        return 1
    listed = where.get("tags") if isinstance(where, Mapping) else None
    if where is not None and not isinstance(listed, Sequence):
        return None
    total = _areas_with(parent, {str(item.value) for item in _items(listed) if isinstance(item, Scalar)})
    if total is None or child.get("limit") is None:
        return total
    limit = _number(child.get("limit"))
    return None if limit is None else min(limit, total)


def _areas_with(parent: Mapping, tags: set[str]) -> int | None:
    match kind_of(parent):
        case "RoomGrid":
            layout = parent.get("params", "layout")
            if isinstance(layout, Sequence):
                cells = [cell for row in layout.items for cell in _items(row)]
                named = [str(cell.value) for cell in cells if isinstance(cell, Scalar)]
                return sum(not tags or tags == {name} for name in named)
            rows, columns = (_number(parent.get("params", key)) for key in ("rows", "columns"))
            return None if tags or rows is None or columns is None else rows * columns
        case "Layout":
            areas = _items(parent.get("params", "areas"))
            found = [area.get("tag") for area in areas if isinstance(area, Mapping)]
            return sum(not tags or (isinstance(tag, Scalar) and tags == {str(tag.value)}) for tag in found)
        case "Maze" if len(tags) == 1 and tags <= CORNERS:
            return 1
    return None


# -- objects -------------------------------------------------------------------------------------------------------


def things_placed(node: Node | None, map_file: MapFile) -> Iterator[Thing]:
    """The objects that a map builder certainly places, each where it is named."""
    for item in _items(node):
        yield from things_placed(item, map_file)
    if not isinstance(node, Mapping):
        return
    kind = kind_of(node)
    yield from _named(node.get("objects"))
    if kind in ROOMS or kind == "Random":
        yield from _teams(node.get("agents"))
    yield from _by_itself(kind, node)
    if kind in ("MapGenAscii", "Ascii"):
        yield from _drawn(node.get("uri"), map_file)
    params = node.get("params")
    if isinstance(params, Mapping) and kind in ("Random", "MeanDistance"):
        yield from _named(params.get("objects"))
        yield from _teams(params.get("agents"))
    if isinstance(params, Mapping) and kind == "Ascii":
        yield from _drawn(params.get("uri"), map_file)
    for key in ("room", "rooms", "root", "children", "scene"):
        yield from things_placed(node.get(key), map_file)


def _named(objects: Node | None) -> Iterator[Thing]:
    for name, entry in objects.entries.items() if isinstance(objects, Mapping) else ():
        if _above_zero(entry.value):
            yield Thing(str(name), entry.value.span)


def _teams(agents: Node | None) -> Iterator[Thing]:
    for thing in _named(agents):
        yield Thing(f"{AGENT}{thing.name}", thing.span)


def _above_zero(node: Node) -> bool:
    """Whether a number is above 0 for every value that may be drawn."""
    value = node.value if isinstance(node, Scalar) else None
    if isinstance(value, Unknown):
        could_be = value.could_be
        if could_be is None or (isinstance(could_be, Choice) and not could_be.complete):
            return False
        return all(isinstance(number, int | float) and number > 0 for number in could_be.examples())
    return isinstance(value, int | float) and value > 0


def _by_itself(kind: str, node: Mapping) -> Iterator[Thing]:
    for name, (key, default) in ROOMS[kind].own_objects.items() if kind in ROOMS else ():
        given = node.get(key)
        if given is None and default > 0:
            target = node.get("_target_") or node
            yield Thing(name, target.span, f"{kind} with {key} {default}, its default")
        elif given is not None and _above_zero(given):
            yield Thing(name, given.span, f"{kind} with {key} above 0")


def _drawn(uri: Node | None, map_file: MapFile) -> Iterator[Thing]:
    text = _map_text(uri, map_file)
    if text is None or uri is None:
        return
    for character in sorted(SETTLED.intersection(text)):
        yield Thing(CHARACTERS[character], uri.span, f"its character {character!r}", in_file=True)
