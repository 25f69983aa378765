"""Models for `vision convert`, and what ONNX Runtime says of them.

    python converted.py make DIR               writes one small model per operator that is converted
    python converted.py compare OLD NEW        how far the two answer differently, on noise that suits the old one
    python converted.py compare OLD NEW PHOTO  the same on a photo, prepared as ImageNet's are, and the first classes
"""

import json
import sys
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper
from PIL import Image

FLOAT, HALF, UINT8, INT8, INT32 = (TensorProto.FLOAT, TensorProto.FLOAT16, TensorProto.UINT8, TensorProto.INT8,
                                   TensorProto.INT32)
MICROSOFT = "com.microsoft"
random = np.random.default_rng(7)


class Graph:
    """A model in the making: its input is `x`, its output what was computed last."""

    def __init__(self, shape, opset, kind=FLOAT, declared=None):
        self.opset, self.nodes, self.constants = opset, [], []
        self.input = helper.make_tensor_value_info("x", kind, declared or shape)

    def constant(self, values, kind=np.float32):
        name = f"c{len(self.constants)}"
        self.constants.append(numpy_helper.from_array(np.array(values, kind), name))
        return name

    def node(self, operator, inputs, domain="", outputs=1, **attributes):
        names = [f"v{len(self.nodes)}_{index}" for index in range(outputs)]
        node = helper.make_node(operator, inputs, names, f"{operator} {len(self.nodes)}", domain=domain, **attributes)
        self.nodes.append(node)
        return names[0] if outputs == 1 else names

    def model(self, output, kind=FLOAT, shape=None):
        output = helper.make_tensor_value_info(output, kind, shape)
        graph = helper.make_graph(self.nodes, "made", [self.input], [output], self.constants)
        sets = [helper.make_opsetid("", self.opset), helper.make_opsetid(MICROSOFT, 1)]
        return helper.make_model(graph, opset_imports=sets, ir_version=4 if self.opset < 10 else 8)

    # Scales and zero points, as the operators list them.

    def scaling(self, scale, zero, kind=np.uint8):
        return [self.constant(scale), self.constant(zero, kind)]

    def quantised(self, value, scale=0.02, zero=128, kind=np.uint8):
        """`value` as integers, with their scale and zero point."""
        scaling = self.scaling(scale, zero, kind)
        return [self.node("QuantizeLinear", [value, *scaling]), *scaling]

    def weights(self, shape, scale, zero, kind=np.int8):
        limits = np.iinfo(kind)
        return [self.constant(random.integers(limits.min, limits.max, shape, endpoint=True), kind),
                *self.scaling(scale, zero, kind)]

    def answer(self, value, scale, zero, kind=np.uint8):
        return self.node("DequantizeLinear", [value, *self.scaling(scale, zero, kind)])


def noise(*shape):
    return random.normal(0, 0.3, shape)


def upsample(opset, mode, scale):
    graph = Graph([1, 2, 5, 7], opset)
    scales = [1.0, 1.0, *scale]
    if opset < 9:
        return graph.model(graph.node("Upsample", ["x"], mode=mode, scales=scales))
    return graph.model(graph.node("Resize" if opset == 10 else "Upsample", ["x", graph.constant(scales)], mode=mode))


def raised():
    """All that changed on the way from operator set 7 to 11, around one Upsample."""
    graph = Graph([1, 4, 8, 8], 8)
    value = graph.node("Slice", ["x"], starts=[1, 0], ends=[3, 1000], axes=[1, 2])
    value = graph.node("Clip", [value], min=0.1, max=0.8)
    value = graph.node("Clip", [value], max=0.7)
    value = graph.node("Pad", [value], pads=[0, 0, 1, 0, 0, 0, 0, 2], value=0.5)
    value = graph.node("Pad", [value], pads=[0, 0, 1, 1, 0, 0, 1, 1], mode="reflect")
    statistics = [graph.constant(values) for values in ([1, 2], [0, 0.1], [0.2, 0.3], [1, 0.5])]
    value = graph.node("BatchNormalization", [value, *statistics])
    value = graph.node("Upsample", [value], scales=[1.0, 1.0, 2.0, 3.0])
    value = graph.node("Dropout", [value], ratio=0.5)
    value = graph.node("TopK", [value], outputs=2, axis=3, k=5)[0]
    return graph.model(graph.node("Softmax", [value], axis=1))


