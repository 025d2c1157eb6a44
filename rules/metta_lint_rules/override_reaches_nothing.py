"""ML805: a curriculum sets keys that its environment does not have."""

from collections.abc import Iterator

from metta_lint.api import (
    Case,
    ConfigTree,
    Draft,
    Environment,
    Mapping,
    Node,
    Scalar,
    Sequence,
    Span,
    config_name,
    leaves,
)
from metta_lint.api.mettagrid import NEW_NAMES, PARAMETERS, TOP_KEYS, kind_of, refused_key
from metta_lint_rules.meant_keys import fix_of

TEMPLATE = """altars: 1
game:
  objects:
    altar: {type_id: 8, initial_resource_count: 1}
  map_builder:
    _target_: metta.map.mapgen.MapGen
    width: 10
    root: {params: {objects: {altar: "${altars}"}}}
"""
BUCKETS = """_target_: a.B
env_cfg_template_path: /env/template
buckets:
  altars: [1, 2]
  game.map_builder.{map}: [1, 2]
  {top}.objects.altar.{altar}: [1, 2]
"""
A = "configs/env/a.yaml"
PATH = "env_cfg_template_path"
FINE = BUCKETS.format(map="width", top="game", altar="cooldown")


class OverrideReachesNothing:
    """A bucket of a curriculum sets a key that the environment does not have.

    ## Why it matters
    The value is put where nothing reads it, or where the environment refuses it. In the first case every bucket trains
    the same environment, and the curriculum's statistics compare copies.

    ## Example
    `objects.altar.cooldown: {range: [10, 60]}`, where the altar is `game.objects.altar`.

    ## How to fix it
    Write the key that the message names.
    """

    code, name, severity = "ML805", "override-reaches-nothing", "error"
    fixable = "safe"
    agrees = [
        Case(files={"configs/env/template.yaml": TEMPLATE, A: FINE}),
        Case(files={A: FINE}),
    ]
    drifts = [
        Case(
            files={
                "configs/env/template.yaml": TEMPLATE,
                A: BUCKETS.format(map="room.width", top="my", altar="cooldown"),
            },
            at=(f"{A}:5", f"{A}:6"),
        ),
        Case(files={A: BUCKETS.format(map="width", top="game", altar="initial_items")}, at=(f"{A}:6",)),
    ]

    def check(self, tree: ConfigTree) -> Iterator[Draft]:
        """One draft for each key that a bucket or an override sets and that certainly reaches nothing."""
        for document in tree.documents.values():
            if isinstance(document.root, Mapping):
                yield from self._overrides(document.root.get("env_overrides"))
                yield from self._buckets(document.root.get("buckets"), self._template(tree, document.root.get(PATH)))

    def _overrides(self, overrides: Node | None) -> Iterator[Draft]:
        found = list(leaves(overrides)) if isinstance(overrides, Mapping) else []
        if any(part in NEW_NAMES for path, _ in found for part in path):
            for path, node in found:
                keys = tuple(map(str, path))
                if (refused := refused_key(keys)) is not None:
                    yield self._draft(keys, node.span, *refused, depth=len(keys) - 1)

    def _buckets(self, buckets: Node | None, template: Environment | None) -> Iterator[Draft]:
        entries = buckets.entries if isinstance(buckets, Mapping) else {}
        new = any(isinstance(entry.value, Sequence) for entry in entries.values())  # lists came after the renaming
        for key, entry in entries.items():
            keys = tuple(str(key).split("."))
            if template is not None and (template.root.get(*keys) is not None or template.reads(str(key))):
                continue
            refused = refused_key(keys) if new or (template and template.has_new_names) else None
            refused = refused or (self._unread(keys, template) if template else None)
            if refused:
                yield self._draft(keys, entry.key_span, *refused)

    def _draft(self, keys: tuple[str, ...], span: Span, why: str, meant: str, depth: int = 0) -> Draft:
        hint = f"did you mean {meant}?" if meant else "remove it, or name a key that the environment has"
        fix = fix_of(span, keys, meant, depth)
        return Draft(f"{'.'.join(keys)} reaches nothing: {why}", at=span, help=hint, fix=fix)

    def _template(self, tree: ConfigTree, path: Node | None) -> Environment | None:
        found = tree.environment(config_name(str(path.value))) if isinstance(path, Scalar) else None
        return found if found is not None and found.is_complete else None

    def _unread(self, keys: tuple[str, ...], template: Environment) -> tuple[str, str] | None:
        kind = kind_of(template.map_builder)
        if keys[:2] == ("game", "map_builder") and kind in PARAMETERS and keys[2:3] and keys[2] not in PARAMETERS[kind]:
            return f"{kind} takes no {keys[2]}", template.key_like(keys)
        if keys[:2] == ("game", "params"):
            return "nothing in the environment reads it", template.key_like(keys)
        if keys[0] not in TOP_KEYS and template.root.get(keys[0]) is None and not template.reads(keys[0]):
            return f"the environment has no {keys[0]}, and nothing in it reads one", template.key_like(keys)
        return None
