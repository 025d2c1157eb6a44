"""What composing gives beside the values: places, what was overridden, files, and errors that point to their cause."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from omegaconf import OmegaConf

from hydra_trees import compose, container
from metta_lint import sources
from metta_lint.base.documents import Scalar, Span, plain
from metta_lint.base.errors import InputError
from metta_lint.base.unknown import Unknown
from metta_lint.trainers.hydra import ConfigTreeReader, DictNode, embed

if TYPE_CHECKING:
    from collections.abc import Callable

    from metta_lint.plans.run import Setting

    Writer = Callable[[dict[str, str]], Path]

TREE = {
    "main": "defaults:\n  - group: one\n  - _self_\nlist: [1, 2]\ngroup:\n  a: 5\nempty: {}\n",
    "group/one": "a: 1\nb: two\nlist: ${list}\n",
    "group/two": "a: 2\n",
    "extra": "# @package _global_\nlist: [3]\ngroup: {a: 6}\n",
}


@pytest.fixture
def write(tmp_path: Path) -> Writer:
    def write_files(files: dict[str, str]) -> Path:
        for name, text in files.items():
            path = tmp_path / f"{name}.yaml"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        return tmp_path

    return write_files


def text_at(span: Span) -> str:
    lines = Path(span.path).read_text(encoding="utf-8").splitlines()
    if span.line == span.end_line:
        return lines[span.line - 1][span.column - 1 : span.end_column - 1]
    middle = lines[span.line : span.end_line - 1]
    last = lines[span.end_line - 1][: span.end_column - 1] if span.end_line <= len(lines) else ""
    return "\n".join([lines[span.line - 1][span.column - 1 :], *middle, last])


def texts(setting: Setting) -> list[str]:
    """The text that won and what it overrode, latest first."""
    assert setting.span is not None
    return [text_at(span) for span in (setting.span, *setting.overrides)]


# -- places ----------------------------------------------------------------------------------------------------------


def test_every_setting_names_the_text_that_won_and_what_it_overrode(write: Writer) -> None:
    settings = compose(write(TREE), "main").settings
    assert list(settings) == ["group.a", "group.b", "group.list", "list", "empty"]
    assert texts(settings["group.a"]) == ["5", "1"]
    assert texts(settings["group.b"]) == ["two"]
    assert texts(settings["empty"]) == ["{}"]


def test_a_list_is_one_setting_and_replaces_a_list(write: Writer) -> None:
    folder = write({**TREE, "top": "defaults: [main, extra]\nlist: [4, 5]\n"})
    setting = compose(folder, "top").settings["list"]
    assert setting.value == [4, 5]
    assert texts(setting) == ["[4, 5]", "[3]", "[1, 2]"]


def test_overrides_are_listed_latest_first_through_any_number_of_files(write: Writer) -> None:
    folder = write({**TREE, "top": "defaults: [main, extra]\ngroup: {a: 7}\n"})
    assert texts(compose(folder, "top").settings["group.a"]) == ["7", "6", "5", "1"]


def test_the_command_line_has_no_place_but_says_what_it_overrode(write: Writer) -> None:
    setting = compose(write(TREE), "main", ["group.a=9"]).settings["group.a"]
    assert (setting.value, setting.span, setting.note) == (9, None, "command line")
    assert [text_at(span) for span in setting.overrides] == ["5", "1"]


def test_a_value_that_replaces_a_mapping_overrides_all_of_it(write: Writer) -> None:
    folder = write({"main": "defaults: [base]\na: 1\n", "base": "a:\n  b: 1\n  c: 2\n"})
    assert texts(compose(folder, "main").settings["a"]) == ["1", "b: 1\n  c: 2"]


def test_an_interpolated_mapping_appears_key_by_key_where_it_is_written(write: Writer) -> None:
    settings = compose(write({"main": "sim: {name: all, deep: {x: 1}}\nevals: ${sim}\n"}), "main").settings
    assert settings["evals.deep.x"].value == 1
    assert settings["evals.deep.x"].span == settings["sim.deep.x"].span
    assert settings["evals.name"].note == "by interpolation of sim"


def test_an_interpolated_scalar_or_list_keeps_the_place_of_its_own_key(write: Writer) -> None:
    settings = compose(write({"main": "a: [1]\nb: 2\nc: ${a}\nd: ${b}\n"}), "main").settings
    assert (settings["c"].value, texts(settings["c"])) == ([1], ["${a}"])
    assert (settings["d"].value, texts(settings["d"])) == (2, ["${b}"])


def test_files_are_in_the_order_of_their_merging(write: Writer) -> None:
    folder = write({"main": "defaults: [b, _self_, a]", "a": "x: 1", "b": "defaults: [a@p]\nx: 2"})
    names = [Path(path).stem for path in compose(folder, "main").files]
    assert names == ["a", "b", "main"]


def test_paths_are_as_the_user_gave_them(write: Writer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(write(TREE).parent)
    folder = write(TREE).name
    assert set(compose(folder, "main").files) == {f"{folder}/main.yaml", f"{folder}/group/one.yaml"}


def test_keys_with_dots_and_numbers_stay_keys(write: Writer) -> None:
    composed = compose(write({"main": "buckets:\n  a.b.c: {1: x}\n"}), "main")
    assert container(composed, resolve=False) == {"buckets": {"a.b.c": {1: "x"}}}
    assert composed.settings["buckets.a.b.c.1"].value == "x"


def test_every_place_in_a_real_tree_reads_as_its_value(corpus: Path) -> None:
    folder = corpus / "metta-2025-07" / "configs"
    reader = ConfigTreeReader(folder)
    for name in ("train_job", "sim_job", "env/mettagrid/arena/advanced_poor", "env/mettagrid/curriculum/all"):
        for setting in reader.compose(name).settings.values():
            assert setting.span is not None
            assert all(text_at(span).strip() for span in setting.overrides)
            text = text_at(setting.span)
            if "${" not in text and not text.startswith(("|", ">")) and not isinstance(setting.value, Unknown):
                assert read(text, setting.span.column) == setting.value, setting


def read(text: str, column: int) -> object:
    """What YAML makes of a value's text, which a key stood before."""
    if not text:
        return None
    return plain(sources.read("value.yaml", b" " * (column - 1) + text.encode()).root) if text != "null" else None