def halves():
    """Weights, a constant and casts of 16 bits, in either form that a file may hold them."""
    graph = Graph([1, 3, 8, 8], 12, HALF)
    weights = graph.constant(noise(4, 3, 3, 3), np.float16)
    value = graph.node("Conv", ["x", weights], pads=[1, 1, 1, 1])
    fields = helper.make_tensor("fields", HALF, [4, 1, 1], noise(4, 1, 1).astype(np.float16).flatten().tolist())
    value = graph.node("Add", [value, graph.node("Constant", [], value=fields)])
    value = graph.node("Cast", [value], to=FLOAT)
    value = graph.node("Mul", [value, graph.constant(1.5)])
    return graph.model(graph.node("Cast", [value], to=HALF), HALF)


def experimental(resized):
    """ONNX Runtime knows them up to operator set 9; beside an Upsample they are converted in a raised one."""
    graph = Graph([1, 3, 10, 12], 9)
    value = graph.node("ImageScaler", ["x"], scale=0.5, bias=[0.1, -0.2, 0.3])
    value = graph.node("Crop", [value], border=[1, 2, 3, 0])
    value = graph.node("Affine", [value], alpha=2.0, beta=-0.5)
    value = graph.node("Crop", [value], border=[1, 1, 0, 0], scale=[4, 5])
    if resized:
        value = graph.node("Upsample", [value, graph.constant([1.0, 1.0, 2.0, 2.0])])
    return graph.model(graph.node("ImageScaler", [value], scale=1.0, bias=[1.0, 2.0, 3.0]))


def convolutions(opset):
    """Per channel and per tensor, with and without bias, and what only moves numbers between them."""
    graph = Graph([1, 4, 9, 9], opset)
    value = graph.quantised("x", 0.01, 100)
    each = (0.01 + 0.002 * np.arange(6)).tolist()
    bias = graph.constant(random.integers(-3000, 3000, 6), np.int32)
    weights = graph.weights([6, 4, 3, 3], each, [0] * 6)
    value = graph.node("QLinearConv", [*value, *weights, *graph.scaling(0.05, 0), bias], pads=[1, 1, 1, 1], strides=[2, 2])
    if opset >= 12:
        value = graph.node("MaxPool", [value], kernel_shape=[3, 3])
    value = graph.node("Transpose", [graph.node("Concat", [value, value], axis=1)], perm=[0, 1, 3, 2])
    weights = graph.weights([5, 12, 1, 1], 0.02, 120, np.uint8)
    value = graph.node("QLinearConv", [value, *graph.scaling(0.05, 0), *weights, *graph.scaling(0.2, 128)])
    return graph.model(graph.answer(value, 0.2, 128))


def products():
    """Matrices; an integer input and output of the file itself."""
    graph = Graph([3, 16], 13, UINT8)
    weights = graph.weights([16, 8], 0.01, 3)
    value = graph.node("QLinearMatMul", ["x", *graph.scaling(0.02, 90), *weights, *graph.scaling(0.05, 124)])
    return graph.model(graph.node("Reshape", [value, graph.constant([4, 6], np.int64)]), UINT8)


def pairs():
    """Quantised as pairs of QuantizeLinear and DequantizeLinear, weights too, integers and floating point."""
    graph = Graph([2, 3, 8, 8], 13)
    value = graph.node("DequantizeLinear", graph.quantised("x", 0.02, 0, np.int8))
    each = graph.scaling([0.01, 0.02, 0.03, 0.04], [0, 0, 0, 0], np.int8)
    weights = graph.node("QuantizeLinear", [graph.constant(abs(noise(4, 3, 3, 3))), *each], axis=0)
    weights = graph.node("DequantizeLinear", [weights, *each], axis=0)
    value = graph.node("Relu", [graph.node("Conv", [value, weights])])
    value = graph.node("DequantizeLinear", graph.quantised(value, 0.05, -128, np.int8))
    value = graph.node("GlobalAveragePool", [value])
    value = graph.node("Flatten", [graph.node("DequantizeLinear", graph.quantised(value, 0.05, -128, np.int8))])
    table = graph.node("DequantizeLinear", graph.weights([4, 5], [0.01, 0.02, 0.01, 0.02, 0.01], [-128] * 5), axis=1)
    return graph.model(graph.node("MatMul", [value, table]))


