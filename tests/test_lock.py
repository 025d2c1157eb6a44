"""constraints.txt pins all that development installs, on every Python and system that we support."""

from __future__ import annotations

import re
import tomllib
from functools import cache
from importlib.metadata import PackageNotFoundError, distribution, version
from itertools import product
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
LINES = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
PINS = [Requirement(line) for line in LINES if not line.startswith("#")]
PYTHONS = [
    line.rpartition(" ")[2] for line in PROJECT["project"]["classifiers"] if re.search(r":: Python :: 3\.\d", line)
]
SYSTEMS = {"linux": ("Linux", "x86_64"), "darwin": ("Darwin", "arm64"), "win32": ("Windows", "AMD64")}


def environment(python: str, system: str) -> dict[str, str]:
    platform, machine = SYSTEMS[system]
    return {
        "python_version": python,
        "python_full_version": f"{python}.7",
        "sys_platform": system,
        "platform_system": platform,
        "platform_machine": machine,
        "os_name": "nt" if system == "win32" else "posix",
        "extra": "",
    }


def pins_in(where: dict[str, str]) -> dict[str, str]:
    held = [pin for pin in PINS if pin.marker is None or pin.marker.evaluate(where)]
    found = {canonicalize_name(pin.name): str(pin.specifier).removeprefix("==") for pin in held}
    assert len(found) == len(held), "a package has two pins in one environment"
    return found


def named(extra: str = "dev") -> list[Requirement]:
    """What pyproject.toml asks for: to build, to run, and for an extra with the extras that it names."""
    project = PROJECT["project"]
    found = [*PROJECT["build-system"]["requires"], *project["dependencies"]]
    waiting = [extra]
    while waiting:
        for line in project["optional-dependencies"][waiting.pop()]:
            requirement = Requirement(line)
            if requirement.name == project["name"]:
                waiting += requirement.extras
            else:
                found.append(line)
    return [Requirement(line) for line in dict.fromkeys(found)]


def test_the_file_holds_versions_and_nothing_of_the_machine_that_made_it() -> None:
    for line in LINES[1:]:
        assert re.fullmatch(r"[a-z0-9-]+==[0-9][0-9a-z.]*( ; [^/:@]+)?", line), line


@pytest.mark.parametrize(("python", "system"), list(product(PYTHONS, SYSTEMS)))
def test_every_dependency_that_the_project_names_is_pinned_within_its_range(python: str, system: str) -> None:
    where = environment(python, system)
    pins = pins_in(where)
    for requirement in named():
        if requirement.marker is None or requirement.marker.evaluate(where):
            pin = pins.get(canonicalize_name(requirement.name))
            assert pin is not None, requirement
            assert requirement.specifier.contains(pin), (requirement, pin)


@cache
def installed(name: str) -> str | None:
    try:
        return version(name).partition("+")[0]
    except PackageNotFoundError:
        return None


def test_what_pinned_packages_need_is_pinned_too() -> None:
    """Here, that is: of a package that is installed in another version, nobody knows what the pinned one needs."""
    pins = pins_in({})
    waiting = [(requirement.name, frozenset(requirement.extras)) for requirement in named()]
    seen = set(waiting)
    while waiting:
        name, extras = waiting.pop()
        if installed(name) != pins[canonicalize_name(name)]:
            continue
        for line in distribution(name).requires or ():
            need = Requirement(line)
            if need.marker and not any(need.marker.evaluate({"extra": extra}) for extra in ("", *extras)):
                continue
            assert canonicalize_name(need.name) in pins, f"{name} needs {line}"
            asked = (need.name, frozenset(need.extras))
            if asked not in seen:
                seen.add(asked)
                waiting.append(asked)
