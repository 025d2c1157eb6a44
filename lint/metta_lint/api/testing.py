"""The tests that every rule must pass, also one of a plugin.

A rule must find nothing in the cases that agree and something in those that drift, and the reference trainer must
measure what it claims. A case is written to disk as a real pair of config trees, so everything is tested from files to
findings. Both trees are tiny and agree in everything: 4 environments of 2 agents, 2 workers, and 2 epochs of 32 steps
in minibatches of 16. In a test:

    @pytest.mark.parametrize("example", list(examples(load_rules())), ids=str)
    def test_every_rule(example, tmp_path):
        example.check(tmp_path)
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from metta_lint.api.dialects import leaves, parse_yaml, plain
from metta_lint.base.errors import InputError
from metta_lint.base.records import NamedTuple
from metta_lint.check.report import Report
from metta_lint.fixes.fixer import Fixer, Wanted
from metta_lint.loops.engine import RunOptions
from metta_lint.plans.pair import Pair
from metta_lint.project.config import Config
from metta_lint.project.discovery import discover
from metta_lint.project.runs import plan_run, same_environment
from metta_lint.rules.built_in import UNREADABLE
from metta_lint.rules.engine import Subjects, run_rules
from metta_lint.rules.registry import load_rules, subject_of
from metta_lint.verification.verify import Verification, agrees, backend, load_trainer, verify

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from metta_lint.loops.engine import Observation, OnProgress
    from metta_lint.loops.loop import Loop
    from metta_lint.rules.finding import Finding
    from metta_lint.rules.rule import Case, Rule

__all__ = [
    "ENVIRONMENT",
    "METTA",
    "PUFFERLIB",
    "Example",
    "examples",
    "kinds_of_fixes",
    "load_rules",
    "measure",
    "write_metta",
    "write_pair",
    "write_pufferlib",
]

POLICY_SIZE = 16
MEASURED = ("plan", "pair")
"""The subjects whose claims the reference trainer can measure."""


def _settings(text: str) -> Mapping[str, object]:
    """The settings of a YAML text by their dotted keys."""
    return {".".join(map(str, path)): plain(node) for path, node in leaves(parse_yaml(text.encode(), "").root)}


PUFFERLIB = _settings("""
base: {package: metta, env_name: metta, policy_name: Policy, rnn_name: Recurrent}
vec: {backend: Multiprocessing, num_envs: 4, num_workers: 2, batch_size: auto, zero_copy: true}
env: {ore_reward: 0.1, battery_reward: 0.8, heart_reward: 1.0}
train:
  {seed: 1, device: cpu, torch_deterministic: true, cpu_offload: false, compile: false, compile_mode: default,
   compile_fullgraph: true, data_dir: experiments, checkpoint_interval: 1, optimizer: adam, anneal_lr: false,
   precision: float32, total_timesteps: 64, batch_size: auto, minibatch_size: 16, max_minibatch_size: 32768,
   bptt_horizon: 4, update_epochs: 1, learning_rate: 0.001, gamma: 0.99, gae_lambda: 0.9, clip_coef: 0.1,
   vf_coef: 0.5, vf_clip_coef: 0.1, ent_coef: 0.01, max_grad_norm: 0.5, adam_beta1: 0.9, adam_beta2: 0.999,
   adam_eps: 1.0e-12, prio_alpha: 0.5, prio_beta0: 0.6, vtrace_rho_clip: 1.0, vtrace_c_clip: 1.0}
""")
METTA = _settings("""
seed: 1
vectorization: multiprocessing
trainer:
  _target_: metta.rl.trainer.MettaTrainer
  curriculum: /env/arena
  num_workers: 2
  total_timesteps: 64
  batch_size: 32
  minibatch_size: 16
  bptt_horizon: 4
  update_epochs: 1
  forward_pass_minibatch_target_size: 4
  async_factor: 2
  scale_batches_by_world_size: false
  zero_copy: true
  checkpoint: {checkpoint_interval: 1, wandb_checkpoint_interval: 1}
  simulation: {evaluate_interval: 2}
  optimizer: {type: adam, learning_rate: 0.001, beta1: 0.9, beta2: 0.999, eps: 1.0e-12, weight_decay: 0}
  lr_scheduler: {enabled: false}
  ppo: {gamma: 0.99, gae_lambda: 0.9, clip_coef: 0.1, ent_coef: 0.01, vf_coef: 0.5, vf_clip_coef: 0.1,
        max_grad_norm: 0.5, norm_adv: true, clip_vloss: true, target_kl: null}
  prioritized_experience_replay: {prio_alpha: 0.5, prio_beta0: 0.6}
  vtrace: {vtrace_rho_clip: 1.0, vtrace_c_clip: 1.0}
agent: {components: {_core_: {nn_params: {num_layers: 1}}}}
""")
ENVIRONMENT = _settings("""
env:
  game:
    num_agents: 2
    max_steps: 20
    inventory_item_names: [ore_red, battery_red, heart]
    agent: {rewards: {inventory: {ore_red: 0.1, battery_red: 0.8, heart: 1.0}}}
