"""Arguments that make() and its backends give the environment themselves, and what becomes of a second one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from metta_lint.base.unknown import Unknown
from metta_lint.plans.plan import HANGS, Refusal
from metta_lint.trainers.pufferlib.keys import GIVEN
from metta_lint.trainers.pufferlib.order import NATIVE

if TYPE_CHECKING:
    from metta_lint.plans.derivation import Derivation

ARGUMENTS = frozenset({"env_args", "env_creator_or_creators", "env_kwargs"})
"""What make() takes besides the keys that ``[vec]`` is for; load_env() gives the last two itself."""


def refuse_arguments(d: Derivation, backend: object) -> None:
    """Refuse arguments that are given twice, and positional arguments that are no list."""
    for name in ("env_creator_or_creators", "env_kwargs"):
        if f"vec.{name}" in d.run.settings:
            message = f"make() got multiple values for keyword argument '{name}'"
            d.refuse(Refusal("known-vec-keys", "TypeError", message, (f"vec.{name}",), before="numeric-envs"))
    if "vec.env_args" in d.run.settings:
        _refuse_positional(d, backend)
    for name in GIVEN:
        if f"env.{name}" in d.run.settings:
            _refuse_twice(d, backend, name)


def _refuse_positional(d: Derivation, backend: object) -> None:
    """A list of arguments is the environment's own business, and no arguments are none."""
    arguments = d.run.value("vec.env_args")
    if isinstance(arguments, list | tuple | Unknown) or arguments is None:
        return
    message = f"[vec] env_args = {arguments!r} must be a list of positional arguments"
    if backend != NATIVE:
        d.refuse(Refusal("known-vec-keys", "APIUsageError", message, ("vec.env_args",)))
    elif arguments and isinstance(arguments, int | float):
        refusal = Refusal("known-vec-keys", "TypeError", message, ("vec.env_args",), before="agents-fit-environment")
        d.refuse(refusal)


def _refuse_twice(d: Derivation, backend: object, name: str) -> None:
    key, value = f"env.{name}", d.run.value(f"env.{name}")
    if name == "buf" and not isinstance(value, dict | Unknown) and value is not None:
        message = f"{key} = {value!r} stands where the vectorisation's arrays belong, and is no dictionary"
        d.refuse(Refusal("environment-keys-once", "TypeError", message, (key,), before="positive-agents"))
    elif backend == "Serial":
        message = f"got multiple values for keyword argument '{name}': Serial gives every environment one itself"
        d.refuse(Refusal("environment-keys-once", "TypeError", message, (key,)))
    elif backend == "Multiprocessing":
        message = (
            f"every worker dies of multiple values for keyword argument '{name}', which PufferLib gives every "
            "environment itself, and the trainer waits for them for ever"
        )
        d.refuse(Refusal("environment-keys-once", HANGS, message, (key,), "first rollout", before="batch-fits-envs"))
