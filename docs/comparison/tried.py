"""Tries other tools on one pair in several states, and says which of them says something: the table in comparison.md.

Needs `pip install deepdiff regopy hydra-core` and, in a folder that the first argument names, `npm install cue-wasm`.
Every tool is given a start that it does not have: the *effective* settings of both sides, merged and composed.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from deepdiff import DeepDiff
from hydra import compose, initialize_config_dir
from hydra.core.global_hydra import GlobalHydra
from regopy import Interpreter

from metta_lint.check.linter import check
from metta_lint.project.config import load_config
from metta_lint.project.runs import plan_run

if TYPE_CHECKING:
    from collections.abc import Iterator

HERE = Path(__file__).parent
EXAMPLES = HERE.parents[1] / "examples"
TRAINER = "configs/trainer/trainer.yaml"
STATES = (
    ("as it is: half of the steps are overwritten", None),
    ("batch_size is 522,240, which 16,384 does not divide", (TRAINER, "batch_size: 524288", "batch_size: 522240")),
    ("a key is misspelt: bptt_horizn", (TRAINER, "bptt_horizon: 64", "bptt_horizn: 64")),
    ("the INI's horizon is 32 against 64", ("pufferlib/config/metta.ini", "bptt_horizon = 64", "bptt_horizon = 32")),
    (
        "the environment has 64 agents here, 24 there",
        ("configs/env/arena.yaml", "num_agents: 3", "num_agents: 24"),
    ),
)


def main() -> None:
    """Print a row for each state and tool."""
    modules = Path(sys.argv[1]) / "node_modules"
    for title, change in STATES:
        with tempfile.TemporaryDirectory() as folder:
            copy = Path(folder) / "examples"
            shutil.copytree(EXAMPLES, copy, ignore=shutil.ignore_patterns("plugin"))
            if change is not None:
                path, before, after = change
                text = (copy / path).read_text(encoding="utf-8")
                assert before in text, before
                (copy / path).write_text(text.replace(before, after), encoding="utf-8")
            print(f"\n{title}")
            for tool, said in _tried(copy, modules):
                print(f"  {tool:<28} {said}")


def _tried(copy: Path, modules: Path) -> Iterator[tuple[str, str]]:
    os.chdir(copy)
    config = load_config("metta-lint.toml")
    sides = {name: _effective(plan_run(name, config, with_problems=True).run.settings) for name in ("puffer", "native")}
    left, right = sides["puffer"], sides["native"]
    difference = DeepDiff(left, right, threshold_to_diff_deeper=0)
    yield "deepdiff of both sides", ", ".join(f"{len(found)} {kind}" for kind, found in difference.items())
    yield "hydra compose", _hydra(copy / "configs")
    data = copy / "native.json"
    data.write_text(json.dumps({**right, **right.get("env", {})}), encoding="utf-8")
    yield "CUE, types and divisions", _cue(modules, data, HERE / "train.cue")
    yield "CUE, the plan by hand", _cue(modules, data, HERE / "train.cue", HERE / "plan.cue")
    yield "Rego, one side", "; ".join(_rego({"right": right})) or "nothing"
    yield "Rego, both sides", "; ".join(_rego({"left": left, "right": right})) or "nothing"
    report = check((), config)
    ours = [f for f in report.findings if f.severity == "error" or f.code in ("ML101", "ML203", "ML001")]
    yield "metta-lint", f"{len(report.findings)} findings"
    for finding in ours:
        yield "", f"{finding.span}: {finding.code} {finding.message[:110]}"


def _effective(settings: Any) -> dict[str, Any]:
    tree: dict[str, Any] = {}
    for key, setting in settings.items():
        node = tree
        *parents, name = key.split(".")
        for parent in parents:
            node = node.setdefault(parent, {})
        if isinstance(node, dict):
            value = setting.value
            node[name] = value if isinstance(value, int | float | str | list | dict | None) else str(value)
    return tree


def _hydra(configs: Path) -> str:
    GlobalHydra.instance().clear()
    try:
        with initialize_config_dir(str(configs), version_base="1.3"):
            compose("train_job")
    except Exception as error:  # noqa: BLE001 - what it says is the result
        return f"{type(error).__name__}: {error}"[:120]
    return "nothing: it composes"


def _cue(modules: Path, *files: Path) -> str:
    environment = {**os.environ, "NODE_PATH": str(modules)}
    command = ["node", str(HERE / "cue.cjs"), *map(str, files)]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False).stdout.strip()


def _rego(document: object) -> list[str]:
    rego = Interpreter()
    rego.add_module("train", (HERE / "train.rego").read_text(encoding="utf-8"))
    rego.set_input(document)
    found = json.loads(str(rego.query("data.main.deny")))
    return sorted(message for denied in found["expressions"] for message in denied)


if __name__ == "__main__":
    main()
