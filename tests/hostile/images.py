#!/usr/bin/env python3
"""Pictures that were made to do harm, and odd ones that are good. Needs Pillow.

images.py FOLDER
"""

import io
import struct
import sys
import zlib

from PIL import Image

from corpus import Corpus

REFUSED = (400, "invalid-input")
TOO_MANY = "more than the 64000000 that are allowed"
BROKEN = "cannot be decoded"

corpus = Corpus(sys.argv[1])
photo = Image.new("RGB", (64, 48), (200, 60, 20))
for x in range(64):
    for y in range(48):
        photo.putpixel((x, y), (x * 4, y * 5, (x * y) % 256))


def refuse(name, content, *words):
    """Refused with the parameter's name, and these words."""
    corpus.add(name, content, *REFUSED, "Image", *words)


def saved(image, kind, **options):
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def chunk(kind, content, crc=None):
    checksum = zlib.crc32(kind + content) if crc is None else crc
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", checksum)


def png(width, height, rows=None, depth=8, color=2, more=b""):
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, color, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + more + chunk(b"IDAT", zlib.compress(rows or b"", 9)) + chunk(b"IEND", b"")


def jpeg_with_size(width, height):
    content = bytearray(saved(photo, "JPEG", quality=80))
    at = content.index(b"\xff\xc0")
    content[at + 5 : at + 9] = struct.pack(">HH", height, width)
    return bytes(content)


def exif(entries):
    """An EXIF block of (tag, type, count, value)."""
    listed = b"".join(struct.pack("<HHII", *entry) for entry in entries)
    return b"Exif\0\0II*\0\x08\0\0\0" + struct.pack("<H", len(entries)) + listed + bytes(4)


def jpeg_with_exif(block):
    content = saved(photo, "JPEG", quality=80)
    return content[:2] + b"\xff\xe1" + struct.pack(">H", len(block) + 2) + block + content[2:]


def no_pictures():
    refuse("nothing", b"", "not a picture")
    refuse("text", b"Look at me, I am a picture", "not a picture")
    refuse("page", b"<!DOCTYPE html><img src=x onerror=alert(1)>", "not a picture")
    refuse("program", b"\x7fELF" + bytes(200), "not a picture")
    refuse(
        "vector", b'<svg xmlns="http://www.w3.org/2000/svg"><image href="file:///etc/passwd"/></svg>', "not a picture"
    )
    refuse("script", b"%!PS-Adobe\n{loop} loop", "not a picture")
    refuse("tiff", b"II*\0\x08\0\0\0" + bytes(40), "Tiff", "JPEG, PNG, WebP, GIF and BMP")
    refuse("heic", b"\0\0\0\x18ftypheic" + bytes(40), "JPEG, PNG, WebP, GIF")


def bombs():
    line = bytes(1 + 3 * 60_000)
    packer = zlib.compressobj(9)
    rows = b"".join(packer.compress(line) for _ in range(6_000)) + packer.flush()
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", 60_000, 6_000, 8, 2, 0, 0, 0))
    refuse(
        "bomb.png", b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", rows) + chunk(b"IEND", b""), "60000 x 6000", TOO_MANY
    )
    refuse("header-65535.png", png(65_535, 65_535), "65535 x 65535", TOO_MANY)
    refuse("header-two-billion.png", png((1 << 31) - 1, (1 << 31) - 1))
    refuse("header-zero.png", png(0, 0), BROKEN)
    refuse("header-65535.jpg", jpeg_with_size(65_535, 65_535), "65535 x 65535", TOO_MANY)
    refuse("header-65500-high.gif", b"GIF89a" + struct.pack("<HH", 65_535, 65_500) + b"\0\0\0", BROKEN)
    refuse("header-65535.bmp", bitmap(65_535, 65_535), TOO_MANY)
    refuse("header-negative.bmp", bitmap(-5, 40), BROKEN)
    refuse("header-most-negative.bmp", bitmap(40, -(1 << 31)))
    refuse("header-16383.webp", webp(16_383, 16_383), TOO_MANY)
    # One pixel, and text that inflates to a gigabyte.
    refuse_or_good = png(1, 1, bytes(4), more=chunk(b"zTXt", b"Comment\0\0" + zlib.compress(bytes(200 << 20), 9)))
    corpus.good("bomb-in-a-comment.png", refuse_or_good)
    profile = png(1, 1, bytes(4), more=chunk(b"iCCP", b"p\0\0" + zlib.compress(bytes(200 << 20), 9)))
    corpus.good("bomb-in-a-profile.png", profile)
    refuse("more-rows-than-said.png", png(4, 4, None), BROKEN)
    corpus.good("more-pixels-than-said.png", png(4, 4, bytes(13 * 4 + 50_000_000)))


