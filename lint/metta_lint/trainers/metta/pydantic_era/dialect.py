"""Metta, pydantic era (2026-01): no YAML, a TrainerConfig in Python, and dumps of what a run resolved to."""

from metta_lint.trainers.metta.pydantic_era.config import read_run
from metta_lint.trainers.metta.pydantic_era.plan import derive
from metta_lint.trainers.trainer import Solvable, Trainer

_SOLVABLE = Solvable(
    tuple(
        """
        trainer.batch_size trainer.minibatch_size training_env.forward_pass_minibatch_target_size trainer.bptt_horizon
        training_env.async_factor training_env.num_workers
        """.split()
    )
)
"""A dump or a class is one file, laid over nothing."""

TRAINER = Trainer("metta", read_run, derive, solvable=_SOLVABLE)
