"""What single values mean: interpolations, resolvers, what stays unknown and why."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from hydra_trees import compose, container
from metta_lint.base.unknown import Unknown

if TYPE_CHECKING:
    from pathlib import Path

    from metta_lint.trainers.hydra import Composed

AROUND = """\
k: 1
name: m
m: {n: 2.5, deep: {x: "${..n}", y: "${...k}", z: "${.x}"}}
l: [10, "${k}", {a: 3}]
none: null
must: ???
nested: {game: {agents: 24, groups: [{props: "${...agents}"}]}}
"""


def composed(folder: Path, text: str) -> Composed:
    (folder / "main.yaml").write_text(AROUND + text, encoding="utf-8")
    return compose(folder, "main")


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("${k}", 1),
        ("${m.n}", 2.5),
        ("${.k}", 1),
        ("${m.deep.x}", 2.5),
        ("${m.deep.y}", 1),
        ("${m.deep.z}", 2.5),
        ("${l.0}", 10),
        ("${l[1]}", 1),
        ("${l[2].a}", 3),
        ("${l}", [10, 1, {"a": 3}]),
        ("${none}", None),
        ("${${name}.n}", 2.5),
        ("${m[n]}", 2.5),
        ("file://${name}/${k}/${none}", "file://m/1/None"),
        ("${k}${k}", "11"),
        (r"\${k}", "${k}"),
        (r"\\${k}", "\\1"),
        (r"\\\${k}", "\\${k}"),
        ("$k", "$k"),
        ("${nested.game.groups.0.props}", 24),
        ("${oc.select:m.n}", 2.5),
        ("${oc.select:gone,7}", 7),
        ("${oc.select:gone}", None),
        ("${oc.select:must,default}", "default"),
        ("${oc.decode:'[1, {a: ${k}}]'}", [1, {"a": 1}]),
        ("${oc.decode:null}", None),
        ("${if:${gt:${k},0},yes,no}", "yes"),
    ],
)
def test_an_interpolation(tmp_path: Path, text: str, value: object) -> None:
    text = f"v: '{text.replace(chr(39), chr(39) * 2)}'\n"
    config = container(composed(tmp_path, text), resolve=True)
    assert isinstance(config, dict)
    assert config["v"] == value
    assert type(config["v"]) is type(value)


@pytest.mark.parametrize(
    ("call", "value"),
    [
        ("add:1,2", 3),
        ("sub:1,2.5", -1.5),
        ("subtract:5,2", 3),
        ("mul:2,3", 6),
        ("multiply:2,0.5", 1.0),
        ("div:6,3", 2),
        ("div:7,2", 3.5),
        ("div:6.0,3", 2.0),
        ("clamp:5,1,3", 3),
        ("make_odd:4", 5),
        ("make_odd:1", 3),
        ("make_integer:2.6", 3),
        ("int:2.4", 2),
        ("if:true,a,b", "a"),
        ("if:0,a,b", "b"),
        ("eq:1,1.0", True),
        ("equals:a,b", False),
        ("gt:2,1", True),
        ("lt:2,1", False),
        ("gte:2,2", True),
        ("lte:3,2", False),
        ("scale:5,0,10,0,100", 50),
        ("scale:5,0,10,0.0,1.0", 0.5),
        ("scale:50,0,10,0,100", 100),
        ("scale:10,0,10,0,90,log", 90),
        ("scale:0,0,10,0,90,exp", 0),
        ("scale:5,0,10,0.0,1.0,sigmoid", 0.5),
        ("scale:5,0,10,7,7", 7),
        ("iir:0.5,10,20", 15),
        ("iir:0.5,10.0,20", 15.0),
        ("iir:2,10,20", 10),
    ],
)
def test_a_resolver_of_metta(tmp_path: Path, call: str, value: object) -> None:
    setting = composed(tmp_path, f"v: ${{{call}}}\n").settings["v"]
    assert setting.value == value
    assert type(setting.value) is type(value)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("???", "v is mandatory (???)"),
        ("${must}", "must is mandatory (???)"),
        ("x/${must}", "must is mandatory (???)"),
        ("${add:1,${must}}", "must is mandatory (???)"),
        ("${oc.env:TOKEN}", "depends on the environment variable TOKEN"),
        ("${oc.env:TOKEN,s3cret}", "depends on the environment variable TOKEN"),
        ("${oc.env:${name},s3cret}/x", "depends on the environment variable m"),
        ("${now:%Y}", "depends on the time of the launch"),
        ("${hydra:job.name}", "depends on Hydra's own run settings"),
        ("${sampling:1, 10, 5}", "sampled from the range 1, 10, 5"),
        ("${sampling:1, 2}", "sampled from the set 1, 2"),
        ("${uniform:0.5,1}", "sampled from the range 0.5, 1"),
        ("${choose:a,b}", "sampled from the set a, b"),
        ("${div:${choose:2,4},2}", "sampled from the set 2, 4"),
        ("${unheard:1}", "the resolver unheard is not known"),
        ("${oc.dict.keys:m}", "the resolver oc.dict.keys is not known"),
        ("${add:a,b}", "add of something that is not a number"),
        ("${mul:${l},2}", "mul of something that is not a number"),
    ],
)
def test_what_no_file_gives_is_unknown_and_no_problem(tmp_path: Path, text: str, reason: str) -> None:
    config = composed(tmp_path, f"v: '{text}'\n")
    value = config.settings["v"].value
    assert isinstance(value, Unknown)
    assert value.because == reason
    assert config.problems == ()


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("${gone}", "interpolation to gone: there is no gone"),
        ("${m.gone.x}", "interpolation to m.gone.x: there is no gone in m"),
        ("${k.x}", "interpolation through k, which is neither a mapping nor a list"),
        ("${l.9}", "interpolation to l.9: there is no 9 in l"),
        ("${l.x}", "interpolation to l.x: there is no x in l"),
        ("${..k}", "interpolation to ..k climbs above the root"),
        ("${v}", "interpolation in a circle: v -> v"),
        ("${oc.select:..k,1}", "interpolation to ..k climbs above the root"),
        ("${div:1,0}", "div: division by zero"),
        ("${add:1}", "add: add expected 2 arguments, got 1"),
        ("${gt:1,a}", "gt: '>' not supported between instances of 'int' and 'str'"),
        ("${scale:1,2,1,0,1}", "scale: a range that ends before it begins"),
        ("${scale:1,0,1,0,1,cubic}", "scale: no curve 'cubic'"),
        ("${oc.decode:'['}", "interpolation does not parse: expected a value at the end"),
        ("${oc.decode:1}", "oc.decode takes a string"),
        ("${oc.select:}", "oc.select takes a key and a default"),
    ],
)
def test_what_cannot_be_resolved_is_a_problem_at_its_place(tmp_path: Path, text: str, reason: str) -> None:
    config = composed(tmp_path, f'v: "{text}"\n')
    value = config.settings["v"].value
    assert isinstance(value, Unknown)
    assert value.because == reason
    (problem,) = config.problems
    assert problem.message == reason
    assert problem.span == config.settings["v"].span


def test_a_mapping_or_list_can_hold_what_is_unknown(tmp_path: Path) -> None:
    config = composed(tmp_path, "v: [1, '${must}']\n")
    assert config.settings["v"].value == [1, Unknown("must is mandatory (???)")]


def test_a_circle_is_one_problem_and_both_are_unknown(tmp_path: Path) -> None:
    config = composed(tmp_path, "a: ${b}\nb: x${a}\n")
    assert config.settings["a"].value == config.settings["b"].value
    assert [problem.message for problem in config.problems] == ["interpolation in a circle: a -> b -> a"]


def test_a_mapping_cannot_be_a_part_of_itself(tmp_path: Path) -> None:
    config = composed(tmp_path, "a: {x: '${b}'}\nb: {y: '${a}'}\nc: {d: '${c}'}\n")
    assert all(isinstance(config.settings[key].value, Unknown) for key in ("a.x.y.x", "b.y.x.y", "c.d"))
    assert all("part" in problem.message for problem in config.problems)


def test_an_unresolvable_value_concerns_nobody_who_does_not_read_it(tmp_path: Path) -> None:
    config = composed(tmp_path, "bad: ${gone}\ngood: ${k}\n")
    assert config.settings["good"].value == 1
    assert len(config.problems) == 1


def test_the_environment_is_never_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOKEN", "s3cret")
    config = composed(tmp_path, "v: ${oc.env:TOKEN,fallback}\nw: ${oc.decode:${oc.env:TOKEN}}\n")
    shown = f"{config.settings['v']}{config.settings['w']}{config.problems}"
    assert "s3cret" not in shown
    assert "fallback" not in shown


def test_a_long_set_is_shown_in_part(tmp_path: Path) -> None:
    value = composed(tmp_path, f"v: ${{choose:{','.join(map(str, range(100)))}}}\n").settings["v"].value
    assert isinstance(value, Unknown)
    assert value.because == "sampled from the set 0, 1, 2, 3, 4, 5, 6, 7, 8, 9..."