def as_it_runs():
    graph = Graph([1, 3, 8, 8], 13)
    source, scale, zero = graph.node("DynamicQuantizeLinear", ["x"], outputs=3)
    weights = graph.constant(random.integers(0, 255, [4, 3, 3, 3]), np.uint8)
    value = graph.node("ConvInteger", [source, weights, zero, graph.constant(128, np.uint8)])
    scale = graph.node("Mul", [scale, graph.constant(0.01)])
    value = graph.node("Mul", [graph.node("Cast", [value], to=FLOAT), scale])
    value = graph.node("Reshape", [value, graph.constant([4, 36], np.int64)])
    source, scale, zero = graph.node("DynamicQuantizeLinear", [value], outputs=3)
    weights = graph.constant(random.integers(-128, 127, [36, 5]), np.int8)
    value = graph.node("MatMulInteger", [source, weights, zero, graph.constant(2, np.int8)])
    scale = graph.node("Mul", [scale, graph.constant(0.02)])
    value = graph.node("Mul", [graph.node("Cast", [value], to=FLOAT), scale])
    table = graph.weights([5, 6], 0.01, 0)
    return graph.model(graph.node("DynamicQuantizeMatMul", [value, *table, graph.constant(noise(6))], MICROSOFT))


def arithmetic():
    """The operators that ONNX Runtime's quantiser adds, one after the other."""
    graph = Graph([1, 4, 6, 6], 13)
    x, scaling = graph.quantised("x", 0.01, 128), graph.scaling(0.02, 120)
    value = [graph.node("QLinearAdd", [*x, *graph.quantised("x", 0.02, 10), *scaling], MICROSOFT), *scaling]
    value = [graph.node("QLinearMul", [*value, *x, *scaling], MICROSOFT), *scaling]
    value = [graph.node("QLinearLeakyRelu", [*value, *scaling], MICROSOFT, alpha=0.2), *scaling]
    other = graph.scaling(0.004, 0)
    sigmoid = [graph.node("QLinearSigmoid", [*value, *other], MICROSOFT), *other]
    value = [graph.node("QLinearConcat", [*scaling, *value, *sigmoid], MICROSOFT, axis=1), *scaling]
    pooled = graph.scaling(0.015, 110)
    value = [graph.node("QLinearAveragePool", [*value, *pooled], MICROSOFT, kernel_shape=[2, 2]), *pooled]
    value = [graph.node("QLinearGlobalAveragePool", [*value, *pooled], MICROSOFT), *pooled]
    value = [graph.node("Flatten", value[:1]), *pooled]
    weights = graph.weights([8, 5], [0.02, 0.01, 0.02, 0.01, 0.03], [0] * 5)
    bias = graph.constant(random.integers(-900, 900, 5), np.int32)
    sums = graph.scaling(0.05, 128)
    value = [graph.node("QGemm", [*value, *weights, bias, *sums], MICROSOFT), *sums]
    soft = graph.scaling(1 / 256, 0)
    value = [graph.node("QLinearSoftmax", [*value, *soft], MICROSOFT, axis=-1, opset=13), *soft]
    return graph.model(graph.node("DequantizeLinear", value))


def integers():
    """Other scales than those that the numbers came with, padding, and an operator that needs the integers."""
    graph = Graph([1, 2, 6, 6], 13)
    value = graph.quantised("x", 0.01, 100)[0]
    pads = graph.constant([0, 0, 1, 1, 0, 0, 1, 1], np.int64)
    value = graph.node("Pad", [value, pads, graph.constant(60, np.uint8)])
    value = graph.node("Concat", [value, graph.node("Pad", [graph.quantised("x", 0.02, 10)[0], pads])], axis=0)
    counted = graph.node("Cast", [graph.node("Max", [value, graph.constant(90, np.uint8)])], to=FLOAT)
    other = graph.answer(value, 0.03, 50)
    return graph.model(graph.node("Add", [counted, other]))