# -- parts and merges ------------------------------------------------------------------------------------------------

ARENA = {
    "env/arena/basic": "defaults: [_self_]\ngame: {num_agents: 24, groups: {agent: {props: '${.num}', num: 3}}}\n"
    "seen: ${game.num_agents}\nwhole: ${env.arena.game.num_agents}\n",
    "job": "trainer:\n  env_overrides:\n    game: {num_agents: '${agents}', groups: {agent: {num: 4}}}\nagents: 6\n",
}


def test_a_part_keeps_its_surroundings(write: Writer) -> None:
    part = compose(write(ARENA), "env/arena/basic").at("env", "arena")
    assert part.settings["whole"].value == 24
    assert part.settings["seen"].value == Unknown("interpolation to game.num_agents: there is no game")
    assert [problem.span.line for problem in part.problems] == [3]


def test_a_detached_part_is_its_own_root(write: Writer) -> None:
    part = compose(write(ARENA), "env/arena/basic").at("env", "arena").detached()
    assert part.settings["seen"].value == 24
    assert isinstance(part.settings["whole"].value, Unknown)


def test_a_part_that_is_not_there_is_a_key_error(write: Writer) -> None:
    composed = compose(write(ARENA), "env/arena/basic")
    for keys in ("env.maze", "env.arena.game.num_agents"):
        with pytest.raises(KeyError, match=keys):
            composed.at(keys)


def test_a_resolved_tree_merged_over_another_keeps_both_places(write: Writer) -> None:
    folder = write(ARENA)
    job = compose(folder, "job")
    env = compose(folder, "env/arena/basic").at("env", "arena")
    merged = env.merged(job.at("trainer", "env_overrides").resolved_tree(), job.files)
    agents = merged.settings["game.num_agents"]
    assert agents.value == 6
    assert texts(agents) == ["'${agents}'", "24"]
    assert merged.settings["game.groups.agent.num"].value == 4
    assert [Path(path).stem for path in merged.files] == ["basic", "job"]


def test_a_merge_is_seen_by_relative_interpolations_and_not_by_absolute_ones(write: Writer) -> None:
    text = "game: {num: 1, agent: {relative: '${..num}', absolute: '${env.arena.game.num}'}}\n"
    composed = compose(write({"env/arena/basic": text}), "env/arena/basic")
    part = composed.at("env", "arena")
    over = compose(write({"over": "game: {num: 2}"}), "over")
    merged = part.merged(over.tree)
    theirs = OmegaConf.merge(OmegaConf.create(container(composed, resolve=False)).env.arena, {"game": {"num": 2}})
    assert container(merged, resolve=True) == OmegaConf.to_container(theirs, resolve=True)
    assert merged.settings["game.agent.relative"].value == 2
    assert merged.settings["game.agent.absolute"].value == 1


