#!/usr/bin/env python3
"""Writes the seeds that are not text: small archives, components, pictures and models, the same bytes every time.

    fuzz/seeds.py [name ...]    needs pillow and onnx (tests/reference/requirements.txt)

The others (`files`, `manifest`, `body`, `url`) are text and written by hand.
"""

import io
import sys
import zipfile
from pathlib import Path

SEEDS = Path(__file__).parent / "seeds"
EARLY = (1980, 1, 1, 0, 0, 0)
MANIFEST = b"""{"Name": "Cats", "Version": "1.0.0", "Task": "classification",
 "Models": [{"Name": "cats", "File": "models/cats.onnx", "Labels": "assets/labels.txt"}]}"""
GLUE_MANIFEST = b"""{"Name": "Glue", "Version": "1.0.0",
 "AppParameters": [{"ParameterType": "Number", "Name": "Age"}],
 "ResultVariables": [{"ResultType": "Text", "Name": "answer"}]}"""


def write(name, content):
    path = SEEDS / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def archive(files, method=zipfile.ZIP_STORED):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as zipped:
        for name, content in files.items():
            info = zipfile.ZipInfo(name, EARLY)
            info.compress_type = method
            info.external_attr = 0o100644 << 16
            zipped.writestr(info, content)
    return out.getvalue()


def archives():
    cats = {"app.json": MANIFEST, "models/cats.onnx": b"\x08\x08\x12\x04test", "assets/labels.txt": b"tabby\nlion\n"}
    glue = {
        "app.json": GLUE_MANIFEST,
        "app.wasm": component([]),
        "examples/one/inputs.json": b'{"Age": 3}',
        "examples/one/expected.json": b'{"Result": {"answer": "x"}}',
    }
    write("archive/stored.zip", archive(cats))
    write("archive/deflated.zip", archive(cats, zipfile.ZIP_DEFLATED))
    write("archive/glue.zip", archive(glue))
    write("archive/folder.zip", archive({f"cats/{name}": content for name, content in cats.items()}))
    write("archive/empty.zip", archive({}))


def leb(number):
    out = b""
    while True:
        number, low = number >> 7, number & 0x7F
        out += bytes([low | 0x80 if number else low])
        if not number:
            return out


def section(kind, content):
    return bytes([kind]) + leb(len(content)) + content


def text(name):
    return leb(len(name)) + name.encode()


def component(imports):
    """A component that imports instances without anything in them, and exports a core function as `run`."""
    module = b"\0asm\1\0\0\0" + section(1, b"\1\x60\0\0") + section(3, b"\1\0")
    module += section(7, b"\1" + text("run") + b"\0\0") + section(10, b"\1\2\0\x0b")
    out = b"\0asm\x0d\0\1\0"
    if imports:
        out += section(7, leb(1) + b"\x42\0")
        out += section(10, leb(len(imports)) + b"".join(b"\0" + text(name) + b"\x05\0" for name in imports))
    out += section(1, module)
    out += section(2, leb(1) + b"\0\0\0")
    out += section(6, leb(1) + b"\0\0\1\0" + text("run"))
    out += section(7, leb(1) + b"\x40\0\1\0")
    out += section(8, leb(1) + b"\0\0\0\0\0")
    out += section(11, leb(1) + b"\0" + text("run") + b"\1\0\0")
    return out


def components():
    write("component/run.wasm", component([]))
    write("component/imports.wasm", component(["vision:app/images@0.1.0", "wasi:io/poll@0.2.0"]))
    write("component/module.wasm", b"\0asm\1\0\0\0")


