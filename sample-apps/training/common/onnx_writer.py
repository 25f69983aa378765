"""Writes a network as ONNX from the same function that trains it."""

from dataclasses import dataclass

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from .layers import padding, sides

OPSET = 13
BATCH = "N"


@dataclass(frozen=True)
class Value:
    """A tensor in the graph: its name and its shape, batch dimension left out."""

    name: str
    shape: tuple


class OnnxOps:
    """Records the calls of `JaxOps` as ONNX nodes. Maps are [N, C, H, W].

    folded: {layer: (weight, bias)}, as `layers.fold` gives it.
    """

    def __init__(self, folded):
        self.folded, self.nodes, self.weights, self.values = folded, [], [], []

    def _node(self, kind, inputs, name, shape, **attributes):
        self.nodes.append(helper.make_node(kind, inputs, [name], name=name, **attributes))
        self.values.append(helper.make_tensor_value_info(name, TensorProto.FLOAT, [BATCH, *shape]))
        return Value(name, tuple(int(n) for n in shape))

    def _constant(self, name, array):
        # A layer may be used several times.
        if all(weight.name != name for weight in self.weights):
            self.weights.append(numpy_helper.from_array(np.asarray(array), name))
        return name

    def _fresh(self, kind):
        return f"{kind.lower()}_{sum(node.op_type == kind for node in self.nodes)}"

    def conv(self, x, name, channels, kernel=3, stride=1, act=True, norm=True, bias=0.0, pad=True):
        """Convolution with folded norm, then ReLU."""
        weight, offset = self.folded[name]
        inputs = [x.name, self._constant(f"{name}.weight", weight), self._constant(f"{name}.bias", offset)]
        kernel, pads = sides(kernel), padding(kernel, pad)
        size = [(n + 2 * p - k) // stride + 1 for n, p, k in zip(x.shape[1:], pads, kernel)]
        uses = sum(inputs[1] in node.input for node in self.nodes)
        out = self._node("Conv", inputs, f"{name}.again{uses}" if uses else name, (channels, *size),
                         kernel_shape=kernel, strides=[stride, stride], pads=pads * 2)
        return self._node("Relu", [out.name], f"{out.name}.relu", out.shape) if act else out

    def dense(self, x, name, channels):
        """Matrix product and bias."""
        weight, bias = self.folded[name]
        inputs = [x.name, self._constant(f"{name}.weight", weight), self._constant(f"{name}.bias", bias)]
        return self._node("Gemm", inputs, name, (channels,))

    def max_pool(self, x, high=2, wide=2):
        """Divides height and width."""
        shape = (x.shape[0], x.shape[1] // high, x.shape[2] // wide)
        return self._node("MaxPool", [x.name], self._fresh("MaxPool"), shape,
                          kernel_shape=[high, wide], strides=[high, wide])

    def double(self, x):
        """Twice the height and width, each cell repeated."""
        name = self._fresh("Resize")
        scales = self._constant(f"{name}.scales", np.array([1, 1, 2, 2], np.float32))
        return self._node("Resize", [x.name, "", scales], name, (x.shape[0], 2 * x.shape[1], 2 * x.shape[2]),
                          mode="nearest", coordinate_transformation_mode="asymmetric", nearest_mode="floor")

    def mean_pool(self, x):
        """Mean over all positions, as [N, C]."""
        pooled = self._node("GlobalAveragePool", [x.name], self._fresh("GlobalAveragePool"), (x.shape[0], 1, 1))
        return self._node("Flatten", [pooled.name], self._fresh("Flatten"), (x.shape[0],), axis=1)

    def flatten(self, x):
        """All positions of all channels, channel by channel, as [N, C H W]."""
        return self._node("Flatten", [x.name], self._fresh("Flatten"), (int(np.prod(x.shape)),), axis=1)

    def unit(self, x):
        """Vectors scaled to length 1."""
        length = self._node("ReduceL2", [x.name], self._fresh("ReduceL2"), (1,), axes=[1], keepdims=1)
        return self._node("Div", [x.name, length.name], self._fresh("Div"), x.shape)

    def add_relu(self, x, y):
        """ReLU of a sum."""
        out = self._node("Add", [x.name, y.name], self._fresh("Add"), x.shape)
        return self._node("Relu", [out.name], f"{out.name}.relu", x.shape)

    def relu(self, x):
        """Nothing below zero."""
        return self._node("Relu", [x.name], self._fresh("Relu"), x.shape)

    def sigmoid(self, x):
        """Logistic function."""
        return self._node("Sigmoid", [x.name], self._fresh("Sigmoid"), x.shape)

    def add(self, x, y):
        """A sum, place by place."""
        return self._pair("Add", x, y)

    def multiply(self, x, y):
        """A product, place by place."""
        return self._pair("Mul", x, y)

    def _pair(self, kind, x, y):
        if len(y.shape) < len(x.shape):
            name = self._fresh("Reshape")
            target = self._constant(f"{name}.shape", np.array([0, *y.shape, 1, 1], np.int64))
            y = self._node("Reshape", [y.name, target], name, (*y.shape, 1, 1))
        shape = np.broadcast_shapes(x.shape, y.shape)
        return self._node(kind, [x.name, y.name], self._fresh(kind), shape)

    def linear(self, x, scale, shift=0.0):
        """scale * x + shift."""
        for kind, number in (("Mul", scale), ("Add", shift)):
            if number != (kind == "Mul"):
                name = self._fresh(kind)
                constant = self._constant(f"{name}.number", np.full((1,) * (len(x.shape) + 1), number, np.float32))
                x = self._node(kind, [x.name, constant], name, x.shape)
        return x

    def inverse(self, x):
        """1 / x."""
        return self._node("Reciprocal", [x.name], self._fresh("Reciprocal"), x.shape)

    def total(self, x):
        """The sum over all channels of a map."""
        name = self._fresh("ReduceSum")
        axes = self._constant(f"{name}.axes", np.array([1], np.int64))
        return self._node("ReduceSum", [x.name, axes], name, (1, *x.shape[1:]), keepdims=1)

    def widen(self, x, by):
        """A map with its edges repeated."""
        name = self._fresh("Pad")
        sides = self._constant(f"{name}.sides", np.array([0, 0, by, by] * 2, np.int64))
        return self._node("Pad", [x.name, sides], name, (x.shape[0], *(n + 2 * by for n in x.shape[1:])), mode="edge")

    def trim(self, x, by):
        """A map without its outermost places."""
        name = self._fresh("Slice")
        numbers = {"start": [by, by], "end": [n - by for n in x.shape[1:]], "axes": [2, 3]}
        bounds = [self._constant(f"{name}.{key}", np.array(value, np.int64)) for key, value in numbers.items()]
        return self._node("Slice", [x.name, *bounds], name, (x.shape[0], *(n - 2 * by for n in x.shape[1:])))

    def part(self, x, start, end):
        """Channels `start` up to, not including, `end`."""
        name = self._fresh("Slice")
        bounds = [self._constant(f"{name}.{key}", np.array([number], np.int64))
                  for key, number in (("start", start), ("end", end), ("axis", 1))]
        return self._node("Slice", [x.name, *bounds], name, (end - start, *x.shape[1:]))

    def to_map(self, x, channels, height, width):
        """Vectors as maps."""
        name = self._fresh("Reshape")
        target = self._constant(f"{name}.shape", np.array([0, channels, height, width], np.int64))
        return self._node("Reshape", [x.name, target], name, (channels, height, width))

    def spread_pixels(self, x, factor):
        """Each place becomes factor x factor places with fewer channels."""
        channels, height, width = x.shape
        shape = (channels // factor**2, height * factor, width * factor)
        return self._node("DepthToSpace", [x.name], self._fresh("DepthToSpace"), shape, blocksize=factor, mode="DCR")

    def stack_channels(self, parts):
        """Joins maps along their channels."""
        shape = (sum(p.shape[0] for p in parts), *parts[0].shape[1:])
        return self._node("Concat", [p.name for p in parts], self._fresh("Concat"), shape, axis=1)

    def stack_cells(self, maps):
        """Lists every cell of every map, row by row: [N, cells, C]."""
        channels, flat = maps[0].shape[0], []
        for m in maps:
            name, cells = self._fresh("Reshape"), m.shape[1] * m.shape[2]
            target = self._constant(f"{name}.shape", np.array([0, channels, cells], np.int64))
            flat.append(self._node("Reshape", [m.name, target], name, (channels, cells)))
        cells = sum(f.shape[1] for f in flat)
        joined = self._node("Concat", [f.name for f in flat], self._fresh("Concat"), (channels, cells), axis=2)
        return self._node("Transpose", [joined.name], self._fresh("Transpose"), (cells, channels), perm=[0, 2, 1])


def write(path, net, folded, input_name, input_shape, output_name, description):
    """Writes `net` of one input to `path` and checks the file. input_shape: (C, H, W). Returns its bytes."""
    return write_ports(path, net, folded, {input_name: input_shape}, output_name, description)


def write_ports(path, net, folded, inputs, output_name, description):
    """Writes `net` of several inputs to `path` and checks the file. Returns its bytes.

    inputs: {name: (C, H, W) or (C,)}, in the order of `net`'s arguments.
    """
    ops = OnnxOps(folded)
    result = net(ops, *(Value(name, shape) for name, shape in inputs.items()))
    for node in ops.nodes:
        node.output[:] = [output_name if name == result.name else name for name in node.output]
    output = helper.make_tensor_value_info(output_name, TensorProto.FLOAT, [BATCH, *result.shape])
    sources = [helper.make_tensor_value_info(name, TensorProto.FLOAT, [BATCH, *shape])
               for name, shape in inputs.items()]
    inner = [value for value in ops.values if value.name != result.name]
    graph = helper.make_graph(ops.nodes, description, sources, [output], ops.weights, value_info=inner)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=8,
                              producer_name="intelligent-vision-samples")
    onnx.checker.check_model(model, full_check=True)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(model.SerializeToString())
    return path.stat().st_size


def read(path):
    """Folded weights of a file that `write` wrote: {layer: (weight, bias)}, as `layers.fold` gives them."""
    weights = {weight.name: numpy_helper.to_array(weight) for weight in onnx.load(path).graph.initializer}
    layers = [name.removesuffix(".weight") for name in weights if name.endswith(".weight")]
    return {layer: (weights[f"{layer}.weight"], weights[f"{layer}.bias"]) for layer in layers}
