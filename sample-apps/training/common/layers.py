"""Layers for JAX training, and their twins in ONNX.

A network is one function `net(ops, x)` written against the small set of
operations below. `JaxOps` runs it (arrays [N, H, W, C]); `OnnxOps` in
`onnx_writer.py` records the same calls as a graph ([N, C, H, W]) with every
batch normalisation folded into its convolution.
"""

import jax
import jax.numpy as jnp
import numpy as np

EPSILON = 1e-5
MOMENTUM = 0.95


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

    def conv(self, x, name, channels, kernel=3, stride=1, act=True, norm=True, bias=0.0):
        """Convolution, padded by kernel // 2; batch norm (or a bias) and ReLU."""
        if self.rng is not None and name not in self.params:
            self._create(name, (kernel, kernel, x.shape[-1], channels), norm, bias)
        layer, pad = self.params[name], kernel // 2
        x = jax.lax.conv_general_dilated(
            x, layer["weight"], (stride, stride), ((pad, pad), (pad, pad)),
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

    def max_pool(self, x):
        """Halves height and width."""
        return jax.lax.reduce_window(x, -jnp.inf, jax.lax.max, (1, 2, 2, 1), (1, 2, 2, 1), "VALID")

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

    def sigmoid(self, x):
        """Logistic function."""
        return jax.nn.sigmoid(x)

    def stack_channels(self, parts):
        """Joins maps of equal size along their channels."""
        return jnp.concatenate(parts, -1)

    def stack_cells(self, maps):
        """Lists every cell of every map, row by row: [N, H, W, C]s to [N, cells, C]."""
        return jnp.concatenate([m.reshape(m.shape[0], -1, m.shape[-1]) for m in maps], 1)


def create(net, rng, shape):
    """Fresh parameters and statistics of `net` for inputs [1, H, W, C] of `shape`."""
    ops = JaxOps({}, {}, rng=rng)
    net(ops, jnp.zeros(shape))
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
