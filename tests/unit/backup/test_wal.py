"""Where the records of a write-ahead log are."""

import struct

import pytest

from swarmdrill.backup.wal import Frame, frame_at, frames


def record(size: int) -> bytes:
    """A record as etcd writes it: its length, with the padding in the top byte, and what it holds."""
    padding = -size % 8
    return struct.pack("<Q", size | ((0x80 | padding) << 56 if padding else 0)) + b"x" * size + b"\0" * padding


LOG = record(16) + record(5) + record(200)
USED = LOG + bytes(64)


def test_records_follow_one_another_up_to_what_is_unused() -> None:
    assert list(frames(USED)) == [Frame(0, 16, 0), Frame(24, 5, 3), Frame(40, 200, 0)]
    assert [frame.end for frame in frames(USED)] == [24, 40, len(LOG)]


def test_nothing_has_no_record() -> None:
    assert list(frames(b"")) == []
    assert list(frames(bytes(64))) == []
    with pytest.raises(ValueError, match="no record"):
        frame_at(bytes(64), 0)


@pytest.mark.parametrize(("place", "found"), [(0, 0), (23, 0), (24, 24), (39, 24), (40, 40), (9999, 40)])
def test_a_place_is_in_a_record_with_its_length_and_its_padding(place: int, found: int) -> None:
    assert frame_at(USED, place).offset == found


def test_the_last_record_may_end_behind_what_was_read() -> None:
    assert frame_at(LOG[:100], 90) == Frame(40, 200, 0)


@pytest.mark.parametrize("size", [1, 2, 7, 8, 9, 200])
def test_the_middle_is_in_what_it_holds(size: int) -> None:
    (frame,) = frames(record(size))
    assert record(size)[frame.middle : frame.middle + 1] == b"x"
