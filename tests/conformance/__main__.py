"""``python -m conformance``: draws configs, has the real PufferLib and the plan answer them, and writes the report."""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path
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
    parser.add_argument(
        "--outcomes", type=Path, default=None, help="keep what the trainer did here, or read it from here"
    )
    parser.add_argument("--report", type=Path, default=None, help="where to write the report (default: nowhere)")
    options = parser.parse_args(arguments)
    python = options.python.absolute()  # not resolved: an environment is the folder that its interpreter is called in
    configs = list(generate(options.seed, options.configs))
    verdicts = compare(configs, python, children=options.children, outcomes=options.outcomes)
    report = Report(versions(python), options.seed, verdicts)
    if options.report is not None:
        options.report.write_text(report.text(), encoding="utf-8")
    for verdict in verdicts:
        if verdict.kind == "wrong":
            sys.stderr.write(f"config {verdict.config.number}: {verdict.config.difference()}\n    {verdict.detail}\n")
    sys.stdout.write(report.summary() + "\n")
    return 1 if report.count("wrong") else 0


def compare(
    configs: Sequence[Config], python: Path, *, children: int = 2, outcomes: Path | None = None
) -> list[Verdict]:
    """What becomes of each config: both sides read the same files.

    ``outcomes`` is a file of what the trainer did with these same configs before, so that a plan that has changed need
    not wait for it; it is written where it is not there.
    """
    with tempfile.TemporaryDirectory(prefix="conformance-") as name:
        folder = Path(name)
        entries = [config.write(folder / str(config.number)) for config in configs]
        planned = [plan(config, entry) for config, entry in zip(configs, entries, strict=True)]
        if outcomes is not None and outcomes.is_file():
            found = json.loads(outcomes.read_text(encoding="utf-8"))
        else:
            jobs = [job(config, folder) for config in configs]
            done = drive(jobs, python, folder, children=children, tell=lambda number: _tell(number, len(jobs)))
            found = [done[config.number] for config in configs]
    if outcomes is not None:
        outcomes.write_text(json.dumps(found), encoding="utf-8")
    return [judge(*triple) for triple in zip(configs, planned, found, strict=True)]


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
