"""ML805: a curriculum sets keys that its environment does not have."""

from collections.abc import Iterator

from metta_lint.api import (
    NEW_NAMES,
    PARAMETERS,
    Case,
    ConfigTree,
    Draft,
    Environment,
    Mapping,
    Node,
    Sequence,
    Span,
    allowed_keys,
    kind_of,
    leaves,
    meant_by,
)

TOP = frozenset({"desync_episodes", "game", "label", "labels", "num_trials", "sampling"})
"""What reads an environment's config outside of its game (mettagrid_env.py, curriculum/sampling.py)."""
TEMPLATE = """altars: 1
game:
  objects:
    altar: {type_id: 8, initial_resource_count: 1}
  map_builder:
    _target_: metta.map.mapgen.MapGen
    width: 10
    root: {params: {objects: {altar: "${altars}"}}}
"""
BUCKETS = """_target_: metta.mettagrid.curriculum.bucketed.BucketedCurriculum
env_cfg_template_path: /env/template
buckets:
  altars: [1, 2]
  game.map_builder.{map}: [1, 2]
  {top}.objects.altar.{altar}: [1, 2]
"""
FINE = BUCKETS.format(map="width", top="game", altar="cooldown")


class OverrideReachesNothing:
    """A bucket of a curriculum sets a key that the environment does not have.

    ## Why it matters
    The value is put where nothing reads it, or where the environment refuses it. In the first case every bucket trains
    the same environment, and the curriculum's statistics compare copies.

    ## Example
    `objects.altar.cooldown: {range: [10, 60]}`, where the altar is `game.objects.altar`.

    ## How to mend it
    Write the key that the message names.
    """

    code, name, severity = "ML805", "override-reaches-nothing", "error"
    agrees = [
        Case(files={"configs/env/template.yaml": TEMPLATE, "configs/env/a.yaml": FINE}),
        Case(files={"configs/env/a.yaml": FINE}),
    ]
    drifts = [
        Case(
            files={
                "configs/env/template.yaml": TEMPLATE,
                "configs/env/a.yaml": BUCKETS.format(map="room.width", top="my", altar="cooldown"),
            },
            at=("configs/env/a.yaml:5", "configs/env/a.yaml:6"),
        ),
        Case(
            files={"configs/env/a.yaml": BUCKETS.format(map="width", top="game", altar="initial_items")},
            at=("configs/env/a.yaml:6",),
        ),
    ]

    def check(self, tree: ConfigTree) -> Iterator[Draft]:
        """One draft for each bucket whose key certainly reaches nothing."""
        for document in tree.documents.values():
            buckets = document.root.get("buckets") if isinstance(document.root, Mapping) else None
            if isinstance(buckets, Mapping) and isinstance(document.root, Mapping):
                template = self._template(tree, document.root)
                # Buckets that are lists came after the renaming of keys.
                new = any(isinstance(entry.value, Sequence) for entry in buckets.entries.values())
                for key, entry in buckets.entries.items():
                    yield from self._judged(str(key), entry.key_span, template, new)

    def _template(self, tree: ConfigTree, root: Mapping) -> Environment | None:
        path = root.get("env_cfg_template_path")
        found = tree.environments.get(str(getattr(path, "value", "")).strip("/").removesuffix(".yaml"))
        return found if found is not None and found.is_complete else None

    def _judged(self, key: str, span: Span, template: Environment | None, new: bool) -> Iterator[Draft]:
        keys = tuple(key.split("."))
        if template is not None and (template.root.get(*keys) is not None or template.reads(key)):
            return
        why, meant = self._refused(keys, template, new)
        if not why and template is not None:
            why, meant = self._unread(keys, template)
        if why:
            at = (("the environment", template.root.span),) if template is not None else ()
            yield Draft(
                f"{key} reaches nothing: {why}",
                at=span,
                related=at,
                help=f"did you mean {meant}?" if meant else "remove it, or name a key that the environment has",
            )

    def _refused(self, keys: tuple[str, ...], template: Environment | None, new: bool) -> tuple[str, str]:
        """Why the game refuses a key, and what was meant; empty where it does not, or that is not known."""
        *parents, name = keys[1:] if keys[0] == "game" else ("", "")
        allowed = allowed_keys(tuple(parents))
        names = (str(part) for path, _ in leaves(template.root) for part in path) if template is not None else ()
        if allowed is None or name in allowed or not (new or any(part in NEW_NAMES for part in names)):
            return "", ""
        meant = meant_by(name, tuple(parents))
        why = f"game.{'.'.join(parents)} has no {name}, and refuses it"
        return why, ".".join(["game", *parents, meant]) if meant else ""

    def _unread(self, keys: tuple[str, ...], template: Environment) -> tuple[str, str]:
        kind = kind_of(template.map_builder)
        if keys[:2] == ("game", "map_builder") and kind in PARAMETERS and keys[2:3] and keys[2] not in PARAMETERS[kind]:
            return f"{kind} takes no {keys[2]}", self._alike(keys, template.root)
        if keys[:2] == ("game", "params"):
            return "nothing in the environment reads it", self._alike(keys, template.root)
        if keys[0] not in TOP and template.root.get(keys[0]) is None and not template.reads(keys[0]):
            return f"the environment has no {keys[0]}, and nothing in it reads one", self._alike(keys, template.root)
        return "", ""

    def _alike(self, keys: tuple[str, ...], root: Node) -> str:
        """The key of the environment that ends as this one does, in as many parts as any."""
        *parents, last = keys
        moved = meant_by(last, tuple(parents))
        if moved and last not in (allowed_keys(tuple(parents)) or (last,)):
            return ".".join(["game", *parents, moved])
        paths = [tuple(map(str, path)) for path, _ in leaves(root)]
        for length in range(len(keys), 0, -1):
            found = [".".join(path) for path in paths if path[-length:] == keys[-length:]]
            if found:
                return min(found, key=lambda path: path.count("."))
        return ""
