"""Metta, Hydra era (2025-07): a tree of YAML files, a curriculum, Metta's own trainer."""

from metta_lint.trainers.metta.config import read_run
from metta_lint.trainers.metta.plan import derive
from metta_lint.trainers.trainer import Solvable, Trainer

_SOLVABLE = Solvable(
    tuple(
        """
        trainer.batch_size trainer.minibatch_size trainer.forward_pass_minibatch_target_size trainer.bptt_horizon
        trainer.async_factor trainer.num_workers
        """.split()
    ),
    {"": "", "env.": "trainer.env_overrides."},
)
"""The entry is laid over the files of its defaults list, its ``env_overrides`` over the curriculum's environment."""

TRAINER = Trainer("metta", read_run, derive, solvable=_SOLVABLE)
