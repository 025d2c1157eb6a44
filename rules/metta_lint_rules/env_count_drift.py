"""ML102: environments."""

from collections.abc import Iterator

from metta_lint.api import Case, Draft, Pair, drift


class EnvCountDrift:
    """Environments differ between the two runs.

    ## Why it matters
    More environments mean more episodes in each batch and fewer steps of each one: a more diverse batch, but less of
    any one episode. The count is written down in PufferLib (`vec.num_envs`) and derived in Metta, from a target in
    agents, so a change of agents or workers moves it without anyone touching it.

    ## Example
    `num_envs = 64` in an INI against `forward_pass_minibatch_target_size: 4096` with 24 agents and 16 workers, which is
    (4096 // 24) // 16 * 16 = 160 environments a batch, twice.

    ## How to fix it
    Choose the target so that it gives the same number, or set `vec.num_envs` to what the other side derives.
    """

    code, name, severity = "ML102", "env-count-drift", "warning"
    agrees = [Case()]
    drifts = [
        Case(left={"vec.num_envs": 8}, claims={"num_envs": (8, 4), "envs_per_batch": (4, 2)}),
        Case(
            right={"trainer.forward_pass_minibatch_target_size": 8, "trainer.batch_size": 64},
            claims={"num_envs": (4, 8)},
        ),
    ]

    def check(self, pair: Pair) -> Iterator[Draft]:
        """One draft where both sides are known and differ."""
        yield from drift(
            pair,
            "num_envs",
            "{left} environments against {right}",
            claims=("num_envs", "envs_per_batch"),
            help="Metta derives its number: metta-lint plan shows from what",
        )
