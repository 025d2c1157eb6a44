"""Hydra's defaults lists: which files make a config, in which order they are merged, and where each one goes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from metta_lint.base.errors import InputError
from metta_lint.base.records import NamedTuple
from metta_lint.base.unknown import Unknown
from metta_lint.base.wording import IN_BRACKETS, did_you_mean
from metta_lint.trainers.hydra.grammar import GrammarError, is_interpolated, parse
from metta_lint.trainers.hydra.hydra_node import GROUPS
from metta_lint.trainers.hydra.includes import SELF, ConfigFile, Hole, Include, Member, Option, member_of
from metta_lint.trainers.hydra.interpolation import Resolver
from metta_lint.trainers.hydra.tree import Branch, Leaf, Place

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from metta_lint.base.documents import Span

INCLUDE_LIMIT = 2000  # configs and items of defaults lists that make one config; Metta's largest has some forty
DEPTH_LIMIT = 50  # includes within includes
PACKAGE_LIMIT = 50  # keys that one file's values may be nested under by its includes
_SHOWN = 10  # options that a message names


class Folder(Protocol):
    """The folder that config groups are looked up in."""

    def load(self, name: str) -> ConfigFile | None:
        """A config's file, None where there is none. Raises InputError for one that cannot be read."""

    def options(self, group: str) -> Sequence[str]:
        """The names that a group has configs for."""


class Placed(NamedTuple):
    """A file and the package (keys with dots between, or nothing) that its values go to."""

    file: ConfigFile | Hole
    package: str
    span: Span  # the item that includes it


class GroupChoice(NamedTuple):
    """What an override chooses for a group."""

    options: tuple[Option, ...] | None
    many: bool
    span: Span
    external: bool  # from the command line


class GroupChanges(NamedTuple):
    """What the command line does to config groups, by ``group`` or ``group@package``."""

    choices: Mapping[str, GroupChoice]
    appended: tuple[Include, ...]
    deletions: Mapping[str, Option]  # an empty name deletes whichever option it is


def defaults_list(
    folder: Folder, name: str, changes: GroupChanges, span: Span, *, with_holes: bool = False
) -> list[Placed]:
    """The files of a config in the order in which they are merged.

    Raises InputError, at the item of the defaults list that is to blame, for what Hydra refuses and for lists that
    have no end; at ``span`` if there is no such config at all. ``with_holes``: an include of a file that is not there
    is a hole in the list instead.
    """
    expansion = _Expansion(folder, changes, with_holes=with_holes)
    include = Include(None, (Option(name, span),), False, None, False, False, span)
    placed = expansion.expand(member_of(include, "", ""), (), interpolated=False)
    if not any(isinstance(item.file, Hole) for item in placed):  # else what is not used may be overridden there
        expansion.require_all_used()
    return placed


