"""Configs that mean no good: each ends in one clear error, or in unknown values with a problem that says why."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from hydra_trees import compose, container
from metta_lint.base.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from metta_lint.trainers.hydra import Composed


def write(folder: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        (folder / f"{name}.yaml").write_text(text, encoding="utf-8")
    return folder


def lines(parts: Iterable[str]) -> str:
    return "\n".join(parts) + "\n"


def chained(count: int, link: str) -> dict[str, str]:
    files = {f"f{number}": f"defaults: [{link.replace('#', f'f{number + 1}')}]\n" for number in range(count)}
    return {"main": "defaults: [f0]\n", **files, f"f{count}": "x: 1\n"}


DEEP = ".".join("x" * 1000)
WIDE_MAPPING = lines(["big:", *(f" k{number}: {number}" for number in range(14_000))])
WIDE = lines(f"k{number}: {number}" for number in range(14_000))

REFUSED = {
    "a file that includes itself": ({"main": "defaults: [main]\n"}, "includes run in a circle: main -> main"),
    "a circle of three": (
        {"main": "defaults: [a]\n", "a": "defaults: [b]\n", "b": "defaults: [main]\n"},
        "includes run in a circle: main -> a -> b -> main",
    ),
    "itself under another package": ({"main": "defaults: [a]\n", "a": "defaults: [a@x]\n"}, "circle: main -> a -> a"),
    "itself ever deeper": (
        {"main": "defaults: [a]\n", "a": "defaults: [b@x]\n", "b": "defaults: [a@y]\n"},
        "includes nest deeper than 50 levels",
    ),
    "a chain of 200": (chained(200, "#"), "includes nest deeper than 50 levels"),
    "10,000 includes of one file": (
        {"main": "defaults:\n" + "- a\n" * 10_000, "a": "x: 1\n"},
        "more than 2000 configs are included",
    ),
    "10,000 options": ({"main": f"defaults:\n- .: [{'a, ' * 10_000}]\n", "a": "x: 1\n"}, "more than 2000 configs"),
    "twice as many at each level": (chained(30, "#@a, #@b"), "more than 2000 configs are included"),
    "a wide file merged again and again": (
        {"main": "defaults:\n" + "- a\n" * 500, "a": WIDE},
        "more than 200000 values are merged",
    ),
    "a package of 1,000 keys": ({"main": f"defaults: ['a@{DEEP}']\n", "a": "x: 1\n"}, "a package of more than 50 keys"),
    "a header of 1,000 keys": ({"main": f"# @package {DEEP}\nx: 1\n"}, "a package of more than 50 keys"),
    "packages that grow": (chained(20, f"#@{DEEP[:19]}"), "a package of more than 50 keys"),
    "merges that double": (
        {
            "main": f"defaults: [{', '.join(f'c{number}' for number in range(1, 30))}]\n",
            **{
                f"c{number}": lines(
                    [
                        f"v{number}: {{l: '${{v{number - 1}}}', r: '${{v{number - 1}}}'}}",
                        f"v{number - 1}: {{l: {{z: 1}}, r: {{z: 1}}}}",
                    ],
                )
                for number in range(1, 30)
            },
        },
        "more than 200000 values are merged",
    ),
    "brackets without end": ({"main": f"a: '${{id:{'[' * 9000}'\n"}, "nested deeper than 30 levels"),
    "braces without end": ({"main": f"a: '{'${' * 4000}'\n"}, "nested deeper than 30 levels"),
    "more interpolations than a file has": (
        {"main": lines(f"k{number}: ${{k}}" for number in range(5_000))},
        "more interpolations than any config has",
    ),
    "an interpolation as long as a book": ({"main": f"a: '{'${k}' * 10_000}'\n"}, "more interpolations than any"),
    "a number of 5,000 digits": ({"main": f"a: ${{id:{'1' * 5000}}}\n"}, "a number is too long"),
    "a NUL in a name": ({"main": 'defaults: ["a\\0b"]\n'}, "there is no config"),
    "a name of 5,000 characters": ({"main": f"defaults: ['{'a' * 5000}']\n"}, "there is no config"),
    "a way out of the folder": ({"main": "defaults: [../../../etc/passwd]\n"}, "there is no config"),
    "an absolute path": ({"main": "defaults: [//etc/passwd]\n"}, "there is no config"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_one_clear_error(tmp_path: Path, case: str) -> None:
    files, message = REFUSED[case]
    with pytest.raises(InputError) as caught:
        compose(write(tmp_path, files), "main")
    assert message in caught.value.message
    assert caught.value.span.path.startswith(str(tmp_path))


def chain(link: str, count: int, end: str) -> str:
    return lines(
        [*(f"a{number}: {link.replace('#', f'${{a{number + 1}}}')}" for number in range(count)), f"a{count}: {end}"]
    )


UNKNOWN = {
    "a number squared 40 times": (chain("'${mul:#,#}'", 40, "12345"), "more than 256 bits"),
    "a text doubled 40 times": (chain("'##'", 40, "xyz"), "interpolated text is longer"),
    "a mapping doubled 40 times": (chain("{l: '#', r: '#'}", 40, "{x: 1}"), "stand for more than 20000 values"),
    "a list doubled 40 times": (chain("['#', '#']", 40, "[x]"), "stand for more than 20000 values"),
    "an argument doubled 40 times": (chain("'${if:1,[#,#],1}'", 40, "[x]"), "stand for more than 20000 values"),
    "a chain of 3,000": (chain("'#'", 3000, "1"), "interpolations nest too deep"),
    "a chain of 3,000 mappings": (chain("{x: '#'}", 3000, "1"), "interpolations nest too deep"),
    "a circle of 3,000": (chain("'#'", 3000, "${a0}"), "interpolations nest too deep"),
    "a wide mapping as text": (WIDE_MAPPING + chain("'-#${big}'", 50, "1"), "text is longer"),
}  # fmt: skip


@pytest.mark.parametrize("case", UNKNOWN)
def test_what_would_grow_without_bound_is_a_problem(tmp_path: Path, case: str) -> None:
    text, message = UNKNOWN[case]
    composed = compose(write(tmp_path, {"main": text}), "main")
    assert any(message in problem.message for problem in composed.problems)
    assert len(composed.settings) < 150_000
    assert size(composed) < 400_000


def size(composed: Composed) -> int:
    """How many parts the resolved config has, however often one of them is the same as another."""
    total, rest = 0, [container(composed, resolve=True)]
    while rest:
        total += 1
        part = rest.pop()
        rest.extend(part.values() if isinstance(part, dict) else part if isinstance(part, list) else ())
    return total


@pytest.mark.parametrize(
    "override",
    [
        f"++{'.'.join('a' * 5000)}=1",
        f"a={'[' * 5000}",
        f"a={'1' * 5000}",
        f"a={'1,' * 50_000}",
        f"a='{chr(92) * 50_000}",
        f"a={chr(39) * 50_001}",
        "a=" + "'b\\'," * 20_000,
    ],
    ids=len,
)
def test_a_hostile_override_is_refused(tmp_path: Path, override: str) -> None:
    with pytest.raises(InputError) as caught:
        compose(write(tmp_path, {"main": "a: 1\n"}), "main", [override])
    assert caught.value.span.path == "<command line>"


def test_deep_but_legal_nesting_is_read(tmp_path: Path) -> None:
    deep = "{a: " * 90 + "1" + "}" * 90
    folder = write(tmp_path, {"main": f"defaults: ['g@{'.'.join('p' * 40)}']\n", "g": f"a: {deep}\n"})
    assert [setting.value for setting in compose(folder, "main").settings.values()] == [1]
