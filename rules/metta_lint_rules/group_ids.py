"""ML705: two groups of agents with one id."""

from collections.abc import Iterator

from metta_lint.api import Case, Draft, Environment, Span

GROUPS = "defaults:\n  - _self_\ngame:\n  groups:\n    red:\n      id: 1\n    blue:\n      id: {id}\n"


class GroupIds:
    """Two groups of agents have the same id.

    ## Why it matters
    MettaGrid shares rewards by group id (`group_reward_pct`), and agents see ids, not names: two teams with one id are
    paid as one team and look like one.

    ## Example
    `team_1: {id: 1}` and `team_2: {id: 1}`, each with `group_reward_pct: 0.5`: half of what one team earns is spread
    over both.

    ## How to fix it
    Give each group an id of its own.
    """

    code, name, severity = "ML705", "group-ids", "warning"
    agrees = [Case(files={"configs/env/a.yaml": GROUPS.format(id=2)})]
    drifts = [Case(files={"configs/env/a.yaml": GROUPS.format(id=1)}, at=("configs/env/a.yaml:8",))]

    def check(self, environment: Environment) -> Iterator[Draft]:
        """One draft for each group with the id of an earlier one."""
        seen: dict[int, tuple[str, Span]] = {}
        for name, _ in environment.entries("groups"):
            node, value = environment.get("groups", name, "id"), environment.value("groups", name, "id")
            if node is None or not isinstance(value, int):
                continue
            if value in seen:
                other, place = seen[value]
                yield Draft(
                    f"groups {other} and {name} have the same id {value}: they are rewarded and seen as one",
                    at=node.span,
                    related=((f"{other} has it first", place),),
                    help="give each group an id of its own",
                    values=(other, value),
                )
            seen.setdefault(value, (name, node.span))
