"""ML802: names of missing environments."""

from collections.abc import Iterator

from metta_lint.api import TASKS, Case, ConfigTree, Draft, Fix, Reference, env_references, renaming, rewriting

ARENA = "game:\n  num_agents: 24\n"
RANDOM = "_target_: metta.mettagrid.curriculum.random.RandomCurriculum\ntasks:\n  /env/arena/{name}: 1\n"
SIM = "defaults:\n  - _self_\nsimulations:\n  arena:\n    env: {path}\n"


class DanglingEnv:
    """A curriculum, a simulation or a trainer names an environment that is not there.

    ## Why it matters
    The path is only looked up when the task is drawn or the evaluation starts: hours into a run, or at its end, when
    there is nothing left to evaluate but the error.

    ## Example
    `/env/mettagrid/curriculum/navigation: 1` among a curriculum's tasks, where `navigation` is a folder by now.

    ## How to fix it
    Name one of the configs that the message gives.
    """

    code, name, severity = "ML802", "dangling-env", "error"
    fixable = "safe"
    agrees = [
        Case(files={"configs/env/arena/basic.yaml": ARENA, "configs/env/all.yaml": RANDOM.format(name="basic")}),
        Case(files={"configs/env/arena/basic.yaml": ARENA, "configs/sim/a.yaml": SIM.format(path="env/arena/basic")}),
        Case(files={"configs/env/arena/basic.yaml": ARENA, "configs/sim/a.yaml": SIM.format(path="???")}),
    ]
    drifts = [
        Case(
            files={"configs/env/arena/basic.yaml": ARENA, "configs/env/all.yaml": RANDOM.format(name="baisc")},
            at=("configs/env/all.yaml:3",),
        ),
        Case(
            files={
                "configs/train_job.yaml": "defaults:\n  - _self_\n",
                "configs/env/arena/basic.yaml": ARENA,
                "configs/env/all.yaml": RANDOM.format(name="baisc"),
            },
            at=("configs/env/all.yaml:3",),
        ),
        Case(
            files={"configs/env/arena/basic.yaml": ARENA, "configs/sim/a.yaml": SIM.format(path="/env/arena")},
            at=("configs/sim/a.yaml:5",),
        ),
    ]

    def check(self, tree: ConfigTree) -> Iterator[Draft]:
        """One draft for each path without a config in the tree."""
        for document in tree.documents.values():
            for reference in env_references(document.root):
                if tree.has(reference.text):
                    continue
                folder = tree.has_folder(reference.text)
                yield Draft(
                    f"{reference.text} is a folder, not a config" if folder else f"there is no config {reference.text}",
                    at=reference.span,
                    help=self._help(tree, reference.text),
                    fix=self._fix(tree, reference),
                    severity=None if folder or tree.is_whole else "warning",
                )

    def _fix(self, tree: ConfigTree, reference: Reference) -> Fix | None:
        near = tree.near(reference.text)
        if len(near) != 1 or tree.has_folder(reference.text) or not tree.is_whole:
            return None
        root = "/" if reference.text.startswith("/") else ""
        suffix = ".yaml" if reference.text.endswith(".yaml") else ""
        change = renaming if reference.key == TASKS else rewriting
        return change(reference.span, reference.text, f"{root}{near[0]}{suffix}")

    def _help(self, tree: ConfigTree, path: str) -> str:
        near = ", ".join(f"/{name}" for name in tree.near(path))
        if near:
            return f"one of {near}" if tree.has_folder(path) else f"did you mean {near}?"
        return "name a config that is there" if tree.is_whole else "this may be a part of a tree: check the whole"
