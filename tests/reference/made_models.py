"""Models for forms of output that no real model at hand has: python made_models.py KIND FILE [SOURCE].

The yolo kinds are SOURCE, a YOLOX, with its answer rewritten into another form, so that the same things must be found. The
others do by plain arithmetic what a trained model would: their answers can be seen in the picture.
"""

import sys

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from_array = numpy_helper.from_array


def constant(graph, name, values, kind=np.float32):
    graph.initializer.append(from_array(np.array(values, kind), name))
    return name


def columns(graph, source, name, start, end):
    bounds = [constant(graph, f"{name}_{key}", [value], np.int64) for key, value in
              (("start", start), ("end", end), ("axis", 2))]
    graph.node.append(helper.make_node("Slice", [source, *bounds], [name]))
    return name


def node(graph, operator, inputs, name, **attributes):
    graph.node.append(helper.make_node(operator, inputs, [name], **attributes))
    return name


def yolo(kind, source):
    """The boxes of a YOLOX, decoded within the model."""
    model = onnx.load(source)
    graph = model.graph
    raw, side = graph.output[0].name, graph.input[0].type.tensor_type.shape.dim[2].dim_value
    cells, strides = [], []
    for stride in (8, 16, 32):
        y, x = np.meshgrid(np.arange(side // stride), np.arange(side // stride), indexing="ij")
        cells.append(np.stack([x, y], 2).reshape(-1, 2))
        strides.append(np.full((len(cells[-1]), 1), stride))
    cells = constant(graph, "cells", np.concatenate(cells)[None])
    strides = constant(graph, "strides", np.concatenate(strides)[None])
    centres = node(graph, "Add", [columns(graph, raw, "offsets", 0, 2), cells], "places")
    centres = node(graph, "Mul", [centres, strides], "centres")
    sizes = node(graph, "Exp", [columns(graph, raw, "logarithms", 2, 4)], "cells_wide")
    sizes = node(graph, "Mul", [sizes, strides], "sizes")
    objects, classes = columns(graph, raw, "objects", 4, 5), columns(graph, raw, "classes", 5, 1000)
    if kind == "yolov5":
        node(graph, "Concat", [centres, sizes, objects, classes], "answer", axis=2)
    scores = node(graph, "Mul", [objects, classes], "scores")
    if kind == "yolov8":
        rows = node(graph, "Concat", [centres, sizes, scores], "rows", axis=2)
        node(graph, "Transpose", [rows], "answer", perm=[0, 2, 1])
    if kind == "yolov10":
        half = node(graph, "Mul", [sizes, constant(graph, "half", [0.5])], "half_sizes")
        corners = [node(graph, "Sub", [centres, half], "first"), node(graph, "Add", [centres, half], "last")]
        # A maximum by pooling: the operator for it takes its axes in another way from one opset to the next.
        best = node(graph, "MaxPool", [scores], "best", kernel_shape=[80], strides=[80])
        which = node(graph, "Cast", [node(graph, "ArgMax", [scores], "index", axis=2, keepdims=1)], "class_", to=TensorProto.FLOAT)
        node(graph, "Concat", [*corners, best, which], "answer", axis=2)
    del graph.output[:]
    graph.output.append(helper.make_tensor_value_info("answer", TensorProto.FLOAT, None))
    return model


def heatmaps():
    """Three points: where the picture is reddest, greenest and bluest."""
    graph = helper.make_graph(
        [helper.make_node("AveragePool", ["x"], ["maps"], kernel_shape=[4, 4], strides=[4, 4])],
        "heatmaps",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, 3, 64, 96])],
        [helper.make_tensor_value_info("maps", TensorProto.FLOAT, [1, 3, 16, 24])],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)


def characters():
    """Reads stripes of 8 x 8 pixels: black is nothing, red is the first character, green the second, blue the third."""
    weights = np.array([[-9, -9, -9], [9, -9, -9], [-9, 9, -9], [-9, -9, 9]], np.float32)[:, :, None, None]
    graph = helper.make_graph(
        [
            helper.make_node("AveragePool", ["x"], ["means"], kernel_shape=[8, 8], strides=[8, 8]),
            helper.make_node("Conv", ["means", "weights", "bias"], ["planes"]),
            helper.make_node("Squeeze", ["planes", "axis"], ["columns"]),
            helper.make_node("Transpose", ["columns"], ["steps"], perm=[0, 2, 1]),
        ],
        "characters",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, 3, 8, 96])],
        [helper.make_tensor_value_info("steps", TensorProto.FLOAT, [1, 12, 4])],
        [
            from_array(weights, "weights"),
            from_array(np.array([2, 0, 0, 0], np.float32), "bias"),
            from_array(np.array([2], np.int64), "axis"),
        ],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)


def generator(kind):
    """A picture of the noise, tinted by the class."""
    random = np.random.default_rng(5)
    weights = random.normal(size=(16, 3 * 24 * 24)).astype(np.float32) * 0.3
    tints = random.normal(size=(3, 3 * 24 * 24)).astype(np.float32)
    by_number = kind == "generator"
    nodes = [
        helper.make_node("MatMul", ["z", "weights"], ["texture"]),
        helper.make_node("Gather", ["tints", "class"], ["tint"]) if by_number
        else helper.make_node("MatMul", ["class", "tints"], ["tint"]),
        helper.make_node("Add", ["texture", "tint"], ["sum"]),
        helper.make_node("Tanh", ["sum"], ["flat"]),
        helper.make_node("Reshape", ["flat", "shape"], ["picture"]),
    ]
    class_ = (TensorProto.INT64, [1]) if by_number else (TensorProto.FLOAT, [1, 3])
    graph = helper.make_graph(
        nodes,
        "generator",
        [helper.make_tensor_value_info("z", TensorProto.FLOAT, [1, 16]), helper.make_tensor_value_info("class", *class_)],
        [helper.make_tensor_value_info("picture", TensorProto.FLOAT, [1, 3, 24, 24])],
        [
            from_array(weights, "weights"),
            from_array(tints, "tints"),
            from_array(np.array([1, 3, 24, 24], np.int64), "shape"),
        ],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)


def main(kind: str, file: str, *source: str) -> None:
    made = {"heatmaps": heatmaps, "characters": characters}.get(kind)
    if made is None:
        made = (lambda: generator(kind)) if kind.startswith("generator") else (lambda: yolo(kind, *source))
    onnx.save(made(), file)


main(*sys.argv[1:])
