"""ML409: bfloat16 in PufferLib 3, whose policy stops at its first weights."""

from collections.abc import Iterator

from metta_lint.api import Case, Claim, Draft, Place, Plan, rewriting


class FrozenCasts:
    """Mixed precision casts the weights once, and what the optimizer does afterwards never reaches the policy.

    ## Why it matters
    PufferLib 3 enters autocast twice in every minibatch of `train()` and never leaves it, and torch keeps the bfloat16
    casts of weights until the outermost autocast is left. So the casts of the first update serve for the rest of the
    run: the float32 weights and the checkpoints move, while the policy that collects stays the untrained one. Seen by
    running pufferlib-core 3.0.23 on a CPU: every rollout acts with the first weights, and without an LSTM the ratio of
    new to old probabilities is exactly 1 in every minibatch. With `compile` on, updates cast anew, but from the second
    rollout on the policy acts with the weights that the first update left.

    ## Example
    `precision = bfloat16` in `[train]`: the reward does not move, and without an LSTM the KL divergence and the clip
    fraction are logged as 0 throughout.

    ## How to fix it
    Set `precision = float32`, PufferLib's default.
    """

    code, name, severity = "ML409", "frozen-casts", "error"
    fixable = "unsafe"
    agrees = [Case(), Case(left={"train.compile": True})]
    drifts = [
        Case(left={"train.precision": "bfloat16"}, claims={"precision": ("bfloat16", None)}),
        Case(left={"train.precision": "bfloat16", "train.compile": True}, claims={"precision": ("bfloat16", None)}),
    ]

    def check(self, plan: Plan) -> Iterator[Draft]:
        """One draft for a run in bfloat16 whose autocast is never left."""
        if plan.loop is None or not plan.loop.autocast_stays_on or plan.value("precision") != "bfloat16":
            return
        compiled = plan.run.settings.get("train.compile")
        if compiled is not None and compiled.value:
            effect = "from the second rollout on it acts with the weights that the first update left"
        else:
            effect = "the policy acts with its first weights for the whole run"
        written = plan.run.settings.get("train.precision")
        yield Draft(
            f"precision = bfloat16: {plan.run.trainer} never leaves autocast, so that torch casts the weights once; "
            f"{effect}, whatever the optimizer does to them",
            at=Place(plan, "precision"),
            claims=(Claim("precision", "bfloat16", "bfloat16"),),
            help="set precision = float32",
            fix=rewriting(written.span, "bfloat16", "float32") if written is not None and written.span else None,
        )
