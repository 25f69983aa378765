#!/usr/bin/env python3
"""Archives that were made to do harm. Python's standard library is enough.

archives.py FOLDER GLUE     GLUE is a good component
"""

import gzip
import json
import struct
import sys
import zlib
from pathlib import Path

from corpus import Corpus
from zips import Entry, archive, deflate, packed, zeros

REFUSED = (400, "invalid-package")
GLUE = Path(sys.argv[2]).read_bytes()
APP = {
    "Name": "Hostile",
    "Version": "1.0.0",
    "AppParameters": [{"ParameterType": "Number", "Name": "Age"}],
    "ResultVariables": [{"ResultType": "Text", "Name": "answer"}],
}
LINK, DEVICE, BLOCK, PIPE, SOCKET = 0o120777, 0o020666, 0o060666, 0o010644, 0o140777

corpus = Corpus(sys.argv[1])


def app(**changes):
    return json.dumps(APP | changes).encode()


def entries(*more, manifest=None, glue=None):
    """The entries of a good package, and more."""
    first = [packed(b"app.json", manifest or app()), packed(b"app.wasm", glue or GLUE)]
    return first + list(more)


def refuse(name, content, *words):
    corpus.add(name, content, *REFUSED, *words)


def refuse_entry(name, entry, *words):
    """A good package with one entry that is not."""
    refuse(name, archive(entries(entry)), *words)


def asset(name, content=b"x", **fields):
    return Entry(b"assets/" + name, content, **fields)


