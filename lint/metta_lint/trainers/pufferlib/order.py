"""What PufferLib 3 insists on, in the order in which it comes to it, from reading its INIs to the first checkpoint."""

from __future__ import annotations

READING = ("options-once", "sections-hold-keys")
"""PufferLib 3.0 pufferl.py load_config()."""

NATIVE = "PufferEnv"
"""The backend of environments that vectorise themselves."""

MAKE = tuple(
    """
    numeric-envs positive-envs whole-envs known-backend numeric-workers some-worker workers-divide-envs
    numeric-inference-batch worker-envs-divide-batch integer-envs known-vec-keys
    """.split()
)
"""PufferLib 3.0 vector.py make(), whatever the backend."""

AGENTS = ("agents-fit-environment", "positive-agents", "integer-agents")
"""What an environment asks of its own agents."""

NATIVE_MAKE = (*AGENTS, "environment-keys-once", "native-alone")
"""What make() asks of an environment that vectorises itself, which it makes first."""

SERIAL = (*AGENTS, "serial-batch-given", "serial-batch-fits-envs", "environment-keys-once")
"""PufferLib 3.0 vector.py Serial.__init__()."""

MULTIPROCESSING = (
    *("workers-fit-cores", "some-inference-batch", "batches-divide-envs"),
    *AGENTS,
    *("integer-inference-batch", "integer-workers", "environment-keys-once"),
)
"""PufferLib 3.0 vector.py Multiprocessing.__init__()."""

BUILDING = tuple(
    """
    code-is-named known-device train-keys-once boolean-flags numeric-seed batch-or-horizon-given numeric-batch
    positive-horizon agents-fit-segments sized-buffer native-without-rnn numeric-minibatch
    max-minibatch-divides-minibatch minibatch-fits-batch numeric-update-epochs positive-minibatch
    horizon-divides-minibatch known-optimizer numeric-optimizer optimizer-bounds numeric-timesteps known-precision
    """.split()
)
"""PufferLib 3.0 pufferl.py load_policy() and PuffeRL.__init__()."""

COLLECTING = ("batch-fits-envs", "batches-in-turn", "rows-fit-buffer")
"""PufferLib 3.0 vector.py recv() and pufferl.py evaluate(); the first two of Multiprocessing alone."""

UPDATING = tuple(
    """
    numeric-priorities timesteps-fill-batch numeric-advantages integer-minibatch numeric-loss numeric-gradient-norm
    numeric-step some-minibatch finite-timesteps checkpoint-interval text-for-data-dir keys-given
    """.split()
)
"""PufferLib 3.0 pufferl.py train()."""


def requirements_of(backend: object) -> tuple[str, ...]:
    """All requirements of a run with that ``vec.backend``, those that no loop can show included."""
    if backend == NATIVE:
        return (*READING, *MAKE[:4], *NATIVE_MAKE, *BUILDING, "rows-fit-buffer", *UPDATING)
    if backend == "Serial":
        return (*READING, *MAKE, *SERIAL, *BUILDING, "rows-fit-buffer", *UPDATING)
    return (*READING, *MAKE, *MULTIPROCESSING, *BUILDING, *COLLECTING, *UPDATING)
