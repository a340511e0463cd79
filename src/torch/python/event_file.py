"""Scalars as TensorBoard reads them, written without TensorBoard: its event file is a list of records, each a length,
a message in protocol buffers' encoding, and the masked CRC-32C of both."""

import struct
import time
from pathlib import Path

POLYNOMIAL = 0x82F63B78


def crc_table() -> list[int]:
    table = []
    for value in range(256):
        for _ in range(8):
            value = value >> 1 ^ (POLYNOMIAL if value & 1 else 0)
        table.append(value)
    return table


TABLE = crc_table()


def masked_crc(data: bytes) -> int:
    crc = 0xFFFFFFFF
    for byte in data:
        crc = crc >> 8 ^ TABLE[(crc ^ byte) & 0xFF]
    crc ^= 0xFFFFFFFF
    return ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF


def varint(number: int) -> bytes:
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*out, number])


def field(number: int, content: bytes) -> bytes:
    """A field whose content has a length: a string or a message."""
    return varint(number << 3 | 2) + varint(len(content)) + content


class EventFile:
    def __init__(self, folder: Path):
        folder.mkdir(parents=True, exist_ok=True)
        self.file = (folder / f"events.out.tfevents.{time.time_ns() // 1000}.rmt").open("ab")
        self.write(field(3, b"brain.Event:2"))

    def scalars(self, step: int, values: dict[str, float]) -> None:
        """One value for each name at a step."""
        each = (
            field(1, field(1, name.encode()) + b"\x15" + struct.pack("<f", value)) for name, value in values.items()
        )
        self.write(b"\x10" + varint(step) + field(5, b"".join(each)))
        self.file.flush()

    def write(self, event: bytes) -> None:
        event = b"\x09" + struct.pack("<d", time.time()) + event
        length = struct.pack("<Q", len(event))
        crcs = (struct.pack("<I", masked_crc(part)) for part in (length, event))
        self.file.write(length + next(crcs) + event + next(crcs))
