"""Environments of a config tree: composed with their defaults, and what their maps hold."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from metta_lint.base.unknown import Unknown
from metta_lint.trainers.trees.tree import ConfigTree

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from metta_lint.trainers.trees.environment import Environment

BASE = "groups:\n  agent: {id: 0}\nobjects:\n  altar: {type_id: 8}\n"


def tree_of(folder: Path, files: Mapping[str, str]) -> ConfigTree:
    paths = []
    for name, text in files.items():
        path = folder / "configs" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        paths.append(path.as_posix())
    return ConfigTree((folder / "configs").as_posix(), paths)


def only(folder: Path, text: str, files: Mapping[str, str] | None = None) -> Environment:
    found = tree_of(folder, {"env/a.yaml": text, **(files or {})}).environment("env/a")
    assert found is not None
    return found


def test_a_config_is_an_environment_where_its_composed_result_has_a_game(tmp_path: Path) -> None:
    files = {
        "env/deep/a.yaml": "defaults:\n  - /env/game@game\n  - _self_\nsampling: 1\n",
        "env/game.yaml": BASE,
        "env/curriculum.yaml": "_target_: a.B\ntasks: {}\n",
        "trainer.yaml": "game: {num_agents: 3}\n",
    }
    assert [found.name for found in tree_of(tmp_path, files).environments] == ["env/deep/a"]


def test_a_value_has_the_line_that_won(tmp_path: Path) -> None:
    files = {
        "env/b/a.yaml": "defaults:\n  - base\n  - _self_\ngame:\n  num_agents: ${game.params.n}\n  params:\n    n: 5\n",
        "env/b/base.yaml": "game:\n  num_agents: 2\n  max_steps: 100\n",
    }
    found = tree_of(tmp_path, files).environment("env/b/a")
    assert found is not None
    assert found.value("num_agents") == 5
    node, inherited = found.get("num_agents"), found.get("max_steps")
    assert node is not None
    assert inherited is not None
    assert (node.span.path.rpartition("/")[2], node.span.line) == ("a.yaml", 5)
    assert (inherited.span.path.rpartition("/")[2], inherited.span.line) == ("base.yaml", 3)
    assert isinstance(found.value("obs_width"), Unknown)
    assert found.reads("game.params.n")
    assert not found.reads("game.params.m")


def test_what_a_missing_default_could_change_is_unknown(tmp_path: Path) -> None:
    found = only(tmp_path, "defaults:\n  - _self_\n  - base\ngame:\n  num_agents: 3\n")
    assert found.missing == ("env/base",)
    assert not found.is_complete
    assert isinstance(found.value("num_agents"), Unknown)


RANDOM = "scene: {type: a.Random, params: {agents: 2}}"


def map_of(text: str) -> str:
    indented = text.replace("RANDOM", RANDOM).replace("\n", "\n    ")
    return f"game:\n  num_agents: 8\n  map_builder:\n    {indented}\n"


@pytest.mark.parametrize(
    ("builder", "agents"),
    [
        ("_target_: a.VariedTerrain", 1),
        ("_target_: a.VariedTerrain\nagents: {team_1: 2, team_2: 3}", 5),
        ("_target_: a.VariedTerrain\nagents: 4\nteams: [a, b, c]", None),
        ("_target_: a.TerrainFromNumpy\nobjects: {}", None),
        ("_target_: a.MultiRoom\nnum_rooms: ${..num_agents}\nroom: {_target_: a.VariedTerrain, agents: 3}", 24),
        ("_target_: a.MultiRoom\nnum_rooms: ???\nroom: {_target_: a.VariedTerrain}", None),
        ("_target_: a.RoomList\nrooms: [{_target_: a.TwoRoomsCoord}, {_target_: a.VariedTerrain}]", 3),
        ("_target_: a.RoomList\nrooms: [{_target_: a.TwoRoomsCoord}, {_target_: a.Another}]", None),
        ("_target_: a.MapGen\ninstances: ${div:${..num_agents},4}\nroot: {type: a.Random, params: {agents: 3}}", 6),
        ("_target_: a.MapGen\nnum_agents: 8\nroot: {type: a.Random, params: {agents: 2}}", None),
        ("_target_: a.MapGen\nroot: {type: a.Maze, children: [{where: {tags: [top-left]}, RANDOM}]}", 2),
        ("_target_: a.MapGen\nroot: {type: a.Maze, children: [{where: {tags: [middle]}, RANDOM}]}", None),
        ("_target_: a.MapGen\nroot: {type: a.Nop, children: [{where: full, RANDOM}]}", 2),
        (
            "_target_: a.MapGen\nroot: {type: a.RoomGrid, params: {rows: 2, columns: 3}, children: [{RANDOM}]}",
            12,
        ),
        (
            (
                "_target_: a.MapGen\nroot: {type: a.RoomGrid, params: {layout: [[x, y], [x, y]]}, "
                "children: [{where: {tags: [x]}, limit: 5, RANDOM}]}"
            ),
            4,
        ),
        (
            (
                "_target_: a.MapGen\nroot: {type: a.RoomGrid, params: {rows: 2, columns: 3}, "
                "children: [{lock: l, limit: 1, RANDOM}]}"
            ),
            None,
        ),
        (
            "_target_: a.MapGen\nroot: {type: a.MultiLeftAndRight, params: {rows: 3, columns: 3}}",
            8,
        ),
        ("_target_: a.MapGen\nroot: {type: a.InlineAscii, params: {data: '@1.#'}}", 2),
        ("_target_: a.MapGenAscii\nuri: configs/maps/a.map", 3),
        ("_target_: a.MapGenAscii\nuri: configs/../a.map", None),
        ("_target_: a.Unheard", None),
    ],
)
def test_agents_are_counted_where_that_is_certain(builder: str, agents: int | None, tmp_path: Path) -> None:
    placed = only(tmp_path, map_of(builder), {"maps/a.map": "#####\n#@1p#\n#####\n"}).agents_placed
    assert (placed.agents if placed is not None else None) == agents


@pytest.mark.parametrize(
    ("builder", "things"),
    [
        ("_target_: a.Manhatten", ["heart"]),
        ("_target_: a.Manhatten\nheart_prob: 0", []),
        ("_target_: a.Manhatten\nheart_prob: '${sampling:0.1,0.2,0.15}'", ["heart"]),
        ("_target_: a.Random\nobjects: {altar: 1, wall: 0, block: '${sampling:0,5,2}'}", ["altar"]),
        ("_target_: a.Random\nobjects: {altar: '${sampling:1,5,2}'}\nagents: {red: 1}", ["altar", "agent.red"]),
        ("_target_: a.MapGenAscii\nuri: configs/maps/a.map", ["wall", "agent.team_1", "agent.agent", "altar"]),
        (
            (
                "_target_: a.MapGen\nroot: {type: a.Nop, children: [{scene: {type: a.Random, "
                "params: {objects: {lab: 2}}}}]}"
            ),
            ["lab"],
        ),
    ],
)
def test_objects_are_named_where_they_are_certainly_placed(builder: str, things: list[str], tmp_path: Path) -> None:
    found = only(tmp_path, map_of(builder), {"maps/a.map": "####\n#@1#\n#_.#\n####\n"})
    assert [thing.name for thing in found.things_placed] == things
