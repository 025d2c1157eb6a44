"""ML504: keys of [env] that the environment does not take."""

from collections.abc import Iterator

from metta_lint.api import INI, Case, Draft, Fix, Place, Plan, Setting, close_names, removal, renaming

DEFAULT = "[base]\npackage = None\nenv_name = None\n\n[train]\nseed = 1\n"
REGISTRY = (
    "from .whisker_racer.whisker_racer import WhiskerRacer\n\n"
    "MAKE_FUNCTIONS = {'whisker_racer': WhiskerRacer}\n\n"
    "def env_creator(name='squared'):\n    return MAKE_FUNCTIONS[name.replace('puffer_', '')]\n"
)
ENVIRONMENT = "class WhiskerRacer(PufferEnv):\n    def __init__(self, num_envs=1, width=640, buf=None, seed=0): ...\n"
CODE = {
    "pufferlib/config/default.ini": DEFAULT,
    "pufferlib/ocean/environment.py": REGISTRY,
    "pufferlib/ocean/whisker_racer/whisker_racer.py": ENVIRONMENT,
}
BASE = "[base]\npackage = ocean\nenv_name = puffer_whisker_racer\n\n[env]\nnum_envs = 1024\n"
RUN = "pufferlib/config/ocean/whisker_racer.ini"


class EnvKeyRefused:
    """A key of `[env]` that the environment does not take.

    ## Why it matters
    PufferLib hands every key of `[env]` to the environment's constructor. One that it has no parameter for is a
    TypeError as soon as the run starts, often after an hour in a queue. An environment that moved on without its INI is
    the usual way to get there.

    ## Example
    `frameskip = 4` where `WhiskerRacer.__init__` has no such parameter. This is seen where the environment's code lies
    in the tree; `**kwargs` is followed to where it is handed on to.

    ## How to fix it
    Remove the key, or write the parameter that was meant.
    """

    code, name, severity = "ML504", "env-key-refused", "error"
    fixable = "safe"
    agrees = [
        Case(files={**CODE, RUN: f"{BASE}width = 1080\n"}),
        Case(files={**CODE, RUN: f"{BASE}width = 1080\nheight = 2\n", "pufferlib/ocean/environment.py": "import x\n"}),
    ]
    drifts = [
        Case(files={**CODE, RUN: f"{BASE}frameskip = 4\n"}, at=(f"{RUN}:7",)),
        Case(files={**CODE, RUN: f"{BASE}widht = 1080\n"}, at=(f"{RUN}:7",)),
    ]

    def check(self, plan: Plan) -> Iterator[Draft]:
        """One draft for each key that the environment's constructor does not accept."""
        callee = plan.run.callee
        if callee is None or callee.anything:
            return
        for key, setting in plan.run.settings.items():
            section, _, name = key.partition(".")
            written = setting.span is None or INI.fits(setting.span.path)
            if section != "env" or "." in name or not written or name in callee.names:
                continue
            takers = " and ".join(dict.fromkeys(place for place, _ in callee.places))
            names = ", ".join(sorted(callee.names))
            close = "".join(close_names(name, sorted(callee.names), compared=None))
            yield Draft(
                f"the environment takes no {name}: TypeError when it is made",
                at=Place(plan, key),
                related=tuple((f"{taker} takes {names}", span) for taker, span in callee.places[:1]),
                help=f"did you mean {close}?" if close else f"remove it, or teach {takers} to take it",
                fix=_fix(plan, setting, name, close),
            )


def _fix(plan: Plan, setting: Setting, name: str, meant: str) -> Fix | None:
    if setting.span is None:
        return None
    other = plan.run.settings.get(f"env.{meant}")
    is_written = other is not None and other.span is not None and INI.fits(other.span.path)
    return renaming(setting.span, name, meant) if meant and not is_written else removal(setting.span, name)