def clashing():
    """States of a value and of the output what its fixed input does not give."""
    graph = Graph([1, 2, 4, 4], 13)
    value = graph.node("Relu", ["x"])
    model = graph.model(graph.node("Flatten", [value]), shape=[1, 99])
    model.graph.value_info.append(helper.make_tensor_value_info(value, FLOAT, ["batch", 2, "height", 4]))
    return model


def open_sides():
    graph = Graph(None, 13, declared=["batch", 3, "height", "width"])
    return graph.model(graph.node("GlobalAveragePool", ["x"]), shape=["batch", 3, 1, 1])


MADE = {
    "upsample7_nearest": lambda: upsample(7, "nearest", [2.0, 3.0]),
    "upsample9_nearest": lambda: upsample(9, "nearest", [3.0, 2.0]),
    "upsample9_linear": lambda: upsample(9, "linear", [2.0, 3.0]),
    "resize10_nearest": lambda: upsample(10, "nearest", [3.0, 5.0]),
    "resize10_linear": lambda: upsample(10, "linear", [2.0, 2.0]),
    "resize10_smaller": lambda: upsample(10, "nearest", [0.6, 0.5]),
    "raised": raised,
    "halves": halves,
    "experimental": lambda: experimental(False),
    "experimental_raised": lambda: experimental(True),
    "convolutions10": lambda: convolutions(10),
    "convolutions13": lambda: convolutions(13),
    "products": products,
    "pairs": pairs,
    "as_it_runs": as_it_runs,
    "arithmetic": arithmetic,
    "integers": integers,
    "clashing": clashing,
    "open_sides": open_sides,
}


def session(path):
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    # Sums of 8-bit products saturate on processors without VNNI otherwise.
    options.add_session_config_entry("session.x64quantprecision", "1")
    return onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])


def noise_for(value):
    shape = [side if isinstance(side, int) else 1 for side in value.shape]
    if "uint8" in value.type:
        return random.integers(0, 255, shape, np.uint8, endpoint=True)
    return random.uniform(-1, 1, shape).astype(np.float16 if "float16" in value.type else np.float32)


def photo_for(path):
    photo = Image.open(path).convert("RGB")
    side = min(photo.size)
    left, top = (photo.width - side) // 2, (photo.height - side) // 2
    photo = photo.crop((left, top, left + side, top + side)).resize((224, 224), Image.BILINEAR)
    photo = (np.asarray(photo, np.float32) / 255 - [0.485, 0.456, 0.406]) / [0.229, 0.224, 0.225]
    return photo.transpose(2, 0, 1)[None].astype(np.float32)


def compare(old, new, photo=None):
    old, new = session(old), session(new)
    source = old.get_inputs()[0]
    given = photo_for(photo) if photo else noise_for(source)
    expected = old.run(None, {source.name: given})
    wide = given.astype(np.float32) if given.dtype == np.float16 else given
    answers = new.run(None, {new.get_inputs()[0].name: wide})
    outputs = {}
    for port, one, other in zip(old.get_outputs(), expected, answers, strict=True):
        one, other = one.astype(np.float64), other.astype(np.float64)
        outputs[port.name] = {
            "shapes": [list(one.shape), list(other.shape)],
            "apart": float(np.sqrt(((one - other) ** 2).sum() / (one ** 2).sum())) if one.shape == other.shape else None,
            "first": [int(one.argmax()), int(other.argmax())],
        }
    return outputs


def main(command, *arguments):
    if command == "compare":
        print(json.dumps(compare(*arguments)))
        return
    folder = Path(arguments[0])
    for name, make in MADE.items():
        onnx.save(make(), folder / f"{name}.onnx")
    print(json.dumps(list(MADE)))


if __name__ == "__main__":
    main(*sys.argv[1:])
