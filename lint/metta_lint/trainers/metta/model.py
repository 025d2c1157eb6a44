"""Checks a config against Metta's pydantic model, with pydantic's messages. The model forbids extra keys.

Its keys, types, bounds and defaults are in ``defaults``, its conditions between sizes in ``batches``.
"""

from __future__ import annotations

from contextlib import suppress
from functools import cache, lru_cache
from typing import TYPE_CHECKING

from metta_lint.base.unknown import Unknown
from metta_lint.base.wording import IN_BRACKETS, did_you_mean, literal
from metta_lint.plans.plan import Refusal
from metta_lint.trainers.metta.batches import CLOCKS, SIZES
from metta_lint.trainers.metta.defaults import DEFAULTS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from metta_lint.plans.derivation import Derivation
    from metta_lint.plans.run import Setting
    from metta_lint.trainers.metta.defaults import Default

PREFIX = "trainer."
TARGET_KEY = "trainer._target_"
TARGET = DEFAULTS[TARGET_KEY].value
PATHS = ("trainer.checkpoint.checkpoint_dir", "trainer.simulation.replay_dir", "trainer.profiler.profile_dir")
CHECKED_ELSEWHERE = frozenset({*SIZES, *CLOCKS, "trainer.bptt_horizon", "trainer.optimizer.type", TARGET_KEY})
"""Keys whose values a loop can show, so that the reference trainer checks them too."""

TRUE_WORDS = frozenset({"true", "t", "yes", "y", "on", "1"})
FALSE_WORDS = frozenset({"false", "f", "no", "n", "off", "0"})
FLAT_KEYS = frozenset(
    f"{PREFIX}{name}"
    for name in (
        "clip_coef", "ent_coef", "gae_lambda", "gamma", "max_grad_norm", "vf_clip_coef", "vf_coef", "norm_adv",
        "clip_vloss", "checkpoint_interval", "wandb_checkpoint_interval", "evaluate_interval", "evaluate_after",
    )
)  # fmt: skip
"""Keys that stood in the trainer's config itself before 2025-07, when it got its sections."""
FEWEST_FLAT = 3


MARKS = ("trainer.curriculum", "trainer.forward_pass_minibatch_target_size")
"""Keys that the trainers of no other project have."""


def is_of_this_era(settings: Mapping[str, Setting]) -> bool:
    """Whether a trainer's config is one of Metta's, of 2025-07.

    Several keys that had moved into sections by then mean an older config. A ``trainer`` group of another project is
    not judged.
    """
    target = settings.get(TARGET_KEY)
    if target is not None and isinstance(target.value, str):
        is_metta = target.value.startswith("metta.")
    else:
        is_metta = any(key in settings for key in MARKS)
    return is_metta and sum(key in settings for key in FLAT_KEYS) < FEWEST_FLAT


def coerced(key: str, value: object) -> object:
    """A text as the number or flag that pydantic converts it to; any other value as it is."""
    default = DEFAULTS.get(key)
    if default is None or not isinstance(value, str):
        return value
    if default.type == "bool":
        word = value.lower()
        return True if word in TRUE_WORDS else False if word in FALSE_WORDS else value
    kinds = {"int": (int, float) if "." in value else (int,), "float": (float,)}  # "60.0" is whole, "6e1" is not
    for kind in kinds.get(default.type, ()):
        with suppress(ValueError):
            return kind(value)
    return value


def check_model(d: Derivation) -> None:
    """Record what the config's model refuses: all of it in one error, known keys in their order, then unknown ones."""
    settings = d.run.settings
    if not is_of_this_era(settings):
        return
    unknown = (key for key in settings if not _is_known(key))
    unknown_keys = (("known-keys", key, f"Extra inputs are not permitted{_nearest(key)}") for key in unknown)
    for requirement, key, words in (*_sections(d), *_values(d), *unknown_keys):
        message = f"{key} = {literal(d.run.value(key))}: {words}"
        d.refuse(Refusal(requirement, "ValidationError", message, (key,), listed=True))
    _check_fields(d)


Problem = tuple[str, str, str]
"""A requirement, the key that breaks it, and pydantic's words."""


def _sections(d: Derivation) -> Iterator[Problem]:
    """Sections that are not given as mappings; null is not a mapping."""
    for section in _model()[1:]:
        value = d.run.settings.get(section)
        if value is not None and not isinstance(value.value, dict | Unknown):
            yield "typed-values", section, "Input should be a valid dictionary or instance of its section's model"


@cache
def _model() -> tuple[str, ...]:
    """The keys of all sections, the root first."""
    return tuple(sorted({section for key in DEFAULTS for section in sections_of(key)}))


