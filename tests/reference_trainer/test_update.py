"""The update: the advantage kernel, sampling, weights, losses, clocks and counts, each against its definition."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from metta_lint_trainer.errors import TrainerRefusal
from metta_lint_trainer.experience import Experience
from metta_lint_trainer.policy import Evaluated, Policy
from metta_lint_trainer.update import (
    Trained,
    Update,
    advantages,
    annealed_beta,
    importance_weights,
    normalized,
    ppo_loss,
    sampling_probabilities,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from metta_lint.loops.loop import Loop

    MakeLoop = Callable[..., Loop]

FRACTIONS = st.floats(0.0, 1.0)


def row(*values: float) -> Tensor:
    return torch.tensor([values], dtype=torch.float64)


def make_update(loop: Loop) -> Update:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        return Update(loop, Policy(8, loop.lstm_layers), torch.Generator().manual_seed(0))


def filled(loop: Loop) -> Experience:
    """A buffer as a rollout might leave it."""
    generator = torch.Generator().manual_seed(1)
    experience = Experience(loop, loop.num_envs * loop.environment.agents_per_env)
    data = experience.data
    data.observations.random_(0, 6, generator=generator)
    data.actions.random_(0, 5, generator=generator)
    data.logprobs.fill_(-math.log(5))
    data.values.normal_(generator=generator)
    data.rewards.normal_(generator=generator)
    return experience


def train(update: Update, experience: Experience) -> Trained:
    return update(experience, lambda _done, _total: None)


def test_advantages_worked_by_hand() -> None:
    """Two steps are credited, the last is not; an end of episode cuts both the value and the sum."""
    result = advantages(
        row(1, 2, 3), row(0, 10, 20), row(0, 0, 1), row(0.5, 2, 1), gamma=0.5, gae_lambda=0.5, rho_clip=1.0, c_clip=1.0
    )
    second = 1.0 * (20 + 0 - 2)
    first = 0.5 * (10 + 0.5 * 2 - 1) + 0.5 * 0.5 * 0.5 * second
    assert result.tolist() == [[first, second, 0.0]]


@given(
    horizon=st.integers(1, 12),
    gamma=FRACTIONS,
    gae_lambda=FRACTIONS,
    rho_clip=st.floats(0.1, 3),
    c_clip=st.floats(0.1, 3),
    seed=st.integers(0, 99),
)
def test_advantages_are_those_of_a_plain_loop(
    horizon: int, gamma: float, gae_lambda: float, rho_clip: float, c_clip: float, seed: int
) -> None:
    generator = torch.Generator().manual_seed(seed)
    values, rewards, ratio = (torch.randn(3, horizon, generator=generator, dtype=torch.float64) for _ in range(3))
    ratio = ratio.exp()
    done = (torch.rand(3, horizon, generator=generator, dtype=torch.float64) < 0.2).double()
    result = advantages(
        values, rewards, done, ratio, gamma=gamma, gae_lambda=gae_lambda, rho_clip=rho_clip, c_clip=c_clip
    )
    for s in range(3):
        carried = 0.0
        assert result[s, horizon - 1] == 0.0
        for t in range(horizon - 2, -1, -1):
            goes_on = 1.0 - float(done[s, t + 1])
            rho, c = (min(float(ratio[s, t]), clip) for clip in (rho_clip, c_clip))
            delta = rho * (float(rewards[s, t + 1]) + gamma * float(values[s, t + 1]) * goes_on - float(values[s, t]))
            carried = delta + gamma * gae_lambda * c * carried * goes_on
            assert math.isclose(float(result[s, t]), carried, rel_tol=1e-9, abs_tol=1e-9)


def test_a_horizon_of_one_has_no_advantages() -> None:
    one = torch.ones(4, 1)
    assert not advantages(one, one, one, one, gamma=1.0, gae_lambda=1.0, rho_clip=1.0, c_clip=1.0).any()


def test_segments_are_sampled_by_their_absolute_advantages() -> None:
    probabilities = sampling_probabilities(torch.tensor([[1.0, -1.0], [4.0, 4.0], [0.0, 0.0]]).double(), 0.5)
    total = math.sqrt(2) + math.sqrt(8) + 1e-6
    expected = [(math.sqrt(2) + 1e-6) / total, (math.sqrt(8) + 1e-6) / total, 1e-6 / total]
    assert probabilities.tolist() == pytest.approx(expected, rel=1e-9)


def test_an_alpha_of_zero_samples_evenly() -> None:
    assert len({*sampling_probabilities(torch.tensor([[1.0], [100.0], [0.0]]), 0.0).tolist()}) == 1


def test_importance_weights_make_up_for_priority() -> None:
    weights = importance_weights(torch.tensor([0.5, 0.125]), segments=4, beta=0.5)
    assert weights.shape == (2, 1)
    assert weights.ravel().tolist() == pytest.approx([2**-0.5, 0.5**-0.5])


def test_beta_starts_at_beta0_and_moves_by_alpha() -> None:
    assert annealed_beta(0.6, 0.5, 0, 10) == 0.6
    assert annealed_beta(0.6, 0.5, 10, 10) == pytest.approx(0.8)
    with pytest.raises(ZeroDivisionError):
        annealed_beta(0.6, 0.5, 0, 0)


def test_normalized_advantages_have_mean_zero_and_deviation_one() -> None:
    result = normalized(torch.randn(10, 10, generator=torch.Generator().manual_seed(0)).double() * 7 + 3)
    assert float(result.mean()) == pytest.approx(0.0, abs=1e-9)
    assert float(result.std()) == pytest.approx(1.0)


def loss(*, ratio: float = 1.0, value: float = 0.0, **changes: Any) -> dict[str, float]:
    settings: dict[str, Any] = {
        "old_logprobs": row(0),
        "old_values": row(0),
        "advantages": row(0),
        "returns": row(0),
        "clip_coef": 0.2,
        "ent_coef": 0.1,
        "vf_coef": 3.0,
        "vf_clip_coef": 0.5,
    }
    evaluated = Evaluated(row(math.log(ratio)), row(changes.pop("entropy", 0.0)), row(value))
    return {name: float(part) for name, part in ppo_loss(evaluated, **settings | changes)._asdict().items()}


def test_the_policy_loss_is_clipped_on_the_side_that_gains() -> None:
    assert loss(ratio=3.0, advantages=row(1))["policy"] == pytest.approx(-1.2)
    assert loss(ratio=3.0, advantages=row(-1))["policy"] == pytest.approx(3.0)
    assert loss(ratio=0.1, advantages=row(-1))["policy"] == pytest.approx(0.8)
    assert loss(ratio=0.1, advantages=row(1))["policy"] == pytest.approx(-0.1)


def test_the_value_loss_is_half_a_square_clipped_where_asked() -> None:
    assert loss(value=2.0, returns=row(2))["value"] == pytest.approx(0.5 * 1.5**2)
    assert loss(value=2.0, returns=row(2), vf_clip_coef=None)["value"] == 0.0
    assert loss(value=0.25, returns=row(1))["value"] == pytest.approx(0.5 * 0.75**2)


def test_the_total_weighs_value_and_entropy() -> None:
    parts = loss(ratio=1.0, advantages=row(1), value=1.0, entropy=2.0, vf_clip_coef=None)
    assert parts["total"] == pytest.approx(-1.0 + 3.0 * 0.5 - 0.1 * 2.0)


def test_pufferlib_counts_minibatches_of_all_its_steps(pufferlib: MakeLoop) -> None:
    loop = pufferlib(batch_size=240, minibatch_size=32, update_epochs=1)
    trained = train(make_update(loop), filled(loop))
    assert (trained.minibatches, trained.optimizer_steps, trained.steps) == (7, 7, 224)
    assert trained.minibatch_shape == (8, 4)


def test_metta_counts_minibatches_of_each_update_epoch(metta: MakeLoop) -> None:
    loop = metta(batch_size=256, minibatch_size=32, update_epochs=3)
    trained = train(make_update(loop), filled(loop))
    assert (trained.minibatches, trained.update_epochs, trained.optimizer_steps) == (24, 3, 24)


def test_gradients_left_over_are_carried_into_the_next_epoch(pufferlib: MakeLoop) -> None:
    """Five minibatches, two for each step: one is left, its gradient too, and the next epoch begins counting anew."""
    loop = pufferlib(batch_size=160, minibatch_size=64, max_minibatch_size=32)
    update, experience = make_update(loop), filled(loop)
    trained = train(update, experience)
    assert (trained.minibatches, trained.optimizer_steps) == (5, 2)
    assert trained.accumulated == [2, 2, 1]
    assert all(parameter.grad is not None for parameter in update.policy.parameters())
    assert train(update, experience).optimizer_steps == 2
    assert update.optimizer_steps == 4


def test_accumulated_losses_are_summed(pufferlib: MakeLoop) -> None:
    loop = pufferlib(minibatch_size=64, max_minibatch_size=32)
    update, experience = make_update(loop), filled(loop)
    whole = update._advantages_of(experience)
    rows, minibatch = update._sample(experience, whole, 0.5)
    bias = update.policy.critic.bias
    update._accumulate_gradients(experience, rows, minibatch)
    assert bias.grad is not None
    once = bias.grad.clone()
    update._accumulate_gradients(experience, rows, minibatch)
    assert torch.allclose(bias.grad, 2 * once)


def test_a_minibatch_has_no_segment_twice_and_an_epoch_misses_some(metta: MakeLoop) -> None:
    loop = metta(batch_size=1024, minibatch_size=128, num_envs=4)
    update, experience = make_update(loop), filled(loop)
    rows, _ = update._sample(experience, update._advantages_of(experience), 0.5)
    assert len({*rows.tolist()}) == len(rows) == 32
    trained = train(update, experience)
    assert trained.steps == 1024
    assert 128 < trained.segments_sampled < trained.segments == 256


def test_values_and_ratios_of_the_buffer_are_updated(pufferlib: MakeLoop) -> None:
    loop = pufferlib()
    update, experience = make_update(loop), filled(loop)
    before = experience.data.values.clone()
    trained = train(update, experience)
    assert int((experience.data.values != before).any(dim=1).sum()) == trained.segments_sampled
    assert (experience.ratio != 1.0).any()
    train(update, experience)


@pytest.mark.parametrize("optimizer", ["adam", "muon"])
def test_ratios_begin_each_update_at_one(pufferlib: MakeLoop, optimizer: str) -> None:
    loop = pufferlib(optimizer=optimizer)
    update, experience = make_update(loop), filled(loop)
    experience.ratio.fill_(7.0)
    train(update, experience)
    assert not (experience.ratio == 7.0).any()


def test_pufferlib_recomputes_advantages_before_every_minibatch_and_metta_does_not(
    pufferlib: MakeLoop, metta: MakeLoop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Counted by the shape of what the kernel is given: the whole buffer, or a minibatch's rows."""
    for make, expected in ((pufferlib, ["whole"] * 8), (metta, ["whole", *["minibatch"] * 8])):
        loop = make(batch_size=256, minibatch_size=32)
        update, experience = make_update(loop), filled(loop)
        calls: list[str] = []
        original = update.advantages

        def counting(values: Tensor, *rest: Tensor, calls: list[str] = calls, original: Any = original) -> Tensor:
            calls.append("whole" if len(values) == 64 else "minibatch")
            result: Tensor = original(values, *rest)
            return result

        monkeypatch.setattr(update, "advantages", counting)
        train(update, experience)
        assert calls == expected


