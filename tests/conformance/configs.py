"""Configs for PufferLib 3 by the thousand, drawn at random by a seed: valid ones, wasteful ones, and wrong ones.

A config is two INI files, as PufferLib has them, and what its command line says. Most start from a layout that trains
(`layout`), at sizes that a rollout of milliseconds fills; a family then changes something about it.
"""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

Sections = dict[str, dict[str, str]]
Settings = dict[str, str | None]
"""``section.key`` and its text; None where neither file has the key."""

ENVIRONMENT = "tiny"
CORES = 4
"""Physical cores of the machine that a config is launched on, unless it says otherwise."""

DEFAULT: Mapping[str, str] = {
    "base.package": "None",
    "base.env_name": "None",
    "base.policy_name": "Policy",
    "base.rnn_name": "None",
    "vec.backend": "Multiprocessing",
    "vec.num_envs": "2",
    "vec.num_workers": "auto",
    "vec.batch_size": "auto",
    "vec.zero_copy": "True",
    "vec.seed": "42",
    "policy.hidden_size": "8",
    "rnn.input_size": "8",
    "rnn.hidden_size": "8",
    "train.seed": "42",
    "train.torch_deterministic": "True",
    "train.cpu_offload": "False",
    "train.device": "cpu",
    "train.optimizer": "adam",
    "train.anneal_lr": "True",
    "train.precision": "float32",
    "train.total_timesteps": "256",
    "train.learning_rate": "0.015",
    "train.gamma": "0.995",
    "train.gae_lambda": "0.90",
    "train.update_epochs": "1",
    "train.clip_coef": "0.2",
    "train.vf_coef": "2.0",
    "train.vf_clip_coef": "0.2",
    "train.max_grad_norm": "1.5",
    "train.ent_coef": "0.001",
    "train.adam_beta1": "0.95",
    "train.adam_beta2": "0.999",
    "train.adam_eps": "1e-12",
    "train.data_dir": "experiments",
    "train.checkpoint_interval": "200",
    "train.batch_size": "auto",
    "train.minibatch_size": "32",
    "train.max_minibatch_size": "32768",
    "train.bptt_horizon": "8",
    "train.compile": "False",
    "train.compile_mode": "max-autotune-no-cudagraphs",
    "train.compile_fullgraph": "True",
    "train.vtrace_rho_clip": "1.0",
    "train.vtrace_c_clip": "1.0",
    "train.prio_alpha": "0.8",
    "train.prio_beta0": "0.2",
}
"""The keys of PufferLib 3.0's default.ini, with sizes and a device of our own."""


class Config(NamedTuple):
    """One launch: what the environment's INI says over ``DEFAULT``, and the machine that it is launched on."""

    number: int
    family: str
    settings: Settings
    arguments: tuple[tuple[str, str], ...] = ()
    tail: str = ""
    cores: int = CORES

    def write(self, folder: Path) -> Path:
        """Write ``config/default.ini`` and the environment's INI below a folder; returns the latter."""
        inis = folder / "config"
        inis.mkdir(parents=True, exist_ok=True)
        kept = {key: text for key, text in DEFAULT.items() if self.settings.get(key, text) is not None}
        entry = inis / f"{ENVIRONMENT}.ini"
        (inis / "default.ini").write_text(as_ini(kept), encoding="utf-8")
        own = {key: text for key, text in self.settings.items() if text is not None}
        entry.write_text(as_ini(own) + self.tail, encoding="utf-8")
        return entry

    def difference(self) -> str:
        """What this config says that DEFAULT does not, on one line."""
        said = [
            f"{key} = {text}" if text is not None else f"no {key}"
            for key, text in self.settings.items()
            if DEFAULT.get(key) != text and key not in ("base.package", "base.env_name")
        ]
        said += [f"--{key} {text}" for key, text in self.arguments]
        said += [line for line in self.tail.splitlines() if line]
        return ", ".join(said + ([f"{self.cores} cores"] if self.cores != CORES else []))


def as_ini(settings: Mapping[str, str]) -> str:
    """Settings as an INI, in the sections that they name."""
    sections: Sections = {}
    for key, text in settings.items():
        section, _, name = key.partition(".")
        sections.setdefault(section, {})[name] = text
    blocks = (
        "\n".join([f"[{section}]", *(f"{k} = {v}" for k, v in keys.items())]) for section, keys in sections.items()
    )
    return "\n\n".join(blocks) + "\n"


