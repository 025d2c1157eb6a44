"""The project's own configuration: found upward, read with its mistakes' lines."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from metta_lint.config import find_config, load_config
from metta_lint.errors import InputError, LintError

if TYPE_CHECKING:
    from pathlib import Path


def write(folder: Path, text: str, name: str = "metta-lint.toml") -> str:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(text, encoding="utf-8")
    return str(folder / name)


def test_the_nearest_configuration_wins(tmp_path: Path) -> None:
    write(tmp_path, 'ignore = ["ML1"]')
    write(tmp_path / "inner", 'ignore = ["ML2"]')
    assert find_config(str(tmp_path / "inner")).ignore == ("ML2",)
    (tmp_path / "other").mkdir()
    assert find_config(str(tmp_path / "other")).ignore == ("ML1",)


def test_a_pyproject_without_a_section_is_passed_over(tmp_path: Path) -> None:
    write(tmp_path, '[tool.metta-lint]\nselect = ["ML4"]', "pyproject.toml")
    write(tmp_path / "inner", "[tool.ruff]\nline-length = 100", "pyproject.toml")
    assert find_config(str(tmp_path / "inner")).select == ("ML4",)


def test_runs_pairs_and_differences(tmp_path: Path) -> None:
    write(tmp_path / "config", "", "metta.ini")
    write(tmp_path / "configs", "", "train_job.yaml")
    path = write(
        tmp_path,
        """
[tool.metta-lint]
select = ["ML"]
[tool.metta-lint.machine]
cpus = 16
[tool.metta-lint.runs.puffer]
entry = "config/metta.ini"
set = ["env.num_agents=64"]
[tool.metta-lint.runs.native]
entry = "configs/train_job.yaml"
[[tool.metta-lint.pairs]]
left = "puffer"
right = "native"
[[tool.metta-lint.pairs.differs]]
quantity = "total_timesteps"
reason = "smoke runs stop early"
""",
        "pyproject.toml",
    )
    config = load_config(path)
    assert config.machine.cpus == 16
    assert config.runs["puffer"].overrides == ("env.num_agents=64",)
    assert config.runs["native"].entry.endswith("configs/train_job.yaml")
    (pair,) = config.pairs
    (difference,) = pair.differs
    assert (difference.quantity, difference.reason) == ("total_timesteps", "smoke runs stop early")
    assert difference.span.line == 15


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ('selekt = ["ML"]', 1, "no key 'selekt'"),
        ("select = 3", 1, "must be a list of strings"),
        ("[machine]\ncpus = 0", 2, "positive"),
        ("[runs.a]\nset = []", 1, "runs.a: entry is missing"),
        ('[runs.a]\nentry = "gone.ini"', 2, "does not exist"),
        ("[machine]\nsteps_per_second = nan", 2, "positive"),
        ('[[pairs]]\nleft = "a"\nright = "b"', 2, "no run is called 'a'"),
        ("select = [", 1, ""),
        (
            '[runs.a]\nentry="x.ini"\n[[pairs]]\nleft="a"\nright="a"\n[[pairs.differs]]\nquantity="x"\nleft=[3]',
            8,
            "left must be the value",
        ),
    ],
)
def test_a_mistake_has_its_line(tmp_path: Path, text: str, line: int, message: str) -> None:
    write(tmp_path, "", "x.ini")
    with pytest.raises(InputError) as caught:
        load_config(write(tmp_path, text))
    assert message in caught.value.message
    assert caught.value.span.line == line


def test_a_file_without_the_section_is_an_error_where_it_was_named(tmp_path: Path) -> None:
    with pytest.raises(LintError, match="has no"):
        load_config(write(tmp_path, "[tool.ruff]", "pyproject.toml"))
