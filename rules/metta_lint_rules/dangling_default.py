"""ML801: defaults lists that name a missing config."""

from collections.abc import Iterator

from metta_lint.api import Case, ConfigTree, Draft, Fix, Node, Scalar, Sequence, Span, close_names, is_slip, rewriting

ENV = "defaults:\n  - {base}\n  - _self_\ngame:\n  num_agents: 4\n"
ENTRY = {"configs/train_job.yaml": "defaults:\n  - _self_\nagent:\n  _target_: metta.agent.metta_agent.MettaAgent\n"}
OTHER = {"conf/config.yaml": "defaults:\n  - schema\n  - override hydra/launcher: joblib\n  - _self_\n"}


class DanglingDefault:
    """A defaults list names a config that is not there.

    ## Why it matters
    Hydra composes nothing of a config whose defaults are not there. A run says so at once; a config that only a
    curriculum or an evaluation reaches says so hours later.

    ## Example
    `/env/mettagrid/multiagent/training/defaults@` in the files of a folder that was renamed to `experiments`.

    ## How to fix it
    Name the config that the message gives. In a part of a tree (no config at its root has a defaults list), a name is
    only judged where a config beside it shows what was meant.
    """

    code, name, severity = "ML801", "dangling-default", "error"
    fixable = "safe"
    agrees = [
        Case(files={"configs/env/a.yaml": ENV.format(base="/env/base"), "configs/env/other.yaml": "a: 1\n"}),
        Case(files={**ENTRY, "configs/env/a.yaml": ENV.format(base="base"), "configs/env/base.yaml": "a: 1\n"}),
        Case(files=OTHER),
        Case(files={**ENTRY, "configs/env/a.yaml": ENV.format(base="/hydra/launcher: joblib")}),
        Case(files={**ENTRY, "configs/env/a.yaml": ENV.format(base="optional /env: base")}),
    ]
    drifts = [
        Case(files={**ENTRY, "configs/env/a.yaml": ENV.format(base="/env/base")}, at=("configs/env/a.yaml:2",)),
        Case(
            files={"configs/env/new/a.yaml": ENV.format(base="/env/old/base@"), "configs/env/new/base.yaml": "a: 1\n"},
            at=("configs/env/new/a.yaml:2",),
        ),
        Case(
            files={
                **ENTRY,
                "configs/env/a.yaml": ENV.format(base="big_arnea@game"),
                "configs/env/big_arena.yaml": "a: 1\n",
            },
            at=("configs/env/a.yaml:2",),
        ),
    ]

    def check(self, tree: ConfigTree) -> Iterator[Draft]:
        """One draft for each missing config of a defaults list, however many configs include that list."""
        seen = set()
        for name in tree.documents:
            composed = tree.composed(name)
            for hole in composed.holes if composed is not None else ():
                span = hole.problem.span
                if span in seen:
                    continue
                seen.add(span)
                meant = self._meant(tree, hole.path, tree.name_of(span.path))
                if meant or (tree.is_whole and tree.is_metta):
                    yield Draft(
                        hole.problem.message,
                        at=span,
                        help=f"did you mean /{meant}?" if meant else "name a config that is there, or remove the item",
                        fix=self._fix(tree, span, hole.path, meant) if meant else None,
                    )

    def _fix(self, tree: ConfigTree, span: Span, missing: str, meant: str) -> Fix | None:
        """The fix, written as the item was: by a path from the root of the tree, or from its group."""
        document = tree.documents.get(tree.name_of(span.path))
        text = "" if document is None else _text_at(document.root, span)
        path, at, package = text.partition("@")
        group = missing.strip("/").removesuffix(path.strip("/"))
        if not path or not meant.startswith(group) or (group and path.startswith("/")):
            return None
        root = "/" if path.startswith("/") else ""
        new = f"{root}{meant.removeprefix(group)}{at}{package}"
        return rewriting(span, text, new, is_safe=is_slip(missing.strip("/"), meant))

    def _meant(self, tree: ConfigTree, missing: str, named_in: str) -> str:
        """The config that was probably meant: one of the same name beside the file, or a similar name in the folder."""
        folder, _, last = missing.strip("/").rpartition("/")
        beside = f"{named_in.rpartition('/')[0]}/{last}"
        if not tree.has_folder(folder):
            return beside if tree.has(beside) and beside != named_in else ""
        names = {name.rpartition("/")[2]: name for name in tree.names if name.rpartition("/")[0] == folder}
        return "".join(names[found] for found in close_names(last, names, cutoff=0.85))


def _text_at(node: Node, span: Span) -> str:
    """The text of the scalar at a place; empty if there is none."""
    if isinstance(node, Scalar):
        return node.value if node.span == span and isinstance(node.value, str) else ""
    items = node.items if isinstance(node, Sequence) else [entry.value for entry in node.entries.values()]
    return next((found for item in items if (found := _text_at(item, span))), "")
