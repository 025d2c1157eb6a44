"""What becomes of collected steps: counted from stamps, against layouts worked by hand and an independent account."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from accounting import rollout_without_policy
from metta_lint.loops.embedded import OBSERVATION_BYTES, STORED_BYTES
from metta_lint_trainer.errors import TrainerRefusal
from metta_lint_trainer.experience import BatchStep, Experience
from metta_lint_trainer.rollout import arrivals_per_rollout

if TYPE_CHECKING:
    from collections.abc import Callable

    from metta_lint.loops.loop import Loop

    MakeLoop = Callable[..., Loop]

LEFT = {
    "agents_per_env": 64,
    "num_envs": 64,
    "num_workers": 16,
    "envs_per_batch": 32,
    "batch_size": 262_144,
    "bptt_horizon": 64,
}
THREE_AGENTS = LEFT | {"agents_per_env": 3, "num_envs": 2_720, "envs_per_batch": 1_360, "batch_size": 524_288}
ARENA = LEFT | {"agents_per_env": 24, "num_envs": 320, "envs_per_batch": 160, "batch_size": 524_288}


def step(values: list[float]) -> BatchStep:
    """A step of some agents whose values tell them apart."""
    of = torch.tensor(values)
    return BatchStep(torch.zeros(len(of), 1, dtype=torch.uint8), of.int(), of, of, of, of, of)


def single_agents(make: MakeLoop, agents: int, batch: int, segments: int, horizon: int, **changes: Any) -> Loop:
    """One agent in an environment, so that agents, environments and rows are one."""
    return make(
        agents_per_env=1,
        num_envs=agents,
        num_workers=agents // batch,
        envs_per_batch=batch,
        batch_size=segments * horizon,
        bptt_horizon=horizon,
        **changes,
    )


def test_a_buffer_that_is_a_multiple_of_the_agents_keeps_everything(pufferlib: MakeLoop, metta: MakeLoop) -> None:
    for make in (pufferlib, metta):
        (counts,) = rollout_without_policy(make(**LEFT))
        assert (counts.collected, counts.cells) == (262_144, 262_144)
        assert (counts.overwritten, counts.dropped, counts.stitched_segments) == (0, 0, 0)
        assert set(counts.steps_of_agents.tolist()) == {64}


@pytest.mark.parametrize(
    ("layout", "collected", "overwritten", "stitched"),
    [(THREE_AGENTS, 1_040_400, 516_112, 4_080), (ARENA, 979_200, 454_912, 3_840)],
    ids=["3 agents", "24 agents"],
)
def test_metta_overwrites_and_stitches_what_does_not_fit(
    metta: MakeLoop, layout: dict[str, int], collected: int, overwritten: int, stitched: int
) -> None:
    (counts,) = rollout_without_policy(metta(**layout))
    assert counts.collected == collected
    assert counts.overwritten == overwritten == collected - counts.cells
    assert counts.stitched_segments == stitched
    assert counts.dropped == 0


def test_pufferlib_dies_where_metta_overwrites(pufferlib: MakeLoop) -> None:
    with pytest.raises(
        TrainerRefusal, match=r"expanded size of the tensor \(32\) must match the existing size \(4080\)"
    ) as it:
        rollout_without_policy(pufferlib(**THREE_AGENTS))
    assert it.value.requirement == "rows-fit-buffer"
    assert it.value.exception == "RuntimeError"


def test_a_small_overrun_worked_by_hand(metta: MakeLoop) -> None:
    """Four agents, two a batch, six rows of three columns.

    Rows 0-3 fill by arrival 6: four full rows. Batch 0 goes on in rows 4-5, batch 1 in rows 0-1 (6, 7 modulo 6). Batch
    0 fills its rows at arrival 11, which ends the rollout: batch 1 has written two of its three columns.
    """
    (counts,) = rollout_without_policy(single_agents(metta, agents=4, batch=2, segments=6, horizon=3))
    assert counts.collected == 22
    assert counts.overwritten == 4
    assert counts.stitched_segments == 2
    assert counts.steps_of_agents.tolist() == [4, 4, 5, 5]


def test_single_agent_batches_past_the_end_are_dropped_in_silence(pufferlib: MakeLoop) -> None:
    """Three agents, eight rows of four: agents 0 and 1 end in rows 6 and 7, agent 2 writes to row 8: there is none."""
    (counts,) = rollout_without_policy(single_agents(pufferlib, agents=3, batch=1, segments=8, horizon=4))
    assert counts.collected == 35
    assert counts.dropped == 3
    assert counts.overwritten == 0
    assert counts.steps_of_agents.tolist() == [12, 12, 8]


def test_the_next_rollout_goes_on_with_the_next_batch(metta: MakeLoop) -> None:
    """Eleven arrivals of two batches: the second rollout begins with batch 1, the third with batch 0 again.

    Then batch 1 is the one that goes on in rows 4-5, and batch 0 overwrites rows 0-1, which were its own.
    """
    first, second, third = rollout_without_policy(single_agents(metta, agents=4, batch=2, segments=6, horizon=3), 3)
    assert first.steps_of_agents.tolist() == [4, 4, 5, 5]
    assert second.steps_of_agents.tolist() == [3, 3, 6, 6]
    assert third.steps_of_agents.tolist() == [4, 4, 5, 5]
    assert first.overwritten == second.overwritten == third.overwritten


def follow(agents: int, batch: int, segments: int, horizon: int, phase: int = 0) -> tuple[int, int, int]:
    """Collected, overwritten and stitched of one rollout, by a dictionary of cells and no tensors."""
    rows, columns, own = list(range(agents)), [0] * agents, list(range(agents))
    cells: dict[tuple[int, int], tuple[int, int]] = {}
    free, full, arrivals = agents, 0, 0
    while full < segments:
        first = (arrivals + phase) * batch % agents
        for agent in range(first, first + batch):
            cells[rows[agent] % segments, columns[agent]] = (arrivals, own[agent])
            columns[agent] += 1
        if columns[first] == horizon:
            for agent in range(first, first + batch):
                rows[agent], columns[agent], own[agent] = free, 0, free
                free += 1
            full += batch
        arrivals += 1
    owners: dict[int, set[int]] = {}
    for (row, _), (_, segment) in cells.items():
        owners.setdefault(row, set()).add(segment)
    stitched = sum(len(found) > 1 for found in owners.values())
    return arrivals * batch, arrivals * batch - len(cells), stitched


@given(
    batch=st.integers(1, 5),
    batches=st.integers(1, 4),
    more_segments=st.integers(0, 20),
    horizon=st.integers(1, 5),
)
def test_counts_from_stamps_are_those_of_an_independent_account(
    metta: MakeLoop, batch: int, batches: int, more_segments: int, horizon: int
) -> None:
    agents = batch * batches
    segments = agents + more_segments
    loop = single_agents(metta, agents, batch, segments, horizon)
    (counts,) = rollout_without_policy(loop)
    assert (counts.collected, counts.overwritten, counts.stitched_segments) == follow(agents, batch, segments, horizon)
    assert counts.collected == arrivals_per_rollout(loop) * batch
    assert counts.cells == segments * horizon
    if segments % agents == 0:
        assert counts.overwritten == counts.stitched_segments == 0


def test_data_lands_where_its_stamps_say(metta: MakeLoop) -> None:
    """Values tell agents apart: every living cell holds its agent's value."""
    experience = Experience(single_agents(metta, agents=4, batch=2, segments=6, horizon=3), 4, observation_bytes=1)
    turn = 0
    while not experience.full:
        first = 2 * (turn % 2)
        experience.store(first, step([float(first), float(first + 1)]))
        turn += 1
    agents = experience.stamps.step % 4
    assert all((tensor == agents).all() for tensor in experience.data[1:])


def test_other_errors_of_torch_are_no_refusals(pufferlib: MakeLoop) -> None:
    experience = Experience(single_agents(pufferlib, agents=4, batch=2, segments=8, horizon=3), 4)
    with pytest.raises(RuntimeError, match="expanded size"):
        experience.store(0, step([0.0, 0.0])._replace(values=torch.zeros(3)))


def test_its_bytes_are_those_that_a_plan_counts(pufferlib: MakeLoop) -> None:
    experience = Experience(pufferlib(batch_size=1024, bptt_horizon=8), 8)
    assert experience.nbytes == 1024 * (OBSERVATION_BYTES + STORED_BYTES)
