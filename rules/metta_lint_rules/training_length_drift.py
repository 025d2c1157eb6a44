"""ML207: how long training lasts."""

from collections.abc import Iterator

from metta_lint.api import Case, Draft, Pair, Place, claimed, same, show


class TrainingLengthDrift:
    """Epochs or total optimizer steps differ.

    ## Why it matters
    Schedules (learning rate, prioritisation) stretch over the whole run, so the same setting at a different length is a
    different schedule. And a comparison of two runs that stop at different points compares budgets, not trainers.

    ## Example
    300,000,000 steps are 1,145 epochs of 262,144. 10,000,000,000 steps are 10,213 epochs, not the 19,073 that
    total_timesteps / batch_size gives: each of Metta's epochs collects 979,200 steps, and all of them count.

    ## How to fix it
    Agree on `total_timesteps`, or compare at equal numbers of steps and declare the difference.
    """

    code, name, severity = "ML207", "training-length-drift", "warning"
    agrees = [Case()]
    drifts = [
        Case(left={"train.total_timesteps": 128}, claims={"epochs": (4, 2), "optimizer_steps_total": (8, 4)}),
    ]

    def check(self, pair: Pair) -> Iterator[Draft]:
        """One draft that says both, where either differs."""
        epochs, steps = pair.known("epochs"), pair.known("optimizer_steps_total")
        if epochs is None or steps is None or (same(*epochs) and same(*steps)):
            return
        yield Draft(
            f"{show(epochs[0])} epochs with {show(steps[0])} optimizer steps in all "
            f"against {show(epochs[1])} with {show(steps[1])}",
            at=Place(pair.left, "total_timesteps"),
            related=(("the other side's length", Place(pair.right, "total_timesteps")),),
            claims=claimed(pair, "epochs", "optimizer_steps_total"),
        )