def generate(seed: int, count: int) -> Iterator[Config]:
    """As many configs as asked for; each family has its share, and the same seed gives the same configs."""
    random = Random(seed)  # repeatable, not secret
    families = [family for family, share in FAMILIES.items() for _ in range(share)]
    for number in range(count):
        family = families[number % len(families)]
        yield family(random)._replace(number=number, family=family.__name__)


def layout(random: Random, **chosen: int) -> Settings:
    """Settings that train, or nearly: sizes fit by construction, then some are shifted by a little."""
    pick = random.choice
    agents, workers = chosen.get("agents", pick([1, 2, 3, 4])), chosen.get("workers", pick([1, 1, 2, 2, 3, 4]))
    envs_per_worker = pick([1, 1, 2, 3])
    envs = workers * envs_per_worker
    per_batch = pick([divisor for divisor in range(1, workers + 1) if workers % divisor == 0]) * envs_per_worker
    horizon = chosen.get("horizon", pick([1, 2, 4, 4, 8]))
    segments = max(1, envs * agents * pick([1, 1, 1, 2, 3]))
    rows = pick([rows for rows in range(1, segments + 1) if segments % rows == 0])
    batch = segments * horizon
    return {
        "base.package": ENVIRONMENT,
        "base.env_name": ENVIRONMENT,
        "base.rnn_name": pick(["None", "None", "Recurrent"]),
        "vec.backend": pick(["Multiprocessing", "Serial"]),
        "vec.num_envs": str(envs),
        "vec.num_workers": str(workers),
        "vec.batch_size": str(per_batch),
        "env.num_agents": str(agents),
        "train.batch_size": str(batch),
        "train.bptt_horizon": str(horizon),
        "train.minibatch_size": str(rows * horizon),
        "train.total_timesteps": str(batch * pick([1, 2, 3]) + pick([0, 0, 1, -1])),
    }


def layouts(random: Random) -> Config:
    """Sizes that fit, and sizes that are off by some."""
    settings = layout(random)
    for key in random.sample(SIZES, random.choice([0, 0, 1, 1, 2])):
        settings[key] = str(max(0, int(settings[key] or 0) + random.choice([-3, -2, -1, 1, 2, 3, 4, 8])))
    if random.random() < 0.3:
        settings["train.update_epochs"] = random.choice(["2", "3", "4", "1.5", "0.5", "2.0"])
    return config(settings)


def automatic(random: Random) -> Config:
    """Sizes that PufferLib is to work out."""
    settings = layout(random)
    for key in random.sample(AUTOMATIC, random.choice([1, 1, 2, 2, 3, 4])):
        settings[key] = "auto"
    return config(settings)


def odd_texts(random: Random) -> Config:
    """A size or clock written as something else than a plain whole number."""
    settings = layout(random)
    for key in random.sample([*SIZES, *CLOCKS, "env.num_agents"], random.choice([1, 1, 1, 2])):
        settings[key] = random.choice(ODD_TEXTS).replace("{}", settings.get(key) or DEFAULT[key])
    return config(settings)


def clocks(random: Random) -> Config:
    """How long a run is, how often a batch is used, when a checkpoint is written."""
    settings = layout(random)
    batch = int(settings["train.batch_size"] or 0)
    steps = [0, -1, 1, batch - 1, batch, batch + 1, 2 * batch - 1, 2 * batch, 2.5 * batch, float(batch), batch / 2]
    settings["train.total_timesteps"] = str(random.choice(steps))
    settings["train.update_epochs"] = random.choice(
        ["1", "1", "2", "0", "-1", "0.1", "0.5", "1.5", "2.75", "1e0", "True"]
    )
    settings["train.checkpoint_interval"] = random.choice(["200", "1", "2", "0", "-1", "1.5", "auto", "None", "True"])
    return config(settings)


