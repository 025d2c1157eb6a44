"""Parts of the language server whose laws no session shows: positions, and the thread that lints."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lsprotocol.types import Position, PositionEncodingKind
from pygls.workspace import PositionCodec

from metta_lint.server.linting import lint
from metta_lint.server.positions import editor_text
from metta_lint.server.session import Worker
from metta_lint.server.state import EditorState, Root

if TYPE_CHECKING:
    from pathlib import Path

    from metta_lint.files.memory import Memory

TEXTS = st.text(st.sampled_from("ab=日é😀\u2028\u0085\x0c\n\r\ufeff"), max_size=30)
CODECS = st.sampled_from([PositionCodec(kind) for kind in PositionEncodingKind])


@given(TEXTS, CODECS, st.booleans())
def test_every_place_is_where_its_position_leads_back_to(content: str, codec: PositionCodec, is_held: bool) -> None:
    text = editor_text(content, codec, is_held=is_held)
    for number, line in enumerate(text.lines, start=1):
        for column in range(1, len(line) + 2):
            assert text.place(text.position(number, column)) == (number, column)


@given(TEXTS, CODECS, st.integers(0, 40), st.integers(0, 40))
def test_no_position_is_outside_of_the_text(content: str, codec: PositionCodec, line: int, character: int) -> None:
    text = editor_text(content, codec, is_held=True)
    number, column = text.place(Position(line, character))
    assert number == line + 1
    assert 1 <= column <= (len(text.lines[line]) if line < len(text.lines) else 0) + 1
    shown = text.position(line + 1, character + 1)
    assert 0 <= shown.line < len(text.lines)


@given(TEXTS, CODECS)
def test_a_held_byte_order_mark_is_counted_and_one_on_disk_is_not(content: str, codec: PositionCodec) -> None:
    mark = "\ufeff"
    content = content.lstrip(mark)
    held, on_disk = (editor_text(mark + content, codec, is_held=is_held) for is_held in (True, False))
    first = held.position(1, 1), on_disk.position(1, 1)
    assert first == (Position(0, codec.client_num_units(mark)), Position(0, 0))
    assert held.lines == on_disk.lines


@pytest.mark.parametrize("jobs", [1, 50])
def test_what_is_overtaken_is_never_begun(jobs: int) -> None:
    begun, done = threading.Event(), threading.Event()
    may_end = threading.Event()
    worked_on: list[str] = []

    def work(job: str) -> None:
        worked_on.append(job)
        begun.set()
        may_end.wait(60)
        if job == "last":
            done.set()

    worker = Worker(work, pause=0)
    worker.give("first")
    assert begun.wait(60)
    for number in range(jobs):
        worker.give(f"{number}")
    worker.give("last")
    may_end.set()
    assert done.wait(60)
    assert worked_on == ["first", "last"]


def test_the_memory_of_a_root_that_is_gone_is_forgotten(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    memories: dict[Root, Memory] = {}
    lint(EditorState(folders=(str(tmp_path),)), PositionCodec(), memories)
    assert [root.folder for root in memories] == [str(tmp_path)]
    lint(EditorState(), PositionCodec(), memories)
    assert not memories
