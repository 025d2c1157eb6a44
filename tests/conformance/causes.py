"""Differences between plan and trainer that no config could tell: each with its cause, told once."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from conformance.configs import Config
    from conformance.planned import Planned


class Cause(NamedTuple):
    """Why a plan cannot know: a name, an explanation, and the differences that it explains."""

    name: str
    explanation: str
    explains: Callable[[Config, Planned, Mapping[str, Any]], bool]


def _raises(exception: str, message: str) -> Callable[[Config, Planned, Mapping[str, Any]], bool]:
    def explains(config: Config, planned: Planned, outcome: Mapping[str, Any]) -> bool:
        return outcome.get("exception") in exception.split("|") and re.search(message, outcome["message"]) is not None

    return explains


def _unknown_agents(config: Config, planned: Planned, outcome: Mapping[str, Any]) -> bool:
    counted = re.search(r"Total agents|expanded size", outcome.get("message", "")) is not None
    unknown = "env.num_envs" in config.settings and "agents_per_env" in planned.unknown
    return unknown and counted


def _out_of_turn(config: Config, planned: Planned, outcome: Mapping[str, Any]) -> bool:
    """A rollout that fails on a batch that is no slice of the buffer, where the plan says that batches have no turn."""
    torn = outcome.get("exception") in ("RuntimeError", "KeyError")
    no_turn = "sync_traj" in planned.unknown.get("async_factor", "")
    return torn and no_turn and outcome["phase"] in ("first rollout", "later rollout")


CAUSES = (
    Cause(
        "agents-of-the-environment",
        "`[env] num_envs` multiplies the agents of an environment, and what it multiplies is written in the "
        "environment's code. The plan says that the agents are unknown, and refuses nothing that hangs on them.",
        _unknown_agents,
    ),
    Cause(
        "batches-out-of-turn",
        "`sync_traj = False` takes batches in the order in which workers are ready, which is the machine's business: "
        "a run may fail in any rollout on one that is no slice of the buffer, or in none.",
        _out_of_turn,
    ),
    Cause(
        "packages-of-the-host",
        "`backend = Ray` needs a package that the host has or has not.",
        _raises("ModuleNotFoundError", r"No module named 'ray'"),
    ),
    Cause(
        "arguments-of-the-environment",
        "`[env]`, `[policy]` and `[rnn]` are arguments of the environment's and the policy's own code, which raises a "
        "TypeError for one that it does not take, and fails in the first rollout on sizes that do not fit each other. "
        "A plan reads configs, not that code.",
        _raises("TypeError|RuntimeError", r"(TinyEnv|Default|LSTMWrapper)\.__init__\(\)|inconsistent input_size"),
    ),
    Cause(
        "names-in-the-environment",
        "`package`, `policy_name` and `rnn_name` name modules and classes of the environment's code.",
        _raises("ModuleNotFoundError|AttributeError", r"pufferlib\.environments\.|SimpleNamespace"),
    ),
)


def cause_of(config: Config, planned: Planned, outcome: Mapping[str, Any]) -> str | None:
    """The cause of a difference, None where there is none that is known."""
    found = (cause.name for cause in CAUSES if cause.explains(config, planned, outcome))
    return next(found, None)
