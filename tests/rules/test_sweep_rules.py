"""The sweep rules on labelled mistakes of real projects: each is found where it stands."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from metta_lint.check.linter import check
from metta_lint.project.config import Config, Selector

if TYPE_CHECKING:
    from pathlib import Path

FOUND = {
    "M04": {
        "ML605 configs/sweep/cogeval_sweep.yaml:25",
        "ML605 configs/sweep/cogeval_sweep.yaml:26",
        "ML605 configs/sweep/cogeval_sweep.yaml:27",
    },
    "M05": {
        "ML603 configs/sweep/quick.yaml:26",
        "ML607 configs/sweep/quick.yaml:23",
        "ML607 configs/sweep/quick.yaml:24",
    },
    "M07": {
        "ML605 configs/sweep/cogeval_sweep.yaml:25",
        "ML605 configs/sweep/cogeval_sweep.yaml:26",
        "ML605 configs/sweep/cogeval_sweep.yaml:27",
        "ML607 configs/sweep/cogeval_sweep.yaml:32",
    },
    "P07": {
        "ML601 pufferlib/config/ocean/cartpole.ini:46",
        "ML602 pufferlib/config/kinetix.ini:25",
        "ML602 pufferlib/config/ocean/cartpole.ini:17",
        "ML608 pufferlib/config/kinetix.ini:26",
        "ML608 pufferlib/config/kinetix.ini:28",
    },
    "P08": {"ML602 pufferlib/config/ocean/blastar.ini:17", "ML608 pufferlib/config/ocean/blastar.ini:20"},
    "P20": {"ML604 config/default.ini:94"},
    "P21": {"ML604 config/ocean/nmmo3.ini:41"},
    "P22": {"ML604 pufferlib/config/ocean/whisker_racer.ini:101"},
    "Q02": set(),
    "Q03": {"ML607 pufferlib/config/ocean/impulse_wars.ini:59"},
}
"""All that is wrong with the sweeps of these cases. M06 is M05's state; of PufferLib 2 (P21) only ranges are judged."""


def found_in(folder: Path) -> set[str]:
    report = check([folder.as_posix()], Config(selectors=(Selector("ML6"),)))
    return {
        f"{finding.code} {finding.span.path[len(folder.as_posix()) + 1 :]}:{finding.span.line}"
        for finding in report.findings
    }


@pytest.mark.parametrize("case", FOUND)
def test_a_real_sweep_has_these_mistakes_and_no_others(case: str, corpus: Path) -> None:
    assert found_in(corpus / "cases" / case) == FOUND[case]


STOPPED = {
    "config/atari.ini",
    "config/gpudrive.ini",
    "config/gvgai.ini",
    "config/kinetix.ini",
    "config/ocean/blastar.ini",
    "config/ocean/cartpole.ini",
    "config/ocean/oldgrid.ini",
}
"""The INIs of 2025-07 whose load_config() or Hyperparameters() raised when PufferLib 3.0.23's were run on each."""


def test_the_inis_that_stop_before_their_first_run_are_those_that_pufferlib_raised_for(corpus: Path) -> None:
    folder = corpus / "pufferlib-2025-07" / "pufferlib"
    report = check(
        [folder.as_posix()],
        Config(selectors=tuple(map(Selector, ("ML601", "ML602", "ML603", "ML604", "ML605", "ML608")))),
    )
    assert {finding.span.path[len(folder.as_posix()) + 1 :] for finding in report.findings} == STOPPED