def pictures():
    from PIL import Image

    photo = Image.new("RGB", (24, 16), (200, 60, 20))
    photo.putpixel((3, 3), (0, 255, 0))
    exif = Image.Exif()
    exif[0x0112] = 6
    for name, image, options in [
        ("rgb.png", photo, {}),
        ("palette.png", photo.convert("P"), {}),
        ("alpha.png", photo.convert("RGBA"), {}),
        ("grey16.png", Image.new("I;16", (9, 9), 40000), {}),
        ("rgb.jpg", photo, {"quality": 60}),
        ("turned.jpg", photo, {"quality": 60, "exif": exif}),
        ("progressive.jpg", photo, {"quality": 60, "progressive": True}),
        ("cmyk.jpg", photo.convert("CMYK"), {"quality": 60}),
        ("grey.jpg", photo.convert("L"), {"quality": 60}),
        ("lossy.webp", photo, {"quality": 60}),
        ("lossless.webp", photo, {"lossless": True}),
        ("rgb.gif", photo, {}),
        ("moving.gif", photo, {"save_all": True, "append_images": [photo.transpose(0)]}),
        ("rgb.bmp", photo, {}),
    ]:
        out = io.BytesIO()
        kind = {"jpg": "JPEG"}.get(name.split(".")[-1], name.split(".")[-1].upper())
        image.save(out, kind, **options)
        write(f"image/{name}", out.getvalue())


def models():
    import numpy as np
    from onnx import TensorProto, helper, numpy_helper

    def model(name, nodes, weights, shape, outputs=("y",)):
        graph = helper.make_graph(
            nodes,
            "g",
            [helper.make_tensor_value_info("x", TensorProto.FLOAT, shape)],
            [helper.make_tensor_value_info(output, TensorProto.FLOAT, None) for output in outputs],
            [numpy_helper.from_array(np.asarray(value), key) for key, value in weights.items()],
        )
        made = helper.make_model(graph, ir_version=8, opset_imports=[helper.make_opsetid("", 13)], producer_name="")
        write(f"onnx/{name}.onnx", made.SerializeToString(deterministic=True))

    node = helper.make_node
    ones = np.ones((2, 3, 3, 3), np.float32)
    model(
        "conv",
        [node("Conv", ["x", "w"], ["c"], kernel_shape=[3, 3], pads=[1] * 4), node("Relu", ["c"], ["y"])],
        {"w": ones},
        [1, 3, 8, 8],
    )
    model("open", [node("GlobalAveragePool", ["x"], ["p"]), node("Flatten", ["p"], ["y"])], {}, ["N", 3, "h", "w"])
    model(
        "gemm",
        [node("Gemm", ["x", "w", "b"], ["g"]), node("Softmax", ["g"], ["y"])],
        {"w": np.ones((4, 2), np.float32), "b": np.zeros(2, np.float32)},
        [1, 4],
    )
    model(
        "reshape",
        [node("Reshape", ["x", "s"], ["r"]), node("Transpose", ["r"], ["y"], perm=[1, 0])],
        {"s": np.array([2, -1], np.int64)},
        [1, 8],
    )
    model(
        "slice",
        [node("Slice", ["x", "a", "b", "k"], ["s"]), node("Concat", ["s", "s"], ["y"], axis=1)],
        {"a": np.array([0], np.int64), "b": np.array([2], np.int64), "k": np.array([1], np.int64)},
        [1, 4],
    )
    model(
        "resize",
        [node("Resize", ["x", "", "f"], ["y"], mode="nearest")],
        {"f": np.array([1, 1, 2, 2], np.float32)},
        [1, 1, 4, 4],
    )
    model(
        "pool",
        [
            node("MaxPool", ["x"], ["m"], kernel_shape=[2, 2], strides=[2, 2]),
            node("BatchNormalization", ["m", "o", "z", "z", "o"], ["y"]),
        ],
        {"o": np.ones(1, np.float32), "z": np.zeros(1, np.float32)},
        [1, 1, 4, 4],
    )
    model(
        "cast",
        [node("Cast", ["x"], ["i"], to=TensorProto.INT64), node("Gather", ["w", "i"], ["y"])],
        {"w": np.ones((3, 2), np.float32)},
        [1, 2],
    )
    model("split", [node("Split", ["x"], ["a", "b"], axis=1), node("Mul", ["a", "b"], ["y"])], {}, [1, 4])


MADE = {"archive": archives, "component": components, "image": pictures, "onnx": models}

for name in sys.argv[1:] or MADE:
    MADE[name]()
