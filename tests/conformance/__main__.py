"""``python -m conformance``: draws configs, has the real PufferLib and the plan answer them, and writes the report."""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING

from conformance.configs import ENVIRONMENT, generate
from conformance.drive import drive
from conformance.judge import judge
from conformance.planned import plan
from conformance.report import Report

if TYPE_CHECKING:
    from collections.abc import Sequence

    from conformance.configs import Config
    from conformance.drive import Job
    from conformance.judge import Verdict

ROOT = Path(__file__).parents[2]
PYTHON = ROOT / ".venv-conformance" / "bin" / "python"
CONFIGS = 2_000
SEED = 1
PACKAGES = ("pufferlib-core", "torch", "numpy", "heavyball")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run, and write the report; 1 when something is wrong."""
    parser = argparse.ArgumentParser(prog="conformance", description=__doc__)
    parser.add_argument("--configs", type=int, default=CONFIGS, help="how many configs to draw (%(default)s)")
    parser.add_argument("--seed", type=int, default=SEED, help="of the draw (%(default)s)")
    parser.add_argument("--children", type=int, default=2, help="interpreters that train at a time (%(default)s)")
    parser.add_argument("--python", type=Path, default=PYTHON, help="an interpreter that has the real trainer")
    parser.add_argument("--report", type=Path, default=None, help="where to write the report (default: nowhere)")
    options = parser.parse_args(arguments)
    python = options.python.absolute()  # not resolved: an environment is the folder that its interpreter is called in
    configs = list(generate(Random(options.seed), options.configs))
    verdicts = compare(configs, python, children=options.children)
    report = Report(versions(python), options.seed, verdicts)
    if options.report is not None:
        options.report.write_text(report.text(), encoding="utf-8")
    for verdict in verdicts:
        if verdict.kind == "wrong":
            sys.stderr.write(f"config {verdict.config.number}: {verdict.config.difference()}\n    {verdict.detail}\n")
    sys.stdout.write(report.summary() + "\n")
    return 1 if report.count("wrong") else 0


def compare(configs: Sequence[Config], python: Path, *, children: int = 2) -> list[Verdict]:
    """What becomes of each config: both sides read the same files."""
    with tempfile.TemporaryDirectory(prefix="conformance-") as name:
        folder = Path(name)
        entries = {config.number: config.write(folder / str(config.number)) for config in configs}
        planned = {config.number: plan(config, entries[config.number]) for config in configs}
        jobs = [job(config, folder) for config in configs]
        outcomes = drive(jobs, python, folder, children=children, tell=lambda done: _tell(done, len(jobs)))
    return [judge(config, planned[config.number], outcomes[config.number]) for config in configs]


def job(config: Config, folder: Path) -> Job:
    """A config as the real trainer's driver takes it: PufferLib spells its options with dashes."""
    options = [part for key, text in config.arguments for part in ("--" + key.replace("_", "-"), text)]
    return {
        "id": config.number,
        "folder": str(folder / str(config.number)),
        "environment": ENVIRONMENT,
        "arguments": options,
        "cores": config.cores,
    }


def versions(python: Path) -> dict[str, str]:
    """The versions of what was compared with."""
    program = f"from importlib.metadata import version; print(*map(version, {PACKAGES!r}))"
    answer = subprocess.run([python, "-c", program], capture_output=True, text=True, check=True)
    return dict(zip(PACKAGES, answer.stdout.split(), strict=True))


def _tell(done: int, total: int) -> None:
    if sys.stderr.isatty() and (done % 10 == 0 or done == total):
        sys.stderr.write(f"\r{done:,} of {total:,} configs" + ("\n" if done == total else ""))


if __name__ == "__main__":
    sys.exit(main())
