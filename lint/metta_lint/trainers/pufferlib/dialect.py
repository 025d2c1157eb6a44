"""PufferLib's dialect: INI files over a default.ini, and a plan by the rules of version 2.0, 3 or 4.0."""

from __future__ import annotations

from typing import TYPE_CHECKING

from metta_lint.trainers.pufferlib.config import read_run
from metta_lint.trainers.pufferlib.versions import VERSIONS, with_version
from metta_lint.trainers.trainer import Solvable, Trainer

if TYPE_CHECKING:
    from metta_lint.plans.epochs import Backend
    from metta_lint.plans.plan import Plan
    from metta_lint.plans.run import Run


def derive(run: Run, backend: Backend | None = None) -> Plan:
    """What PufferLib will do with a run, by the rules of the run's version; 3 where it has none."""
    match run.version:
        case "2":
            from metta_lint.trainers.pufferlib import plan_2

            return plan_2.derive(run, backend)
        case "4":
            from metta_lint.trainers.pufferlib import plan_4

            return plan_4.derive(run, backend)
        case _:
            from metta_lint.trainers.pufferlib import plan

            return plan.derive(run, backend)


_SOLVABLE = Solvable(
    tuple(
        """
        train.batch_size train.minibatch_size train.max_minibatch_size train.bptt_horizon train.horizon vec.batch_size
        train.env_batch_size vec.num_workers train.num_workers vec.num_buffers vec.num_envs train.num_envs
        vec.total_agents
        """.split()
    ),
    {"": ""},
)
"""The sizes of all versions. An entry is laid over ``default.ini`` key by key."""

TRAINER = Trainer("pufferlib", read_run, derive, VERSIONS, with_version, solvable=_SOLVABLE)
