"""Every finding on the corpus's two real trees, each with a verdict by hand; ``make golden`` rewrites the file.

The golden file is one JSON line a finding, so that a change shows in review as the lines that came and went. A finding
that is new has no verdict until somebody has looked at the file that it speaks of, and the test fails for as long.
"""

from __future__ import annotations

import json
import os
import sys
from contextlib import chdir
from pathlib import Path
from typing import Any

from metta_lint.check.linter import check
from metta_lint.plans.run import Machine
from metta_lint.project.config import Config

HERE = Path(__file__).parent
GOLDEN = HERE / "findings.jsonl"
FOLDERS = ["metta-2025-07", "pufferlib-2025-07"]
MACHINE = Machine(cpus=32, gpus=1)
KEY = ("code", "at", "message")


def found(corpus: Path) -> list[dict[str, Any]]:
    """What is found on the two trees, in the order of the report."""
    with chdir(corpus):
        report = check(FOLDERS, Config(), machine=MACHINE)
    return [
        {"code": f.code, "severity": f.severity, "at": str(f.span), "message": f.message, "others": len(f.others)}
        for f in report.findings
    ]


def golden() -> list[dict[str, Any]]:
    """The committed findings."""
    lines = GOLDEN.read_text(encoding="utf-8").splitlines() if GOLDEN.exists() else []
    return [json.loads(line) for line in lines]


def judged(current: list[dict[str, Any]], before: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """What is found now, with the verdicts that were given before; "" where there is none yet."""
    verdicts = {tuple(item[key] for key in KEY): (item["verdict"], item["because"]) for item in before}
    return [
        {**item, "verdict": verdict, "because": because}
        for item in current
        for verdict, because in [verdicts.get(tuple(item[key] for key in KEY), ("", ""))]
    ]


def text(items: list[dict[str, Any]]) -> str:
    """The golden file's text."""
    return "".join(json.dumps(item, ensure_ascii=False) + "\n" for item in items)


def main(arguments: list[str]) -> int:
    """Rewrite the golden file, and say what still lacks a verdict."""
    beside = HERE.parents[2] / "shared" / "corpus"
    corpus = Path(arguments[0] if arguments else os.environ.get("METTA_LINT_CORPUS", beside))
    items = judged(found(corpus), golden())
    temporary = GOLDEN.with_suffix(".tmp")
    temporary.write_text(text(items), encoding="utf-8")
    temporary.replace(GOLDEN)
    missing = [item for item in items if not item["verdict"]]
    for item in missing:
        sys.stderr.write(f"no verdict yet: {item['code']} {item['at']}: {item['message']}\n")
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
