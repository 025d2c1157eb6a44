"""Entry points of installed packages: what they may name, what is said of a wrong one, and which rules are imported."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from typing import TYPE_CHECKING

import pytest

from metta_lint.api.testing import write_metta, write_pufferlib

if TYPE_CHECKING:
    from pathlib import Path

RULE = '''
class Found:
    """A file is there."""

    code, name, severity = "OUR1", "found", "warning"
    agrees, drifts = [], []

    def check(self, document):
        from metta_lint.api import Draft

        yield Draft("found", at=document.root.span)


class Plugin:
    RULES = [Found()]


class Nested:
    plugin = Plugin()


RULES = [Found()]
MORE = (Found(),)
ONE = Found()
NUMBER = 3
'''


class Site:
    """A folder of installed packages, and commands that run with it on their path."""

    def __init__(self, folder: Path) -> None:
        self.packages = folder / "packages"
        self.work = folder / "work"
        self.packages.mkdir()
        self.work.mkdir()

    def install(self, files: dict[str, str], entries: str, package: str = "our_rules-1.0.dist-info") -> None:
        for path, text in files.items():
            (self.packages / path).parent.mkdir(parents=True, exist_ok=True)
            (self.packages / path).write_text(text, encoding="utf-8")
        information = self.packages / package
        information.mkdir()
        name, _, version = package.removesuffix(".dist-info").partition("-")
        metadata = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
        (information / "METADATA").write_text(metadata, encoding="utf-8")
        (information / "entry_points.txt").write_text(entries, encoding="utf-8")

    def python(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(self.packages), *sys.path])}
        command = [sys.executable, *arguments]
        return subprocess.run(command, cwd=self.work, env=environment, capture_output=True, text=True, check=False)

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return self.python("-m", "metta_lint", *arguments)

    def imported(self, *arguments: str) -> set[str]:
        """The modules of the rules package that a command imports, by their own names."""
        script = (
            "import sys; from metta_lint.cli import run_command; run_command(sys.argv[1:]); "
            "sys.stderr.write(' '.join(sys.modules))"
        )
        loaded = self.python("-c", script, *arguments).stderr.split()
        return {module.partition(".")[2] for module in loaded if module.startswith("metta_lint_rules.")}


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site(tmp_path)


# -- what an entry point may name --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "value",
    [
        "our_rules",
        "our_rules:Plugin",
        "our_rules:Nested.plugin",
        "our_rules:RULES",
        "our_rules:MORE",
        "our_rules:ONE",
        "our_rules:Found",
        "our_rules : Found",
        "our_rules:Plugin [extra]",
        "our_rules [extra, more]",
    ],
)
def test_an_entry_point_names_a_module_or_an_object_in_it(site: Site, value: str) -> None:
    site.install({"our_rules.py": RULE}, f"[metta_lint.rules]\nours = {value}\n")
    (site.work / "a.yaml").write_text("a: 1\n", encoding="utf-8")
    done = site.run("check", "a.yaml", "--output-format", "concise")
    assert (done.stdout, done.stderr, done.returncode) == ("a.yaml:1:1: OUR1 found\n", "", 1)
    assert "OUR1  warning  found" in site.run("rules").stdout


@pytest.mark.parametrize(
    ("source", "value", "said"),
    [
        ("raise RuntimeError('boom')\n", "our_rules", "RuntimeError: boom"),
        ("import sys\nsys.exit(3)\n", "our_rules", "SystemExit: 3"),
        ("import no_such_module\n", "our_rules", "ModuleNotFoundError: No module named 'no_such_module'"),
        ("", "gone_rules", "ModuleNotFoundError: No module named 'gone_rules'"),
        (RULE, "our_rules:Lost", "AttributeError: module 'our_rules' has no attribute 'Lost'"),
        (RULE, "our_rules:NUMBER", "no list RULES"),
        ("", "our_rules", "no list RULES"),
        (
            "INDEX = (('OUR1', 'document', 'lost'),)\n",
            "our_rules",
            "ModuleNotFoundError: No module named 'our_rules.lost",
        ),
        ("INDEX = (('OUR1', 'sheep', 'lost'),)\n", "our_rules", "is not a (code, subject, module)"),
    ],
)
def test_a_plugin_that_cannot_be_loaded_is_one_error_that_names_it(
    site: Site, source: str, value: str, said: str
) -> None:
    site.install({"our_rules.py": source}, f"[metta_lint.rules]\nours = {value}\n")
    (site.work / "a.yaml").write_text("a: 1\n", encoding="utf-8")
    for command in (["check", "a.yaml"], ["rules"], ["explain", "ML101"]):
        if command[0] == "explain" and "lost" in said:
            continue  # of a rule that is not asked for the module is not imported
        done = site.run(*command)
        (line,) = done.stderr.splitlines()
        assert line.startswith("error: plugin our_rules (metta_lint.rules: ours = ")
        assert value in line
        assert said in line
        assert done.returncode == 2


@pytest.mark.parametrize("group", ["metta_lint.sources", "metta_lint.trainers"])
def test_a_source_and_a_trainer_that_cannot_be_loaded_are_named_too(site: Site, group: str) -> None:
    site.install({"ours.py": "raise ValueError('no')\n"}, f"[{group}]\nours = ours\n", "ours-1.0.dist-info")
    (site.work / "a.yaml").write_text("a: 1\n", encoding="utf-8")
    done = site.run("check", "a.yaml")
    assert done.stderr == f"error: plugin ours ({group}: ours = ours): ValueError: no\n"
    assert done.returncode == 2


def test_a_package_that_pip_installed_adds_its_rule(site: Site) -> None:
    wheel = site.work / "our_rules-1.0-py3-none-any.whl"
    information = "our_rules-1.0.dist-info"
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr("our_rules.py", RULE)
        archive.writestr(f"{information}/METADATA", "Metadata-Version: 2.1\nName: our-rules\nVersion: 1.0\n")
        archive.writestr(f"{information}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        archive.writestr(f"{information}/entry_points.txt", "[metta_lint.rules]\nours = our_rules:Plugin\n")
        archive.writestr(f"{information}/RECORD", "")
    options = ["--quiet", "--no-index", "--no-deps", "--disable-pip-version-check", "--target", str(site.packages)]
    done = subprocess.run(
        [sys.executable, "-m", "pip", "install", *options, str(wheel)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "OUR1  warning  found" in site.run("rules").stdout


# -- the reference trainer ---------------------------------------------------------------------------------------------

TRAINER = """
class Options:
    def __init__(self, **given): ...


