"""Runs the real PufferLib on configs and measures what it does. Runs in `.venv-conformance`, where nothing of ours is.

Reads jobs and writes outcomes, one JSON object a line. A job is a folder that holds `config/default.ini` and
`config/<name>.ini`; everything from the reading of those files to the last update is PufferLib's own
(`pufferlib.pufferl.train`). Nothing of it is edited: its module looks for configs beside `__file__`, which is pointed
at the job; the environment and policy stand where it imports them from; and it is measured through a subclass.

    {"id": 7, "folder": "/tmp/x/7", "environment": "tiny", "arguments": ["--vec.num-envs", "4"], "cores": 4,
     "seconds": 60}
"""

from __future__ import annotations

import contextlib
import json
import multiprocessing
import os
import signal
import sys
from typing import Any

import psutil
import torch
from environment import Started, TinyEnv, install
from measured import MeasuredPuffeRL, Measurement, RunOver, TookTooLong
from pufferlib import pufferl

LOAD_ENV, LOAD_POLICY, CPU_COUNT = pufferl.load_env, pufferl.load_policy, psutil.cpu_count


def run(job: dict[str, Any]) -> dict[str, object]:
    """What PufferLib does with one job."""
    measurement = Measurement()
    _prepare(job, measurement)
    error: BaseException | None = None
    signal.setitimer(signal.ITIMER_REAL, job["seconds"])
    try:
        pufferl.train(job["environment"])
    except RunOver:
        pass
    except (Exception, SystemExit, TookTooLong) as raised:  # noqa: BLE001  # whatever it raises is what we are after
        error = raised
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        _end_workers()
        _leave_autocast()
    return {"id": job["id"], **measurement.outcome(error)}


def _prepare(job: dict[str, Any], measurement: Measurement) -> None:
    def load_env(*arguments: Any, **options: Any) -> Any:
        measurement.phase = "vectorisation"
        vecenv = LOAD_ENV(*arguments, **options)
        measurement.counts["total_agents"] = int(vecenv.num_agents)
        measurement.counts["agents_per_env"] = int(vecenv.driver_env.num_agents)
        return vecenv

    def load_policy(*arguments: Any, **options: Any) -> Any:
        measurement.phase = "policy"
        return LOAD_POLICY(*arguments, **options)

    def cpu_count(logical: bool = True) -> int | None:
        return CPU_COUNT(logical) if logical else job["cores"]

    TinyEnv.started = Started()
    MeasuredPuffeRL.measurement = measurement
    pufferl.PuffeRL, pufferl.load_env, pufferl.load_policy = MeasuredPuffeRL, load_env, load_policy
    pufferl.__file__ = os.path.join(job["folder"], "pufferl.py")
    psutil.cpu_count = cpu_count
    sys.argv = ["puffer", *job["arguments"]]
    torch.manual_seed(0)


def _end_workers() -> None:
    """PufferLib's close() leaves processes behind now and then, and a run that fails does not come to it."""
    for worker in multiprocessing.active_children():
        worker.kill()
        worker.join()


def _leave_autocast() -> None:
    """PuffeRL.train() enters autocast and never leaves it: without this, the next run would find its cached weights."""
    torch.autocast_increment_nesting()
    while torch.autocast_decrement_nesting() > 0:
        pass
    torch.clear_autocast_cache()
    torch.set_autocast_enabled("cpu", False)


def _plain(value: object) -> object:
    """A number of numpy's or torch's as JSON has it, anything else by its text."""
    return value.item() if hasattr(value, "item") else str(value)


def _raise_late(*_: object) -> None:
    raise TookTooLong


def main() -> None:
    """Answer jobs until there are no more."""
    with open(os.dup(1), "w", encoding="utf-8") as answers, open(os.devnull, "w", encoding="utf-8") as nowhere:
        os.dup2(nowhere.fileno(), 1)  # the dashboard
        os.dup2(nowhere.fileno(), 2)  # workers' tracebacks
        torch.set_num_threads(1)
        signal.signal(signal.SIGALRM, _raise_late)
        pufferl.Utilization.start = lambda _: None  # a thread that watches the host for the dashboard
        install()
        for line in sys.stdin:
            with contextlib.redirect_stdout(nowhere):
                outcome = run(json.loads(line))
            print(json.dumps(outcome, default=_plain), file=answers, flush=True)


if __name__ == "__main__":
    main()
