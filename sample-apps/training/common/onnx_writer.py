"""Writes a network as ONNX from the same function that trains it."""

from dataclasses import dataclass

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

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
        self.weights.append(numpy_helper.from_array(np.asarray(array), name))
        return name

    def _fresh(self, kind):
        return f"{kind.lower()}_{sum(node.op_type == kind for node in self.nodes)}"

    def conv(self, x, name, channels, kernel=3, stride=1, act=True, norm=True, bias=0.0):
        """Convolution with folded norm, then ReLU."""
        weight, offset = self.folded[name]
        inputs = [x.name, self._constant(f"{name}.weight", weight), self._constant(f"{name}.bias", offset)]
        size = [(n + 2 * (kernel // 2) - kernel) // stride + 1 for n in x.shape[1:]]
        out = self._node("Conv", inputs, name, (channels, *size), kernel_shape=[kernel, kernel],
                         strides=[stride, stride], pads=[kernel // 2] * 4)
        return self._node("Relu", [out.name], f"{name}.relu", out.shape) if act else out

    def dense(self, x, name, channels):
        """Matrix product and bias."""
        weight, bias = self.folded[name]
        inputs = [x.name, self._constant(f"{name}.weight", weight), self._constant(f"{name}.bias", bias)]
        return self._node("Gemm", inputs, name, (channels,))

    def max_pool(self, x):
        """Halves height and width."""
        shape = (x.shape[0], x.shape[1] // 2, x.shape[2] // 2)
        return self._node("MaxPool", [x.name], self._fresh("MaxPool"), shape,
                          kernel_shape=[2, 2], strides=[2, 2])

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

    def sigmoid(self, x):
        """Logistic function."""
        return self._node("Sigmoid", [x.name], self._fresh("Sigmoid"), x.shape)

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
    """Writes `net` to `path` and checks the file. input_shape: (C, H, W). Returns its bytes."""
    ops = OnnxOps(folded)
    result = net(ops, Value(input_name, input_shape))
    for node in ops.nodes:
        node.output[:] = [output_name if name == result.name else name for name in node.output]
    output = helper.make_tensor_value_info(output_name, TensorProto.FLOAT, [BATCH, *result.shape])
    source = helper.make_tensor_value_info(input_name, TensorProto.FLOAT, [BATCH, *input_shape])
    inner = [value for value in ops.values if value.name != result.name]
    graph = helper.make_graph(ops.nodes, description, [source], [output], ops.weights, value_info=inner)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=8,
                              producer_name="intelligent-vision-samples")
    onnx.checker.check_model(model, full_check=True)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(model.SerializeToString())
    return path.stat().st_size