def test_a_large_divergence_ends_the_update_after_its_update_epoch(metta: MakeLoop) -> None:
    loop = metta(update_epochs=4, target_kl=1e-9, learning_rate=0.1)
    assert train(make_update(loop), filled(loop)).update_epochs < 4
    loop = metta(update_epochs=4, target_kl=None, learning_rate=0.1)
    assert train(make_update(loop), filled(loop)).update_epochs == 4


def test_the_clocks_of_beta(pufferlib: MakeLoop, metta: MakeLoop) -> None:
    for make, ticks in ((pufferlib, 1), (metta, 3)):
        loop = make(update_epochs=3, total_timesteps=64 * 10)
        update = make_update(loop)
        assert update.beta() == pytest.approx(0.6)
        train(update, filled(loop))
        assert update.beta() == pytest.approx(0.6 + 0.4 * 0.8 * ticks / 10)


def test_too_few_timesteps_divide_by_zero_in_pufferlib_alone(pufferlib: MakeLoop, metta: MakeLoop) -> None:
    few = {"total_timesteps": 63}
    with pytest.raises(TrainerRefusal, match="division by zero") as refused:
        train(make_update(pufferlib(**few)), filled(pufferlib()))
    assert refused.value.requirement == "timesteps-fill-batch"
    assert train(make_update(metta(**few)), filled(metta())).minibatches == 2