def test_a_merge_leaves_both_sides_as_they_were(write: Writer) -> None:
    folder = write(TREE)
    one, two = compose(folder, "main"), compose(folder, "extra")
    before = (container(one, resolve=False), container(two, resolve=False))
    one.merged(two.tree).merged(two.tree)
    assert (container(one, resolve=False), container(two, resolve=False)) == before


def test_a_tree_can_be_put_under_keys_before_it_is_merged(write: Writer) -> None:
    composed = compose(write(TREE), "main")
    merged = composed.merged(embed(compose(write(TREE), "group/two").at("group").tree, ("group", "inner")))
    assert merged.settings["group.inner.a"].value == 2


def test_composing_with_one_reader_gives_what_composing_alone_gives(write: Writer) -> None:
    folder = write({**TREE, "top": "defaults: [main, extra]\ngroup: {new: 1}\n"})
    reader = ConfigTreeReader(folder)
    for name in ("top", "main", "extra", "top"):
        alone = compose(folder, name, ["++group.a=8"])
        assert reader.compose(name, ["++group.a=8"]).settings == alone.settings


# -- defaults lists --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("item", "expected"),
    [
        ("g/x", {"g": {"v": 1}}),
        ("g/x@", {"v": 1}),
        ("g/x@_here_", {"v": 1}),
        ("g/x@p.q", {"p": {"q": {"v": 1}}}),
        ("g: x", {"g": {"v": 1}}),
        ("g@_global_: x", {"v": 1}),
        ("g@_group_.p: x", {"g": {"p": {"v": 1}}}),
        ("g: [x, y]", {"g": {"v": 1, "w": 2}}),
        ("g: null", {}),
        ("optional g: missing", {}),
        ("g/global", {"v": 3}),
        ("g/own", {"o": {"v": 4}}),
    ],
)
def test_an_item_of_a_defaults_list(write: Writer, item: str, expected: object) -> None:
    folder = write(
        {
            "main": f"defaults:\n  - {item}\n",
            "g/x": "v: 1\n",
            "g/y": "w: 2\n",
            "g/global": "# @package __global__\nv: 3\n",
            "g/own": "\n# @package o\nv: 4\n",
        },
    )
    assert container(compose(folder, "main"), resolve=False) == expected


def test_hydras_own_groups_and_node_are_no_part_of_the_config(write: Writer) -> None:
    text = "defaults:\n  - g: x\n  - _self_\n  - override hydra/job_logging: none\nhydra: {run: {dir: .}}\na: 1\n"
    folder = write({"main": text, "g/x": "v: 1\n"})
    line = ["hydra/launcher=slurm", "hydra.job.name=n", "hydra.run.dir=/"]
    assert container(compose(folder, "main", line), resolve=False) == {"g": {"v": 1}, "a": 1}


def test_defaults_below_the_top_are_ordinary_values(write: Writer) -> None:
    assert compose(write({"main": "a: {defaults: [b]}\n"}), "main").settings["a.defaults"].value == ["b"]


