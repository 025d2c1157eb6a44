"""ML505: environments that PufferLib's registry does not list."""

from collections.abc import Iterator

from metta_lint.api import Callee, Case, Draft, Place, Plan

DEFAULT = "[base]\npackage = None\nenv_name = None\n\n[train]\nseed = 1\n"
REGISTRY = (
    "MAKE_FUNCTIONS = {\n    'pong': 'Pong',\n}\n\n"
    "def env_creator(name='squared'):\n    return MAKE_FUNCTIONS[name.replace('puffer_', '')]\n"
)
CODE = {"pufferlib/config/default.ini": DEFAULT, "pufferlib/ocean/environment.py": REGISTRY}
INI = "pufferlib/config/ocean/freeway.ini"


class EnvUnregistered:
    """An environment that PufferLib's registry does not list.

    ## Why it matters
    `puffer train puffer_freeway` finds its INI by the name in `[base] env_name`, and its code by `MAKE_FUNCTIONS` in
    `pufferlib/ocean/environment.py`. A name that only the INI has cannot be trained: the run ends before it has begun.

    ## Example
    `env_name = puffer_bandit puffer_memory` where the registry has only `memory`. Where the registry does not lie in
    the tree, only the names are known that PufferLib 3.0.0 still has code or an INI for and lists nowhere: a warning.

    ## How to fix it
    Register the environment, or take the name out of `env_name`.
    """

    code, name, severity = "ML505", "env-unregistered", "error"
    agrees = [
        Case(files={**CODE, INI: "[base]\npackage = ocean\nenv_name = puffer_pong\n"}),
        Case(files={"pufferlib/config/default.ini": DEFAULT, INI: "[base]\npackage = ocean\nenv_name = puffer_x\n"}),
    ]
    drifts = [
        Case(files={**CODE, INI: "[base]\npackage = ocean\nenv_name = puffer_freeway\n"}, at=(f"{INI}:3",)),
        Case(
            files={"pufferlib/config/default.ini": DEFAULT, INI: "[base]\npackage = ocean\nenv_name = puffer_bandit\n"},
            at=(f"{INI}:3",),
        ),
    ]

    def check(self, plan: Plan) -> Iterator[Draft]:
        """One draft for all names of an INI that are not registered."""
        callee = plan.run.callee
        if callee is None or not callee.unregistered:
            return
        names = ", ".join(callee.unregistered)
        many = len(callee.unregistered) > 1
        yield Draft(
            f"{names} {'are' if many else 'is'} not registered{_where(callee)}: "
            f"{'they' if many else 'it'} cannot be trained",
            at=Place(plan, "base.env_name"),
            related=(("MAKE_FUNCTIONS lists what there is", callee.registry),) if callee.registry else (),
            help="register it in pufferlib/ocean/environment.py, or take it out of env_name",
            severity="error" if callee.registry else "warning",
        )


def _where(callee: Callee) -> str:
    return (
        "" if callee.registry else " in PufferLib 3.0.0's MAKE_FUNCTIONS (this tree holds no code that says otherwise)"
    )
