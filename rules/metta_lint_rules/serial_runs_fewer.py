"""ML404: Serial runs fewer environments than the config asks for."""

from collections.abc import Iterator

from metta_lint.api import Case, Claim, Draft, Place, Plan, percent, show


class SerialRunsFewer:
    """The Serial backend runs `vec.batch_size` environments, not `vec.num_envs`.

    ## Why it matters
    PufferLib's `make()` hands Serial the size of a batch as the number of environments, so that batches have the same
    size with either backend. With `batch_size = auto` that is half of them. Nothing says so: the run has half the
    agents, its batch (if auto) is half as large, and what was meant as "the same, in one process" is another run.

    ## Example
    `backend = Serial`, `num_envs = 64`, `batch_size = auto`: 32 environments run.

    ## How to fix it
    Set `[vec] batch_size` to `num_envs`, or `num_envs` to the number that is meant to run.
    """

    code, name, severity = "ML404", "serial-runs-fewer", "warning"
    agrees = [Case(), Case(left={"vec.backend": "Serial", "vec.batch_size": 4})]
    drifts = [
        Case(left={"vec.backend": "Serial"}, claims={"num_envs": (2, None), "total_agents": (4, None)}),
    ]

    def check(self, plan: Plan) -> Iterator[Draft]:
        """One draft where a run in series leaves environments out."""
        asked, run = plan.number("requested_envs"), plan.number("num_envs")
        if plan.refusals or plan.run.value("vec.backend") != "Serial" or not asked or not run or run >= asked:
            return
        yield Draft(
            f"Serial runs vec.batch_size = {show(run)} of num_envs = {show(asked)} environments "
            f"({percent(run, asked)}), and says nothing",
            at=Place(plan, "vec.backend"),
            related=((f"num_envs = {show(asked)}", Place(plan, "vec.num_envs")),),
            claims=tuple(Claim(name, plan.value(name), plan.value(name)) for name in ("num_envs", "total_agents")),
            help="set [vec] batch_size to num_envs",
        )
