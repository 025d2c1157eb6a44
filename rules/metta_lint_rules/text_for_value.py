"""ML407: a text that looks like a value."""

import ast
import re
from collections.abc import Iterator

from metta_lint.api import INI, Case, Claim, Draft, Edit, Fix, Place, Plan, Setting

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
FREE_SECTIONS = ("env", "policy", "rnn")
"""Sections whose keys are somebody else's."""
_NUMBER = re.compile(r"([-+]?(?:\d[\d_]*\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)\s*(;.*)?")


class TextForValue:
    """A value that PufferLib reads as text, although it looks like True, False, None or a number.

    ## Why it matters
    PufferLib reads a value as a Python literal if it is one, and else as text: `true`, `none` and `5 ; workers` are
    texts. Every text counts as true, `false` too; `none` is not None; and a number with a comment after `;` fails
    where it is first used in arithmetic, or is compared as text.

    ## Example
    `anneal_lr = false` anneals the learning rate: 'false' is a text, and not empty.

    ## How to fix it
    Write True, False, None and numbers as Python does; a comment after `#` is left out, one after `;` is not.
    What an environment or a policy takes may be a word like `none`: for those, `--fix` needs `--unsafe-fixes`.
    """

    code, name, severity = "ML407", "text-for-value", "warning"
    fixable = "safe"
    agrees = [Case(), Case(left={"train.anneal_lr": True, "train.learning_rate": "0.001 # measured"})]
    drifts = [
        Case(left={"train.anneal_lr": "false"}, claims={"anneal_lr": (True, None)}),
        Case(left={"train.anneal_lr": "true"}, claims={"anneal_lr": (True, None)}),
        Case(left={"train.anneal_lr": "true  # cosine, or None"}, claims={"anneal_lr": (True, None)}),
    ]

    def check(self, plan: Plan) -> Iterator[Draft]:
        """One draft for each text of an INI that Python spells differently."""
        for setting in plan.run.settings.values():
            name = setting.key.rpartition(".")[2]
            if setting.span is None or not INI.fits(setting.span.path) or name in TEXTS:
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
                fix=_fix(setting, meant),
            )


def _fix(setting: Setting, meant: str) -> Fix | None:
    """The fix: the word in Python's spelling, or a comment that begins with ``#``."""
    text, span = str(setting.value), setting.span
    if span is None:
        return None
    number, semicolon, _ = text.partition(";")
    if semicolon and "#" not in number:
        place = span._replace(column=span.column + len(number), end_line=span.line)
        comment = Edit(place._replace(end_column=place.column + 1), "#", was=";")
        return Fix("begin the comment with #", (comment,), is_safe=True) if _is_literal(number.strip()) else None
    word = _without_comment(text)
    place = span._replace(end_line=span.line, end_column=span.column + len(word))
    is_safe = setting.key.partition(".")[0] not in FREE_SECTIONS
    return Fix(f"write {meant}", (Edit(place, meant, was=word),), is_safe) if meant in WORDS.values() else None


def _is_literal(text: str) -> bool:
    try:
        ast.literal_eval(text)
    except (ValueError, SyntaxError):
        return False
    return True


def _meant(setting: Setting) -> str | None:
    """The Python literal that a text looks like."""
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
