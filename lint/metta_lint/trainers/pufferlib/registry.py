"""Environments of PufferLib's ocean that INIs name and nobody registered, for trees that hold no code to ask.

From the release 3.0.0: pufferlib/ocean/environment.py still makes all of these but ``oldgrid``, and MAKE_FUNCTIONS,
which decides, lists none of them.
"""

from __future__ import annotations

from metta_lint.settings import Callee

PACKAGE = "ocean"
UNLISTED = frozenset(
    {"bandit", "continuous", "oldgrid", "password", "performance", "performance_empiric", "stochastic"}
)


def unlisted_callee(package: str, names: tuple[str, ...]) -> Callee | None:
    """What is known of an ocean INI's environments without their code: those that were never listed; None for none."""
    found = tuple(name for name in names if name.removeprefix("puffer_") in UNLISTED)
    return Callee(frozenset(), anything=True, unregistered=found) if package == PACKAGE and found else None
