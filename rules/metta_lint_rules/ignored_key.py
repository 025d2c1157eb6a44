"""ML501: keys that the trainer never reads."""

from collections.abc import Iterator

from metta_lint.api import (
    Case,
    Claim,
    Draft,
    Fix,
    IgnoredKey,
    Place,
    Plan,
    Span,
    count,
    is_slip,
    removal,
    renaming,
    show,
)

OTHER_NAMES = {"vec.batch_size": "envs_per_batch"}
"""Settings whose quantity is not called like them."""


class IgnoredKeyRule:
    """A key that the trainer never reads.

    ## Why it matters
    A setting that does nothing looks like one that does: it is tuned, copied, swept and reported. PufferLib takes any
    key in `[base]` and `[train]` without a word, so a typo and a key of an older version both leave a setting
    at its default.

    ## Example
    `target_kl = 0.02` in `[train]`: PufferLib 3 has no KL stop. `num_envs = 48` in `[train]` was PufferLib 2; version 3
    reads `[vec] num_envs`, and runs the default's 2 environments.

    ## How to fix it
    Remove the key, or write the one that was meant. `--fix` renames a key that is another one by a slip of the pen, and
    removes one that no version of the trainer reads and that nothing is like; the rest needs `--unsafe-fixes`.
    """

    code, name, severity = "ML501", "ignored-key", "warning"
    fixable = "safe"
    agrees = [Case()]
    drifts = [
        Case(left={"train.num_envs": 16}, claims={"num_envs": (4, None)}),
        Case(left={"train.bott_horizon": 8}, claims={"bptt_horizon": (4, None)}),
        Case(left={"train.target_kl": 0.02}, claims={"optimizer_steps_per_epoch": (2, None)}),
    ]

    def check(self, plan: Plan) -> Iterator[Draft]:
        """One draft for each key that is set and never read."""
        for ignored in plan.ignored:
            key, nearest = ignored.key, ignored.nearest
            if ignored.span is not None:
                yield _section(plan, ignored, ignored.span)
                continue
            written = plan.run.settings[key].value
            quantity = OTHER_NAMES.get(nearest, nearest.partition(".")[2]) if nearest else ""
            known = plan.value(quantity)
            effect = f"; this run has {nearest} = {show(known)}" if known is not None else ""
            yield Draft(
                f"{plan.run.trainer} ignores {key} = {written}: {ignored.because}{effect}",
                at=Place(plan, key),
                claims=(Claim(quantity, known, known),) if known is not None else (),
                help=f"remove it, or write {nearest} if that was meant" if nearest else "remove it",
                fix=_fix(plan, ignored),
            )


def _fix(plan: Plan, ignored: IgnoredKey) -> Fix | None:
    span = plan.run.settings[ignored.key].span
    section, _, name = ignored.key.rpartition(".")
    nearest_section, _, nearest = (ignored.nearest or "").rpartition(".")
    if span is None:
        return None
    if nearest and section == nearest_section and (is_slip(name, nearest) or plan.run.trainer == "pufferlib"):
        return renaming(span, name, nearest)
    return removal(span, name, is_safe=not ignored.nearest and not ignored.read_by)


def _section(plan: Plan, ignored: IgnoredKey, span: Span) -> Draft:
    """The draft for a section that nothing reads, with all of its keys."""
    name = ignored.key.strip("[]")
    keys = sum(1 for key in plan.run.settings if key.startswith(f"{name}."))
    return Draft(
        f"{plan.run.trainer} ignores the section {ignored.key} and its {count(keys, 'key')}: {ignored.because}",
        at=span,
        help=f"write {ignored.nearest} if that was meant" if ignored.nearest else "remove it",
        fix=_section_fix(name, (ignored.nearest or "").strip("[]"), span),
    )


def _section_fix(name: str, nearest: str, span: Span) -> Fix:
    """The fix that renames or removes the section. Unsafe, because an environment's own code may read it."""
    return renaming(span, name, nearest) if nearest else removal(span, name)
