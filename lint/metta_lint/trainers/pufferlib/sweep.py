"""Reads a PufferLib sweep: an INI's ``[sweep]`` sections over those of its default.ini (PufferLib 3.0 sweep.py)."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from metta_lint.base.documents import Mapping as MappingNode
from metta_lint.base.wording import close_names, count
from metta_lint.plans.sweeps.sweep import Parameter, Search, Stop, Sweep
from metta_lint.sources.ini import DEFAULT_SECTION, values
from metta_lint.trainers.pufferlib.config import find_default, headers, layers, read_run, section_settings
from metta_lint.trainers.pufferlib.dialect import with_version
from metta_lint.trainers.pufferlib.ignored import ignored_key
from metta_lint.trainers.pufferlib.plan import derive

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from metta_lint.base.documents import Document, Span
    from metta_lint.plans.plan import IgnoredKey, Plan
    from metta_lint.plans.run import Run
    from metta_lint.sources.ini import IniValue

SEARCH = Search(
    sizes=tuple(
        """
        vec.num_envs vec.num_workers vec.batch_size env.num_envs env.num_agents train.batch_size train.minibatch_size
        train.max_minibatch_size train.bptt_horizon train.update_epochs train.total_timesteps
        """.split()
    ),
    otherwise="the exception ends the whole sweep",
    ends_the_sweep=True,
)
VERSION = "3"
"""The version whose search was checked by running it."""
SCALARS = ("method", "metric", "goal", "downsample")
"""The keys that a sweep reads of ``[sweep]`` itself; it asserts that all others are sections."""
NEVER_READ = {"train": "PuffeRL never reads it", "vec": "vector.make() raises for a key that it does not know"}
OLD_METRIC, OLD_PARAMETERS = "sweep.metric", "sweep.parameters."


def read_sweep(path: str, base: Plan | None = None) -> Sweep | None:
    """The sweep of an INI; None where neither it nor its default.ini has one. Raises InputError.

    ``base`` is the plan of the INI's run, where it was derived already.
    """
    documents = layers(path, find_default(path))
    sections = values(_of_sweep(document) for document in documents)
    if not sections:
        return None
    places = headers(documents)
    run = with_version(read_run(path)) if base is None else base.run
    parameters = {parameter.key: parameter for parameter in _parameters(sections, places)}
    sweep = Sweep(path, "pufferlib", {}, parameters, run, derive, SEARCH, {}, based_on=path)
    if run.version != VERSION:
        # The search of 2.0 and 4.0 has other keys, but the same arithmetic of ranges.
        whole = {key: parameter for key, parameter in parameters.items() if not parameter.missing}
        search = SEARCH._replace(sizes=())
        return sweep._replace(trainer=f"pufferlib {run.version}", parameters=whole, search=search)
    return sweep._replace(
        settings={setting.key: setting for setting in section_settings("sweep", sections.get("sweep", {}))},
        planned={} if base is None else {(): base},
        stops=tuple(_stops(sections, places)),
        ignored=tuple(_ignored(parameters, run)),
    )


def _of_sweep(document: Document) -> Document:
    """The document with only the sections of its sweep, and [DEFAULT]."""
    root = document.root
    if not isinstance(root, MappingNode):
        return document
    kept = {
        name: entry for name, entry in root.entries.items() if str(name).split(".")[0] in ("sweep", DEFAULT_SECTION)
    }
    return document._replace(root=root._replace(entries=kept))


def _parameters(sections: Mapping[str, Mapping[str, IniValue]], places: Mapping[str, Span]) -> Iterator[Parameter]:
    for section, entries in sections.items():
        key = section.removeprefix("sweep.")
        if section in ("sweep", OLD_METRIC) or section.startswith(OLD_PARAMETERS) or not entries:
            continue
        if any(other.startswith(f"{section}.") for other in sections):  # it is a group
            continue
        fields = {setting.key.rpartition(".")[2]: setting for setting in section_settings(section, entries)}
        yield Parameter(key, fields, places[section])


def _stops(sections: Mapping[str, Mapping[str, IniValue]], places: Mapping[str, Span]) -> Iterator[Stop]:
    scalars = sections.get("sweep", {})
    for key, value in scalars.items():
        if key not in SCALARS:
            yield Stop(
                f"[sweep] {key} = {value.text}: AssertionError: a sweep takes every key but {', '.join(SCALARS)} for a "
                "section of a parameter",
                value.key_span,
                "remove it",
            )
    for section, entries in sections.items():
        nested = next((other for other in sections if other.startswith(f"{section}.")), None)
        if section != "sweep" and entries and nested is not None:
            yield _mixed_group(section, entries, nested, places[nested])
    if OLD_METRIC in sections:
        yield _old_metric(sections, places)
    old = [section for section in sections if section.startswith(OLD_PARAMETERS)]
    if old:
        more = f" (and {count(len(old) - 1, 'more such section')})" if len(old) > 1 else ""
        now = old[0].replace(".parameters.", ".")
        yield Stop(
            f"[{old[0]}]{more} is PufferLib 2's layout: version 3 takes what follows [sweep. for the setting's name, "
            "and fails before the first run",
            places[old[0]],
            f"PufferLib 3 has [{now}] with distribution, min, max, mean and scale",
        )


def _mixed_group(section: str, entries: Mapping[str, IniValue], nested: str, place: Span) -> Stop:
    """Report a group with a key beside a section: the key, or the section where that is in another file."""
    (key, value), *_ = entries.items()
    effect = "AssertionError: a group of parameters holds sections alone"
    if place.path == value.key_span.path:
        help_ = "remove it, or give the parameter a section"
        return Stop(f"[{section}] {key} = {value.text}: {effect}", value.key_span, help_)
    message = f"[{nested}] makes a group of [{section}], which has {key} = {value.text}: {effect}"
    return Stop(message, place, f"remove the section, or write its keys in [{section}]")


def _old_metric(sections: Mapping[str, Mapping[str, IniValue]], places: Mapping[str, Span]) -> Stop:
    order = list(sections)
    both = "metric" in sections.get("sweep", {}) and order.index("sweep") < order.index(OLD_METRIC)
    effect = (
        "load_config() ends in AttributeError: 'str' object has no attribute 'setdefault', for puffer train as well: "
        "[sweep] has metric as a word already"
        if both
        else "a sweep takes the section for the metric's name, and goal is read from [sweep]"
    )
    return Stop(
        f"[{OLD_METRIC}] is PufferLib 2's layout: {effect}",
        places[OLD_METRIC],
        "write metric = and goal = in [sweep], and remove the section",
    )


def _ignored(parameters: Mapping[str, Parameter], run: Run) -> Iterator[IgnoredKey]:
    """Swept keys that no run reads. Keys of ``[env]``, ``[policy]`` and ``[rnn]`` are not judged: code takes them."""
    found = (ignored_key(key, VERSION, partial(_nearest, key, run), NEVER_READ) for key in parameters)
    yield from filter(None, found)


def _nearest(key: str, run: Run, known: frozenset[str]) -> str | None:
    section, _, name = key.partition(".")
    close = close_names(name, sorted(known), 0.85, compared=None)
    return next((f"{section}.{match}" for match in close if f"{section}.{match}" in run.settings), None)
