"""PufferLib's dialect: INI files over a default.ini, and a plan by the rules of version 2.0, 3 or 4.0.

The keys of a config tree tell the version that it was written for. 2.0 keeps the vectorisation in ``[train]``, 3 in a
``[vec]`` of environments and workers, 4.0 in a ``[vec]`` of agents, buffers and threads. The folder tells less: 3 has
``pufferlib/config/``, but 2.0, 4.0 and the months before 3.0 (PufferLib e0d9b986) all have ``config/`` at the top.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from metta_lint.base.paths import tidy
from metta_lint.trainers.pufferlib.config import find_default, read_run
from metta_lint.trainers.pufferlib.keys import READS
from metta_lint.trainers.trainer import Solvable, Trainer

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from metta_lint.plans.epochs import Backend
    from metta_lint.plans.plan import Plan
    from metta_lint.plans.run import Run

NEWEST_KNOWN_BY_RUNNING = "3"
"""The version where no file tells: the one whose plans the reference trainer can check."""

MARKS: Mapping[str, Sequence[str]] = {
    "2": """
    train.num_envs train.num_workers train.env_batch_size train.zero_copy train.target_kl train.norm_adv
    train.clip_vloss
    """.split(),
    "3": """
    vec.backend vec.num_envs vec.num_workers vec.batch_size vec.zero_copy train.max_minibatch_size train.adam_beta1
    train.adam_beta2 train.adam_eps
    """.split(),
    "4": """
    vec.total_agents vec.num_buffers vec.num_threads train.horizon train.replay_ratio train.beta1 train.beta2 train.eps
    """.split(),
}
"""Keys that only one version has: PufferLib's config/default.ini of 2.0 (2025-02), 3.0.23 and 4.0 (052f0f53)."""

SHOWN = 3


def with_version(run: Run, asked: str | None = None) -> Run:
    """The run with the version that it is planned for, and a note with the reason.

    ``asked`` is a version that the user named, which comes before what the files tell.
    """
    version, because = _told(run) if asked is None else (asked, "as asked")
    return run._replace(version=version, notes=(*run.notes, f"planned as PufferLib {version}: {because}"))


def _told(run: Run) -> tuple[str, str]:
    """The version and the reason: the keys of default.ini, else its folder, else the keys of the entry."""
    default = find_default(run.entry)
    if default is not None:
        told = _by_keys(run, default)
        if told is not None:
            return told
        if tidy(default).split("/")[-3:-1] == ["pufferlib", "config"]:
            return "3", f"{default} lies in pufferlib/config"
    if default != run.entry and (told := _by_keys(run, run.entry)) is not None:
        return told
    return NEWEST_KNOWN_BY_RUNNING, "no key of its files tells the version"


def _by_keys(run: Run, path: str) -> tuple[str, str] | None:
    """The version with the most MARKS in a file, and the reason; None without any, or where two have as many.

    A key counts even if another file overrides it.
    """
    written = {key for key, setting in run.settings.items() if any(span.path == path for span in setting.spans)}
    found = {version: [key for key in marks if key in written] for version, marks in MARKS.items()}
    first, second = sorted(found, key=lambda version: -len(found[version]))[:2]
    if len(found[first]) == len(found[second]):
        return None
    keys = ", ".join("[{}] {}".format(*key.split(".")) for key in found[first][:SHOWN])
    return first, f"{path} has {keys}"


def derive(run: Run, backend: Backend | None = None) -> Plan:
    """What PufferLib will do with a run, by the rules of the run's version; 3 where it has none."""
    match run.version:
        case "2":
            from metta_lint.trainers.pufferlib import plan_2

            return plan_2.derive(run, backend)
        case "4":
            from metta_lint.trainers.pufferlib import plan_4

            return plan_4.derive(run, backend)
        case _:
            from metta_lint.trainers.pufferlib import plan

            return plan.derive(run, backend)


_SOLVABLE = Solvable(
    tuple(
        """
        train.batch_size train.minibatch_size train.max_minibatch_size train.bptt_horizon train.horizon vec.batch_size
        train.env_batch_size vec.num_workers train.num_workers vec.num_buffers vec.num_envs train.num_envs
        vec.total_agents
        """.split()
    ),
    {"": ""},
)
"""The sizes of all versions. An entry is laid over ``default.ini`` key by key."""

TRAINER = Trainer("pufferlib", read_run, derive, tuple(READS), with_version, solvable=_SOLVABLE)
