"""The records of a write-ahead log, found without its keys: only what they hold is encrypted, not how long they are.

The format is etcd's (server/storage/wal/encoder.go): a record begins at a multiple of 8 bytes with its length, eight
bytes little-endian. The lowest seven are the length; where the highest bit is set, the three lowest bits of the top one
are the bytes of padding behind the record. A length of 0 ends what is used of a file, which is made larger than that.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass

LENGTH_BYTES = 8


@dataclass(frozen=True)
class Frame:
    """Where a record is in its file, in bytes: its length begins at `offset`, and what it holds has `size`."""

    offset: int
    size: int
    padding: int

    @property
    def end(self) -> int:
        """Where the next one begins."""
        return self.offset + LENGTH_BYTES + self.size + self.padding

    @property
    def middle(self) -> int:
        """A place within what it holds: neither its length nor padding."""
        return self.offset + LENGTH_BYTES + self.size // 2


def frames(content: bytes) -> Iterator[Frame]:
    """The records that begin in `content`, which is a file's beginning; the last one may end behind it."""
    offset = 0
    while offset + LENGTH_BYTES <= len(content):
        (field,) = struct.unpack_from("<Q", content, offset)
        top = field >> 56
        frame = Frame(offset, field & (1 << 56) - 1, top & 7 if top & 0x80 else 0)
        if not frame.size:
            return
        yield frame
        offset = frame.end


def frame_at(content: bytes, place: int) -> Frame:
    """The record that `place` is in, or the last one where all end before. Raises ValueError where there is none."""
    found = None
    for found in frames(content):
        if place < found.end:
            break
    if found is None:
        raise ValueError("there is no record in this part of a write-ahead log")
    return found
