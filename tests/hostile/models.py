#!/usr/bin/env python3
"""Models that were made to do harm. Each becomes models/net.onnx of a package. Needs `onnx` and numpy.

models.py FOLDER
"""

import sys

import numpy as np
from onnx import ModelProto, TensorProto, helper, numpy_helper

from corpus import Corpus

FLOAT, INT64 = TensorProto.FLOAT, TensorProto.INT64
REFUSED = (400, "invalid-package")
FILE = "models/net.onnx"
# What asks for too much ends in the engine's error, in the worker's death, or at the time limit.
STOPPED = f"{FILE}|the process that tried the package out|took longer than"
node = helper.make_node

corpus = Corpus(sys.argv[1])


def value(name, shape, kind=FLOAT):
    return helper.make_tensor_value_info(name, kind, shape)


def model(nodes, weights=None, inputs=None, outputs=None, opset=13, **more):
    """A model of x [1, 4] and y, unless told otherwise."""
    weights = [
        numpy_helper.from_array(np.asarray(w), n) if not isinstance(w, TensorProto) else w
        for n, w in (weights or {}).items()
    ]
    graph = helper.make_graph(nodes, "g", inputs or [value("x", [1, 4])], outputs or [value("y", None)], weights)
    return helper.make_model(
        graph, ir_version=8, opset_imports=[helper.make_opsetid("", opset)], producer_name="", **more
    )


def refuse(name, made, *words):
    """Refused in these words; without any, stopped in one way or another."""
    content = made if isinstance(made, bytes) else made.SerializeToString(deterministic=True)
    corpus.add(f"{name}.onnx", content, *REFUSED, *(words or (STOPPED,)))


def accept(name, made):
    corpus.good(f"{name}.onnx", made.SerializeToString(deterministic=True))


def ints(*numbers):
    return np.array(numbers, np.int64)


def tensor(name, dims, kind=FLOAT, raw=b"", **more):
    made = TensorProto(name=name, data_type=kind, raw_data=raw, **more)
    made.dims.extend(dims)
    return made


RELU = node("Relu", ["x"], ["y"], name="relu")
ADD = node("Add", ["x", "w"], ["y"], name="add")


