"""Same weights, same experience, same segments drawn: does the reference trainer make PuffeRL's update?

    python tests/conformance/compare_update.py --real PYTHON [--write docs/conformance-update.md]

PYTHON is an interpreter with pufferlib-core 3.0.23 and heavyball 2.3.1, in which ``real_update.py`` runs PuffeRL on
every case of ``update_cases.py``. What that saved is replayed here: the first weights once, then for every epoch what
arrived, what was stored and which segments were drawn. All else is computed anew, over all epochs without a reset.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import torch
from torch import Tensor, nn
from update_cases import AGENTS, CASES, HIDDEN, Case
from update_recorder import recorded, weights

from metta_lint.loops.embedded import ACTIONS, OBSERVATION_BYTES
from metta_lint.loops.loop import EnvironmentSettings, Loop
from metta_lint_trainer.experience import BatchStep, Experience
from metta_lint_trainer.optimizers import Muon
from metta_lint_trainer.policy import Evaluated, Policy
from metta_lint_trainer.rollout import clamped
from metta_lint_trainer.update import Losses, Update, advantages

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

SECONDS = 300
KERNEL_TOLERANCE = 1e-5
MUON_TOLERANCE = 1e-7  # heavyball keeps the learning rate in float32
QUANTITIES = ("stored", "advantages", "chances", "losses", "gradients", "weights")


class Compared(NamedTuple):
    """A case's largest differences, each relative to the largest element of what was compared."""

    name: str
    exercises: str
    minibatches: int
    steps: int
    differences: Mapping[str, float]
    tolerance: float

    @property
    def agrees(self) -> bool:
        return all(difference <= self.tolerance for difference in self.differences.values())


class Mirror(nn.Module):
    """PufferLib's Default policy, in its LSTMWrapper or not, as the reference trainer's update calls a policy."""

    def __init__(self, *, lstm: bool) -> None:
        super().__init__()
        self.encoder = nn.Linear(OBSERVATION_BYTES, HIDDEN)
        self.decoder = nn.Linear(HIDDEN, len(ACTIONS))
        self.value = nn.Linear(HIDDEN, 1)
        self.lstm = nn.LSTM(HIDDEN, HIDDEN, batch_first=True) if lstm else None

    def evaluate(self, observations: Tensor, actions: Tensor) -> Evaluated:
        """As Policy.evaluate: observations [s, h, bytes], actions [s, h]."""
        hidden = nn.functional.gelu(self.encoder(observations.float()))
        if self.lstm is not None:
            hidden, _ = self.lstm(hidden)
        logprobs = self.decoder(hidden).float().log_softmax(-1)
        return Evaluated(
            logprobs.gather(-1, actions.long()[..., None]).squeeze(-1),
            -(logprobs.exp() * logprobs).sum(-1),
            self.value(hidden).squeeze(-1).float(),
        )


class Watched(Update):
    """The reference trainer's update, with notes of what it does on the way."""

    def __init__(self, loop: Loop, policy: Any) -> None:
        super().__init__(loop, policy, torch.Generator())
        self.whole: list[Tensor] = []
        self.parts: list[Losses] = []
        self.divergences: list[Tensor] = []

    def _advantages_of(self, experience: Experience) -> Tensor:
        self.whole.append(super()._advantages_of(experience))
        return self.whole[-1]

    def loss(self, *args: Any, **kwargs: Any) -> Losses:
        self.parts.append(super().loss(*args, **kwargs))
        return self.parts[-1]

    def _accumulate_gradients(self, *args: Any) -> Tensor:
        self.divergences.append(super()._accumulate_gradients(*args))
        return self.divergences[-1]


def loop_of(case: Case) -> Loop:
    """The case as the reference trainer is told of it: PufferLib's discipline."""
    return Loop(
        environment=EnvironmentSettings(AGENTS, {}, {}),
        num_envs=1,
        num_workers=1,
        envs_per_batch=1,
        overrun="raise",
        minibatch_count="steps",
        requirements=(),
        intervals={},
        advantages="every-minibatch",
        reward_clamp=1.0,
        normalize_advantages=True,
        clip_value_loss=True,
        target_kl=None,
        beta_epochs="train-call",
        weight_decay=0.0,
        lstm_layers=int(case.lstm),
        lstm_zeroed_each_rollout=True,
        autocast_stays_on=True,
        **case.settings,
    )


