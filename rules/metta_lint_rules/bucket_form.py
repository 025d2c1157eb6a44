"""ML712: buckets of a curriculum in a form that it does not understand."""

from collections.abc import Iterator

from metta_lint.api import Case, ConfigTree, Draft, Edit, Fix, Mapping, Node, Scalar, Sequence

BUCKETS = """_target_: metta.mettagrid.curriculum.bucketed.BucketedCurriculum
env_cfg_template_path: /env/template
buckets:
  game.max_steps:
    {one}
  game.num_agents:
    {other}
"""


class BucketForm:
    """A bucket of a bucketed curriculum has a form that the curriculum does not understand.

    ## Why it matters
    A bucket is a range (`{range: [1, 3]}`) or some values. Values were `{values: [1, 2]}` until 2025-08 and are a plain
    list since: no revision takes both, and the other form raises when the curriculum is made.

    ## Example
    `game.map_builder.room.dir: {values: [a, b]}` in a tree whose other buckets are lists.

    ## How to fix it
    Write all buckets in the form that the tree's revision understands. A tree that has one form alone is not judged.
    """

    code, name, severity = "ML712", "bucket-form", "error"
    fixable = "unsafe"
    agrees = [
        Case(files={"configs/env/a.yaml": BUCKETS.format(one="range: [1, 3]", other="values: [1, 2]")}),
        Case(files={"configs/env/a.yaml": BUCKETS.format(one="range: [1, 3]\n    bins: 2", other="- 1")}),
    ]
    drifts = [
        Case(
            files={"configs/env/a.yaml": BUCKETS.format(one="- 1", other="values: [1, 2]")},
            at=("configs/env/a.yaml:7",),
        ),
        Case(
            files={"configs/env/a.yaml": BUCKETS.format(one="- 1", other="ranges: [1, 2]")},
            at=("configs/env/a.yaml:7",),
        ),
        Case(
            files={"configs/env/a.yaml": BUCKETS.format(one="3", other="range: [1]")},
            at=("configs/env/a.yaml:5", "configs/env/a.yaml:7"),
        ),
    ]

    def check(self, tree: ConfigTree) -> Iterator[Draft]:
        """One draft for each bucket that is neither a range nor values, and for values in another revision's form."""
        specs = [spec for document in tree.documents.values() for spec in self._specs(document.root)]
        first_list = next((spec for _, spec in specs if isinstance(spec, Sequence)), None)
        for key, spec in specs:
            values = spec.get("values") if isinstance(spec, Mapping) else None
            if values is not None and first_list is not None:
                yield Draft(
                    f"the bucket {key} has its values under «values», where this tree's revision takes a list: "
                    "making the curriculum raises",
                    at=values.span,
                    related=(("a bucket that is a list", first_list.span),),
                    help="write the list itself",
                    fix=self._unwrapped(spec, values),
                )
            elif values is None and not isinstance(spec, Sequence) and not self._is_range(spec):
                yield Draft(
                    f"the bucket {key} is neither a range nor a choice of values: making the curriculum raises",
                    at=spec.span,
                    help="write {range: [low, high]}, or the values as the tree's other buckets do",
                )

    def _specs(self, root: Node) -> Iterator[tuple[str, Node]]:
        buckets = root.get("buckets") if isinstance(root, Mapping) else None
        for key, entry in buckets.entries.items() if isinstance(buckets, Mapping) else ():
            drawn = isinstance(entry.value, Scalar) and isinstance(entry.value.value, str)
            if not drawn:  # ??? and interpolations
                yield str(key), entry.value

    def _unwrapped(self, spec: Node, values: Node) -> Fix | None:
        """The fix that leaves only the list, if it is on one line: the rest of the bucket is removed."""
        if not isinstance(spec, Mapping) or len(spec.entries) > 1 or values.span.line != values.span.end_line:
            return None
        start, end = spec.span, values.span
        before = start._replace(end_line=end.line, end_column=end.column)
        behind = end._replace(line=end.end_line, column=end.end_column, end_line=start[3], end_column=start[4])
        return Fix("write the list itself", tuple(Edit(span, "") for span in (before, behind) if span[1:3] != span[3:]))

    def _is_range(self, spec: Node) -> bool:
        ends = spec.get("range") if isinstance(spec, Mapping) else None
        return isinstance(ends, Scalar) or (isinstance(ends, Sequence) and len(ends.items) == 2)
