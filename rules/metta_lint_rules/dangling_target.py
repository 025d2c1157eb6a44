"""ML804: names of missing Python classes."""

from collections.abc import Iterator

from metta_lint.api import Case, ConfigTree, Draft, Fix, Reference, is_slip, rewriting, target_references
from metta_lint.api.mettagrid import nearest_target

AGENT = "_target_: metta.agent.metta_agent.MettaAgent\ncomponents:\n  _obs_:\n    _target_: metta.agent.lib.{path}\n"
SOURCE = {"agent/src/metta/agent/lib/mine.py": "class Mine: ...\n"}


class DanglingTarget:
    """A `_target_` names a Python module or class that does not exist.

    ## Why it matters
    Hydra imports the class when it makes the object: the config composes without a word, and the run ends in an
    ImportError, for an environment of a curriculum when it is first drawn.

    ## Example
    `metta.agent.lib.obs_token_to_boxshaper.ObsTokenToBoxShaper`: the module is `obs_token_to_box_shaper`.

    ## How to fix it
    Name the class that is there. Where the Python source lies beside the configs, it decides; else the modules that
    Metta ever had do, for the packages of its agents' layers, curricula and rooms.
    """

    code, name, severity = "ML804", "dangling-target", "error"
    fixable = "safe"
    agrees = [
        Case(files={"configs/agent/a.yaml": AGENT.format(path="lstm.LSTM")}),
        Case(files={"configs/agent/a.yaml": AGENT.format(path="mine.Mine"), **SOURCE}),
        Case(files={"configs/agent/a.yaml": "_target_: somebody.elses.Class\n"}),
    ]
    drifts = [
        Case(files={"configs/agent/a.yaml": AGENT.format(path="obs_boxshaper.A")}, at=("configs/agent/a.yaml:4",)),
        Case(files={"configs/agent/a.yaml": AGENT.format(path="yours.A"), **SOURCE}, at=("configs/agent/a.yaml:4",)),
        Case(
            files={"configs/agent/a.yaml": AGENT.format(path="obs_token_to_boxshaper.ObsTokenToBoxShaper")},
            at=("configs/agent/a.yaml:4",),
        ),
    ]

    def check(self, tree: ConfigTree) -> Iterator[Draft]:
        """One draft for each class that is certainly missing, or whose module is."""
        for document in tree.documents.values():
            for reference in target_references(document.root):
                there = tree.has_module(reference.text.rpartition(".")[0])
                near = nearest_target(reference.text) if there is None else "" if not there else None
                if near is not None:
                    yield Draft(
                        f"{reference.text} does not exist: making it raises ImportError",
                        at=reference.span,
                        help=f"there is {near}" if near else "name a class that is there",
                        fix=_fix(reference, near),
                    )


def _fix(reference: Reference, near: str) -> Fix | None:
    """The class; or its module, if that is a typo: whether another module has such a class is unknown."""
    module, _, name = reference.text.rpartition(".")
    if near.startswith(f"{module}."):
        return rewriting(reference.span, reference.text, near)
    return rewriting(reference.span, reference.text, f"{near}.{name}") if is_slip(module, near) else None