def test_an_update_without_a_minibatch_is_an_error_in_pufferlib(pufferlib: MakeLoop) -> None:
    loop = pufferlib(update_epochs=0)
    with pytest.raises(TrainerRefusal) as refused:
        train(make_update(loop), filled(loop))
    assert refused.value.requirement == "some-minibatch"


def test_the_learning_rate_follows_a_cosine_that_turns_after_its_half_period(pufferlib: MakeLoop) -> None:
    loop = pufferlib(total_timesteps=64 * 4 + 1, learning_rate=1.0)
    update = make_update(loop)
    rates = []
    for _ in range(5):
        update.end_epoch(update_epochs=1)
        rates.append(update.optimizer.param_groups[0]["lr"])
    expected = [(1 + math.cos(math.pi * epoch / 4)) / 2 for epoch in range(1, 6)]
    assert rates == pytest.approx(expected, abs=1e-12)
    assert rates[4] > rates[3]


def test_an_unclipped_step_and_a_clipped_one_differ_by_the_norm_alone(pufferlib: MakeLoop) -> None:
    update = make_update(pufferlib(max_grad_norm=1e-3))
    for parameter in update.policy.parameters():
        parameter.grad = torch.ones_like(parameter)
    update.clip_gradients()
    gradients = [parameter.grad.norm() for parameter in update.policy.parameters() if parameter.grad is not None]
    assert float(torch.stack(gradients).norm()) == pytest.approx(1e-3, rel=1e-3)


