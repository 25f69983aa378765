"""Layers for JAX training, and their twins in ONNX.

A network is one function `net(ops, x)` written against the small set of
operations below. `JaxOps` runs it (arrays [N, H, W, C]); `OnnxOps` in
`onnx_writer.py` records the same calls as a graph ([N, C, H, W]) with every
batch normalisation folded into its convolution.
"""

import functools

import jax
import jax.numpy as jnp
import numpy as np

EPSILON = 1e-5
MOMENTUM = 0.95


def sides(kernel):
    """Height and width of a kernel given as one side or as both."""
    return (kernel, kernel) if isinstance(kernel, int) else kernel


def padding(kernel, pad):
    """Rows above and below, columns left and right that a convolution adds."""
    return tuple(side // 2 for side in sides(kernel)) if pad else (0, 0)


class JaxOps:
    """Runs a network on arrays.

    params: {layer: {name: array}}, trained. stats: {layer: {"mean", "var"}},
    the running statistics. In training mode batch statistics are used and the
    updated running ones gathered in `new_stats`. With `rng` (a numpy
    Generator), layers not yet known get parameters.
    """

    def __init__(self, params, stats, train=False, rng=None):
        self.params, self.stats, self.train, self.rng = params, stats, train, rng
        self.new_stats = {}

    def conv(self, x, name, channels, kernel=3, stride=1, act=True, norm=True, bias=0.0, pad=True):
        """Convolution, padded by kernel // 2 unless told not to; batch norm (or a bias) and ReLU.

        kernel: a side, or (height, width).
        """
        high, wide = sides(kernel)
        if self.rng is not None and name not in self.params:
            self._create(name, (high, wide, x.shape[-1], channels), norm, bias)
        layer, (above, beside) = self.params[name], padding(kernel, pad)
        x = jax.lax.conv_general_dilated(
            x, layer["weight"], (stride, stride), ((above, above), (beside, beside)),
            dimension_numbers=("NHWC", "HWIO", "NHWC"))
        x = self._norm(x, name) if norm else x + layer["bias"]
        return jax.nn.relu(x) if act else x

    def dense(self, x, name, channels):
        """Matrix product and bias: [N, C] to [N, channels]."""
        if self.rng is not None and name not in self.params:
            self._create(name, (x.shape[-1], channels), False, 0.0)
        return x @ self.params[name]["weight"] + self.params[name]["bias"]

    def _create(self, name, shape, norm, bias):
        scale = np.sqrt(2.0 / np.prod(shape[:-1])) if norm else 0.01
        layer = {"weight": jnp.asarray(self.rng.normal(0, scale, shape), jnp.float32)}
        if norm:
            layer |= {"gain": jnp.ones(shape[-1]), "bias": jnp.zeros(shape[-1])}
            self.stats[name] = {"mean": jnp.zeros(shape[-1]), "var": jnp.ones(shape[-1])}
        else:
            layer["bias"] = jnp.full(shape[-1], bias, jnp.float32)
        self.params[name] = layer

    def _norm(self, x, name):
        layer, stats = self.params[name], self.stats[name]
        if self.train:
            mean = x.mean((0, 1, 2))
            var = jnp.maximum((x * x).mean((0, 1, 2)) - mean * mean, 0)
            batch = {"mean": mean, "var": var}
            self.new_stats[name] = {
                key: MOMENTUM * stats[key] + (1 - MOMENTUM) * jax.lax.stop_gradient(batch[key]) for key in batch}
        else:
            mean, var = stats["mean"], stats["var"]
        gain = layer["gain"] * jax.lax.rsqrt(var + EPSILON)
        return x * gain + (layer["bias"] - mean * gain)

    def max_pool(self, x, high=2, wide=2):
        """Divides height and width, which may be left as it is by 1; an odd rest is dropped."""
        n, height, width, channels = x.shape
        height, width = height // high, width // wide
        cells = x[:, :height * high, :width * wide].reshape(n, height, high, width, wide, channels)
        # Elementwise maxima: their gradient is several times as fast on a CPU as that of a window reduction.
        return functools.reduce(jnp.maximum, (cells[:, :, i, :, j] for i in range(high) for j in range(wide)))

    def double(self, x):
        """Twice the height and width, each cell repeated."""
        return x.repeat(2, 1).repeat(2, 2)

    def mean_pool(self, x):
        """Mean over all positions: [N, H, W, C] to [N, C]."""
        return x.mean((1, 2))

    def flatten(self, x):
        """All positions of all channels, channel by channel: [N, H, W, C] to [N, C H W]."""
        return x.transpose(0, 3, 1, 2).reshape(x.shape[0], -1)

    def unit(self, x):
        """Vectors [N, C] scaled to length 1."""
        return x / jnp.sqrt(jnp.maximum((x * x).sum(1, keepdims=True), EPSILON))

    def add_relu(self, x, y):
        """ReLU of a sum."""
        return jax.nn.relu(x + y)

    def relu(self, x):
        """Nothing below zero."""
        return jax.nn.relu(x)

    def sigmoid(self, x):
        """Logistic function."""
        return jax.nn.sigmoid(x)

    def add(self, x, y):
        """A sum. A vector [N, C] is added to every place of a map."""
        return x + self._spread(y, x)

    def multiply(self, x, y):
        """A product, place by place. A vector [N, C] meets every place of a map, a map of one channel every channel."""
        return x * self._spread(y, x)

    def linear(self, x, scale, shift=0.0):
        """scale * x + shift, with two plain numbers."""
        return x * scale + shift

    def inverse(self, x):
        """1 / x."""
        return 1 / x

    def total(self, x):
        """The sum over all channels of a map, as a map of one."""
        return x.sum(-1, keepdims=True)

    def widen(self, x, by):
        """A map with its edges repeated `by` times to every side."""
        return jnp.pad(x, ((0, 0), (by, by), (by, by), (0, 0)), mode="edge")

    def trim(self, x, by):
        """A map without its outermost places, `by` to every side."""
        return x[:, by:-by, by:-by]

    def part(self, x, start, end):
        """Channels `start` up to, not including, `end`."""
        return x[..., start:end]

    def to_map(self, x, channels, height, width):
        """Vectors [N, channels * height * width] as maps."""
        return x.reshape(-1, channels, height, width).transpose(0, 2, 3, 1)

    def spread_pixels(self, x, factor):
        """Each place becomes factor x factor places with fewer channels: [N, H, W, f f C] to [N, f H, f W, C].

        Of the channels, those of the first place come first, row by row.
        """
        n, height, width, channels = x.shape
        x = x.reshape(n, height, width, factor, factor, channels // factor**2)
        return x.transpose(0, 1, 3, 2, 4, 5).reshape(n, height * factor, width * factor, -1)

    def _spread(self, y, x):
        return y[:, None, None, :] if y.ndim < x.ndim else y

    def stack_channels(self, parts):
        """Joins maps of equal size along their channels."""
        return jnp.concatenate(parts, -1)

    def stack_cells(self, maps):
        """Lists every cell of every map, row by row: [N, H, W, C]s to [N, cells, C]."""
        return jnp.concatenate([m.reshape(m.shape[0], -1, m.shape[-1]) for m in maps], 1)


def create(net, rng, *shapes):
    """Fresh parameters and statistics of `net` for inputs [1, H, W, C] (or [1, C]) of `shapes`."""
    ops = JaxOps({}, {}, rng=rng)
    net(ops, *(jnp.zeros(shape) for shape in shapes))
    return ops.params, ops.stats


def fold(params, stats):
    """Folds batch norms into weights: {layer: (weight, bias)} as numpy arrays.

    Convolution weights come back as [out, in, kh, kw], dense ones as [in, out].
    """
    folded = {}
    for name, layer in params.items():
        weight, bias = np.asarray(layer["weight"]), np.asarray(layer["bias"])
        if "gain" in layer:
            gain = np.asarray(layer["gain"]) / np.sqrt(np.asarray(stats[name]["var"]) + EPSILON)
            weight = weight * gain
            bias = bias - np.asarray(stats[name]["mean"]) * gain
        if weight.ndim == 4:
            weight = weight.transpose(3, 2, 0, 1)
        folded[name] = (np.ascontiguousarray(weight, np.float32), bias.astype(np.float32))
    return folded


class _Unfolding(JaxOps):
    """Runs a network of folded weights on one batch, and finds the norms that leave what it computes as it is."""

    def __init__(self, folded):
        super().__init__({}, {})
        for name, (weight, bias) in folded.items():
            weight = weight.transpose(2, 3, 1, 0) if weight.ndim == 4 else weight
            self.params[name] = {"weight": jnp.asarray(weight), "bias": jnp.asarray(bias)}

    def _norm(self, x, name):
        layer, mean, var = self.params[name], x.mean((0, 1, 2)), x.var((0, 1, 2))
        self.stats[name] = {"mean": mean, "var": var}
        x = x + layer["bias"]
        self.params[name] = layer | {"gain": jnp.sqrt(var + EPSILON), "bias": layer["bias"] + mean}
        return x


def unfold(net, folded, *batch):
    """Parameters and statistics that `fold` would make those weights of: `net` can be trained on from them.

    batch: what `net` takes, enough of it to tell the mean and variance behind every layer.
    """
    ops = _Unfolding(folded)
    net(ops, *batch)
    return ops.params, ops.stats
