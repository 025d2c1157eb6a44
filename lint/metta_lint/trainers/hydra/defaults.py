"""Hydra's defaults lists: which files make a config, in which order they are merged, and where each one's values go."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING

from metta_lint.base.errors import InputError
from metta_lint.base.records import NamedTuple
from metta_lint.base.unknown import Unknown
from metta_lint.base.wording import IN_BRACKETS, did_you_mean
from metta_lint.trainers.hydra.grammar import GrammarError, is_interpolated, parse_interpolation
from metta_lint.trainers.hydra.hydra_node import GROUPS
from metta_lint.trainers.hydra.includes import SELF, DefaultsNode, Hole, Include, LoadedConfig, Option, include_of
from metta_lint.trainers.hydra.interpolation import Resolver
from metta_lint.trainers.hydra.tree import DictNode, NodePlace, ValueNode

if TYPE_CHECKING:
    from collections.abc import Mapping

    from metta_lint.base.documents import Span
    from metta_lint.trainers.hydra.repository import ConfigRepository
    from metta_lint.trainers.hydra.tree import ConfigNode

INCLUDE_LIMIT = 2000  # configs and items of defaults lists that make one config; Metta's largest has some forty
DEPTH_LIMIT = 50  # includes within includes
PACKAGE_LIMIT = 50  # keys that one file's values may be nested under by its includes
_SHOWN = 10  # options that a message names


class PackagedFile(NamedTuple):
    """A file of a config, and the package (keys with dots between, or nothing) that its values go to."""

    path: str
    package: str
    body: ConfigNode


class GroupOverrides(NamedTuple):
    """What the command line does to config groups; all but ``appended`` by ``group`` or ``group@package``."""

    choices: Mapping[str, Include] = {}
    appended: tuple[Include, ...] = ()
    deletions: Mapping[str, Include] = {}  # without a name: whichever option it is


def defaults_list(
    repository: ConfigRepository, name: str, overrides: GroupOverrides, span: Span, *, with_holes: bool = False
) -> list[PackagedFile | Hole]:
    """The files of a config in the order in which they are merged.

    Raises InputError, at the item of the defaults list, for what Hydra refuses and for lists that
    have no end; at ``span`` if the config itself is missing. ``with_holes``: an include of a missing file is a hole
    in the list instead.
    """
    expansion = _Expansion(repository, overrides, with_holes=with_holes)
    files = expansion.expand(DefaultsNode(include_of(name, span)))
    if not any(isinstance(file, Hole) for file in files):  # else what is not used may be overridden there
        expansion.require_all_used()
    return files


class _Expansion:
    """Expands the last item of each list first, as Hydra does: a later item's overrides reach the earlier ones."""

    def __init__(self, repository: ConfigRepository, overrides: GroupOverrides, *, with_holes: bool) -> None:
        self.repository = repository
        self.overrides = overrides
        self.with_holes = with_holes
        self.choices = dict(overrides.choices)
        self.used: set[str] = set()
        self.chosen: dict[str, Include] = {}
        self.whole: set[str] = set()  # groups that were merged as one file without a defaults list
        self.count = 0

    # -- one config ----------------------------------------------------------------------------------------------

    def expand(self, node: DefaultsNode) -> list[PackagedFile | Hole]:
        """A config's files: those of its includes and its own."""
        include = node.include
        if include.group is not None:
            if self._is_deleted(node):
                return []
            self._choose(node)
        if include.options is None or node.group in GROUPS:
            return []
        file = self._load(node)
        if file is None or isinstance(file, Hole):
            return [] if file is None else [file]
        self._require_end(node)
        includes = self._with_self(file, self.overrides.appended if not node.above else ())
        package = node.final_package(file.package)
        if package.count(".") >= PACKAGE_LIMIT:
            raise InputError(f"a package of more than {PACKAGE_LIMIT} keys", include.span)
        self._count(len(includes), includes[INCLUDE_LIMIT - self.count :])
        above = (*node.above, node)
        is_named_so = node.by_interpolation
        nodes = [DefaultsNode(item, node.group, package, above, by_interpolation=is_named_so) for item in includes]
        self._register_overrides(nodes)
        own = PackagedFile(file.path, package, file.body)
        included = [item for item in nodes if not item.include.override]
        if included:
            return self._expand_all(included, own)
        self._require_once(node)
        return [own]

    def _require_once(self, node: DefaultsNode) -> None:
        key = node.override_key() if node.include.group is not None else None
        if key in self.whole:
            raise InputError(f"{key} is included twice", node.include.span)
        self.whole.update([key] if key is not None else [])

    def _is_deleted(self, node: DefaultsNode) -> bool:
        key = node.override_key()
        deletion = self.overrides.deletions.get(key)
        if deletion is None or (deletion.name and deletion.name != node.include.name):
            return False
        self.used.add(f"~{key}")
        return True

    def _choose(self, node: DefaultsNode) -> None:
        """Records a group's option. Raises InputError if a later item has chosen another one."""
        key, include = node.override_key(), node.include
        later = self.chosen.setdefault(key, include)
        known = GROUPS.get(key, later.name)
        if known != include.name:
            is_chosen = f"{key} is {include.name or 'null'} already ({include.span})"
            raise InputError(f"{is_chosen}; to change it, write 'override {key}: {known or 'null'}'", later.span)

    def _load(self, node: DefaultsNode) -> LoadedConfig | Hole | None:
        path, include = node.path, node.include
        if path.endswith("???"):
            group = node.override_key() if include.group else path
            options = self.repository.options(node.group)
            more = ", ..." if len(options) > _SHOWN else ""
            available = f"one of {', '.join(options[:_SHOWN])}{more}" if options else "it has no options"
            raise InputError(f"{group} must be chosen: {available}", include.span)
        file = self.repository.load(path)
        if file is not None or include.optional:
            return file
        span = include.options[0].span if include.options else include.span
        if not node.above:
            raise InputError(f"there is no config {path}", span)
        hint = did_you_mean(include.name or "", self.repository.options(node.group), form=IN_BRACKETS)
        problem = InputError(f"there is no config {path} to include{hint}", span)
        if self.with_holes:
            return Hole(path, node.final_package(None), problem)
        raise problem

    def _require_end(self, node: DefaultsNode) -> None:
        span = node.include.span
        self._count(1, (node.include,))
        for above in node.above:
            if node.path == above.path and node.parent_package == above.parent_package:
                way = " -> ".join(other.path for other in (*node.above, node))
                raise InputError(f"includes run in a circle: {way}", span)
        if len(node.above) > DEPTH_LIMIT:
            raise InputError(f"includes nest deeper than {DEPTH_LIMIT} levels", span)

    def _count(self, number: int, beyond: tuple[Include, ...]) -> None:
        self.count += number
        if self.count > INCLUDE_LIMIT:
            raise InputError(f"more than {INCLUDE_LIMIT} configs are included", beyond[0].span)

    # -- its defaults list -----------------------------------------------------------------------------------------

    @staticmethod
    def _with_self(file: LoadedConfig, appended: tuple[Include, ...]) -> tuple[Include, ...]:
        """The list with ``_self_`` (last if left out) and the items that the command line appends."""
        includes = file.includes
        selves = [include for include in includes if include.is_self]
        if len(selves) > 1:
            raise InputError(f"{SELF} stands twice in one defaults list", selves[1].span)
        # A list of nothing but overrides gets no _self_: with a group appended to it, the file's own values are lost.
        if not selves and (appended if not includes else any(not include.override for include in includes)):
            includes = (*includes, include_of(SELF, file.span))
        return (*includes, *appended)

    def _register_overrides(self, nodes: list[DefaultsNode]) -> None:
        seen = False
        for node in nodes:
            include = node.include
            if seen and not (include.override or include.is_self or include.external):
                raise InputError("overrides stand at the end of a defaults list", include.span)
            if not include.override or include.is_self:
                continue
            seen = True
            if node.by_interpolation:
                message = "a config that is included by an interpolated name can override nothing"
                raise InputError(message, include.span)
            if node.group not in GROUPS:
                self.choices.setdefault(node.override_key(), include)

    def _expand_all(self, nodes: list[DefaultsNode], own: PackagedFile) -> list[PackagedFile | Hole]:
        results: list[list[PackagedFile | Hole]] = [[] for _ in nodes]
        deferred = []  # names with interpolations wait until every group has been chosen
        for index, written in reversed(list(enumerate(nodes))):
            node = self._overridden(written)
            if node.include.is_self:
                results[index] = [own]
            elif not node.include.many and is_interpolated(node.include.name or ""):
                deferred.append((index, node))
            else:
                results[index] = self._expand_options(node)
        for index, node in deferred:
            results[index] = self.expand(self._named(node))
        return list(chain.from_iterable(results))

    def _overridden(self, node: DefaultsNode) -> DefaultsNode:
        key = node.override_key() if node.include.group is not None else ""
        choice = self.choices.get(key)
        if choice is None:
            return node
        self.used.add(key)
        return node.with_include(node.include._replace(options=choice.options, many=choice.many))

    def _expand_options(self, node: DefaultsNode) -> list[PackagedFile | Hole]:
        include = node.include
        if not include.many:
            return self.expand(node)
        results = []
        for option in reversed(include.options or ()):
            if is_interpolated(option.name):
                raise InputError("an interpolated name cannot stand in a list of options", option.span)
            path = Option(f"{include.group}/{option.name}", option.span)
            single = include._replace(group=None, options=(path,), many=False, span=option.span)
            results.append(self.expand(node.with_include(single)))
        return list(chain.from_iterable(reversed(results)))

    def _named(self, node: DefaultsNode) -> DefaultsNode:
        """The node with its name's interpolations resolved among the groups' choices."""
        include = node.include
        choices = DictNode({key: ValueNode(choice.name) for key, choice in self.chosen.items() if key not in GROUPS})
        written = node.path if include.group is None else include.name
        try:
            parse_interpolation(str(written))
        except GrammarError as error:
            raise InputError(str(error), include.span) from None
        place = NodePlace(ValueNode(written, include.span), NodePlace(choices), "defaults")
        value = Resolver().value(place)
        if not isinstance(value, str):
            reason = value.because if isinstance(value, Unknown) else "its name is no string"
            groups = ", ".join(map(str, choices.value)) or "none"
            raise InputError(f"{reason} (names can refer to the groups chosen so far: {groups})", include.span)
        named = include._replace(options=(Option(value, include.span),))
        return node.with_include(named, by_interpolation=True)

    # -- at the end ------------------------------------------------------------------------------------------------

    def require_all_used(self) -> None:
        """Raises InputError for an override or deletion of a group that no defaults list has."""
        for key, choice in self.choices.items():
            if key not in self.used:
                raise InputError(self._unused(key, external=choice.external), choice.span)
        for key, deletion in self.overrides.deletions.items():
            if f"~{key}" not in self.used:
                shown = f"{key}={deletion.name}" if deletion.name else key
                raise InputError(f"no defaults list has {shown} to delete", deletion.span)

    def _unused(self, key: str, *, external: bool) -> str:
        known = {**GROUPS, **self.chosen}
        group = key.partition("@")[0]
        others = sorted(other for other in known if other.partition("@")[0] == group)
        hint = f" (there is {', '.join(others)})" if others else did_you_mean(key, known, form=IN_BRACKETS)
        more = f"; +{key}=... adds it" if external else ""
        return f"no defaults list has {key} to override{hint}{more}"
