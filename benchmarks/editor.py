"""From a keystroke to its diagnostics, in a real session of the language server on each tree of the corpus.

One value of a file is typed over again and again; each time counts from the change that the editor sends to the
diagnostics of that version, the pause that the server waits for included. The aim is 0.3 s.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import shutil
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests"))

from editor import editing  # noqa: E402 - it stands beside the tests

CORPUS = Path(os.environ.get("METTA_LINT_CORPUS", ROOT.parent / "shared" / "corpus"))
TYPED = {
    "pufferlib-2025-07": [
        ("pufferlib/config/ocean/pong.ini", "learning_rate = ", "a run"),
        ("pufferlib/config/default.ini", "learning_rate = ", "what all runs rest on"),
    ],
    "metta-2025-07": [
        ("configs/env/mettagrid/arena/basic.yaml", "num_agents: ", "an environment"),
        ("configs/trainer/trainer.yaml", "total_timesteps: ", "what all runs rest on"),
        ("configs/env/mettagrid/mettagrid.yaml", "max_steps: ", "what all environments rest on"),
    ],
}


async def seconds(folder: Path, file: str, before: str, rounds: int) -> list[float]:
    """What each of some changes of one value took."""
    async with editing(folder, stderr=None) as editor:
        text = editor.text(file)
        await editor.open(file)
        taken = []
        for number in range(rounds + 1):
            at = text.index(before) + len(before)
            start = time.perf_counter()
            await editor.type(file, f"{text[:at]}{number + 1}{text[at:]}")
            taken.append(time.perf_counter() - start)
        return taken[1:]  # the first one waits for the check that opening the file began


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=9)
    rounds = parser.parse_args().rounds
    for tree, files in TYPED.items():
        with tempfile.TemporaryDirectory() as scratch:
            folder = Path(scratch, tree).resolve()
            shutil.copytree(CORPUS / tree, folder)
            for file, before, what in files:
                taken = asyncio.run(seconds(folder, file, before, rounds))
                print(f"{tree}: {median(taken):.2f} s (best {min(taken):.2f}) {file}: {what}")


if __name__ == "__main__":
    main()
