"""ML407: a text that looks like a value."""

import re
from collections.abc import Iterator

from metta_lint.api import Case, Claim, Draft, Place, Plan, Setting

WORDS = {"true": "True", "false": "False", "none": "None", "null": "None"}
FLAGS = {
    "anneal_lr",
    "compile",
    "compile_fullgraph",
    "cpu_offload",
    "overwork",
    "sync_traj",
    "torch_deterministic",
    "zero_copy",
}
TEXTS = {"package", "env_name", "policy_name", "data_dir", "device", "compile_mode"}
"""Keys that take any text."""
_NUMBER = re.compile(r"([-+]?(?:\d[\d_]*\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)\s*(;.*)?")


class TextForValue:
    """A value that PufferLib reads as text, although it looks like True, False, None or a number.

    ## Why it matters
    PufferLib reads a value as a Python literal, and as text where it is none: `true`, `none` and `5 ; workers` are
    texts. Every text counts as true, `false` too; `none` is not None; and a number with a comment after `;` fails
    where it is first used in arithmetic, or is compared as text.

    ## Example
    `anneal_lr = false` anneals the learning rate: 'false' is a text, and not empty.

    ## How to mend it
    Write True, False, None and numbers as Python does; a comment after `#` is left out, one after `;` is not.
    """

    code, name, severity = "ML407", "text-for-value", "warning"
    agrees = [Case(), Case(left={"train.anneal_lr": True, "train.learning_rate": "0.001 # measured"})]
    drifts = [
        Case(left={"train.anneal_lr": "false"}, claims={"anneal_lr": (True, None)}),
        Case(left={"train.anneal_lr": "true"}, claims={"anneal_lr": (True, None)}),
        Case(left={"train.anneal_lr": "true  # cosine, or None"}, claims={"anneal_lr": (True, None)}),
    ]

    def check(self, plan: Plan) -> Iterator[Draft]:
        """One draft for each text of an INI that Python would spell otherwise."""
        for setting in plan.run.settings.values():
            name = setting.key.rpartition(".")[2]
            if setting.span is None or not setting.span.path.lower().endswith(".ini") or name in TEXTS:
                continue
            meant = _meant(setting)
            if meant is None:
                continue
            is_flag = name in FLAGS
            known = plan.value(name) if is_flag else None
            yield Draft(
                f"{setting.key} = {_without_comment(str(setting.value))} is a text, not {meant}"
                + _effect(name, str(setting.value)),
                at=Place(plan, setting.key),
                claims=(Claim(name, known, known),) if known is not None else (),
                help=f"write {meant}",
            )


def _meant(setting: Setting) -> str | None:
    """What Python would read as the value that a text looks like."""
    if not isinstance(setting.value, str):
        return None
    text = _without_comment(setting.value).lower()
    if text in WORDS:
        return WORDS[text]
    number = _NUMBER.fullmatch(text)
    return number[1] if number is not None else None


def _without_comment(text: str) -> str:
    return text.partition("#")[0].strip()


def _effect(name: str, text: str) -> str:
    if name not in FLAGS:
        return ""
    wrong = " all the same" if text.strip().lower() != "true" else ", by luck"
    return f": every text counts as true, so {name} is on{wrong}"
