"""The cache of parsed documents: it changes how long a check takes and nothing that it says."""

from __future__ import annotations

import os
import random
import shutil
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metta_lint import sources
from metta_lint.__main__ import main
from metta_lint.errors import InputError
from metta_lint.sources import cache, yaml
from metta_lint.sources.cache import Cache, cache_folder, kept_documents
from metta_lint.sources.encoding import NotKeptError, decode, encode
from metta_lint.testing import write_metta, write_pufferlib

TEXTS = (
    "a: 1\nb: [x, 2.5, null, true, .inf, {c: ???}]\n",
    "1: one\ntrue: yes\nnull: 0x10\n2.5: -0.0\n'1': text\n",
    "base: &base {x: 1}\nother:\n  <<: *base\n  y: *base\n",
    "# @package _global_\n# more\ndefaults:\n  - _self_\n",
    'text: "\\u00e9\\n\\0 \\U0001F600"\nplain: ünïcode\n',
    "",
    "- 1\n- - 2\n  - []\n",
    "word",
    "a: 1\na: 2\n",
    "a: [1\n",
    "tag: !!python/object:os.system {}\n",
)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a pair, as the current folder; the cache lies beside it."""
    here = tmp_path / "here"
    here.mkdir()
    monkeypatch.chdir(here)
    monkeypatch.setenv(cache.VARIABLE, str(tmp_path / "kept"))
    write_pufferlib(Path(), {"vec.num_envs": 32})
    write_metta(Path(), {})
    sources.forget()
    return here


def checked(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str]:
    sources.forget()  # as a new process
    code = main(["check", ".", *arguments])
    return code, capsys.readouterr().out


def packs() -> list[Path]:
    return sorted(Path(os.environ[cache.VARIABLE]).glob("*.pack"))


# -- documents as text -------------------------------------------------------------------------------------------------


def read(text: str, path: str) -> object:
    try:
        return yaml.parse(text.encode(), path)
    except InputError as error:
        return error


def same(left: object, right: object) -> bool:
    """Equal in type and value, -0.0 and the order of keys included."""
    if isinstance(left, InputError) and isinstance(right, InputError):
        return vars(left) == vars(right)
    return repr(left) == repr(right)


@pytest.mark.parametrize("text", TEXTS)
def test_a_document_comes_back_as_it_was_and_of_the_file_that_is_asked_about(text: str) -> None:
    found = read(text, "one.yaml")
    assert same(decode(encode(found, "one.yaml"), "other.yaml"), read(text, "other.yaml"))


@given(st.text(alphabet="abc:- \n{}[]&*!?,#'\"0.1~\\", max_size=60))
def test_whatever_yaml_is_read_as_comes_back_as_it_was(text: str) -> None:
    found = read(text, "some.yaml")
    try:
        kept = encode(found, "some.yaml")
    except NotKeptError:
        return
    assert same(decode(kept, "some.yaml"), found)


def test_what_json_has_no_word_for_is_not_kept() -> None:
    with pytest.raises(NotKeptError):
        encode(yaml.parse(b"data: !!binary aGVsbG8=\n", "a.yaml"), "a.yaml")


def test_an_error_that_names_its_file_is_not_kept() -> None:
    with pytest.raises(NotKeptError):
        encode(InputError("a.yaml is odd", yaml.parse(b"", "a.yaml").root.span), "a.yaml")


# -- reports -----------------------------------------------------------------------------------------------------------


def test_a_second_check_parses_nothing(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    first = checked(capsys)
    monkeypatch.setattr(sources, "_parsed", lambda name, _data, path: pytest.fail(f"{path} is parsed by {name}"))
    assert checked(capsys) == first


def test_no_cache_reads_and_writes_none(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    checked(capsys, "--no-cache")
    assert not packs()


def test_a_changed_file_is_read_anew(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = checked(capsys)
    write_pufferlib(Path(), {"vec.num_envs": 48})
    after = checked(capsys)
    assert after != before
    assert after == checked(capsys, "--no-cache")


def test_errors_are_kept_too(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("configs/env/broken.yaml").write_text("a: [1\n", encoding="utf-8")
    code, out = checked(capsys)
    assert code == 2
    assert (code, out) == checked(capsys)


@pytest.mark.parametrize("damage", ["empty", "half", "zeros", "flipped", "index", "shapes", "not a pack", "a folder"])
def test_a_damaged_pack_changes_nothing_and_is_mended(
    damage: str, folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = checked(capsys)
    (pack,) = packs()
    good = pack.read_bytes()
    head, _, blobs = good.partition(b"\n")
    bad = {
        "empty": b"",
        "half": good[: len(good) // 2],
        "zeros": bytes(len(good)),
        "flipped": head + b"\n" + bytes(byte ^ 1 for byte in blobs),
        "index": head.replace(b"[0,", b"[7,") + b"\n" + blobs,
        "shapes": head.replace(b"[0,", b"[null,") + b"\n" + blobs,
        "not a pack": b"[1, 2, 3]\n" + blobs,
    }
    if damage == "a folder":
        pack.unlink()
        pack.mkdir()
        assert checked(capsys) == expected
        return
    pack.write_bytes(bad[damage])
    assert checked(capsys) == expected
    monkeypatch.setattr(sources, "_parsed", lambda name, _data, path: pytest.fail(f"{path} is parsed by {name}"))
    assert checked(capsys) == expected


@settings(max_examples=25)
@given(seed=st.integers(0, 1 << 30))
def test_no_damage_to_a_pack_is_ever_seen(seed: int, tmp_path_factory: pytest.TempPathFactory) -> None:
    chance = random.Random(seed)
    folder = tmp_path_factory.mktemp("pack")
    documents = {f"{number}.yaml": text.encode() for number, text in enumerate(TEXTS)}
    first = Cache(str(folder / "a.pack"))
    for path, data in documents.items():
        assert first.find(".yaml", data, path) is None
        first.add(".yaml", data, path, read(data.decode(), path))  # type: ignore[arg-type]
    first.save()
    pack = bytearray((folder / "a.pack").read_bytes())
    for _ in range(chance.randint(1, 20)):
        at = chance.randrange(len(pack))
        pack[at : at + chance.randint(0, 3)] = chance.randbytes(chance.randint(0, 3))
    (folder / "a.pack").write_bytes(pack)
    second = Cache(str(folder / "a.pack"))
    for path, data in documents.items():
        found = second.find(".yaml", data, path)
        assert found is None or same(found, read(data.decode(), path))


@pytest.mark.parametrize("stamp", ["__version__", "FORMAT"])
def test_what_another_version_wrote_is_not_read(
    stamp: str, folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    checked(capsys)
    parsed = []
    monkeypatch.setattr(cache, stamp, "another")
    original = sources._parsed
    monkeypatch.setattr(sources, "_parsed", lambda *args: parsed.append(args[2]) or original(*args))
    checked(capsys)
    assert "pufferlib/config/metta.ini" in parsed


def test_a_reader_that_was_worked_on_reads_again(folder: Path, tmp_path: Path) -> None:
    shutil.copytree(Path(cache.__file__).parents[1], tmp_path / "metta_lint", ignore=shutil.ignore_patterns("*.pyc"))
    code = "from metta_lint.sources.cache import _stamp; print(_stamp())"
    environment = {**os.environ, "PYTHONPATH": str(tmp_path)}

    def stamp() -> str:
        command = [sys.executable, "-B", "-c", code]
        return subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout

    before = stamp()
    assert before == stamp()
    with (tmp_path / "metta_lint" / "sources" / "yaml.py").open("a", encoding="utf-8") as file:
        file.write("# a change\n")
    assert before != stamp()


@pytest.mark.slow
def test_a_check_of_real_configs_says_the_same_with_and_without_a_cache(
    corpus: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(cache.VARIABLE, str(tmp_path / "kept"))
    shutil.copytree(corpus / "metta-2025-07" / "configs", tmp_path / "configs")
    monkeypatch.chdir(tmp_path)
    chance = random.Random(1)
    for _ in range(3):
        expected = checked(capsys, "--no-cache")
        assert checked(capsys) == expected
        assert checked(capsys) == expected
        for path in chance.sample(sorted(Path("configs").rglob("*.yaml")), 20):
            data = bytearray(path.read_bytes())
            at = chance.randrange(len(data) + 1)
            data[at : at + 2] = chance.choice([b"", b":", b"\t", b"[", b"\0", b"\xff", b"- a\n"])
            path.write_bytes(data)


# -- many runs at once, many runs in a row -----------------------------------------------------------------------------


def test_checks_at_the_same_time_all_say_the_same(folder: Path) -> None:
    command = [sys.executable, "-m", "metta_lint", "check", "."]
    alone = subprocess.run([*command, "--no-cache"], capture_output=True, check=False).stdout
    many = [subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) for _ in range(6)]
    assert [process.communicate() for process in many] == [(alone, b"")] * 6
    assert [path.suffix for path in Path(os.environ[cache.VARIABLE]).iterdir() if path.suffix == ".tmp"] == []


def test_what_another_run_wrote_meanwhile_is_kept(tmp_path: Path) -> None:
    path = str(tmp_path / "kept" / "a.pack")
    ours, theirs = Cache(path), Cache(path)
    for kept, text in ((ours, "a: 1"), (theirs, "b: 2")):
        assert kept.find(".yaml", text.encode(), "x.yaml") is None
        kept.add(".yaml", text.encode(), "x.yaml", yaml.parse(text.encode(), "x.yaml"))
    ours.save()
    theirs.save()
    later = Cache(path)
    assert later.find(".yaml", b"a: 1", "x.yaml") == yaml.parse(b"a: 1", "x.yaml")
    assert later.find(".yaml", b"b: 2", "x.yaml") == yaml.parse(b"b: 2", "x.yaml")


def kept_at(path: str, text: str, moment: float, monkeypatch: pytest.MonkeyPatch) -> bool:
    """Whether a document is found at a moment, in days from now; it is kept then."""
    now = time.time()
    monkeypatch.setattr(cache.time, "time", lambda: now + moment * 86_400)
    one = Cache(path)
    found = one.find(".yaml", text.encode(), "x.yaml")
    if found is None:
        one.add(".yaml", text.encode(), "x.yaml", yaml.parse(text.encode(), "x.yaml"))
    one.save()
    monkeypatch.undo()
    return found is not None


def test_what_is_not_used_for_a_month_goes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = str(tmp_path / "a.pack")
    assert not kept_at(path, "old: 1", 0, monkeypatch)
    assert not kept_at(path, "used: 1", 0, monkeypatch)
    assert kept_at(path, "used: 1", 20, monkeypatch)
    assert not kept_at(path, "new: 1", 40, monkeypatch)
    assert kept_at(path, "used: 1", 40, monkeypatch)
    assert not kept_at(path, "old: 1", 40, monkeypatch)


def test_a_pack_and_a_folder_grow_no_further_than_their_bounds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cache, "PACK_LIMIT", 2000)
    monkeypatch.setattr(cache, "FOLDER_LIMIT", 6000)
    for pack in range(8):
        for number in range(30):
            kept_at(str(tmp_path / f"{pack}.pack"), f"key_{number}: {'x' * 50}", 0, monkeypatch)
            monkeypatch.setattr(cache, "PACK_LIMIT", 2000)
            monkeypatch.setattr(cache, "FOLDER_LIMIT", 6000)
    sizes = [path.stat().st_size for path in tmp_path.glob("*.pack")]
    assert max(sizes) < 4000
    assert sum(sizes) < 10_000


# -- where it lies -----------------------------------------------------------------------------------------------------


def test_a_place_that_cannot_be_written_to_is_no_error(
    folder: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    expected = checked(capsys, "--no-cache")
    assert checked(capsys, "--cache-dir", str(tmp_path / "file" / "below")) == expected


def test_the_option_comes_before_the_variable(folder: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    checked(capsys, "--cache-dir", str(tmp_path / "other"))
    assert not packs()
    assert len(list((tmp_path / "other").glob("*.pack"))) == 1
    assert (tmp_path / "other" / ".gitignore").read_text(encoding="utf-8") == "*\n"


@pytest.mark.skipif(os.name == "nt", reason="permissions of POSIX")
@pytest.mark.parametrize(("mode", "used"), [(0o700, True), (0o755, True), (0o777, False), (0o770, False)])
def test_a_cache_that_others_can_write_to_is_not_used(
    mode: int, used: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(cache.VARIABLE)
    monkeypatch.setattr(cache, "_users_cache", lambda: str(tmp_path))
    assert cache_folder(None) == str(tmp_path / "metta-lint")
    (tmp_path / "metta-lint").mkdir()
    (tmp_path / "metta-lint").chmod(mode)
    assert (cache_folder(None) is not None) == used


@pytest.mark.skipif(os.name == "nt", reason="permissions of POSIX")
def test_the_folder_is_made_for_its_user_alone(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    checked(capsys)
    assert stat.S_IMODE(Path(os.environ[cache.VARIABLE]).stat().st_mode) == 0o700


def test_a_repository_brings_no_cache_along(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Nothing that lies in the tree decides what its files are read as."""
    before = set(Path().rglob("*"))
    checked(capsys)
    assert set(Path().rglob("*")) == before
    assert not any(pack.is_relative_to(folder) for pack in packs())


def test_without_a_home_nothing_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(cache.VARIABLE)
    monkeypatch.setattr(cache, "_users_cache", lambda: "")
    assert cache_folder(None) is None
    with kept_documents():
        assert sources._cache is None


def test_a_deleted_folder_keeps_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "gone").mkdir()
    monkeypatch.chdir(tmp_path / "gone")
    (tmp_path / "gone").rmdir()
    with kept_documents(str(tmp_path / "kept")):
        assert sources._cache is None
