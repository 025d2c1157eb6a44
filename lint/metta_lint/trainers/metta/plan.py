"""Derives a Metta plan (Hydra era, 2025-07): batch sizes, Experience, rollout and updates, as arithmetic."""

from __future__ import annotations

from typing import TYPE_CHECKING

from metta_lint.loops.requirements import CONFIG_REQUIREMENTS
from metta_lint.plans.derivation import Derivation
from metta_lint.plans.epochs import ANNEALING, Backend, account, derive_intervals, summarise
from metta_lint.plans.plan import IgnoredKey, Plan
from metta_lint.trainers.environment import derive_rewards, environment_of
from metta_lint.trainers.metta.batches import INTERVALS, derive_batches, derive_environments
from metta_lint.trainers.metta.model import check_model
from metta_lint.trainers.metta.updates import derive_hyperparameters, derive_optimizer_steps, derive_segments

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from metta_lint.loops.loop import Loop
    from metta_lint.plans.run import Run

REQUIREMENTS = tuple(
    """
    keys-given known-target integer-sizes integer-clocks positive-sizes positive-horizon known-optimizer typed-values
    bounded-values known-choices paths-given known-keys minibatch-fits-whole-batch minibatch-divides-whole-batch
    minibatch-fits-batch minibatch-divides-batch curriculum-given evaluations-have-checkpoints evaluations-have-uploads
    uploads-have-checkpoints known-backend positive-envs workers-divide-envs worker-envs-divide-batch
    batches-divide-envs agents-fit-environment agents-fit-segments horizon-divides-minibatch
    minibatch-segments-divide-segments contiguous-ids-off
    """.split()
)
"""What Metta insists on, in its order: its config's model, vectorisation, Experience, the first rollout."""

PECULIARITIES: Mapping[str, object] = {
    "overrun": "overwrite",
    "minibatch_count": "segments",
    "advantages": "once-per-epoch",
    "beta_epochs": "update-epoch",
    "lstm_zeroed_each_rollout": False,
}
"""How Metta trains, as fields of a loop."""


def derive(run: Run, backend: Backend | None = None) -> Plan:
    """What Metta's trainer (Hydra era) will do with a run."""
    d = Derivation(run, raises="ValidationError")
    check_model(d)
    derive_batches(d)
    derive_environments(d)
    derive_segments(d)
    account(d, overrun="overwrite")
    derive_optimizer_steps(d)
    derive_hyperparameters(d)
    derive_rewards(d, {})
    summarise(d, backend)
    derive_intervals(d, INTERVALS, "update_epochs")
    d.define("final_learning_rate", source=ANNEALING)
    return d.plan(_loop(d), order=REQUIREMENTS, ignored=tuple(_ignored(run)))


def _ignored(run: Run) -> Iterator[IgnoredKey]:
    """Keys that are set and never read."""
    setting = run.settings.get("trainer.env")
    if setting is not None and setting.span is not None and setting.value and run.settings.get("trainer.curriculum"):
        yield IgnoredKey(setting.key, "trainer.curriculum comes before it", "trainer.curriculum")


def _loop(d: Derivation) -> tuple[Loop | None, str | None]:
    value = d.lookup
    outside = next((refusal for refusal in d.refusals if refusal.requirement in CONFIG_REQUIREMENTS), None)
    if outside is not None:
        return None, f"the trainer refuses its config first: {outside.message}"
    num_envs = value("num_envs")
    ill_sized = min(
        (refusal for refusal in d.refusals if refusal.requirement in ("integer-sizes", "positive-sizes")),
        key=lambda refusal: REQUIREMENTS.index(refusal.requirement),
        default=None,
    )
    if ill_sized is not None:
        # Environments are derived from sizes that the loop does not carry: it carries the one at fault in their place.
        num_envs = d.run.value(ill_sized.at[0])
    return d.loop(
        environment_of(d),
        REQUIREMENTS,
        num_envs=num_envs,
        zero_copy=d.run.value("vectorization") != "serial" and bool(d.run.value("trainer.zero_copy")),
        max_minibatch_size=None,
        intervals={name: interval for name in INTERVALS if isinstance(interval := value(name), int)},
        **PECULIARITIES,
    )