def test_bfloat16_trains_too(pufferlib: MakeLoop) -> None:
    loop = pufferlib(precision="bfloat16")
    assert train(make_update(loop), filled(loop)).optimizer_steps == 2


@pytest.mark.parametrize("stays_on", [True, False])
def test_where_autocast_stays_on_the_first_casts_of_the_weights_go_on_acting(
    pufferlib: MakeLoop, stays_on: bool
) -> None:
    """The float32 weights move in either case; what the policy says of the same observations only where it is left."""
    loop = pufferlib(precision="bfloat16", autocast_stays_on=stays_on, learning_rate=0.1)
    update, experience = make_update(loop), filled(loop)
    weight = update.policy.critic.weight.detach().clone()
    said = []
    for _ in range(3):
        with torch.no_grad(), update.autocast(torch.device("cpu")):
            said.append(update.policy.evaluate(experience.data.observations, experience.data.actions).values)
        train(update, experience)
    assert not torch.equal(update.policy.critic.weight, weight)
    assert torch.equal(said[0], said[2]) == stays_on
    update.close()
    with torch.no_grad(), update.autocast(torch.device("cpu")):
        afresh = update.policy.evaluate(experience.data.observations, experience.data.actions).values
    assert not torch.equal(afresh, said[0])
    assert not torch.is_autocast_enabled("cpu")
