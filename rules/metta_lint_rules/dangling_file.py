"""ML803: names of missing files of the tree."""

from collections.abc import Iterator
from posixpath import basename, splitext

from metta_lint.api import Case, ConfigTree, Draft, file_references, rewriting

ENV = "game:\n  map_builder:\n    uri: configs/env/maps/{path}\n"
MAP = {"configs/env/maps/small/a.map": "###\n#@#\n###\n"}


class DanglingFile:
    """A config names a file of its own tree that is not there.

    ## Why it matters
    The map is opened when the environment is built: at the first reset, or when an evaluation first gets to it.

    ## Example
    `uri: configs/env/mettagrid/maps/navigation_sequence/evals/corridors.map`, where the maps lie in
    `navigation_sequence` itself.

    ## How to fix it
    Name the file that is there. A tree without any file of that kind is a part of one, and is not judged.
    """

    code, name, severity = "ML803", "dangling-file", "error"
    fixable = "unsafe"
    agrees = [
        Case(files={"configs/env/a.yaml": ENV.format(path="small/a.map"), **MAP}),
        Case(files={"configs/env/a.yaml": ENV.format(path="small/b.map")}),
    ]
    drifts = [
        Case(files={"configs/env/a.yaml": ENV.format(path="small/evals/a.map"), **MAP}, at=("configs/env/a.yaml:3",))
    ]

    def check(self, tree: ConfigTree) -> Iterator[Draft]:
        """One draft for each missing file whose suffix other files of the tree have."""
        for document in tree.documents.values():
            for reference in file_references(document.root, tree.root_name):
                if tree.file(reference.text) is not None or not _is_kept_here(tree, splitext(reference.text)[1]):
                    continue
                near = [path for path in tree.other_files if basename(path) == basename(reference.text)][:3]
                yield Draft(
                    f"no file {reference.text}",
                    at=reference.span,
                    help=f"did you mean {', '.join(near)}?" if near else "name a file that is there",
                    fix=rewriting(reference.span, reference.text, near[0], is_safe=False) if len(near) == 1 else None,
                )


def _is_kept_here(tree: ConfigTree, suffix: str) -> bool:
    """Whether the tree has files with this suffix. Called last, because it lists the whole tree."""
    return any(splitext(path)[1] == suffix for path in tree.other_files)