def compare(case: Case, real: dict[str, Any]) -> Compared:
    """Replay a case's epochs and measure how far the two trainers come apart."""
    loop = loop_of(case)
    policy: Any = Policy(HIDDEN, loop.lstm_layers) if case.policy == "reference" else Mirror(lstm=case.lstm)
    policy.load_state_dict(real["weights"])
    update = Watched(loop, policy)
    differences = dict.fromkeys(QUANTITIES, 0.0)
    for epoch in real["epochs"]:
        for name, difference in _epoch_differences(update, epoch):
            differences[name] = max(differences[name], difference)
    update.close()
    records = [epoch["record"] for epoch in real["epochs"]]
    return Compared(
        case.name,
        case.exercises,
        sum(len(record["rows"]) for record in records),
        sum(len(record["rates"]) for record in records),
        differences,
        case.tolerance,
    )


def _epoch_differences(update: Watched, epoch: dict[str, Any]) -> Iterable[tuple[str, float]]:
    experience = stored(update.loop, epoch)
    for name, tensor in epoch["experience"].items():
        yield "stored", distance(getattr(experience.data, name), tensor)
    update.whole, update.parts, update.divergences = [], [], []
    record = epoch["record"]
    with recorded(update.policy, update.optimizer, replay=record["rows"]) as ours:
        update(experience, lambda _done, _total: None)

    yield "advantages", distance(update.whole, epoch["advantages"])
    yield "chances", distance(ours.probabilities, record["probabilities"])
    yield "losses", distance(torch.tensor(ours.losses), torch.tensor(record["losses"]))
    means = {
        "policy_loss": torch.stack([parts.policy for parts in update.parts]).mean(),
        "value_loss": torch.stack([parts.value for parts in update.parts]).mean(),
        "entropy": torch.stack([parts.entropy for parts in update.parts]).mean(),
        "approx_kl": torch.stack(update.divergences).mean(),
    }
    scale = max(abs(loss) for loss in record["losses"])
    for name, mean in means.items():
        yield "losses", abs(float(mean.detach()) - epoch["losses"][name]) / scale
    for mine, theirs in ((ours.gradients, record["gradients"]), (ours.clipped, record["clipped"])):
        yield from (("gradients", distance_by_name(*pair)) for pair in zip(mine, theirs, strict=True))
    yield from (("weights", distance_by_name(*pair)) for pair in zip(ours.weights, record["weights"], strict=True))
    yield "weights", distance_by_name(weights(update.policy), epoch["weights"])
    yield "weights", distance(torch.tensor(ours.rates), torch.tensor(record["rates"]))
    rate = update.optimizer.param_groups[0]["lr"]
    yield "weights", abs(rate - epoch["rate"]) / update.loop.learning_rate
    yield "losses", distance(experience.data.values, epoch["values"])
    yield "losses", distance(experience.ratio, epoch["ratio"])


def stored(loop: Loop, epoch: dict[str, Any]) -> Experience:
    """What arrived, stored anew, with the actions and values that PuffeRL's policy gave it."""
    experience = Experience(loop, AGENTS, observation_bytes=OBSERVATION_BYTES)
    theirs = epoch["experience"]
    for turn, (observations, rewards, terminals) in enumerate(epoch["arrivals"]):
        segment, column = divmod(turn, loop.bptt_horizon)
        cell = slice(segment * AGENTS, (segment + 1) * AGENTS), column
        step = BatchStep(
            observations,
            theirs["actions"][cell],
            theirs["logprobs"][cell],
            theirs["values"][cell],
            clamped(rewards, loop.reward_clamp),
            terminals.float(),
            torch.zeros(AGENTS),
        )
        experience.store(0, step)
    assert experience.full
    return experience


def distance(mine: Any, theirs: Any) -> float:
    """The largest difference of two tensors, or of two lists of them, relative to their largest element."""
    if isinstance(mine, list):
        return max(distance(*pair) for pair in zip(mine, theirs, strict=True))
    scale = float(theirs.abs().max())
    apart = float((mine.double() - theirs.double()).abs().max())
    return apart / scale if scale else apart


def distance_by_name(mine: dict[str, Tensor], theirs: dict[str, Tensor]) -> float:
    """As ``distance``, over all of a policy's tensors at once."""
    assert mine.keys() == theirs.keys()
    flat = [torch.cat([tensors[name].flatten() for name in sorted(theirs)]) for tensors in (mine, theirs)]
    return distance(*flat)