def sections_of(key: str) -> list[str]:
    """The mappings that a key is in: of ``trainer.ppo.gamma``, ``trainer`` and ``trainer.ppo``."""
    return [key[:dot] for dot, character in enumerate(key) if character == "."]


def _values(d: Derivation) -> Iterator[Problem]:
    for key, default in DEFAULTS.items():
        if key in CHECKED_ELSEWHERE or key not in d.run.settings:
            continue
        value = d.run.value(key)
        if not isinstance(value, Unknown) and (problem := problem_of(default, coerced(key, value))) is not None:
            yield problem[0], key, problem[1]


def problem_of(default: Default, value: object) -> tuple[str, str] | None:
    """The requirement that a value breaks and pydantic's message; None if pydantic accepts the value."""
    if value is None and default.optional:
        return None
    if default.choices:
        named = [repr(choice) for choice in default.choices]
        allowed = f"{', '.join(named[:-1])} or {named[-1]}"
        return None if value in default.choices else ("known-choices", f"Input should be {allowed}")
    words, is_valid = _TYPES[default.type]
    if not is_valid(value):
        return "typed-values", f"Input should be a valid {words}"
    if isinstance(value, int | float) and default.type in ("int", "float"):
        return next((("bounded-values", words) for words in _broken_bounds(default, value)), None)
    return None


_TYPES: Mapping[str, tuple[str, Callable[[object], bool]]] = {
    "int": ("integer", lambda value: isinstance(value, int) or (isinstance(value, float) and value.is_integer())),
    "float": ("number", lambda value: isinstance(value, int | float)),
    "bool": ("boolean", lambda value: isinstance(value, int | float) and value in (0, 1)),
    "str": ("string", lambda value: isinstance(value, str)),
    "dict": ("dictionary", lambda value: isinstance(value, dict)),
    "list": ("list", lambda value: isinstance(value, list)),
}
"""By type, pydantic's word for it and whether a value that is no text is taken for it."""


def _broken_bounds(default: Default, value: float) -> Iterator[str]:
    if default.above is not None and not value > default.above:
        yield f"Input should be greater than {default.above:g}"
    if default.at_least is not None and not value >= default.at_least:
        yield f"Input should be greater than or equal to {default.at_least:g}"
    if default.at_most is not None and not value <= default.at_most:
        yield f"Input should be less than or equal to {default.at_most:g}"


@lru_cache(maxsize=4096)  # a sweep asks for the same keys again and again
def _is_known(key: str) -> bool:
    if not key.startswith(PREFIX) or key in DEFAULTS or key in _model():
        return True
    around = [DEFAULTS[section] for section in sections_of(key) if section in DEFAULTS]
    return any(default.type in ("dict", "list") for default in around)  # which take any keys


def _nearest(key: str) -> str:
    """The same name in another section, else the key with the most similar spelling."""
    name = key.rpartition(".")[2]
    same = next((known for known in DEFAULTS if known.rpartition(".")[2] == name), None)
    return did_you_mean(key, DEFAULTS, form=IN_BRACKETS) if same is None else IN_BRACKETS.format(same)


def _check_fields(d: Derivation) -> None:
    """What is checked of single settings around the model: the target, paths, the curriculum, keys without default."""
    settings, value = d.run.settings, d.run.value
    if "trainer.num_workers" not in settings and not d.run.problems:
        at = next((key for key, setting in settings.items() if key.startswith(PREFIX) and setting.span), PREFIX)
        message = "Key 'num_workers' is not in struct: tools/train.py reads trainer.num_workers, which no file says"
        d.refuse(Refusal("keys-given", "ConfigAttributeError", message, (at,)))
    target = value(TARGET_KEY)
    if isinstance(target, str) and target not in ("", TARGET):
        d.refuse(Refusal("known-target", "ValueError", f"Unsupported trainer config: {target}", (TARGET_KEY,)))
    for key in PATHS if not any(key.startswith("sweep.") for key in settings) else ():  # a sweep sets its own
        if value(key) == "":
            message = f"{key.rpartition('.')[2]} must be set"
            d.refuse(Refusal("paths-given", "ValidationError", message, (key,), listed=True))
    if value("trainer.curriculum") in (None, "") and value("trainer.env") in (None, ""):
        written = [key for key in ("trainer.curriculum", "trainer.env") if key in settings and settings[key].span]
        at = written[0] if written else "trainer.curriculum"
        d.refuse(Refusal("curriculum-given", "ValidationError", "curriculum or env must be set", (at,)))
    contiguous = "trainer.require_contiguous_env_ids"
    if value(contiguous) is True:
        message = f"{contiguous} = True: contiguous environment ids are not supported"
        d.refuse(Refusal("contiguous-ids-off", "ValueError", message, (contiguous,)))