def broken_files():
    whole = model([ADD], {"w": np.ones(4, np.float32)}).SerializeToString(deterministic=True)
    refuse("empty", b"", FILE, "is empty, not an ONNX model")
    refuse("zeros", bytes(500), FILE, "not an ONNX model")
    refuse("noise", bytes(range(1, 256)) * 9, FILE, "not an ONNX model")
    refuse("half", whole[: len(whole) // 2], FILE, "not an ONNX model", "cut off")
    refuse("torch", b"\x80\x02}q\0.", FILE, "PyTorch")
    refuse("graph-longer-than-file", b"\x08\x08\x3a\xff\xff\xff\x7f" + bytes(50), FILE, "cut off")
    refuse("varint-without-end", b"\x08" + b"\xff" * 40, FILE, "not an ONNX model")
    refuse("no-graph", ModelProto(ir_version=8), FILE, "holds no graph")
    refuse(
        "no-outputs", helper.make_model(helper.make_graph([RELU], "g", [value("x", [1])], [])), FILE, "has no outputs"
    )
    inner = b""
    for _ in range(2_000):
        # graph.node.attribute.g, again and again.
        for tag in (0x32, 0x2A, 0x0A):
            inner = bytes([tag]) + varint(len(inner)) + inner
    refuse("graphs-two-thousand-deep", b"\x08\x08\x3a" + varint(len(inner)) + inner, FILE, "not an ONNX model")
    bent = bytearray(whole)
    bent[bent.index(b"Add")] = 0xFF
    refuse("text-that-is-none", bytes(bent), FILE)


def varint(number):
    out = b""
    while number > 0x7F:
        out, number = out + bytes([number & 0x7F | 0x80]), number >> 7
    return out + bytes([number])


def graphs():
    refuse(
        "cycle",
        model(
            [
                node("Add", ["x", "b"], ["a"], name="one"),
                node("Relu", ["a"], ["b"], name="two"),
                node("Relu", ["b"], ["y"], name="three"),
            ]
        ),
        FILE,
    )
    refuse("bites-its-tail", model([node("Add", ["x", "y"], ["y"], name="tail")]), FILE)
    refuse("nothing-feeds-it", model([node("Add", ["x", "ghost"], ["y"], name="add")]), FILE, "ghost")
    refuse("output-of-nobody", model([RELU], outputs=[value("ghost", None)]), FILE, "ghost")
    refuse("unknown-operator", model([node("Teleport", ["x"], ["y"], name="t")]), FILE, "Teleport", "cannot compute")
    refuse("operator-of-a-megabyte", model([node("T" * 1_000_000, ["x"], ["y"])]), FILE, "TTTT", "…")
    refuse("operator-with-escapes", model([node("Te\x1b[2Jle\nport", ["x"], ["y"])]), FILE, "\\u{1b}[2J", "\\n")
    refuse(
        "operator-of-strangers", model([node("Teleport", ["x"], ["y"], domain="com.evil")]), FILE, "com.evil.Teleport"
    )
    refuse("too-few-inputs", model([node("Conv", ["x"], ["y"], name="conv")]), FILE)
    refuse("string-weights", model([ADD], {"w": tensor("w", [4], TensorProto.STRING)}), FILE)
    refuse("type-that-is-none", model([ADD], {"w": tensor("w", [4], 99, bytes(16))}), FILE)
    calls_itself = helper.make_function(
        "f", "Again", ["a"], ["b"], [node("Again", ["a"], ["b"], domain="f")], [helper.make_opsetid("f", 1)]
    )
    refuse(
        "function-that-calls-itself",
        model([node("Again", ["x"], ["y"], domain="f")], functions=[calls_itself]),
        FILE,
        "Again",
    )
    accept(
        "chain-of-three-thousand",
        model([node("Relu", [f"v{n}" if n else "x"], [f"v{n + 1}" if n < 2999 else "y"]) for n in range(3000)]),
    )


def shapes():
    for name, shape in [
        ("huge-side", [1, 1 << 40]),
        ("sides-that-overflow", [1 << 40] * 4),
        ("largest-side", [(1 << 63) - 1]),
    ]:
        refuse(f"input-{name}", model([RELU], inputs=[value("x", shape)]))
    # A side below nothing counts as one that is left open.
    for name, shape in [
        ("negative-side", [1, -4]),
        ("most-negative-side", [-(1 << 63)]),
        ("thousand-sides", [1] * 1000),
    ]:
        accept(f"input-{name}", model([RELU], inputs=[value("x", shape)]))
    for name, dims, raw in [
        ("larger-than-file", [1 << 40], bytes(16)),
        ("smaller-than-file", [2], bytes(16)),
        ("negative", [-4], bytes(16)),
        ("overflowing", [1 << 62, 4], bytes(16)),
        ("without-content", [1 << 33], b""),
    ]:
        refuse(f"weight-{name}", model([ADD], {"w": tensor("w", dims, raw=raw)}), FILE)
    constant = lambda *shape: (
        [node("ConstantOfShape", ["s"], ["c"], name="bomb"), node("Add", ["x", "c"], ["y"])],
        {"s": ints(*shape)},
    )
    # Zeros that are added to something are never made.
    accept("no-bomb-constant-of-shape", model(*constant(1 << 40, 4)))
    refuse("bomb-constant-of-negative-shape", model(*constant(-5, 4)), FILE)
    accept("no-bomb-expand", model([node("Expand", ["x", "s"], ["y"], name="bomb")], {"s": ints(1 << 38, 1, 4)}))
    refuse("bomb-tile", model([node("Tile", ["x", "s"], ["y"], name="bomb")], {"s": ints(1 << 20, 1 << 20)}))
    refuse(
        "bomb-range",
        model(
            [
                node("Range", ["a", "b", "c"], ["r"], name="bomb"),
                node("Cast", ["r"], ["f"], to=FLOAT),
                node("ReduceSum", ["f"], ["s"]),
                node("Add", ["x", "s"], ["y"]),
            ],
            {"a": np.int64(0), "b": np.int64(1 << 42), "c": np.int64(1)},
        ),
    )
    refuse("bomb-pad", model([node("Pad", ["x", "p"], ["y"], name="bomb")], {"p": ints(0, 0, 1 << 30, 1 << 12)}))
    refuse(
        "bomb-resize",
        model(
            [node("Resize", ["x", "", "f"], ["y"], name="bomb")],
            {"f": np.array([1, 1, 1e6, 1e6], np.float32)},
            inputs=[value("x", [1, 1, 4, 4])],
        ),
    )
    refuse(
        "bomb-one-hot",
        model(
            [node("Cast", ["x"], ["i"], to=INT64), node("OneHot", ["i", "d", "v"], ["y"], name="bomb")],
            {"d": ints(1 << 40), "v": np.array([0, 1], np.float32)},
        ),
    )
    doubled = [node("Concat", [f"v{n}" if n else "x"] * 2, [f"v{n + 1}" if n < 43 else "y"], axis=1) for n in range(44)]
    refuse("bomb-doubled-44-times", model(doubled))
    refuse(
        "bomb-matrix",
        model(
            [node("Transpose", ["x"], ["t"]), node("MatMul", ["t", "x"], ["y"], name="bomb")],
            inputs=[value("x", [1, 4_000_000])],
        ),
    )
    grow = helper.make_graph(
        [node("Concat", ["v"] * 2, ["w"], axis=1), node("Identity", ["go"], ["on"])],
        "body",
        [value("i", [], INT64), value("go", [], TensorProto.BOOL), value("v", None)],
        [value("on", [], TensorProto.BOOL), value("w", None)],
    )
    refuse(
        "bomb-loop",
        model([node("Loop", ["n", "t", "x"], ["y"], body=grow, name="bomb")], {"n": np.int64(60), "t": np.array(True)}),
    )


def operators():
    image = [value("x", [1, 1, 8, 8])]
    kernel = {"w": np.ones((1, 1, 3, 3), np.float32)}
    conv = lambda **more: model([node("Conv", ["x", "w"], ["y"], name="conv", **more)], kernel, image)
    refuse("conv-stride-zero", conv(strides=[0, 0]), FILE)
    refuse("conv-group-zero", conv(group=0), FILE)
    accept("conv-dilation-huge", conv(dilations=[1 << 40, 1]))
    refuse("conv-pads-huge", conv(pads=[1 << 40] * 4))
    refuse("conv-pads-negative", conv(pads=[-100] * 4), FILE)
    refuse(
        "pool-kernel-zero",
        model([node("MaxPool", ["x"], ["y"], kernel_shape=[0, 0], strides=[0, 0])], inputs=image),
        FILE,
    )
    refuse(
        "reshape-that-does-not-fit",
        model([node("Reshape", ["x", "s"], ["y"], name="r")], {"s": ints(3, 7)}),
        FILE,
        "“r”",
    )
    refuse("reshape-two-wild", model([node("Reshape", ["x", "s"], ["y"], name="r")], {"s": ints(-1, -1)}), FILE)
    refuse(
        "slice-step-zero",
        model(
            [node("Slice", ["x", "a", "b", "c", "d"], ["y"], name="s")],
            {"a": ints(0), "b": ints(4), "c": ints(1), "d": ints(0)},
        ),
        FILE,
    )
    refuse("gather-outside", model([node("Gather", ["x", "i"], ["y"], name="g", axis=1)], {"i": ints(1 << 40)}), FILE)
    # tract never comes to an end with this one.
    refuse("transpose-no-permutation", model([node("Transpose", ["x"], ["y"], perm=[0, 0])]))
    refuse("axis-outside", model([node("Concat", ["x", "x"], ["y"], axis=99)]), FILE)
    refuse("split-negative", model([node("Split", ["x", "s"], ["y", "z"])], {"s": ints(-4, 8)}), FILE)
    refuse("einsum-nonsense", model([node("Einsum", ["x"], ["y"], equation="ab,->->c")]), FILE)
    accept(
        "division-by-zero",
        model([node("Cast", ["x"], ["i"], to=INT64), node("Div", ["i", "z"], ["y"], name="d")], {"z": ints(0)}),
    )
    refuse("cast-to-nothing", model([node("Cast", ["x"], ["y"], to=77)]), FILE)
    refuse("if-without-branches", model([node("If", ["c"], ["y"], name="i")], {"c": np.array(True)}), FILE)


def outside():
    """Weights that should come from somewhere else."""
    for name, place in [
        ("absolute", "/etc/passwd"),
        ("up", "../../app.json"),
        ("beside", "net.data"),
        ("device", "/dev/zero"),
    ]:
        weight = tensor("w", [4], data_location=TensorProto.EXTERNAL)
        weight.external_data.add(key="location", value=place)
        refuse(f"external-{name}", model([ADD], {"w": weight}), FILE, "external data", "as one file")


def without_end():
    body = helper.make_graph(
        [node("Identity", ["go"], ["on"]), node("Relu", ["v"], ["w"])],
        "body",
        [value("i", [], INT64), value("go", [], TensorProto.BOOL), value("v", [1, 4])],
        [value("on", [], TensorProto.BOOL), value("w", [1, 4])],
    )
    refuse(
        "loop-without-end",
        model(
            [node("Loop", ["n", "t", "x"], ["y"], body=body, name="forever")],
            {"n": np.int64((1 << 63) - 1), "t": np.array(True)},
        ),
        FILE,
        "Loop",
        "cannot compute",
    )
    heavy = [node("MatMul", [f"v{n}" if n else "x", "w"], [f"v{n + 1}" if n < 399 else "y"]) for n in range(400)]
    refuse(
        "computes-for-minutes",
        model(
            [node("Expand", ["w0", "s"], ["w"])] + heavy,
            {"w0": np.ones((1, 1), np.float32), "s": ints(4096, 4096)},
            [value("x", [4096, 4096])],
        ),
    )


def numbers():
    odd = np.array([np.nan, np.inf, -np.inf, 1e38], np.float32)
    accept(
        "weights-that-are-no-numbers",
        model([node("Mul", ["x", "w"], ["m"]), node("Add", ["m", "w"], ["y"])], {"w": odd}),
    )
    accept("denormal-weights", model([node("Mul", ["x", "w"], ["y"])], {"w": np.full(4, 1e-44, np.float32)}))


for make in [broken_files, graphs, shapes, operators, outside, without_end, numbers]:
    make()
corpus.finish()