def compare_kernel(results: list[dict[str, Any]]) -> float:
    """How far the reference trainer's advantages are from PufferLib's compiled ones."""
    apart = 0.0
    for result in results:
        gamma, gae_lambda, rho_clip, c_clip = result["constants"]
        mine = advantages(*result["inputs"], gamma=gamma, gae_lambda=gae_lambda, rho_clip=rho_clip, c_clip=c_clip)
        apart = max(apart, distance(mine, result["advantages"]))
    return apart


def compare_muon(real: dict[str, Any]) -> float:
    """How far the reference trainer's Muon is from heavyball's, step by step on the same gradients, in float64."""
    parameters = [nn.Parameter(begun.clone()) for begun in real["weights"]]
    optimizer = Muon(parameters, **real["settings"], weight_decay=0.0)
    apart = 0.0
    for gradients_of_step, ended in zip(real["gradients"], real["ended"], strict=True):
        for parameter, gradient in zip(parameters, gradients_of_step, strict=True):
            parameter.grad = gradient
        optimizer.step()
        apart = max(apart, distance([parameter.detach() for parameter in parameters], ended))
    return apart


def run_real(python: str, output: Path) -> None:
    """Run PuffeRL on every case. Raises subprocess.CalledProcessError or TimeoutExpired."""
    here = Path(__file__).resolve().parent
    ours = [str(here.parents[1] / package) for package in ("lint", "reference_trainer")]
    paths = os.pathsep.join([*ours, *filter(None, [os.environ.get("PYTHONPATH")])])
    command = [python, "-W", "ignore", str(here / "real_update.py"), str(output)]
    subprocess.run(command, env={**os.environ, "PYTHONPATH": paths}, check=True, timeout=SECONDS)


def section(compared: list[Compared], kernel: float, muon: float, versions: Mapping[str, str]) -> str:
    """The report, in Markdown."""
    ran = ", ".join(f"{name} {version}" for name, version in versions.items())
    lines = [
        "# Same weights, same experience: the same update",
        "",
        "<!-- written by tests/conformance/compare_update.py -->",
        "",
        "PuffeRL trained on small cases, and the reference trainer was given its first weights, what arrived from the",
        "environments and which segments it drew. All else it computed anew, over all epochs. Each figure is the",
        "largest difference seen, relative to the largest element of what was compared.",
        "",
        f"Ran: {ran}; the reference trainer on torch {torch.__version__.split('+')[0]}.",
        "",
        f"| case | exercises | minibatches | steps | {' | '.join(QUANTITIES)} | within | agrees |",
        f"|---|---|---|---|{'---|' * len(QUANTITIES)}---|---|",
    ]
    for case in compared:
        figures = " | ".join(f"{case.differences[name]:.0e}" for name in QUANTITIES)
        verdict = "yes" if case.agrees else "**no**"
        lines.append(
            f"| {case.name} | {case.exercises} | {case.minibatches} | {case.steps} | {figures} | "
            f"{case.tolerance:.0e} | {verdict} |"
        )
    lines += [
        "",
        "The advantage kernel, compiled in pufferlib-core, on random segments of 1 to 64 steps with ends of episodes",
        f"anywhere and four pairs of clips: {kernel:.0e} (within {KERNEL_TOLERANCE:.0e}).",
        "",
        f"Muon, step by step on the same gradients in float64, against heavyball's: {muon:.0e} (within",
        f"{MUON_TOLERANCE:.0e}).",
        "",
    ]
    return "\n".join(lines)


def main(argv: list[str] | None = None) -> int:
    """Run, compare, print and maybe write. Returns 1 where something disagrees."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument("--real", metavar="PYTHON", help="an interpreter with pufferlib-core and heavyball")
    source.add_argument("--recorded", type=Path, metavar="FILE", help="what real_update.py saved before")
    parser.add_argument("--write", type=Path, metavar="FILE", help="write the report there")
    arguments = parser.parse_args(argv)
    with tempfile.TemporaryDirectory() as directory:
        output = arguments.recorded or Path(directory) / "real.pt"
        if arguments.real:
            run_real(arguments.real, output)
        real = torch.load(output)
    compared = [compare(case, real["cases"][case.name]) for case in CASES if case.name in real["cases"]]
    kernel, muon = compare_kernel(real["kernel"]), compare_muon(real["muon"])
    report = section(compared, kernel, muon, real["versions"])
    if arguments.write:
        arguments.write.write_text(report, encoding="utf-8")
    sys.stdout.write(report)
    agrees = all(case.agrees for case in compared) and kernel <= KERNEL_TOLERANCE and muon <= MUON_TOLERANCE
    return 0 if agrees else 1


if __name__ == "__main__":
    sys.exit(main())
