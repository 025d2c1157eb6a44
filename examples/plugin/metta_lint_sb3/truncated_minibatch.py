"""SB301: a minibatch size that leaves a smaller minibatch at the end of each pass."""

from __future__ import annotations

from typing import TYPE_CHECKING

from metta_lint.api import Case, Draft, Place, Plan, show

if TYPE_CHECKING:
    from collections.abc import Iterator

ENTRY = "CartPole-v1:\n  n_timesteps: 100000\n  policy: MlpPolicy\n  n_envs: 8\n  n_steps: 32\n  batch_size: {}\n"


class TruncatedMinibatch:
    """The minibatch size does not divide the rollout: each pass ends with a smaller minibatch.

    ## Why it matters
    Stable-Baselines3 takes one optimizer step for each minibatch, whatever its size. The last one of a pass over
    `n_steps * n_envs` steps holds what is left. Its gradient is noisier, and weighs as much as a whole minibatch's; its
    few advantages are normalised among themselves. SB3 warns once, in the middle of a log.

    ## Example
    `n_envs: 8`, `n_steps: 32` and `batch_size: 100`: 256 steps are two minibatches of 100 and one of 56.

    ## How to fix it
    Choose a `batch_size` that divides `n_steps * n_envs`.
    """

    code, name, severity = "SB301", "truncated-minibatch", "warning"
    url = "https://stable-baselines3.readthedocs.io/en/master/modules/ppo.html"
    agrees = [Case(files={"hyperparams/ppo.yml": ENTRY.format(256)})]
    drifts = [Case(files={"hyperparams/ppo.yml": ENTRY.format(100)}, at=("hyperparams/ppo.yml:6",))]

    def check(self, plan: Plan) -> Iterator[Draft]:
        left, batch, minibatch = (plan.number(name) for name in ("truncated_minibatch", "batch_size", "minibatch_size"))
        if not left or batch is None or minibatch is None or minibatch > batch:
            return
        passes = plan.number("update_epochs") or 0
        yield Draft(
            f"every pass ends with a minibatch of {show(left)} steps instead of {show(minibatch)}: "
            f"{show(passes)} of {show(plan.number('optimizer_steps_per_epoch'))} optimizer steps a rollout",
            at=Place(plan, "minibatch_size"),
            related=((f"n_steps * n_envs = {show(batch)}", Place(plan, "ticks_per_env")),),
            help=f"the nearest sizes that divide {show(batch)}: {_divisors(int(batch), int(minibatch))}",
        )


def _divisors(batch: int, minibatch: int) -> str:
    below = next(size for size in range(minibatch, 0, -1) if batch % size == 0)
    above = next(size for size in range(minibatch, batch + 1) if batch % size == 0)
    return f"{show(below)} and {show(above)}"