""")


class Example(NamedTuple):
    """One case of one rule; ``drifts`` tells the list ``drifts`` from ``agrees``."""

    rule: Rule
    case: Case
    number: int
    drifts: bool

    def __str__(self) -> str:
        return f"{self.rule.code}-{'drifts' if self.drifts else 'agrees'}-{self.number}"

    def check(self, folder: Path) -> None:
        """Raise AssertionError if the rule finds something wrongly, misses it, or claims what is not measured."""
        findings = self.findings_on_disk(folder)
        self._check_fixes(folder, findings)
        if self.case.files:
            self._check_lines(folder, findings)
        elif self.drifts:
            _require(bool(findings), f"{self}: silent on configs that drift")
            self._check_claims(measure(planned(folder, self.case), findings))
        else:
            _require(not findings, f"{self}: fires on configs that agree: {[f.message for f in findings]}")

    def findings_on_disk(self, folder: Path) -> list[Finding]:
        """Write the case below a folder, and find what this rule alone finds there."""
        for path, text in self.case.files.items():
            _write(folder / path, text)
        if not self.case.files:
            write_pair(folder, self.case)
        return self._found(folder)

    def _found(self, folder: Path) -> list[Finding]:
        if self.case.files:  # as ``check`` finds them
            found = discover([folder.as_posix()])
            plans = [plan_run(entry, Config()) for entry in found.entries]
            return run_rules([self.rule], Subjects(plans, same_environment(plans), found.files, found.trees))
        pair = planned(folder, self.case)
        return run_rules([self.rule], Subjects(pair.plans, [pair]))

    def _check_lines(self, folder: Path, findings: list[Finding]) -> None:
        """Whether the rule finds the lines that the case names, and no others."""
        found = sorted({f"{Path(f.span.path).relative_to(folder).as_posix()}:{f.span.line}" for f in findings})
        expected = sorted(set(self.case.at))
        said = [finding.message for finding in findings]
        _require(found == expected, f"{self}: finds {found or 'nothing'}, not {expected or 'nothing'}: {said}")

    def _check_claims(self, result: Verification) -> None:
        """Whether what the findings and the case claim is what was measured."""
        refuted = [judged for judged in result.claims if judged.verdict != "confirmed"]
        _require(not refuted, f"{self}: {[(j.claim, j.measured, j.verdict) for j in refuted]}")
        measured = {row.quantity: (row.left[1], row.right[1]) for row in result.rows}
        for quantity, claimed in self.case.claims.items():
            _require(quantity in measured, f"{self}: nothing measured {quantity}")
            for said, value in zip(claimed, measured[quantity], strict=True):
                _require(said is None or agrees(said, value), f"{self}: {quantity} is {value}, not {said}")

    def _check_fixes(self, folder: Path, findings: list[Finding]) -> None:
        """Whether each fix removes its finding, and is of the kind that the rule's ``fixable`` says."""
        kinds = kinds_of_fixes(findings)
        if not kinds:
            return
        declared = getattr(self.rule, "fixable", None)
        allowed = {None: set(), "unsafe": {"unsafe"}, "safe": {"safe", "unsafe"}}[declared]
        _require(kinds <= allowed, f"{self}: has {' and '.join(sorted(kinds))} fixes, and says fixable = {declared!r}")
        fixed = Fixer(lambda: self._look(folder), Wanted((folder.as_posix(),), unsafe=True)).fix()
        said = [(finding.message, finding.fix) for finding in fixed.failed]
        _require(not said, f"{self}: fixes that leave their finding: {said}")
        _require(not fixed.outside, f"{self}: fixes of other files: {[f.fix for f in fixed.outside]}")

    def _look(self, folder: Path) -> Report:
        """What this rule finds now; a file that a fix made unreadable is an input error."""
        try:
            return Report(self._found(folder))
        except InputError as error:
            return Report([UNREADABLE.finding(error.message, error.span)])


def kinds_of_fixes(findings: Iterable[Finding]) -> set[str]:
    """The kinds of fixes that some findings have."""
    return {"safe" if finding.fix.is_safe else "unsafe" for finding in findings if finding.fix is not None}


def examples(rules: Iterable[Rule]) -> Iterator[Example]:
    """Every case of every rule.

    Raises AssertionError for a rule without a case that agrees, and for one without a drifting case that proves
    something: of a run or a pair a claim that is measured, of files the lines that are found in them.
    """
    for rule in rules:
        _require(bool(rule.agrees), f"{rule.code} has no case that agrees")
        if subject_of(rule) in MEASURED and not all(case.files for case in rule.drifts):
            proves = any(claimed != (None, None) for case in rule.drifts for claimed in case.claims.values())
            _require(proves, f"{rule.code} has no drifting case with a claim to measure")
        else:
            _require(bool(rule.drifts), f"{rule.code} has no drifting case")
        _require(all(case.at for case in rule.drifts if case.files), f"{rule.code} has a drifting case without a line")
        _require(not any(case.at for case in rule.agrees), f"{rule.code} expects findings where all agrees")
        for drifts, cases in ((False, rule.agrees), (True, rule.drifts)):
            for number, case in enumerate(cases):
                yield Example(rule, case, number, drifts)