def accumulated(random: Random) -> Config:
    """Minibatches above max_minibatch_size, whose gradients are accumulated."""
    settings = layout(random, horizon=random.choice([1, 2, 4]), agents=random.choice([2, 4]))
    batch = int(settings["train.batch_size"] or 0)
    largest = random.choice([4, 8, 12, 16, batch // 2 or 1, batch])
    settings["train.max_minibatch_size"] = str(largest)
    settings["train.minibatch_size"] = str(random.choice([largest, 2 * largest, 3 * largest, largest + 4, batch]))
    settings["train.update_epochs"] = random.choice(["1", "2", "3", "1.5"])
    return config(settings)


def asynchronous(random: Random) -> Config:
    """Batches that are no equal parts of the environments, in turn and out of it."""
    settings = layout(random, workers=random.choice([1, 2, 3, 4]))
    workers, envs = int(settings["vec.num_workers"] or 1), int(settings["vec.num_envs"] or 1)
    settings["vec.backend"] = random.choice(["Multiprocessing", "Multiprocessing", "Multiprocessing", "Serial"])
    settings["vec.zero_copy"] = random.choice(["True", "False", "False", "false", "0", "None", '"False"'])
    settings["vec.batch_size"] = str(random.randint(1, workers + 2) * (envs // workers))
    return config(settings)


def host(random: Random) -> Config:
    """More workers than the machine has cores, with and without leave to."""
    settings = layout(random, workers=random.choice([2, 3, 4]))
    settings["vec.backend"] = random.choice(["Multiprocessing", "Multiprocessing", "Serial"])
    settings["vec.overwork"] = random.choice(["True", "False", "false", "0", "1", "None", None, None])
    if random.random() < 0.3:
        settings["vec.num_workers"] = "auto"
    return config(settings)._replace(cores=random.choice([1, 2, 3, 8]))


def native(random: Random) -> Config:
    """The backend that leaves vectorisation to the environment, and environments that multiply themselves."""
    settings = layout(random)
    if random.random() < 0.6:
        settings["vec.backend"] = random.choice(["PufferEnv", "PufferEnv", None])
        settings["vec.num_envs"] = random.choice(["1", "1", "1", "2", "1.0", "True"])
    if random.random() < 0.6:
        settings["base.package"] = random.choice(["ocean", ENVIRONMENT])
        settings["env.num_envs"] = random.choice(["1", "2", "3"])
    return config(settings)


def switches(random: Random) -> Config:
    """Settings that are true or false, or look it."""
    settings = layout(random)
    for key in random.sample(SWITCHES, random.choice([1, 2])):
        settings[key] = random.choice(["True", "False", "true", "false", '"False"', "0", "1", "None", "no", "yes"])
    return config(settings)


def hyperparameters(random: Random) -> Config:
    """Settings of the losses and the optimizer: at the edges of their ranges, beyond them, and no numbers at all."""
    settings = layout(random)
    for key in random.sample(HYPERPARAMETERS, random.choice([1, 1, 2])):
        settings[key] = random.choice(
            ["0", "1", "0.5", "1.0", "-1", "-0.1", "1e-3", "2", "auto", "None", '"0.1"', "0.1 ; c"]
        )
    settings["train.optimizer"] = random.choice(["adam", "adam", "muon"])
    return config(settings)


def names(random: Random) -> Config:
    """Settings that are names: of backends, optimizers, types, classes."""
    settings = layout(random)
    key = random.choice(list(NAMES))
    settings[key] = random.choice(NAMES[key])
    return config(settings)


def unknown_keys(random: Random) -> Config:
    """Keys that PufferLib does not know, in every section."""
    settings = layout(random)
    for key in random.sample(list(UNKNOWN), random.choice([1, 1, 2])):
        settings[key] = random.choice(UNKNOWN[key])
    return config(settings)


def missing_keys(random: Random) -> Config:
    """Keys of default.ini that neither file has."""
    settings = layout(random)
    keys = [key for key in DEFAULT if key not in ("base.env_name", "train.compile_mode", "train.compile_fullgraph")]
    for key in random.sample(keys, random.choice([1, 1, 1, 2])):
        settings[key] = None
    return config(settings)


def command_line(random: Random) -> Config:
    """Settings from the command line, typed by what the INIs say."""
    settings = layout(random)
    key = random.choice(
        [*SIZES, *CLOCKS, "vec.backend", "train.anneal_lr", "vec.zero_copy", "train.learning_rate", "train.x"]
    )
    now = settings.get(key) or DEFAULT.get(key) or "1"
    text = random.choice([now, now, "auto", "2.0", "1e2", "8", "None", "False", "0", "x"])
    if random.random() < 0.3:
        settings[random.choice(AUTOMATIC)] = "auto"
    return config(settings)._replace(arguments=((key, text),))


def files(random: Random) -> Config:
    """What configparser makes of a file: defaults, interpolation, continuations, duplicates."""
    return config(layout(random))._replace(tail=random.choice(TAILS))


def config(settings: Settings) -> Config:
    """A config whose place is given later."""
    return Config(0, "", settings)


SIZES = [
    "vec.num_envs",
    "vec.num_workers",
    "vec.batch_size",
    "train.batch_size",
    "train.bptt_horizon",
    "train.minibatch_size",
]
CLOCKS = ["train.total_timesteps", "train.update_epochs", "train.max_minibatch_size"]
AUTOMATIC = ["vec.num_workers", "vec.batch_size", "train.batch_size", "train.bptt_horizon"]
SWITCHES = ["train.anneal_lr", "train.torch_deterministic", "train.cpu_offload", "vec.zero_copy", "vec.overwork"]
ODD_TEXTS = [
    "{}.0",
    "{}.5",
    "{}e0",
    '"{}"',
    "{} ; c",
    "{} # c",
    "0",
    "-{}",
    "0.0",
    "None",
    "True",
    "False",
    "auto",
    "",
    "[{}]",
    "{}_0",
    "0x4",
    "nan",
    "1e400",
    "max",
]
HYPERPARAMETERS = [
    "train.learning_rate",
    "train.gamma",
    "train.gae_lambda",
    "train.clip_coef",
    "train.vf_coef",
    "train.vf_clip_coef",
    "train.max_grad_norm",
    "train.ent_coef",
    "train.adam_beta1",
    "train.adam_beta2",
    "train.adam_eps",
    "train.vtrace_rho_clip",
    "train.vtrace_c_clip",
    "train.prio_alpha",
    "train.prio_beta0",
    "train.seed",
]
NAMES: Mapping[str, list[str]] = {
    "vec.backend": [
        "Serial",
        "Multiprocessing",
        "PufferEnv",
        "Ray",
        "serial",
        "Native",
        "None",
        "5",
        '"Serial"',
        "Serial ; c",
        "",
    ],
    "train.optimizer": ["adam", "muon", "Adam", "sgd", "None", '"adam"', "adam ; c", "", "1"],
    "train.precision": [
        "float32",
        "bfloat16",
        "float16",
        "float64",
        "fp32",
        "bf16",
        "32",
        "None",
        '"float32"',
        "float32 ; c",
    ],
    "base.rnn_name": ["None", "Recurrent", "LSTM", "none", '""', "", "Recurrent ; c", "True", "1"],
    "base.policy_name": ["Policy", "Recurrent", "policy", "None", "", "1"],
    "base.package": ["tiny", "ocean", "tinier", "None", ""],
    "train.device": ["cpu", "gpu", "cpu:0", "None"],
    "train.data_dir": ["experiments", "a/b", "5", "None", ""],
}
UNKNOWN: Mapping[str, list[str]] = {
    "base.torch": ["1"],
    "base.tag": ["x"],
    "base.wandb": ["True"],
    "base.train": ["1"],
    "base.max_suggestion_cost": ["3600"],
    "vec.num_threads": ["2"],
    "vec.total_agents": ["8"],
    "vec.sync_traj": ["True", "False", "false"],
    "vec.env_kwargs": ["{}"],
    "vec.env_args": ["[]", "None", "()", "0", "[1]", "5", "x"],
    "vec.horizon": ["8"],
    "env.size": ["8"],
    "env.bonus": ["0.5", "0", "True"],
    "env.buf": ["None", "1"],
    "env.seed": ["1"],
    "policy.width": ["8"],
    "policy.input_size": ["8"],
    "rnn.layers": ["1"],
    "train.target_kl": ["0.02", "None"],
    "train.horizon": ["8"],
    "train.num_envs": ["8"],
    "train.env": ["tiny"],
    "train.tag": ["x"],
    "train.use_rnn": ["True", "False"],
    "train.name": ["pufferai"],
    "train.replay_ratio": ["1"],
    "extra.key": ["1"],
    "train.batch-size": ["64"],
    "train.weight-decay": ["0.1"],
}
TAILS = [
    "\n[DEFAULT]\nsize = 8\n",
    "\n[DEFAULT]\nseed = 3\n",
    "\n[DEFAULT]\nbonus = 0.5\n",
    "\n[other]\nkey = 50%\n",
    "\n[other]\nkey = 50%%\n",
    "\n[other]\nkey = %(nothing)s\n",
    "\n[other]\na = 4\nb = %(a)s\n",
    "\n[train]\ngamma = 0.9\n",
    "\n[other]\nkey = 1\nkey = 2\n",
    "\n[other]\nkey\n",
    "\n[other]\nkey = 1\n  2\n",
    "\n[other]\n# only a comment\n",
    "\nloose text\n",
    "\n[OTHER]\nKEY: 1\n",
    "\n[sweep]\nmethod = Protein\n[sweep.train.gamma]\nmin = 0\n",
]
FAMILIES: Mapping[Callable[[Random], Config], int] = {
    layouts: 7,
    automatic: 2,
    odd_texts: 4,
    clocks: 2,
    accumulated: 2,
    asynchronous: 2,
    host: 1,
    native: 2,
    switches: 1,
    hyperparameters: 2,
    names: 1,
    unknown_keys: 1,
    missing_keys: 1,
    command_line: 1,
    files: 1,
}
"""Every family and its share of thirty."""