# -- errors ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("files", "message", "where"),
    [
        ({"main": "defaults:\n  - g: z\n"}, "there is no config g/z to include", "main.yaml:2:8"),
        ({"main": "defaults:\n  - g: yy\n"}, "(did you mean y?)", "main.yaml:2:8"),
        ({"main": "defaults:\n  - g: [x, z]\n"}, "there is no config g/z to include", "main.yaml:2:12"),
        ({"main": "defaults: [a]\n", "a": "defaults: [main]\n"}, "main -> a -> main", "a.yaml:1:12"),
        ({"main": "defaults:\n  - g: ???\n"}, "must be chosen: one of x, y", "main.yaml:2:5"),
        ({"main": "defaults:\n  - g: off\n"}, "quote on, off, yes, no", "main.yaml:2:8"),
        ({"main": "defaults:\n  - g: 1\n"}, "is a string, not an integer", "main.yaml:2:8"),
        ({"main": "defaults:\n  - [g]\n"}, "a name, or a group and its option", "main.yaml:2:5"),
        ({"main": "defaults:\n  - {g: x, h: y}\n"}, "has one group, not 2", "main.yaml:2:5"),
        ({"main": "defaults: {g: x}\n"}, "must be a list", "main.yaml:1:11"),
        ({"main": "defaults:\n  - override g: x\n  - g: y\n"}, "stand at the end", "main.yaml:3:5"),
        ({"main": "defaults:\n  - override h: x\n"}, "no defaults list has h to override", "main.yaml:2:5"),
        ({"main": "defaults:\n  - g: x\n  - g: y\n"}, "write 'override g: y'", "main.yaml:3:5"),
        ({"main": "defaults: [_self_, _self_]\n"}, "stands twice", "main.yaml:1:20"),
        ({"main": "defaults: [g/x@p, _self_]\np: []\n"}, "a list cannot be merged into p", "main.yaml:2:4"),
        ({"main": "# @package a b\nx: 1\n"}, "header is not of the form", "main.yaml:1:1"),
        ({"main": "defaults: [a]\n", "a": "x: ${y\n"}, "interpolation does not parse", "a.yaml:1:4"),
        ({"main": "defaults: [a]\n", "a": "x: 1\nx: 2\n"}, "duplicate key", "a.yaml:2:1"),
        ({"main": "null: 1\n"}, "null is not a key", "main.yaml:1:1"),
        ({"main": "hydra: {job_logging: none}\n"}, "hydra.job_logging must be a mapping", "main.yaml:1:22"),
        ({"main": "5\n"}, "not a single value", "main.yaml:1:1"),
        ({"other": "a: 1\n"}, "there is no config main", "main.yaml:1:1"),
    ],
)
def test_an_error_points_to_its_cause(write: Writer, files: dict[str, str], message: str, where: str) -> None:
    folder = write({"g/x": "v: 1\n", "g/y": "w: 2\n", **files})
    with pytest.raises(InputError) as caught:
        compose(folder, "main")
    assert message in caught.value.message
    assert str(caught.value.span) == f"{folder}/{where}"


@pytest.mark.parametrize(
    ("override", "message", "column"),
    [
        ("group.aa=1", "there is no aa in group (did you mean a?); +group.aa=1 adds it", 1),
        ("grop.a=1", "there is no grop", 1),
        ("+group.a=1", "group.a is there already: group.a=1 changes it, ++group.a=1 adds or changes it", 1),
        ("~group.z", "there is no group.z to delete", 1),
        ("~group.a=1", "another value than the one to delete", 1),
        ("list.5=1", "list has no item 5", 1),
        ("list.x=1", "list is a list, and x is no index", 1),
        ("list={a: 1}", "a mapping cannot be merged into list", 1),
        ("group=three", "there is no config group/three to include", 1),
        ("group=3", "its option is a string or a list of them", 1),
        ("++group=two", "write one +", 1),
        ("~group=two", "no defaults list has group=two to delete", 1),
        ("group@p=two", "no defaults list has group@p to override (there is group); +group@p=... adds it", 1),
        ("a@b=1", "there is no config group a", 1),
        ("a", "not an override of the form key=value", 1),
        ("a=1,2", "several values are a sweep", 4),
        ("a=b=c", "the value does not end here", 4),
        ("a=choice(1,2)", "functions and sweeps are not evaluated", 3),
        ("a=#1", "expected a value", 3),
        ("group.a='${'", "interpolation does not parse", 1),
    ],
)
def test_a_wrong_override_is_refused_with_its_place_on_the_command_line(
    write: Writer,
    override: str,
    message: str,
    column: int,
) -> None:
    with pytest.raises(InputError) as caught:
        compose(write(TREE), "main", ["group.b=1", override])
    assert message in caught.value.message
    assert str(caught.value.span) == f"<command line>:2:{column}"


def test_a_name_never_leads_out_of_the_folder(write: Writer) -> None:
    folder = write({"inside/main": "defaults:\n  - ../secret\n", "secret": "password: x\n"})
    with pytest.raises(InputError, match=r"there is no config \.\./secret"):
        compose(folder / "inside", "main")


def test_a_tree_is_made_of_shared_parts_that_never_change(write: Writer) -> None:
    reader = ConfigTreeReader(write(TREE))
    file = reader.repository.load("group/one")
    assert file is not None
    assert isinstance(file.body, DictNode)
    before = dict(file.body.value)
    reader.compose("main", ["++group.a=1", "~group.b", "++group.c.d=2"])
    assert file.body.value == before


def test_a_scalar_at_a_span_is_what_the_source_reads(write: Writer) -> None:
    folder = write({"main": "a: 1e-3\nb: 'it''s'\nc: yes\n"})
    root = sources.read(f"{folder}/main.yaml").root
    for key, setting in compose(folder, "main").settings.items():
        node = root.get(key)  # type: ignore[union-attr]
        assert isinstance(node, Scalar)
        assert (node.value, node.span) == (setting.value, setting.span)