def bitmap(width, height):
    return (
        b"BM"
        + struct.pack("<IHHI", 154, 0, 0, 54)
        + struct.pack("<IiiHHIIiiII", 40, width, height, 1, 24, 0, 0, 0, 0, 0, 0)
        + bytes(100)
    )


def webp(width, height):
    frame = b"\x2f" + struct.pack("<I", (width - 1) | (height - 1) << 14) + bytes(20)
    body = b"WEBPVP8L" + struct.pack("<I", len(frame)) + frame
    return b"RIFF" + struct.pack("<I", len(body)) + body


def cut():
    for kind, name, options in [
        ("PNG", "png", {}),
        ("GIF", "gif", {}),
        ("BMP", "bmp", {}),
        ("WEBP", "webp", {"lossless": True}),
    ]:
        whole = saved(photo, kind, **options)
        refuse(f"half.{name}", whole[: len(whole) // 2], BROKEN)
        refuse(f"head.{name}", whole[:20])
    whole = saved(photo, "JPEG", quality=80)
    refuse("head.jpg", whole[:40], BROKEN)
    refuse("without-a-scan.jpg", whole[: whole.index(b"\xff\xda")] + b"\xff\xd9", BROKEN)
    refuse("without-tables.jpg", whole.replace(b"\xff\xdb", b"\xff\xfe").replace(b"\xff\xc4", b"\xff\xfe"), BROKEN)
    refuse("segment-longer-than-file.jpg", whole[:2] + b"\xff\xe1\xff\xff" + b"Exif\0\0", BROKEN)
    refuse("wrong-checksum.png", saved(photo, "PNG").replace(b"IDAT", b"IDAT", 1)[:-20] + bytes(20), BROKEN)
    refuse("noise.jpg", b"\xff\xd8\xff\xe0" + bytes(range(256)) * 8, BROKEN)
    refuse("noise.webp", b"RIFF\xff\xff\xff\x7fWEBPVP8 " + bytes(range(256)) * 8, BROKEN)


def odd_but_good():
    corpus.good("cmyk.jpg", saved(photo.convert("CMYK"), "JPEG", quality=80))
    corpus.good("grey.jpg", saved(photo.convert("L"), "JPEG", quality=80))
    corpus.good("progressive.jpg", saved(photo, "JPEG", quality=80, progressive=True))
    corpus.good("half.jpg", saved(photo, "JPEG", quality=80)[:1100])
    corpus.good("garbage-behind.jpg", saved(photo, "JPEG", quality=80) + b"PK\3\4" + bytes(1000))
    corpus.good("sixteen-bits.png", png(4, 4, bytes(25 * 4), depth=16))
    corpus.good("sixteen-bits-grey.png", saved(Image.new("I;16", (9, 9), 40_000), "PNG"))
    corpus.good("one-bit.png", saved(photo.convert("1"), "PNG"))
    corpus.good("palette.png", saved(photo.convert("P"), "PNG", transparency=3))
    corpus.good("see-through.png", saved(photo.convert("RGBA"), "PNG"))
    corpus.good("one-pixel.png", saved(Image.new("RGB", (1, 1)), "PNG"))
    corpus.good("one-column.png", saved(Image.new("RGB", (1, 9_000)), "PNG"))
    frames = [Image.new("RGB", (64, 48), (n, 0, 0)) for n in range(1, 200)]
    corpus.good("two-hundred-frames.gif", saved(photo, "GIF", save_all=True, append_images=frames))
    corpus.good("moving.png", saved(photo, "PNG", save_all=True, append_images=frames[:5]))
    corpus.good("moving.webp", saved(photo, "WEBP", save_all=True, append_images=frames[:5]))


def lies_in_exif():
    for name, block in [
        ("orientation-ninety-nine", exif([(0x0112, 3, 1, 99)])),
        ("orientation-as-text", exif([(0x0112, 2, 0xFFFFFFFF, 8)])),
        ("entries-without-end", b"Exif\0\0II*\0\x08\0\0\0\xff\xff" + bytes(60)),
        ("offset-outside", b"Exif\0\0II*\0\xff\xff\xff\xff" + bytes(20)),
        ("offset-to-itself", exif([(0x8769, 4, 1, 8)])),
        ("order-of-nobody", b"Exif\0\0XX*\0\x08\0\0\0" + bytes(20)),
        ("empty", b"Exif\0\0"),
        ("size-that-differs", exif([(0xA002, 4, 1, 4_000_000_000), (0xA003, 4, 1, 4_000_000_000)])),
        ("many-entries", exif([(0x0112, 3, 1, 6)] * 5_000)),
    ]:
        corpus.good(f"exif-{name}.jpg", jpeg_with_exif(block))


for make in [no_pictures, bombs, cut, odd_but_good, lies_in_exif]:
    make()
corpus.finish()
