"""Writes zip archives in which every field can lie."""

import struct
import zlib
from dataclasses import dataclass


def deflate(content):
    """Raw deflate data."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    return packer.compress(content) + packer.flush()


def zeros(mebibytes):
    """Deflate data of that many MiB of zeros, which were never written out."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    chunk = packer.compress(bytes(1 << 20)) + packer.flush(zlib.Z_FULL_FLUSH)
    again = packer.compress(bytes(1 << 20)) + packer.flush(zlib.Z_FULL_FLUSH)
    return chunk + again * (mebibytes - 1) + b"\3\0"


@dataclass
class Entry:
    """One file of an archive, field by field; what is None is computed."""

    name: bytes
    content: bytes = b""
    data: bytes | None = None
    method: int = 0
    flags: int = 0x800
    crc: int | None = None
    size: int | None = None
    packed: int | None = None
    mode: int = 0o100644
    extra: bytes = b""
    central_extra: bytes | None = None
    local_name: bytes | None = None
    offset: int | None = None
    disk: int = 0
    comment: bytes = b""


def packed(name, content, **fields):
    """A deflated file."""
    return Entry(name, content, deflate(content), 8, **fields)


def archive(entries, count=None, count_here=None, comment=b"", zip64=None, start=None, length=None, disk=0, before=b""):
    """The entries, a directory, and its end record, with whatever the arguments claim of them."""
    out, directory = bytearray(before), bytearray()
    for entry in entries:
        data = entry.content if entry.data is None else entry.data
        crc = zlib.crc32(entry.content) if entry.crc is None else entry.crc
        size = len(entry.content) if entry.size is None else entry.size
        length_packed = len(data) if entry.packed is None else entry.packed
        offset = len(out) if entry.offset is None else entry.offset
        common = struct.pack(
            "<HHHHHIII",
            45,
            entry.flags,
            entry.method,
            0,
            0x21,
            crc & 0xFFFFFFFF,
            min(length_packed, 0xFFFFFFFF),
            min(size, 0xFFFFFFFF),
        )
        local = entry.name if entry.local_name is None else entry.local_name
        if entry.offset is None:
            out += b"PK\3\4" + common + struct.pack("<HH", len(local), len(entry.extra)) + local + entry.extra + data
        extra = entry.extra if entry.central_extra is None else entry.central_extra
        directory += b"PK\1\2" + struct.pack("<H", 3 << 8 | 45) + common
        directory += struct.pack(
            "<HHHHHII",
            len(entry.name),
            len(extra),
            len(entry.comment),
            entry.disk,
            0,
            entry.mode << 16,
            min(offset, 0xFFFFFFFF),
        )
        directory += entry.name + extra + entry.comment
    begin = len(out) if start is None else start
    span = len(directory) if length is None else length
    number = len(entries) if count is None else count
    here = number if count_here is None else count_here
    out += directory
    if zip64 is not None:
        at = len(out)
        out += b"PK\6\6" + struct.pack("<QHHIIQQQQ", 44, 45, 45, 0, 0, zip64, zip64, span, begin)
        out += b"PK\6\7" + struct.pack("<IQI", 0, at, 1)
        number = here = 0xFFFF
    out += b"PK\5\6" + struct.pack("<HHHHIIH", disk, disk, here & 0xFFFF, number & 0xFFFF, span, begin, len(comment))
    return bytes(out + comment)
