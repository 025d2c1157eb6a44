"""Arrays in one block of shared memory, made by a parent, attached to by its workers. Nothing here imports torch."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Mapping
from multiprocessing.shared_memory import SharedMemory
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from metta_lint_trainer.errors import TrainerError

if TYPE_CHECKING:
    from numpy.typing import NDArray

ALIGNMENT = 64
"""Bytes: no two arrays share a cache line."""

MEMORY_FOLDER = Path("/dev/shm")  # noqa: S108 - where Linux keeps shared memory; nothing is created there by name


class ArraySpec(NamedTuple):
    """One array of a block: its shape, and its dtype as numpy writes it (``u1``, ``f4``)."""

    shape: tuple[int, ...]
    dtype: str

    @property
    def nbytes(self) -> int:
        return int(np.prod(self.shape, dtype=np.int64)) * np.dtype(self.dtype).itemsize


Layout = Mapping[str, ArraySpec]


def block_size(layout: Layout) -> int:
    """Bytes of the block that holds a layout's arrays."""
    return max(1, sum(_padded(field.nbytes) for field in layout.values()))


def _padded(size: int) -> int:
    return -(-size // ALIGNMENT) * ALIGNMENT


class SharedArrays:
    """Named arrays over one block. Whoever created it destroys it; nobody may keep a view past ``close``."""

    def __init__(self, memory: SharedMemory, layout: Layout, *, owner: bool) -> None:
        self._memory = memory
        self._owner = owner
        self._arrays: dict[str, NDArray[Any]] = {}
        offset = 0
        for name, field in layout.items():
            self._arrays[name] = np.ndarray(field.shape, field.dtype, memory.buf, offset)
            offset += _padded(field.nbytes)

    @classmethod
    def create(cls, layout: Layout) -> SharedArrays:
        """A new block, zeroed. Raises TrainerError where the machine has no room for it.

        Pages of shared memory are only taken when they are written, and a process that writes one that is not there to
        take is killed (SIGBUS). So the block's pages are taken at once, where the system can do that.
        """
        size = block_size(layout)
        try:
            memory = SharedMemory(create=True, size=size)
        except OSError as error:
            raise _no_room(size, error) from error
        try:
            _take_pages(memory, size)
        except OSError as error:
            memory.close()
            memory.unlink()
            raise _no_room(size, error) from error
        return cls(memory, layout, owner=True)

    @classmethod
    def attach(cls, name: str, layout: Layout) -> SharedArrays:
        """The block of that name, created by another process, which outlives this one's use of it."""
        if sys.version_info >= (3, 13):
            return cls(SharedMemory(name, track=False), layout, owner=False)
        return cls(SharedMemory(name), layout, owner=False)

    @property
    def name(self) -> str:
        return self._memory.name

    def __getitem__(self, name: str) -> NDArray[Any]:
        return self._arrays[name]

    def close(self) -> None:
        """Unmap the block and, where this process created it, destroy it. May be called again."""
        self._arrays.clear()
        self._memory.close()
        if self._owner:
            self._owner = False
            with contextlib.suppress(FileNotFoundError):
                self._memory.unlink()


def _take_pages(memory: SharedMemory, size: int) -> None:
    path = MEMORY_FOLDER / memory.name.lstrip("/")
    if not hasattr(os, "posix_fallocate") or not path.exists():
        return
    descriptor = os.open(path, os.O_RDWR)
    try:
        os.posix_fallocate(descriptor, 0, size)
    finally:
        os.close(descriptor)


def _no_room(size: int, error: OSError) -> TrainerError:
    return TrainerError(
        f"no room for {size / 2**20:,.1f} MiB of shared memory ({error.strerror}): "
        f"free some, or give the machine or container more (docker: --shm-size)"
    )