class _RunsOnce:
    """The reference trainer, run once for cases with the same loop: they measure the same."""

    def __init__(self) -> None:
        trainer = load_trainer()
        self.estimate = trainer.estimate
        self.options = RunOptions(epochs=None, device="cpu", policy_size=POLICY_SIZE)
        self._run = trainer.run
        self._observations: dict[str, Observation] = {}

    def run(self, loop: Loop, options: RunOptions, progress: OnProgress | None) -> Observation:
        """What running a loop measures."""
        key = repr(loop)
        if key not in self._observations:
            self._observations[key] = self._run(loop, options, progress)
        return self._observations[key]


@cache
def _trainer() -> _RunsOnce:
    return _RunsOnce()


def measure(pair: Pair, findings: list[Finding]) -> Verification:
    """The pair, run to its end in the reference trainer."""
    trainer = _trainer()
    return verify(pair, findings, trainer, trainer.options, lambda _: None)


def write_pair(folder: Path, case: Case) -> Pair:
    """A case as two config trees below a folder, read and planned."""
    for side, trainer, changes in zip(SIDES, case.trainers, (case.left, case.right), strict=True):
        _WRITERS[trainer](folder / side, changes)
    return planned(folder, case)


def planned(folder: Path, case: Case) -> Pair:
    """The pair of a case that is on disk."""
    entries = [
        (folder / side / _ENTRIES[trainer]).as_posix() for side, trainer in zip(SIDES, case.trainers, strict=True)
    ]
    left, right = (plan_run(entry, Config(), backend=backend(POLICY_SIZE)) for entry in entries)
    return Pair(left, right, "a case")


def write_pufferlib(folder: Path, changes: Mapping[str, object]) -> str:
    """A PufferLib tree with some settings changed: default.ini, the entry, and the environment's YAML."""
    settings, environment = _split({**PUFFERLIB, **ENVIRONMENT, **changes})
    config = folder / "pufferlib" / "config"
    sections: dict[str, list[str]] = {}
    for key, value in settings.items():
        section, _, name = key.partition(".")
        sections.setdefault(section, []).append(f"{name} = {value}")
    base = sections.pop("base")
    _write(config / "default.ini", _ini({"base": ["package = None", "env_name = None"], **sections}))
    _write(config / "metta.ini", _ini({"base": base}))
    _write_yaml(folder / "pufferlib" / "environments" / "metta" / "metta.yaml", environment)
    return (config / "metta.ini").as_posix()


def write_metta(folder: Path, changes: Mapping[str, object]) -> str:
    """A Hydra tree with some settings changed: the entry, its trainer, its agent, and the environment."""
    settings, environment = _split({**METTA, **ENVIRONMENT, **changes})
    tree = _nested(settings)
    configs = folder / "configs"
    for group in ("trainer", "agent"):
        _write_yaml(configs / group / f"{group}.yaml", tree.pop(group))
    entry = {"defaults": [{"trainer": "trainer"}, {"agent": "agent"}, "_self_"], **tree}
    _write_yaml(configs / "train_job.yaml", entry)
    _write_yaml(configs / "env" / "arena.yaml", environment)
    return (configs / "train_job.yaml").as_posix()


SIDES = ("left", "right")
_ENTRIES = {"pufferlib": "pufferlib/config/metta.ini", "metta": "configs/train_job.yaml"}
_WRITERS = {"pufferlib": write_pufferlib, "metta": write_metta}


def _split(settings: Mapping[str, object]) -> tuple[dict[str, object], dict[str, Any]]:
    game = {key.removeprefix("env."): value for key, value in settings.items() if key.startswith("env.game.")}
    rest = {key: value for key, value in settings.items() if not key.startswith("env.game.")}
    return rest, _nested(game)


def _nested(settings: Mapping[str, object]) -> dict[str, Any]:
    tree: dict[str, Any] = {}
    for key, value in settings.items():
        *parents, name = key.split(".")
        node = tree
        for parent in parents:
            node = node.setdefault(parent, {})
        node[name] = value
    return tree


def _ini(sections: Mapping[str, list[str]]) -> str:
    return "\n\n".join("\n".join([f"[{name}]", *lines]) for name, lines in sections.items()) + "\n"


def _write_yaml(path: Path, tree: object) -> None:
    import yaml

    _write(path, yaml.safe_dump(tree, sort_keys=False))


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def _require(condition: bool, message: str) -> None:
    if not condition:
        raise AssertionError(message)
