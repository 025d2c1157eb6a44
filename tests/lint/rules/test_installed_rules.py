"""Rules that are installed are found where importlib.metadata finds them."""

from __future__ import annotations

import sys
import zipfile
from importlib import metadata
from typing import TYPE_CHECKING

import pytest

from metta_lint.base.plugins import RULES as GROUP
from metta_lint.base.plugins import entry_points

if TYPE_CHECKING:
    from pathlib import Path


def by_importlib(group: str) -> list[tuple[str, str]]:
    return sorted((point.name, point.value) for point in metadata.entry_points(group=group))


def by_us(group: str) -> list[tuple[str, str]]:
    return sorted((point.name, point.value) for point in entry_points(group))


def values(group: str) -> list[str]:
    return [point.value for point in entry_points(group)]


def install(folder: Path, name: str, entries: str | None) -> None:
    """A package's metadata, as an installer leaves it."""
    (folder / name).mkdir(parents=True)
    project, _, version = name.removesuffix(".dist-info").removesuffix(".egg-info").partition("-")
    for file in ("METADATA", "PKG-INFO"):
        (folder / name / file).write_text(
            f"Metadata-Version: 2.1\nName: {project}\nVersion: {version}\n", encoding="utf-8"
        )
    if entries is not None:
        (folder / name / "entry_points.txt").write_text(entries, encoding="utf-8")


@pytest.fixture
def packages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder of packages, first on the path."""
    folder = tmp_path / "packages"
    folder.mkdir()
    monkeypatch.syspath_prepend(str(folder))
    return folder


@pytest.mark.parametrize("group", [GROUP, "console_scripts", "pytest11", "nobody.has.this"])
def test_every_group_of_this_environment_is_the_same(group: str) -> None:
    assert by_us(group) == by_importlib(group)


@pytest.mark.parametrize(
    "entries",
    [
        "[metta_lint.rules]\nours = our_rules\n",
        "[console_scripts]\nx = y:z\n\n[metta_lint.rules]\nours = our_rules\nmore=our_rules.more\n\n[z]\na = b\n",
        "# rules\n[metta_lint.rules]\n# ours = not_this\n\nours   =   our_rules   \n",
        "[metta_lint.rules]\r\nours = our_rules\r\n[z]\r\na = b\r\n",
        "[metta_lint.rules.more]\nours = other\n",
        "[z]\na = [metta_lint.rules]\n",
        "[metta_lint.rules]\n",
        "",
        None,
    ],
)
@pytest.mark.parametrize("suffix", ["dist-info", "egg-info"])
def test_a_package_is_read_as_importlib_reads_it(packages: Path, entries: str | None, suffix: str) -> None:
    install(packages, f"our_rules-1.0.{suffix}", entries)
    assert by_us(GROUP) == by_importlib(GROUP)


def test_of_two_packages_of_one_name_the_first_on_the_path_counts(
    tmp_path: Path, packages: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(packages, "our_rules-2.0.dist-info", "[metta_lint.rules]\nours = new_rules\n")
    install(tmp_path / "later", "Our.Rules-1.0.dist-info", "[metta_lint.rules]\nours = old_rules\n")
    monkeypatch.setattr(sys, "path", [*sys.path, str(tmp_path / "later")])
    assert by_us(GROUP) == by_importlib(GROUP)
    assert "new_rules" in values(GROUP)
    assert "old_rules" not in values(GROUP)


def test_a_zip_file_on_the_path_is_looked_into(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    archive = tmp_path / "app.zip"
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("our_rules-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: our_rules\nVersion: 1.0\n")
        file.writestr("our_rules-1.0.dist-info/entry_points.txt", "[metta_lint.rules]\nours = zipped_rules\n")
    monkeypatch.syspath_prepend(str(archive))
    assert "zipped_rules" in values(GROUP)


def test_a_folder_that_is_gone_holds_nothing(packages: Path) -> None:
    before = values(GROUP)
    packages.rmdir()
    assert values(GROUP) == before