class Ours:
    Options = Options

    def estimate(self, loop, options):
        raise SystemExit("ours was asked")

    run = None
"""


@pytest.mark.parametrize(
    ("source", "value", "said"),
    [
        (TRAINER, "our_trainer:Ours", "ours was asked"),
        ("import torch_that_is_gone\n", "our_trainer", "verify runs both configs and needs torch_that_is_gone: pip"),
        ("raise RuntimeError('boom')\n", "our_trainer", "ours = our_trainer): RuntimeError: boom"),
        ("", "lost_trainer", "ours = lost_trainer): ModuleNotFoundError: No module named 'lost_trainer'"),
    ],
)
def test_a_reference_trainer_may_be_an_object_and_is_named_where_it_fails(
    site: Site, source: str, value: str, said: str
) -> None:
    entries = f"[metta_lint.reference_trainer]\nours = {value}\n"
    site.install({"our_trainer.py": source}, entries, "a_trainer-1.0.dist-info")  # the first on the path
    sides = write_pufferlib(site.work / "left", {}), write_metta(site.work / "right", {})
    done = site.run("verify", *sides)
    assert said in done.stderr
    assert "Traceback" not in done.stderr


# -- the index ---------------------------------------------------------------------------------------------------------

INDEX = "INDEX = (('OUR1', 'document', 'found'), ('OUR2', 'pair', 'loud', 'preview'))\n"
LOUD = "raise RuntimeError('this rule was not asked for')\n"
INDEXED = {"our_rules/__init__.py": INDEX, "our_rules/found.py": RULE, "our_rules/loud.py": LOUD}


def test_an_indexed_rule_is_imported_where_there_is_something_for_it(site: Site) -> None:
    site.install(INDEXED, "[metta_lint.rules]\nours = our_rules\n")
    (site.work / "a.yaml").write_text("a: 1 # metta-lint: ignore[OUR2] known\n", encoding="utf-8")
    done = site.run("check", "a.yaml", "--output-format", "concise", "--preview")
    assert (done.stdout, done.stderr) == ("a.yaml:1:1: OUR1 found\n", "")
    done = site.run("check", "a.yaml", "--select", "OUR2")
    assert "warning: OUR2 (loud) is selected, but is not yet stable" in done.stderr
    assert "error: plugin our_rules (metta_lint.rules: ours = our_rules.loud): RuntimeError" in site.run("rules").stderr


def test_of_one_pair_the_rules_of_sweeps_trees_and_environments_stay_where_they_are(site: Site) -> None:
    sides = write_pufferlib(site.work / "left", {}), write_metta(site.work / "right", {})
    both = site.imported("check", *sides)
    assert {"agent_count_drift", "trainer_refuses", "default_drift"} <= both
    assert not {"sweep_stops", "sweep_domain"} & both
    assert "agent_count_drift" not in site.imported("check", sides[0])
    assert site.imported("check", *sides, "--select", "ML101") == {"agent_count_drift"}
    assert len(site.imported("rules")) >= 55


# -- public names that moved -------------------------------------------------------------------------------------------

MOVED = [
    ("from metta_lint.testing import examples", "metta_lint.testing is now metta_lint.api.testing"),
    ("import metta_lint.testing", "metta_lint.testing is now metta_lint.api.testing"),
    ("from metta_lint import dialect_api", "metta_lint.dialect_api is now metta_lint.api.dialects"),
    ("from metta_lint.dialect_api import Trainer", "metta_lint.dialect_api is now metta_lint.api.dialects"),
    (
        "from metta_lint.engine import load_rules",
        "metta_lint.engine.load_rules is now metta_lint.api.testing.load_rules",
    ),
    ("from metta_lint.api import Draft, ROOMS", "metta_lint.api.ROOMS is now metta_lint.api.mettagrid.ROOMS"),
]


@pytest.mark.parametrize(("statement", "said"), MOVED)
def test_an_old_public_name_says_the_new_one(site: Site, statement: str, said: str) -> None:
    assert site.python("-c", statement).stderr.splitlines()[-1] == f"ImportError: {said}"
    (site.work / "ours.py").write_text(f"{statement}\nRULES = []\n", encoding="utf-8")
    (site.work / "metta-lint.toml").write_text('plugins = ["ours.py"]\n', encoding="utf-8")
    done = site.run("check")
    assert done.stderr == f"error: metta-lint.toml:1:12: plugin ours.py: ImportError: {said}\n"
    assert done.returncode == 2


def test_a_name_that_never_was_is_missed_as_ever() -> None:
    import metta_lint.api

    assert not hasattr(metta_lint.api, "Sheep")
    assert not hasattr(metta_lint.api, "ROOMS")
    with pytest.raises(AttributeError, match=r"^metta_lint.api.kind_of is now metta_lint.api.mettagrid.kind_of$"):
        _ = metta_lint.api.kind_of  # type: ignore[attr-defined]
    with pytest.raises(ModuleNotFoundError, match=r"No module named 'metta_lint\.sheep'"):
        __import__("metta_lint.sheep")