def no_archives():
    good = archive(entries())
    refuse("text.zip", b"PLEASE unzip me", "text file", "not a zip archive")
    refuse("nothing.zip", b"", "is empty", "not a zip archive")
    refuse("picture.zip", b"\x89PNG\r\n\x1a\n" + bytes(40), "PNG image", "not a zip archive")
    refuse("tar.zip", bytes(257) + b"ustar\x0000" + bytes(500), "tar archive", "not a zip archive")
    refuse("gzip.zip", gzip.compress(good, mtime=0), "gzip", "not a zip archive")
    refuse("self-extracting.zip", archive(entries(), before=b"MZ" + bytes(600)), "Windows program", "not a zip archive")
    refuse("split.zip", b"PK\7\x08" + good, "split zip")
    refuse("no-entries.zip", archive([]), "archive is empty")
    refuse("half.zip", good[: len(good) // 2], "cut off or damaged")
    refuse("no-directory.zip", good[: good.rindex(b"PK\1\2") - 200], "cut off or damaged")
    refuse("directory-elsewhere.zip", archive(entries(), start=1 << 30), "cut off or damaged")
    refuse("directory-in-front.zip", archive(entries(), start=0), "cut off or damaged")
    refuse("several-disks.zip", archive(entries(), disk=7), "cut off or damaged")
    refuse("noise-inside.zip", good[:40] + bytes(range(256)) + good[296:], "damaged")


def bombs():
    big = zeros(400)
    size = 400 << 20
    bomb = lambda name, **fields: asset(name, data=big, method=8, size=size, crc=0, **fields)
    refuse("bomb.zip", archive(entries(*(bomb(b"%d.bin" % n) for n in range(10)))), "when unpacked", "at most 512 MiB")
    refuse(
        "bomb-lies.zip",
        archive(entries(*(asset(b"%d.bin" % n, data=big, method=8, size=10, crc=0) for n in range(3)))),
        "assets/0.bin",
        "more than the 10 bytes",
    )
    # All names share one deflated file; each name is innocent, together they are 4 GiB.
    first = asset(b"0.bin", data=zeros(40), method=8, size=40 << 20, crc=0)
    at = len(archive(entries())) - len(archive(entries())[archive(entries()).index(b"PK\1\2") :])
    shared = [asset(b"%d.bin" % n, data=first.data, method=8, size=40 << 20, crc=0, offset=at) for n in range(1, 12)]
    refuse("bomb-overlapping.zip", archive(entries(first, *shared)), "assets/1.bin", "shares its bytes with")
    # As David Fifield makes them: each file is the next one's header, quoted, and then that one.
    refuse("bomb-quoted.zip", quoted(60), "shares its bytes with")
    inner = archive([packed(b"inner.zip", archive([packed(b"deep.bin", bytes(1 << 20))]))])
    corpus.good("bomb-nested-unopened.zip", archive(entries(packed(b"assets/inner.zip", inner))))
    model = app(Models=[{"Name": "net", "File": "models/net.onnx"}])
    refuse(
        "bomb-nested-as-model.zip",
        archive(entries(Entry(b"models/net.onnx", inner), manifest=model)),
        "models/net.onnx",
        "zip archive, not an ONNX model",
    )
    refuse(
        "sixty-thousand-files.zip",
        archive(entries(*(asset(b"%d" % n, b"") for n in range(60_000)))),
        "60002 entries",
        "at most 2000",
    )
    refuse(
        "padded-directory.zip",
        archive(entries(asset(b"a", extra=struct.pack("<HH", 0xCAFE, 60_000) + bytes(60_000)), asset(b"b"))),
        "directory is far larger",
        "make the archive again",
    )
    refuse(
        "wide-json.zip", archive(entries(manifest=b'{"Name":[' + b"[]," * 300_000 + b"0]}")), "app.json", "too large"
    )
    refuse(
        "deep-json.zip",
        archive(entries(manifest=b'{"Name":' + b"[" * 30_000)),
        "app.json",
        "not valid JSON",
        "recursion",
    )
    refuse(
        "large-json.zip",
        archive(entries(manifest=b'{"Name":"' + b"x" * (2 << 20) + b'"}')),
        "app.json",
        "at most 1 MiB",
    )
    refuse("large-glue.zip", archive(entries(glue=b"\0asm" + bytes(40 << 20))), "app.wasm", "at most 32 MiB")
    refuse(
        "entities.zip",
        archive(entries(Entry(b"icon.svg", b'<!DOCTYPE x [<!ENTITY a "&b;&b;">]><svg>&a;</svg>'))),
        "icon.svg",
        "<!entity",
    )
    layout = app(ResultLayout="template.html")
    refuse(
        "deep-template.zip",
        archive(entries(packed(b"template.html", b"{{ " + b"(" * 50_000), manifest=layout)),
        "template.html",
    )
    refuse(
        "nested-template.zip",
        archive(entries(packed(b"template.html", b"{% if a %}" * 20_000), manifest=layout)),
        "template.html",
    )


def quoted(count):
    """Local headers that lie in the stored block of the entry before them."""
    head = archive(entries())
    head = head[: head.index(b"PK\1\2")]
    kernel = zeros(40)
    names = [b"assets/%03d" % n for n in range(count)]
    chain, offsets = kernel, []
    locals_ = []
    for name in reversed(names):
        local = (
            b"PK\3\4" + struct.pack("<HHHHHIIIHH", 45, 0x800, 8, 0, 0x21, 0, len(chain), 40 << 20, len(name), 0) + name
        )
        locals_.append((name, len(chain)))
        quote = b"\0" + struct.pack("<HH", len(local), len(local) ^ 0xFFFF)
        chain = quote + local + chain
    # The outermost quote is not part of the archive.
    body = chain[5:]
    offset, listed = len(head), []
    for name, length in reversed(locals_):
        offsets.append(offset)
        listed.append(Entry(name, data=b"", packed=length, method=8, size=40 << 20, crc=0, offset=offset))
        offset += 30 + len(name) + 5
    good = entries()
    good[0].offset, good[1].offset = 0, head.index(b"PK\3\4", 4)
    return archive(good + listed, before=head + body)


def links_and_devices():
    refuse_entry("link-absolute.zip", asset(b"link", b"/etc/passwd", mode=LINK), "assets/link", "is a link")
    refuse_entry("link-up.zip", asset(b"link", b"../../../etc/passwd", mode=LINK), "assets/link", "is a link")
    refuse(
        "link-then-file.zip",
        archive(entries(asset(b"d", b"/tmp", mode=LINK), asset(b"d/evil", b"x"))),
        "assets/d",
        "is a link",
        "assets/d/evil",
        "which is a file",
    )
    refuse_entry("link-as-folder.zip", asset(b"link/", b"", mode=LINK), "assets/link/", "is a link")
    refuse(
        "link-as-manifest.zip",
        archive([Entry(b"app.json", b"/etc/hostname", mode=LINK), Entry(b"app.wasm", GLUE)]),
        "app.json",
        "is a link",
    )
    for name, mode in [("character-device", DEVICE), ("block-device", BLOCK), ("pipe", PIPE), ("socket", SOCKET)]:
        refuse_entry(f"{name}.zip", asset(b"odd", b"", mode=mode), "assets/odd", "neither a file nor a folder")
    refuse_entry("folder-with-content.zip", asset(b"d/", b"content", mode=0o040755), "assets/d/", "folder with content")
    corpus.good("set-user-id.zip", archive(entries(asset(b"tool", b"#!/bin/sh", mode=0o104777))))


def names():
    for name, path, *words in [
        ("up", b"../evil.sh", "../evil.sh", "leads out of the archive"),
        ("up-inside", b"assets/../../evil.sh", "leads out of the archive"),
        ("absolute", b"/etc/cron.d/evil", "absolute path"),
        ("backslash", b"assets\\evil.txt", "backslash"),
        ("backslash-up", b"..\\..\\evil.txt", "backslash"),
        ("share", b"\\\\host\\share\\evil", "backslash"),
        ("drive", b"C:/evil.txt", "drive letter"),
        ("stream", b"assets/a.txt:hidden", "the character “:”"),
        ("nul", b"assets/a\0.txt", "the character"),
        ("line-break", b"assets/a\nINFO forged", "the character “\\n”"),
        ("escape-sequence", b"assets/\x1b[2Jx", "the character"),
        ("turned", "assets/\u202egpj.exe".encode(), "the character"),
        ("invisible", "assets/a\u200bb".encode(), "the character"),
        ("byte-order-mark", "\ufeffapp.json".encode(), "the character"),
        ("look-alike", "\u0430pp.json".encode(), "does not belong into a package"),
        ("wide", "assets/\uff0e\uff0e\uff0fevil".encode(), "the character"),
        ("overlong-slash", b"assets/..\xc0\xaf..\xc0\xafevil", "the character"),
        ("empty-part", b"assets//evil", "empty part"),
        ("dot-part", b"assets/./evil", "empty part"),
        ("reserved", b"assets/NUL.txt", "Windows keeps"),
        ("trailing-dot", b"assets/evil.", "ends with a dot"),
        ("trailing-space", b"assets/evil ", "space"),
        ("long", b"assets/" + b"x" * 200, "longer than 120 bytes"),
        ("endless", b"assets/" + b"x/" * 30_000 + b"x", "longer than 240 bytes"),
        ("deep", b"assets/" + b"d/" * 20 + b"x", "folders deep"),
        ("compiled", b".compiled/app.cwasm", "does not belong into a package"),
        ("no-name", b"", "without a name"),
    ]:
        refuse_entry(f"name-{name}.zip", Entry(path, b"x"), *words)
    # Read as the character set of old, in which these bytes are letters.
    corpus.good("name-half-a-surrogate.zip", archive(entries(Entry(b"assets/\xed\xa0\x80", b"x"))))
    # Info-ZIP's field for a name in Unicode overrides the plain one.
    override = b"\1" + struct.pack("<I", zlib.crc32(b"assets/a")) + b"../../evil"
    refuse_entry(
        "name-overridden.zip",
        asset(b"a", extra=struct.pack("<HH", 0x7075, len(override)) + override),
        "leads out of the archive",
    )
    refuse_entry("name-differs-locally.zip", asset(b"a", local_name=b"../evil!"), "assets/a", "two names")
    for name, pair, word in [
        ("case", ["a.txt", "A.TXT"], "only by case"),
        ("accents", ["\u00e9", "e\u0301"], "only by case or accents"),
        ("kelvin", ["k", "\u212a"], "only by case"),
        ("final-sigma", ["\u03c3", "\u03a3"], "only by case"),
        ("folders", ["x/1", "X/2"], "only by case"),
        ("twice", ["a", "a"], "more than once"),
        ("file-and-folder", ["x", "x/2"], "which is a file"),
        ("folder-and-file", ["x/2", "x"], "both a file and a folder"),
    ]:
        refuse(f"collision-{name}.zip", archive(entries(*(asset(one.encode()) for one in pair))), "assets/", word)
    refuse("two-manifests.zip", archive(entries(Entry(b"app.json", b"{}"))), "app.json", "more than once")
    refuse("manifest-in-capitals.zip", archive(entries(Entry(b"APP.JSON", b"{}"))), "APP.JSON", "only by case")
    refuse(
        "folder-around.zip",
        archive([packed(b"app/app.json", app()), packed(b"app/app.wasm", GLUE)]),
        "app",
        "this folder",
    )
    refuse("left-by-macos.zip", archive(entries(Entry(b"__MACOSX/._app.json", b"x"))), "macOS", "zip -d")


def contents():
    text = b"some text that can be packed, and packed again, and again\n" * 40
    refuse_entry("encrypted.zip", asset(b"a", flags=0x801, content=bytes(64)), "assets/a", "without a password")
    refuse_entry(
        "encrypted-strongly.zip", asset(b"a", flags=0x841, content=bytes(64)), "assets/a", "without a password"
    )
    aes = struct.pack("<HHHHBH", 0x9901, 7, 2, 0x4541, 3, 8)
    refuse_entry(
        "encrypted-aes.zip",
        asset(b"a", flags=0x801, method=99, extra=aes, content=bytes(64)),
        "assets/a",
        "without a password",
    )
    for number, name in [
        (9, "Deflate64"),
        (12, "bzip2"),
        (14, "LZMA"),
        (93, "Zstandard"),
        (95, "xz"),
        (98, "PPMd"),
        (1, "method 1"),
        (6, "method 6"),
        (77, "method 77"),
    ]:
        refuse_entry(f"method-{number}.zip", asset(b"a", text, method=number), "assets/a", name)
    refuse_entry("crc-stored.zip", asset(b"a", text, crc=1), "assets/a", "checksum")
    refuse_entry("crc-packed.zip", packed(b"assets/a", text, crc=1), "assets/a", "checksum")
    bent = bytearray(deflate(text))
    bent[20] ^= 0xFF
    refuse_entry("bent.zip", Entry(b"assets/a", text, bytes(bent), 8), "assets/a", "is damaged")
    refuse_entry("not-deflate.zip", Entry(b"assets/a", text, b"\xff" * 80, 8), "assets/a", "is damaged")
    refuse_entry("cut-deflate.zip", Entry(b"assets/a", text, deflate(text)[:-6], 8), "assets/a", "is damaged")
    refuse_entry("size-too-small.zip", packed(b"assets/a", text, size=100), "assets/a", "more than the 100 bytes")
    refuse_entry("size-too-large.zip", packed(b"assets/a", text, size=len(text) + 1), "assets/a", "is damaged")
    refuse_entry("stored-size-too-large.zip", asset(b"a", text, size=len(text) + 1), "assets/a", "is damaged")
    refuse_entry("runs-past-the-end.zip", asset(b"a", text, packed=1 << 30, size=1 << 20), "assets/a")
    refuse_entry("content-elsewhere.zip", asset(b"a", text, offset=1 << 29), "assets/a")
    refuse_entry("content-in-the-directory.zip", asset(b"a", text, offset=7), "assets/a")


def zip64():
    huge = lambda *numbers: struct.pack("<HH", 1, 8 * len(numbers)) + b"".join(struct.pack("<Q", n) for n in numbers)
    refuse_entry("zip64-size.zip", asset(b"a", size=1 << 62, extra=huge(1 << 62)), "when unpacked", "at most 512 MiB")
    refuse(
        "zip64-sizes-overflow.zip",
        archive(entries(*(asset(b"%d" % n, size=1 << 63, extra=huge(1 << 63)) for n in range(4)))),
        "when unpacked",
    )
    refuse_entry("zip64-packed.zip", asset(b"a", packed=1 << 62, size=0xFFFFFFFF, extra=huge(5, 1 << 62)), "assets/a")
    refuse_entry(
        "zip64-offset.zip",
        asset(b"a", offset=0xFFFFFFFF, size=0xFFFFFFFF, packed=0xFFFFFFFF, extra=huge(1, 1, (1 << 64) - 1)),
        "assets/a",
        "nowhere in the archive",
    )
    refuse_entry("zip64-cut.zip", asset(b"a", size=0xFFFFFFFF, extra=struct.pack("<HHI", 1, 4, 7)), "damaged")
    refuse("zip64-count.zip", archive(entries(), zip64=1 << 40), "archive")
    refuse("zip64-count-wraps.zip", archive(entries(), zip64=(1 << 64) - 1), "archive")
    refuse("more-counted.zip", archive(entries(), count=9), "cut off or damaged")
    corpus.good("zip64-honest.zip", archive(entries(), zip64=2))
    corpus.good("long-comment.zip", archive(entries(), comment=b"c" * 60_000))
    inner = archive(entries(manifest=app(Name="Other")))
    corpus.good("archive-in-the-comment.zip", archive(entries(), comment=b"PK" + inner[:200]))


for make in [no_archives, bombs, links_and_devices, names, contents, zip64]:
    make()
corpus.finish()