class _Expansion:
    """Expands the last item of each list first, as Hydra does: a later item's overrides reach the earlier ones."""

    def __init__(self, folder: Folder, changes: GroupChanges, *, with_holes: bool) -> None:
        self.folder = folder
        self.with_holes = with_holes
        self.choices = dict(changes.choices)
        self.appended = changes.appended
        self.deletions = changes.deletions
        self.used: set[str] = set()
        self.known: dict[str, str | None] = dict(GROUPS)
        self.chosen: dict[str, Span] = {}
        self.whole: set[str] = set()  # groups that were merged as one file without a defaults list
        self.count = 0

    # -- one config ----------------------------------------------------------------------------------------------

    def expand(self, member: Member, above: tuple[Member, ...], *, interpolated: bool) -> list[Placed]:
        """What a config comes to: its includes' files and its own."""
        include = member.include
        if include.group is not None:
            if self._deleted(member):
                return []
            self._choose(member)
        if include.options is None or member.group in GROUPS:
            return []
        file = self._load(member, above)
        if isinstance(file, Hole):
            return [Placed(file, file.package, member.include.span)]
        if file is None:
            return []
        self._check_depth(member, above)
        includes = self._includes_of(file, primary=not above)
        return self._members(member, file, includes, above, interpolated=interpolated)

    def _deleted(self, member: Member) -> bool:
        key = member.key()
        deletion = self.deletions.get(key)
        if deletion is None or deletion.name not in ("", member.include.name):
            return False
        self.used.add(f"~{key}")
        return True

    def _choose(self, member: Member) -> None:
        """Notes a group's option. Raises InputError if a later item has chosen another one."""
        key, name, span = member.key(), member.include.name, member.include.span
        known = self.known.setdefault(key, name)
        later = self.chosen.setdefault(key, span)
        if known != name:
            message = (
                f"{key} is {name or 'null'} already ({span}); to change it, write 'override {key}: {known or 'null'}'"
            )
            raise InputError(message, later)

    def _load(self, member: Member, above: tuple[Member, ...]) -> ConfigFile | Hole | None:
        path = member.path
        if path.endswith("???"):
            group = member.key() if member.include.group else path
            raise InputError(f"{group} must be chosen: {self._available(member)}", member.include.span)
        file = self.folder.load(path)
        if file is not None or member.include.optional:
            return file
        named = member.include.options
        problem = InputError(self._not_found(member, above), named[0].span if named else member.include.span)
        if self.with_holes and above:
            return Hole(path, member.final_package(None), problem)
        raise problem

    def _not_found(self, member: Member, above: tuple[Member, ...]) -> str:
        path = member.path
        if not above:
            return f"there is no config {path}"
        hint = did_you_mean(member.include.name or "", self.folder.options(member.group), form=IN_BRACKETS)
        return f"there is no config {path} to include{hint}"

    def _available(self, member: Member) -> str:
        options = self.folder.options(member.group)
        more = ", ..." if len(options) > _SHOWN else ""
        return f"one of {', '.join(options[:_SHOWN])}{more}" if options else "it has no options"

    def _check_depth(self, member: Member, above: tuple[Member, ...]) -> None:
        span = member.include.span
        self._count(1, (member.include,))
        if any((member.path, member.package) == (other.path, other.package) for other in above):
            way = " -> ".join(other.path for other in (*above, member))
            raise InputError(f"includes run in a circle: {way}", span)
        if len(above) > DEPTH_LIMIT:
            raise InputError(f"includes nest deeper than {DEPTH_LIMIT} levels", span)

    # -- its defaults list -----------------------------------------------------------------------------------------

    def _includes_of(self, file: ConfigFile, *, primary: bool) -> tuple[Include, ...]:
        """The list with its ``_self_``, which stands last where it is left out."""
        includes = file.includes
        appended = self.appended if primary else ()
        selves = [include for include in includes if include.is_self]
        if len(selves) > 1:
            raise InputError(f"{SELF} stands twice in one defaults list", selves[1].span)
        # A list of nothing but overrides gets no _self_: with a group appended to it, the file's own values are lost.
        if not selves and (appended if not includes else any(not include.override for include in includes)):
            includes = (*includes, Include(None, (Option(SELF, file.span),), False, None, False, False, file.span))
        return (*includes, *appended)

    def _members(
        self,
        parent: Member,
        file: ConfigFile,
        includes: tuple[Include, ...],
        above: tuple[Member, ...],
        *,
        interpolated: bool,
    ) -> list[Placed]:
        package = parent.final_package(file.package)
        own = Placed(file, package, parent.include.span)
        if package.count(".") >= PACKAGE_LIMIT:
            raise InputError(f"a package of more than {PACKAGE_LIMIT} keys", parent.include.span)
        if not includes:
            self._merge_whole(parent)
            return [own]
        self._count(len(includes), includes[INCLUDE_LIMIT - self.count :])
        members = [member_of(include, parent.group, package) for include in includes]
        self._register_overrides(members, interpolated=interpolated)
        included = [member for member in members if not member.include.override]
        if not included:
            self._merge_whole(parent)
            return [own]
        return self._expand_all(included, own, (*above, parent), interpolated=interpolated)

    def _count(self, number: int, beyond: tuple[Include, ...]) -> None:
        self.count += number
        if self.count > INCLUDE_LIMIT:
            raise InputError(f"more than {INCLUDE_LIMIT} configs are included", beyond[0].span)

    def _merge_whole(self, member: Member) -> None:
        if member.include.group is None:
            return
        key = member.key()
        if key in self.whole:
            raise InputError(f"{key} is included twice", member.include.span)
        self.whole.add(key)

    def _register_overrides(self, members: list[Member], *, interpolated: bool) -> None:
        seen = False
        for member in members:
            include = member.include
            if include.is_self:
                continue
            if include.override:
                seen = True
                self._register(member, interpolated=interpolated)
            elif seen and not include.external:
                raise InputError("overrides stand at the end of a defaults list", include.span)

    def _register(self, member: Member, *, interpolated: bool) -> None:
        include = member.include
        if interpolated:
            raise InputError("a config that is included by an interpolated name can override nothing", include.span)
        key = member.key()
        if member.group not in GROUPS:
            self.choices.setdefault(key, GroupChoice(include.options, include.many, include.span, external=False))

    def _expand_all(
        self,
        members: list[Member],
        own: Placed,
        above: tuple[Member, ...],
        *,
        interpolated: bool,
    ) -> list[Placed]:
        results: dict[int, list[Placed]] = {}
        deferred = []  # names with interpolations wait until every group has been chosen
        for index in reversed(range(len(members))):
            member = self._overridden(members[index])
            members[index] = member
            if member.include.is_self:
                results[index] = [own]
            elif _is_interpolated(member.include):
                deferred.append(index)
            else:
                results[index] = self._expand_options(member, above, interpolated=interpolated)
        for index in deferred:
            results[index] = self.expand(self._named(members[index]), above, interpolated=True)
        return [placed for index in range(len(members)) for placed in results[index]]

    def _overridden(self, member: Member) -> Member:
        if member.include.group is None:
            return member
        choice = self.choices.get(member.key())
        if choice is None:
            return member
        self.used.add(member.key())
        include = member.include._replace(options=choice.options, many=choice.many)
        return member_of(include, member.folder, member.package)

    def _expand_options(self, member: Member, above: tuple[Member, ...], *, interpolated: bool) -> list[Placed]:
        include = member.include
        if not include.many:
            return self.expand(member, above, interpolated=interpolated)
        results = []
        for option in reversed(include.options or ()):
            if is_interpolated(option.name):
                raise InputError("an interpolated name cannot stand in a list of options", option.span)
            path = Option(f"{include.group}/{option.name}", option.span)
            single = include._replace(group=None, options=(path,), many=False, span=option.span)
            single_member = member_of(single, member.folder, member.package)
            results.append(self.expand(single_member, above, interpolated=interpolated))
        return [placed for result in reversed(results) for placed in result]

    def _named(self, member: Member) -> Member:
        """The member with its name's interpolations resolved among the groups' choices."""
        include = member.include
        choices = Branch({key: Leaf(name) for key, name in self.known.items() if key not in GROUPS})
        written = member.path if include.group is None else include.name
        try:
            parse(str(written))
        except GrammarError as error:
            raise InputError(str(error), include.span) from None
        leaf = Leaf(written, include.span)
        value = Resolver().value(Place(leaf, Place(choices), "defaults"))
        if not isinstance(value, str):
            reason = value.because if isinstance(value, Unknown) else "its name is no string"
            groups = ", ".join(map(str, choices.parts)) or "none"
            raise InputError(f"{reason} (names can refer to the groups chosen so far: {groups})", include.span)
        return member_of(include._replace(options=(Option(value, include.span),)), member.folder, member.package)

    # -- at the end ------------------------------------------------------------------------------------------------

    def require_all_used(self) -> None:
        """Raises InputError for an override or deletion of a group that no defaults list has."""
        for key, choice in self.choices.items():
            if key not in self.used:
                raise InputError(self._unused(key, external=choice.external), choice.span)
        for key, deletion in self.deletions.items():
            if f"~{key}" not in self.used:
                shown = f"{key}={deletion.name}" if deletion.name else key
                raise InputError(f"no defaults list has {shown} to delete", deletion.span)

    def _unused(self, key: str, *, external: bool) -> str:
        group = key.partition("@")[0]
        others = sorted(other for other in self.known if other.partition("@")[0] == group)
        hint = f" (there is {', '.join(others)})" if others else did_you_mean(key, self.known, form=IN_BRACKETS)
        more = f"; +{key}=... adds it" if external else ""
        return f"no defaults list has {key} to override{hint}{more}"


def _is_interpolated(include: Include) -> bool:
    return not include.many and include.name is not None and is_interpolated(include.name)
