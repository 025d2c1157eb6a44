"""Hydra and OmegaConf are asked what they make of real trees, made-up trees and made-up text; we must say the same."""

from __future__ import annotations

import contextlib
import copy
import pickle
import tempfile
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

import hydra
import pytest
import yaml
from hydra._internal.config_repository import ConfigRepository
from hydra.core.config_store import ConfigStore
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.errors import HydraException
from hypothesis import given, settings
from hypothesis import strategies as st
from omegaconf import Container, DictConfig, ListConfig, OmegaConf
from omegaconf.basecontainer import BaseContainer
from omegaconf.errors import GrammarParseError, OmegaConfBaseException

from hydra_trees import container
from metta_lint.base.errors import InputError
from metta_lint.base.unknown import Unknown
from metta_lint.trainers.hydra import Composed, ConfigTreeReader
from metta_lint.trainers.hydra.grammar import GrammarError
from metta_lint.trainers.hydra.overrides import parse_override
from metta_lint.trainers.hydra.tree import NodePlace, from_plain

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

UNKNOWN = "<no value>"
EMBEDDED_DEPTH = 60  # OmegaConf would go on until its stack is full


class Endless(Exception):  # noqa: N818 - not an error of the code under test
    """A config whose interpolations contain one another."""


def _outside(*_arguments: object) -> None:
    raise ValueError("not for a linter to read")


# What Metta's resolvers do (metta/common/util/resolvers.py at e0f6d943), written anew and not as ours are.
RESOLVERS: dict[str, Callable[..., Any]] = {
    "add": lambda a, b: a + b,
    "sub": lambda a, b: a - b,
    "mul": lambda a, b: a * b,
    "div": lambda a, b: a // b if isinstance(a, int) and isinstance(b, int) and a % b == 0 else a / b,
    "clamp": lambda value, low, high: sorted((low, value, high))[1],
    "make_odd": lambda a: max(3, int(a) if int(a) % 2 else int(a) + 1),
    "if": lambda condition, then, otherwise: then if condition else otherwise,
    "eq": lambda a, b: a == b,
    "gt": lambda a, b: a > b,
    "oc.env": _outside,
    "now": _outside,
}


@contextlib.contextmanager
def hydra_in(folder: Path, *, own_groups: bool = False) -> Iterator[None]:
    """Hydra, ready to compose the configs of a folder; it parses each file once.

    Without ``own_groups`` it leaves its own groups (logging, launcher, ...) out, which take most of its time.
    """
    load, known, resolvers = ConfigRepository.load_config, {}, dict(BaseContainer._resolvers)

    def load_once(repository: ConfigRepository, config_path: str) -> Any:
        if config_path not in known:
            known[config_path] = pickle.dumps(load(repository, config_path))
        return pickle.loads(known[config_path])  # noqa: S301 - made two lines above

    with hydra.initialize_config_dir(version_base=None, config_dir=str(folder)), pytest.MonkeyPatch.context() as patch:
        patch.setattr(ConfigRepository, "load_config", load_once)
        patch.setattr(yaml, "SafeLoader", getattr(yaml, "CSafeLoader", yaml.SafeLoader))
        if not own_groups:
            stored = ConfigStore.instance().repo["hydra"]["config.yaml"]
            patch.setattr(stored, "node", copy.deepcopy(stored.node))
            stored.node.defaults = []
        register_resolvers()
        yield
    BaseContainer._resolvers.clear()
    BaseContainer._resolvers.update(resolvers)


def register_resolvers() -> None:
    for name, function in RESOLVERS.items():
        OmegaConf.register_new_resolver(name, function, replace=True)


