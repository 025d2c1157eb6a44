"""ML707: episodes shorter than the segments that they are trained in."""

from collections.abc import Iterator

from metta_lint.api import Case, Claim, Draft, Place, Plan

STEPS = "env.game.max_steps"


class ShortEpisode:
    """An episode is shorter than the bptt horizon.

    ## Why it matters
    A segment is one agent's `bptt_horizon` consecutive steps. With shorter episodes every segment runs over at least
    one episode's end, and neither trainer resets the LSTM's state there: the policy carries the memory of one episode
    into the next, in training and in rollout.

    ## Example
    `max_steps: 25` under `bptt_horizon: 64`: every segment holds parts of 3 or 4 episodes.

    ## How to fix it
    A horizon of at most `max_steps`.
    """

    code, name, severity = "ML707", "short-episode", "warning"
    agrees = [Case(), Case(right={STEPS: 4}), Case(right={STEPS: 0})]
    drifts = [Case(right={STEPS: 3}, claims={"bptt_horizon": (None, 4)})]

    def check(self, plan: Plan) -> Iterator[Draft]:
        """One draft where both numbers are known, and the episode has an end."""
        steps, horizon = plan.run.value(STEPS), plan.value("bptt_horizon")
        if not isinstance(steps, int) or not isinstance(horizon, int) or not 0 < steps < horizon:
            return
        yield Draft(
            f"an episode has {steps} steps and a segment {horizon}: every segment runs over an episode's end, "
            "where the LSTM's state is not reset",
            at=Place(plan, STEPS),
            related=((f"bptt_horizon = {horizon}", Place(plan, "bptt_horizon")),),
            claims=(Claim("bptt_horizon", horizon, horizon),),
            help=f"a horizon of at most {steps}",
        )
