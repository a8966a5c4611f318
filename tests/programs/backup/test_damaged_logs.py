"""Damage to a log: the commands that a machine is sent, run here on a log that was made for it."""

import struct
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from swarmdrill.backup.layout import WAL
from swarmdrill.backup.wal import Frame, frames
from swarmdrill.base.messages import Message
from swarmdrill.faults.directories import flip_byte, truncate_log
from swarmdrill.machines.ssh import Completed


@dataclass
class ThisMachine:
    """Runs commands here, as a machine of the lab would."""

    name: str = "manager1"

    def run(self, command: str, *, why: Message) -> Completed:
        del why
        done = subprocess.run(["sh", "-ec", command], capture_output=True, text=True, check=True)
        return Completed(0, done.stdout, done.stderr, 0.0)


HERE: Any = ThisMachine()


def segment(directory: Path, name: str, size: int) -> Path:
    """A file of records of `size` bytes each, and of zeros behind them, as an engine makes it."""
    padding = -size % 8
    record = struct.pack("<Q", size | ((0x80 | padding) << 56 if padding else 0)) + b"x" * size + bytes(padding)
    path = directory / WAL / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(record * (8192 // len(record)) + bytes(4096))
    return path


def holding(path: Path, place: int) -> list[Frame]:
    """The record that has `place` in what it holds; none where that is its length or padding."""
    return [each for each in frames(path.read_bytes()) if each.offset + 8 <= place < each.offset + 8 + each.size]


# With 56, 120 and 248 a record begins at 4096 exactly, with 1 and 5 most of a file is lengths and padding.
@pytest.mark.parametrize("size", [1, 5, 56, 120, 200, 248, 777])
def test_a_log_is_cut_off_within_a_record(tmp_path: Path, size: int) -> None:
    first, last = segment(tmp_path, "0-0.wal", 10), segment(tmp_path, "1-9.wal", size)
    before, untouched = last.read_bytes(), first.read_bytes()
    truncate_log(HERE, str(tmp_path))
    cut = last.read_bytes()
    assert first.read_bytes() == untouched
    assert before.startswith(cut)
    assert abs(len(cut) - 4096) <= size + 16
    last.write_bytes(before)
    assert holding(last, len(cut))


@pytest.mark.parametrize("size", [1, 5, 24, 56, 120, 200, 248, 777])
def test_a_byte_is_flipped_that_somebody_reads(tmp_path: Path, size: int) -> None:
    first, last = segment(tmp_path, "0-0.wal", size), segment(tmp_path, "1-9.wal", 10)
    before, untouched = first.read_bytes(), last.read_bytes()
    flip_byte(HERE, str(tmp_path))
    assert last.read_bytes() == untouched
    (place,) = [each for each, (one, other) in enumerate(zip(before, first.read_bytes(), strict=True)) if one != other]
    assert abs(place - 2048) <= size + 16
    assert holding(first, place)


@pytest.mark.parametrize("damage", [truncate_log, flip_byte])
def test_a_directory_without_a_log_is_an_error(tmp_path: Path, damage: Callable[[Any, str], None]) -> None:
    with pytest.raises(subprocess.CalledProcessError):
        damage(HERE, str(tmp_path))
