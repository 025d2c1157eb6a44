"""ML502: a config whose values differ from the Python defaults behind it."""

from collections.abc import Iterator

from metta_lint.api import Case, Document, Draft, default_drifts, show

TRAINER = (
    "_target_: metta.rl.trainer.MettaTrainer\nbatch_size: 524288\nminibatch_size: 16384\nbptt_horizon: 64\n"
    "update_epochs: 1\n"
)
YAML = "configs/trainer/trainer.yaml"
CODE = (
    "class CheckpointConfig(BaseModel):\n    checkpoint_interval: int = Field(default=50, gt=0)\n\n"
    "class TrainerConfig(BaseModel):\n    batch_size: int = 524288\n    minibatch_size: int = 2 * 8192\n"
    "    bptt_horizon: int = 64\n    update_epochs: int = 1\n"
    "    checkpoint: CheckpointConfig = Field(default_factory=CheckpointConfig)\n"
)

INI = "[base]\npackage = metta\nenv_name = metta\n\n[env]\nore_reward = 0.1\n"
MAKE = "def env_creator(name='metta'):\n    return make\n\ndef make(ore_reward=0.1, num_agents=60): ...\n"
AGENTS = "game:\n  num_agents: 64\n"
PUFFER = {
    "pufferlib/config/metta.ini": INI,
    "pufferlib/environments/metta/metta.yaml": AGENTS,
    "pufferlib/environments/metta/environment.py": MAKE,
}


class DefaultDriftRule:
    """A copy of the Python defaults says something else than they do.

    ## Why it matters
    A default that stands in two places is changed in one of them. The YAML wins while it is there; a block that is
    dropped from it, a test that builds the config in Python, or a recipe without that YAML gets the other value, and
    nothing says so. Some combinations of the two are refused outright. A YAML counts as a copy where three of four keys
    repeat their default: one that is tuned throughout is not a copy.

    ## Example
    `checkpoint_interval: 50` and `evaluate_interval: 200` in `configs/trainer/trainer.yaml`, while TrainerConfig has 60
    and 300, and 300 for `wandb_checkpoint_interval`. Without the YAML's `checkpoint` block evaluations come every 200
    epochs, uploads every 300, which the trainer refuses.

    The YAML is compared with the code in the tree; if that is missing, with Metta's defaults of 2025-07.

    ## How to fix it
    Let both say the same, or leave the key out of the YAML.
    """

    code, name, severity = "ML502", "default-drift", "info"
    agrees = [
        Case(files={YAML: TRAINER}),
        Case(files={YAML: f"{TRAINER}checkpoint:\n  checkpoint_interval: 50\n", "metta/rl/trainer_config.py": CODE}),
        Case(files={**PUFFER, "pufferlib/config/metta.ini": f"{INI}num_agents = 24\n"}),
        Case(files={**PUFFER, "pufferlib/environments/metta/metta.yaml": AGENTS.replace("64", "60")}),
        Case(files={"configs/trainer/small.yaml": "batch_size: 1024\nminibatch_size: 1024\n"}),
        Case(files={YAML: TRAINER.replace("524288", "1024").replace("16384", "256")}),
    ]
    drifts = [
        Case(files={YAML: f"{TRAINER}checkpoint:\n  checkpoint_interval: 50\n"}, at=(f"{YAML}:7",)),
        Case(files=PUFFER, at=("pufferlib/environments/metta/metta.yaml:2",)),
        Case(files={YAML: f"{TRAINER}total_timesteps: 10_000_000_000\n"}, at=(f"{YAML}:6",)),
        Case(
            files={YAML: TRAINER.replace("16384", "8192"), "metta/rl/trainer_config.py": CODE},
            at=(f"{YAML}:3",),
        ),
    ]

    def check(self, document: Document) -> Iterator[Draft]:
        """One draft for each key that differs."""
        for drift in default_drifts(document):
            value, default = (repr(it) if isinstance(it, float) else show(it) for it in (drift.value, drift.default))
            consequence = f"; {drift.consequence}" if drift.consequence else ""
            yield Draft(
                f"{drift.key} is {value} here and {default} in {drift.source}{consequence}",
                at=drift.span,
                related=(("the default", drift.default_span),) if drift.default_span else (),
                help="let both say the same" + ("" if drift.is_needed else ", or leave the key out of the YAML"),
                severity="warning" if drift.changes_runs else None,
                values=(drift.value, drift.default),
            )
