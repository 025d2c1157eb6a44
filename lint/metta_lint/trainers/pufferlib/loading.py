"""Refuses keys that load_config(), load_policy() or PuffeRL raise for: missing, given twice, or of a wrong type."""

from __future__ import annotations

from typing import TYPE_CHECKING

from metta_lint.base.unknown import Unknown
from metta_lint.base.wording import close_names
from metta_lint.loops.requirements import when_checked
from metta_lint.plans.plan import Refusal
from metta_lint.sources.syntax import INI, syntax_of
from metta_lint.trainers.pufferlib.keys import NAMED, OPTIONS, READ

if TYPE_CHECKING:
    from metta_lint.plans.derivation import Derivation
    from metta_lint.plans.run import Setting

NO_NAMES = ("none", "null", "true", "false")
"""Texts that were meant as values. No class has such a name."""

DEVICES = frozenset(
    """
    cpu cuda fpga hip hpu ideep ipu lazy maia meta mkldnn mps mtia opencl opengl privateuseone ve vulkan xla xpu
    """.split()
)
"""Types of devices that torch knows by name (PyTorch 2.9)."""


def refuse_keys(d: Derivation) -> None:
    """Refuse keys that load_config() raises for, keys that are missing, and values that torch does not take."""
    _refuse_options(d)
    _refuse_sections(d)
    if "train.env" in d.run.settings:
        message = "dict() got multiple values for keyword argument 'env': train() adds the environment's name itself"
        d.refuse(Refusal("train-keys-once", "TypeError", message, ("train.env",)))
    if d.run.is_complete and "vec.num_envs" in d.run.settings:  # else another file, or another version, has them
        _refuse_missing(d)
    _refuse_names(d)
    _refuse_device(d)
    _refuse_types(d)


def _refuse_options(d: Derivation) -> None:
    """Refuse keys that make the same command-line option. Every key makes one, with dashes for underscores."""
    seen: dict[str, str] = dict.fromkeys(OPTIONS, "the command line")
    for key, setting in d.run.settings.items():
        section, _, name = key.partition(".")
        if section == "machine" or (setting.span is not None and syntax_of(setting.span.path) is not INI):
            continue
        option = (name if section == "base" else key).replace("_", "-")
        if option in seen:
            message = f"argument --{option}: conflicting option string: {key} and {seen[option]} both make it"
            d.refuse(Refusal("options-once", "ArgumentError", message, (key,)))
        seen[option] = key


def _refuse_sections(d: Derivation) -> None:
    """Refuse a key of [base] with the name of a section: load_config() puts it where that section belongs."""
    first = {key.partition(".")[0]: key for key in reversed(list(d.run.settings))}
    for section in {*first, "sweep"} - {"base", "machine"}:
        setting = d.run.settings.get(f"base.{section}")
        if setting is not None:
            kind = type(setting.value).__name__
            message = (
                f"[base] {section} = {setting.value} stands where the section [{section}] belongs: "
                f"'{kind}' object has no attribute 'setdefault'"
            )
            d.refuse(Refusal("sections-hold-keys", "AttributeError", message, (setting.key,)))
        elif section.replace("_", "-") in OPTIONS:
            message = f"the value of the option --{section} stands where the section [{section}] belongs"
            d.refuse(Refusal("sections-hold-keys", "AttributeError", message, (first[section],)))


def _refuse_missing(d: Derivation) -> None:
    for key, exception in NAMED.items():
        if f"base.{key}" not in d.run.settings:
            message = f"neither this INI nor default.ini has [base] {key}, and {{}} stands in its place"
            before, span = ("numeric-envs" if key == "package" else "known-device"), d.run.sections.get("base")
            d.refuse(Refusal("keys-given", exception, message, (f"base.{key}",), before=before, span=span))
    for key, before in READ.items():
        if f"train.{key}" in d.run.settings or (key in ("compile_mode", "compile_fullgraph") and not _compiles(d)):
            continue
        slip = _slip(d, key)
        at = (slip.key,) if slip is not None else (f"train.{key}",)
        hint = f"; {slip.key} = {slip.value} is written instead" if slip is not None else ""
        when = when_checked(before)
        if key == "data_dir":
            when = "first checkpoint"
        message = f"'{key}': PuffeRL reads [train] {key}, and neither this INI nor default.ini has it{hint}"
        span = d.run.sections.get("train") if slip is None else None
        nearest = f"train.{key}" if slip is not None else ""
        d.refuse(Refusal("keys-given", "KeyError", message, at, when, before=before, span=span, nearest=nearest))


def _compiles(d: Derivation) -> bool:
    value = d.run.value("train.compile")
    return bool(value) and not isinstance(value, Unknown)


def _slip(d: Derivation, key: str) -> Setting | None:
    """A key of [train] that nothing reads, and that is a likely misspelling of a missing one."""
    strange = [name.partition(".")[2] for name in d.run.settings if name.startswith("train.")]
    close = close_names(key, (name for name in strange if name not in READ), 0.75, compared=None)
    return d.run.settings[f"train.{close[0]}"] if close else None


def _refuse_names(d: Derivation) -> None:
    """Refuse values of [base] that cannot be the name of a package or of its classes."""
    package = d.run.value("base.package")
    if not isinstance(package, str | Unknown):
        message = f"package = {package!r}: No module named 'pufferlib.environments.{package}'"
        d.refuse(Refusal("code-is-named", "ModuleNotFoundError", message, ("base.package",), before="numeric-envs"))
    for key in ("base.policy_name", "base.rnn_name"):
        name = d.run.value(key)
        if isinstance(name, str) and name.lower() in NO_NAMES:
            message = f"{key} = {name} is a text, and no class has that name"
            d.refuse(Refusal("code-is-named", "AttributeError", message, (key,)))
        elif not isinstance(name, str | Unknown) and (name is not None or key != "base.rnn_name"):
            message = f"{key} = {name!r}: attribute name must be string, not '{type(name).__name__}'"
            d.refuse(Refusal("code-is-named", "TypeError", message, (key,)))


def _refuse_device(d: Derivation) -> None:
    device = d.run.value("train.device")
    if isinstance(device, str) and device.partition(":")[0] not in DEVICES:
        message = f"Expected one of cpu, cuda, mps, ... device type at start of device string: {device}"
        d.refuse(Refusal("known-device", "RuntimeError", message, ("train.device",)))
    if device is None:
        message = "device = None: 'NoneType' object has no attribute 'type'"
        d.refuse(Refusal("known-device", "AttributeError", message, ("train.device",), before="known-precision"))


def _refuse_types(d: Derivation) -> None:
    folder = d.run.value("train.data_dir")
    if not isinstance(folder, str | Unknown):
        message = f"data_dir = {folder!r}: expected str, bytes or os.PathLike object, not {type(folder).__name__}"
        d.refuse(Refusal("text-for-data-dir", "TypeError", message, ("train.data_dir",)))
    flag = d.run.value("train.torch_deterministic")
    if not isinstance(flag, bool | Unknown):
        message = f"set_deterministic_cudnn expects a bool, but got {type(flag).__name__}: {flag!r}"
        d.refuse(Refusal("boolean-flags", "RuntimeError", message, ("train.torch_deterministic",)))
    offload = d.run.value("train.cpu_offload")
    if d.run.value("train.device") == "cuda" and not isinstance(offload, bool | Unknown):
        message = f"cpu_offload = {offload!r}: zeros(): argument 'pin_memory' must be bool"
        d.refuse(Refusal("boolean-flags", "TypeError", message, ("train.cpu_offload",), before="numeric-minibatch"))
