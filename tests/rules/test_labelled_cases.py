"""States of real repositories that were wrong, with the lines that were: each is found by rules that know no case."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import pytest

from metta_lint.check.linter import check
from metta_lint.project.config import Config

if TYPE_CHECKING:
    from pathlib import Path

EXPERIMENTS = "configs/env/mettagrid/multiagent/experiments"
RENAMED = ("boxshare", "boxy", "cylinder_world", "manhatten", "narrow_world")
TERRAINS = ("balanced", "dense", "maze", "sparse")
COOPERATION = "configs/env/mettagrid/cooperation/experimental"
FOUND = {
    "M01": [f"{EXPERIMENTS}/cylinder_world.yaml:9 ML804"],
    "M11": ["configs/agent/reference_design.yaml:45 ML804"],
    "M13": [f"{EXPERIMENTS}/manhatten.yaml:12 ML704"],
    "M14": [
        f"{COOPERATION}/central_table_layout.yaml:14 ML706",
        f"{COOPERATION}/confined_room_coord.yaml:14 ML706",
        f"{COOPERATION}/two_rooms_coord.yaml:12 ML706",
    ],
    "M15": [
        "configs/env/mettagrid/curriculum/all.yaml:5 ML802",
        "configs/env/mettagrid/curriculum/navsequence/nav_backchain_mem.yaml:7 ML802",
        "configs/env/mettagrid/curriculum/navsequence/nav_mem.yaml:8 ML802",
    ],
    "M16": [
        *(f"{EXPERIMENTS}/{name}.yaml:2 ML801" for name in RENAMED),
        *(f"{EXPERIMENTS}/varied_terrain_{name}.yaml:2 ML801" for name in TERRAINS),
    ],
    "M17": ["configs/sim/sweep_eval.yaml:9 ML802", "configs/sim/all.yaml:187 ML802", "configs/sim/all.yaml:219 ML802"],
    "M18": [f"configs/env/mettagrid/curriculum/objects/all_objects.yaml:{line} ML805" for line in (32, 35)],
    "M20": ["configs/env/mettagrid/maps/object_use/swap_out.map:8 ML709"],
    "M21": ["configs/env/mettagrid/navigation/training/varied_terrain_dense.yaml:20 ML710"],
    "M23": ["configs/hardware/pufferbox.yaml:11 ML001"],
}


def found_in(folder: Path) -> list[str]:
    report = check([folder.as_posix()], Config())
    start = len(folder.as_posix()) + 1
    return [f"{finding.span.path[start:]}:{finding.span.line} {finding.code}" for finding in report.findings]


@pytest.mark.parametrize("case", FOUND)
def test_what_was_wrong_is_found_at_its_line(case: str, corpus: Path) -> None:
    assert set(FOUND[case]) <= set(found_in(corpus / "cases" / case))


def test_a_renamed_folder_is_told_from_files_that_are_not_here(corpus: Path) -> None:
    """M16 has files without the base of all environments beside those whose folder was renamed."""
    dangling = [found for found in found_in(corpus / "cases" / "M16") if found.endswith("ML801")]
    assert sorted(dangling) == sorted(FOUND["M16"])


def test_a_part_of_a_tree_that_is_right_stays_silent(corpus: Path) -> None:
    assert found_in(corpus / "cases" / "Q01") == []


def test_a_map_that_moved_is_found_once_the_tree_has_maps(corpus: Path, tmp_path: Path) -> None:
    """M22 holds the config alone; beside the map that was meant, its line is at fault."""
    config = "configs/env/mettagrid/navigation_sequence/evals/corridors.yaml"
    there = tmp_path / "configs/env/mettagrid/maps/navigation_sequence/corridors.map"
    (tmp_path / config).parent.mkdir(parents=True)
    (tmp_path / config).write_text((corpus / "cases/M22" / config).read_text(encoding="utf-8"), encoding="utf-8")
    assert found_in(tmp_path) == []
    there.parent.mkdir(parents=True)
    there.write_text("####\n#@_#\n####\n", encoding="utf-8")
    assert found_in(tmp_path) == [f"{config}:8 ML803"]


def test_values_of_another_revision_are_found_beside_those_of_the_trees_own(corpus: Path, tmp_path: Path) -> None:
    """M19 holds nothing that tells its revision; M18, of the same one, does."""
    for case in ("M18", "M19"):
        for path in (corpus / "cases" / case).rglob("*.yaml"):
            copy = tmp_path / path.relative_to(corpus / "cases" / case)
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_text(path.read_text(encoding="utf-8"), encoding="utf-8")
    forms = [found for found in found_in(tmp_path) if found.endswith("ML712")]
    assert len(forms) == 9
    assert all(":7 " in found for found in forms)


def test_a_whole_tree_has_what_was_checked_by_hand_and_no_more(corpus: Path) -> None:
    """Objects, items, paths, classes and keys of Metta at e0f6d943 that were wrong; 90 maps agree with num_agents."""
    codes = Counter(found.rpartition(" ")[2] for found in found_in(corpus / "metta-2025-07"))
    judged = {code: count for code, count in codes.items() if code[:3] in ("ML7", "ML8") and code != "ML701"}
    assert judged == {"ML703": 9, "ML704": 2, "ML802": 3, "ML804": 2, "ML805": 16}
