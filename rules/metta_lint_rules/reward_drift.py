"""ML302: what the environment pays."""

from collections.abc import Iterator

from metta_lint.api import Case, Draft, Pair, Place, absent_reward, claimed, is_reward, same, show, traits_of


class RewardDrift:
    """A reward of the environment differs: what one unit of an item pays, or the most that it can pay.

    ## Why it matters
    The reward is the task. Two runs with other weights optimise other things, and their returns cannot be compared.
    PufferLib's metta environment writes three of its arguments over what the environment's YAML says; in Metta the
    YAML, its overlays and `env_overrides` decide. A cap (`ore_red_max`) on one side alone is a different task as
    well.

    ## Example
    `ore_reward = 0.17` in the INI against `ore_red: 0.1` with `ore_red_max: 1` in `rewards/shaped.yaml`.

    ## How to fix it
    Write the same weights on both sides. PufferLib clamps every step's reward to [-1, 1], whatever the weights.
    """

    code, name, severity = "ML302", "reward-drift", "warning"
    agrees = [
        Case(),
        Case(left={"env.ore_reward": 0.5}, right={"env.game.agent.rewards.inventory.ore_red": 0.5}),
    ]
    drifts = [
        Case(left={"env.ore_reward": 0.5}, claims={"reward_ore": (0.5, 0.1)}),
        Case(right={"env.game.agent.rewards.inventory.heart": 3}, claims={"reward_heart": (1.0, 3)}),
        Case(right={"env.game.agent.rewards.inventory.battery_red_max": 1}),
    ]

    def check(self, pair: Pair) -> Iterator[Draft]:
        """One draft for each item whose reward or cap differs; an item that one side never names pays nothing there."""
        if any(side.value("reward_heart") is None for side in pair.plans):
            return
        for quantity in dict.fromkeys(name for side in pair.plans for name in side.quantities if is_reward(name)):
            absent = absent_reward(quantity)
            values = [side.value(quantity) if quantity in side.quantities else absent for side in pair.plans]
            if None in values or same(*values):
                continue
            left, right = (show(value) for value in values)
            label = traits_of(quantity).label
            yield Draft(
                f"{label[0].lower()}{label[1:]}: {left} against {right}",
                at=Place(pair.left, quantity),
                related=((f"{right} here", Place(pair.right, quantity)),),
                claims=() if "_cap_" in quantity else claimed(pair, quantity),
                values=tuple(values),
            )