def hydra_compose(name: str, overrides: Sequence[str] = ()) -> DictConfig | Exception:
    """What Hydra composes, or what it raises, which is not always an exception of its own."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return hydra.compose(config_name=name, overrides=list(overrides))
    except Exception as error:  # noqa: BLE001
        return error


def resolved(node: Any, depth: int = 0) -> Any:
    """Plain values, UNKNOWN wherever OmegaConf raises or has ``???``."""
    if depth > EMBEDDED_DEPTH:
        raise Endless
    if isinstance(node, DictConfig):
        return {key: resolved(_child(node, key), depth + 1) for key in node}
    if isinstance(node, ListConfig):
        return [resolved(_child(node, index), depth + 1) for index in range(len(node))]
    return node


def _child(container: Any, key: Any) -> Any:
    try:
        node = container._get_child(key)._dereference_node()
    except (OmegaConfBaseException, RecursionError):
        return UNKNOWN
    if node._is_missing():
        return UNKNOWN
    return node if isinstance(node, Container) else node._value()


def without_reasons(value: Any) -> Any:
    """Our values, with UNKNOWN for each that is unknown."""
    if isinstance(value, Unknown):
        return UNKNOWN
    if isinstance(value, dict):
        return {key: without_reasons(item) for key, item in value.items()}
    if isinstance(value, list):
        return [without_reasons(item) for item in value]
    return value


def compose_ours(reader: ConfigTreeReader, name: str, overrides: Sequence[str] = ()) -> Composed | InputError:
    try:
        return reader.compose(name, overrides)
    except InputError as error:
        return error


# Words of our messages, by words of Hydra's.
REASONS = {
    "Could not find": "there is no config",
    "Could not load": "there is no config",
    "must specify": "must be chosen",
    "Could not append": "is there already",
    "Could not delete": "to delete",
    "looks like a config group": "there is no config group",
    "Multiple values for": "already",
    "Duplicate _self_": "stands twice",
    "more than once": "is included twice",
    "Overrides must be at the end": "stand at the end",
    "Cannot merge DictConfig with ListConfig": "cannot be merged",
    "Error resolving interpolation": "names can refer to",
    "Ambiguous value": "sweep",
}


TWICE = {"already", "is included twice"}


def difference(ours: Composed | InputError, theirs: DictConfig | Exception) -> str | None:
    """What we say otherwise than Hydra, None if nothing."""
    if isinstance(ours, InputError):
        return _refusal_difference(ours, theirs)
    if isinstance(theirs, Exception):
        return f"composed, though Hydra raises {theirs!r}"
    # The texts are compared too: 1 and True are equal, and so are mappings in another order.
    if repr(container(ours, resolve=False)) != repr(OmegaConf.to_container(theirs, resolve=False)):
        return f"{container(ours, resolve=False)} is not {theirs}"
    try:
        values = resolved(theirs)
    except Endless:
        return None
    mine = without_reasons(container(ours, resolve=True))
    return None if repr(mine) == repr(values) else f"{mine} is not {values}"


def _refusal_difference(ours: InputError, theirs: DictConfig | Exception) -> str | None:
    if isinstance(theirs, DictConfig):
        return f"refused, though Hydra composes it: {ours}"
    if ours.span.path != "<command line>" and not Path(ours.span.path).is_file():
        return f"points to no file: {ours}"
    expected = [mine for hydras, mine in REASONS.items() if hydras in str(theirs)]
    if TWICE & set(expected):  # where a list has both of these faults, either may be named
        expected += TWICE
    return None if not expected or any(words in ours.message for words in expected) else f"{ours} for {theirs}"


# -- real trees ------------------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_every_config_of_metta_is_what_hydra_composes(corpus: Path) -> None:
    folder = corpus / "metta-2025-07" / "configs"
    reader = ConfigTreeReader(folder)
    names = sorted(path.relative_to(folder).with_suffix("").as_posix() for path in folder.rglob("*.yaml"))
    with hydra_in(folder):
        compared = {name: difference(compose_ours(reader, name), hydra_compose(name)) for name in names}
    assert len(names) > 250
    assert {name: found for name, found in compared.items() if found} == {}


def test_broken_trees_of_metta_are_refused_where_hydra_refuses_them(corpus: Path) -> None:
    compared = {}
    for folder in sorted(corpus.glob("cases/*/configs")):
        reader = ConfigTreeReader(folder)
        with hydra_in(folder):
            for path in sorted(folder.rglob("*.yaml")):
                name = path.relative_to(folder).with_suffix("").as_posix()
                compared[path] = difference(compose_ours(reader, name), hydra_compose(name))
    assert len(compared) > 20
    assert {path: found for path, found in compared.items() if found} == {}


COMMAND_LINES = [
    ["run=here", "trainer.num_workers=16", "trainer.ppo.clip_coef=0.2", "trainer.compile=true", "device=null"],
    ["run=here", "+hardware=macbook", "sim=navigation", "wandb=off"],
    ["+hardware=github", "trainer.optimizer.eps=1e-8", "data_dir=/data"],
    ["~wandb", "~sim", "++trainer.new.deep=[1,'two words',{a: 3}]", "trainer.env_overrides={}"],
    ["+trainer.env_overrides={game: {num_agents: 12}}", "run='${seed}-x'", "trainer.kickstart={anneal_ratio: 1}"],
    ["agent=latent_attn_tiny", "+sim@extra=sim", "wandb@wandb=off"],
    ["++train_job.evals.name=changed"],
    ["trainer.bach_size=1"],
    ["trainer.optimizer.learning_rate.x=1"],
    ["train_job.evals.name=x"],
    ["sim=nothing"],
    ["nothing=sim"],
    ["+trainer.batch_size=1"],
    ["+sim=all"],
    ["~trainer.nothing"],
    ["~seed=2"],
    ["trainer=1"],
    ["++wandb=off"],
    ["seed@here=1"],
    ["seed=1,2"],
    ["seed=a=b"],
    ["trainer.initial_policy.filters=[1]"],
]


def test_command_lines_change_a_real_config_as_hydra_changes_it(corpus: Path) -> None:
    folder = corpus / "metta-2025-07" / "configs"
    reader = ConfigTreeReader(folder)
    with hydra_in(folder):
        compared = [
            difference(compose_ours(reader, "train_job", line), hydra_compose("train_job", line))
            for line in COMMAND_LINES
        ]
    assert compared == [None] * len(COMMAND_LINES)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("defaults: [_self_, {override hydra/job_logging: disabled}]\na: 1\n", []),
        ("defaults: [_self_, {hydra/job_logging: disabled}]\na: 1\n", []),
        ("defaults: [_self_, hydra/job_logging/disabled]\na: 1\n", []),
        ("a: ${hydra.job.name}\n", ["hydra/job_logging=disabled", "hydra.run.dir=x"]),
        ("a: 1\n", ["hydra/unknown=1"]),
        ("a: 1\nhydra: {run: {dir: x}, callbacks: {a: {_target_: z}}, launcher: null, verbose: true, env: {}}\n", []),
        ("a: 1\nhydra: {mode: RUN, output_subdir: null, searchpath: [], job: '???'}\n", []),
        ("a: 1\nhydra: {unknown: 1}\n", []),
        ("a: 1\nhydra: {run: 1}\n", []),
        ("a: 1\nhydra: {sweep: null}\n", []),
        ("a: 1\nhydra: {run: '${a}'}\n", []),
        ("a: 1\nhydra: null\n", []),
        ("a: 1\nhydra: [1]\n", []),
    ],
)
def test_what_a_config_says_about_hydra_is_what_hydra_takes(tmp_path: Path, text: str, line: list[str]) -> None:
    (tmp_path / "main.yaml").write_text(text, encoding="utf-8")
    with hydra_in(tmp_path, own_groups=True):
        assert difference(compose_ours(ConfigTreeReader(tmp_path), "main", line), hydra_compose("main", line)) is None


# -- made-up trees ---------------------------------------------------------------------------------------------------

KEYS = st.sampled_from(["k", "m", "n", "l", "a", "b", "p"])
TEXTS = st.sampled_from(
    [
        "${k}", "${.k}", "${..k}", "${...k}", "${m.n}", "${a.k}", "${m}", "${l}", "${l.0}", "${l[1]}", "${p.m}",
        "x-${k}/${n}", r"\${k}", r"\\${k}", "${add:1,2}", "${div:${k},2}", "${a.${n}}", "${oc.select:q,7}", "${q.r}",
        "${oc.decode:'[1, {a: ${k}}]'}", "${if:${eq:${k},1},yes,no}", "${b.x}", "${.m.n}", "${..m}", "$", "text", "???",
        "${oc.env:HOME,x}", "${unheard:1}", "${", "${.}",
    ],
)  # fmt: skip
NUMBERS = st.one_of(st.integers(0, 3), st.booleans(), st.none(), st.just(1e-3), st.just(10**20))
VALUES = st.recursive(
    NUMBERS | st.sampled_from(["k", "n", "text"]) | TEXTS,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(KEYS | st.just(1), inner, max_size=3),
    max_leaves=6,
)
HEADERS = st.sampled_from(
    [""] * 12 + ["# @package _global_", "# @package p.m", "# @package _group_", "# @package __global__", "# note"],
)
PACKAGES = st.sampled_from([""] * 8 + ["@", "@p", "@p.m", "@_global_", "@_group_", "@_group_.p", "@_here_"])
FILES = ["main", "base", *(f"{group}/{name}" for group in ("a", "b", "a/c") for name in ("x", "y"))]
PATHS = st.sampled_from(["base", "x", "y", "/a/x", "/b/y", "c/x", "a/y", "b/x", "${b}", "${a}/x"])
OPTIONS = st.sampled_from(["x", "x", "x", "y", "y", "y", None, "gone", "???", "${b}", ["x"], ["y", "x"], []])


@st.composite
def includes(draw: st.DrawFn) -> Any:
    kind = draw(st.sampled_from(["_self_", "path", "path", "", "", "", "override ", "optional "]))
    if kind == "_self_":
        return kind
    package = draw(PACKAGES)
    if kind == "path":
        return draw(PATHS) + package
    group = draw(st.sampled_from(["a", "a", "b", "b", "c", "a/c", "/a", "/b", "/a/c"]))
    return {f"{kind}{group}{package}": draw(OPTIONS)}


@st.composite
def trees(draw: st.DrawFn) -> dict[str, str]:
    files = {}
    for name in FILES:
        size = 4 if name == "main" else draw(st.sampled_from([0, 0, 0, 0, 1, 2]))
        defaults = draw(st.lists(includes(), max_size=size, unique_by=str))
        defaults.sort(key=lambda item: str(item).startswith("{'override"))
        body = {"defaults": defaults} if defaults else {}
        body.update(draw(st.dictionaries(KEYS, VALUES, max_size=3)))
        files[name] = f"{draw(HEADERS)}\n{yaml.safe_dump(body, sort_keys=False)}"
    return files


OVERRIDES = st.sampled_from(
    [
        "k=1", "k=text", "m.n=2", "+z=3", "+k=3", "++m.q=4", "++k.q.r=4", "~k", "~k=1", "~m.n", "~a", "a=y", "a=x",
        "+b=x", "a@p=y", "l=[1,2]", "m={n:5}", "+m={z:5}", "b=[x,y]", "l.0=5", "k='${n}'", "k=${n}", "+p=null",
        "~b=x", "k=", "a.k=1.5", "a.k=true", "p.m.k=[{k:1},'x y']", "+l.0=3", "a/c=y", "+a/c=x", "+a/c@p=x",
    ],
)  # fmt: skip


def write_tree(folder: Path, tree: dict[str, str]) -> None:
    for config, text in tree.items():
        path = folder / f"{config}.yaml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


@given(trees(), st.lists(OVERRIDES, max_size=2))
@settings(max_examples=100, deadline=None)
def test_any_tree_and_command_line_is_what_hydra_composes(tree: dict[str, str], line: list[str]) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_tree(folder, tree)
        with hydra_in(folder):
            theirs = hydra_compose("main", line)
            assert difference(compose_ours(ConfigTreeReader(folder), "main", line), theirs) is None


@given(trees())
@settings(max_examples=200, deadline=None)
def test_a_tree_has_holes_only_where_hydra_refuses_it_and_no_others_change(tree: dict[str, str]) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_tree(folder, tree)
        strict = compose_ours(ConfigTreeReader(folder), "main")
        try:
            tolerant = ConfigTreeReader(folder).compose("main", with_holes=True)
        except InputError as error:
            assert isinstance(strict, InputError), error  # noqa: PT017 - it may well compose
            return
        if isinstance(strict, InputError):
            assert strict.message in {hole.problem.message for hole in tolerant.holes}
            with hydra_in(folder):
                assert isinstance(hydra_compose("main"), Exception)
        else:
            assert tolerant.holes == ()
            assert tolerant.settings == strict.settings


# -- made-up text ----------------------------------------------------------------------------------------------------

PIECES = st.sampled_from(
    [
        "${", "${", "}", "}", "${k}", "${m.n}", "${l[0]}", "${..k}", "${add:1,", "${oc.decode:", "${if:true,",
        "oc.select:", "k", "m", ".", "..", ":", ",", "[", "]", "{", "}", "'", '"', "\\", "\\\\", "\\$", "$", " ", "1",
        "007", "2.5", "-3", "1e-3", "true", "NULL", "a b", "x", "/", "+", "1_0", "inf", "é", "=", "(", "%",
        "'q'", '"d"', "\t",
    ],
)  # fmt: skip
AROUND = {"k": 1, "n": "k", "m": {"n": 2.5, "k": None}, "l": [1, "${k}"]}


@given(st.lists(PIECES, min_size=1, max_size=9).map("".join), st.booleans())
@settings(max_examples=1000, deadline=None)
def test_any_text_is_the_interpolation_that_omegaconf_reads(text: str, argument: bool) -> None:
    value = {**AROUND, "v": f"${{oc.decode:{text}}}" if argument else text}
    register_resolvers()
    try:
        theirs = OmegaConf.create(value)
    except GrammarParseError:
        with pytest.raises(GrammarError):
            from_plain(value)
        return
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of empty arguments
        expected = resolved(theirs)
    assert repr(without_reasons(container(Composed(NodePlace(from_plain(value)), ()), resolve=True))) == repr(expected)


SNIPPETS = st.sampled_from(
    [
        "a", "b", "1", "2.5", "=", "+", "~", "@", ".", "/", ",", "[", "]", "{", "}", ":", " ", "'", '"', "\\", "\\,",
        "é", "true", "null", "1e-3", "${k}", "${", "x y", "'q,r'", '"d"', "a.b", "$x", "-", "0", "007", "%", "?", "#",
        "(", "f(", "inf", "1_0", "\\ ", "\"d'e\"",
    ],
)  # fmt: skip


@given(st.sampled_from(["", "a=", "a.b=", "+a=", "~a=", "a/b@c="]), st.lists(SNIPPETS, max_size=8).map("".join))
@settings(max_examples=1000, deadline=None)
def test_any_argument_is_the_override_that_hydra_reads(head: str, text: str) -> None:
    try:
        theirs = OverridesParser.create().parse_override(head + text)
    except HydraException:
        theirs = None
    if theirs is None or theirs.is_sweep_override() or not theirs.key_or_group:
        with pytest.raises(InputError):
            parse_override(head + text)
        return
    ours = parse_override(head + text)
    sign = theirs.get_key_element()[: len(ours.sign)]
    assert repr((ours.sign, ours.key, ours.package, ours.value)) == repr(
        (sign, theirs.key_or_group, theirs.package, theirs.value()),
    )
