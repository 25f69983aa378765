"""The stylizer: a quick painting by filters of fixed weights, and a network that nears it to the slow effect's.

The filters are the effect of `painterly.py` as far as convolutions can do it: strokes by the generalised Kuwahara
filter (Papari, Petkov, Campisi, 2007) with round sectors instead of ones that follow the flow, ink by a difference of
Gaussians, and tones in steps. What the flow changes of that is learned.
"""

import jax.numpy as jnp
import numpy as np

import painterly

# How far the filters reach, which is what the photo is widened by; with it a multiple of 4.
MARGIN = 16
RADIUS = 5
INK_REACH = 5
SECTORS = painterly.SECTORS


def quick(ops, photo):
    """The painting that needs no learning: photo and painting are maps of 3 channels in 0..1."""
    painted = strokes(ops, strokes(ops, photo))
    difference = ops.conv(ops.conv(photo, "fixed.luma", 1, kernel=1, act=False, norm=False), "fixed.ink", 1,
                          kernel=2 * INK_REACH + 1, act=False, norm=False)
    depth = ops.relu(ops.linear(difference, -2 * painterly.INK_SLOPE))
    # 1 - (1 - shine) * tanh(depth / 2), in sigmoids.
    shine = ops.linear(ops.sigmoid(depth), -2 * (1 - painterly.INK_SHINE), 2 - painterly.INK_SHINE)
    return ops.multiply(toned(ops, painted), shine)


def strokes(ops, picture):
    """The generalised Kuwahara filter."""
    def by_sector(channel):
        return ops.conv(channel, "fixed.sectors", SECTORS, kernel=2 * RADIUS + 1, act=False, norm=False)
    channels = [ops.part(picture, c, c + 1) for c in range(3)]
    means = [by_sector(channel) for channel in channels]
    variance = by_sector(ops.total(ops.multiply(picture, picture)))
    for mean in means:
        variance = ops.add(variance, ops.linear(ops.multiply(mean, mean), -1.0))
    unrest = ops.linear(ops.relu(variance), 85.0**2)
    voices = ops.inverse(ops.linear(ops.multiply(unrest, unrest), 1.0, 1.0))
    share = ops.inverse(ops.total(voices))
    return ops.stack_channels([ops.multiply(ops.total(ops.multiply(voices, mean)), share) for mean in means])


def toned(ops, picture):
    """Lightness in steps, colours made stronger."""
    luma = ops.conv(picture, "fixed.luma", 1, kernel=1, act=False, norm=False)
    steps = ops.sigmoid(ops.conv(luma, "fixed.steps", painterly.TONES + 1, kernel=1, act=False, norm=False))
    part = painterly.FLATNESS / painterly.TONES
    stepped = ops.linear(ops.total(steps), part, -0.5 * part)
    lightness = ops.add(stepped, ops.linear(luma, 1 - painterly.FLATNESS - painterly.VIVIDNESS))
    vivid = ops.linear(picture, painterly.VIVIDNESS)
    return ops.add(vivid, ops.conv(lightness, "fixed.spread", 3, kernel=1, act=False, norm=False))


def refine(ops, photo, painting):
    """What is learned: the change from the quick painting to the effect's."""
    half = ops.conv(ops.stack_channels([photo, painting]), "half", 24, kernel=5, stride=2)
    x = quarter = ops.conv(half, "quarter", 40, stride=2)
    for block in "abc":
        x = ops.add_relu(x, ops.conv(ops.conv(x, f"quarter.{block}1", 40), f"quarter.{block}2", 40, act=False))
    x = ops.add_relu(half, ops.spread_pixels(ops.conv(x, "to.half", 24 * 4, act=False), 2))
    x = ops.conv(x, "half.more", 24)
    change = ops.spread_pixels(ops.conv(x, "change", 12, act=False, norm=False), 2)
    return ops.add(painting, change)


def net(ops, photo):
    """A photo, 0..1, to its painting of the same size, a multiple of 4."""
    wide = ops.widen(photo, MARGIN)
    return ops.trim(refine(ops, wide, quick(ops, wide)), MARGIN)


def fixed():
    """The weights of `quick`: {layer: {"weight", "bias"}}."""
    luma = painterly.LUMA[None, None, :, None]
    kernels = {"fixed.luma": (luma, 0), "fixed.ink": (ink_kernel(), 0), "fixed.sectors": (sector_kernels(), 0),
               "fixed.steps": (np.full((1, 1, 1, painterly.TONES + 1), 2 * painterly.STEP_SLOPE * painterly.TONES),
                               -2 * painterly.STEP_SLOPE * np.arange(painterly.TONES + 1)),
               "fixed.spread": (np.ones((1, 1, 1, 3)), 0)}
    return {name: {"weight": jnp.asarray(weight, jnp.float32),
                   "bias": jnp.asarray(np.zeros(weight.shape[-1]) + bias, jnp.float32)}
            for name, (weight, bias) in kernels.items()}


def sector_kernels():
    """Eight sectors that overlap, each with a sum of 1: [11, 11, 1, 8]."""
    y, x = np.mgrid[-RADIUS:RADIUS + 1, -RADIUS:RADIUS + 1] / RADIUS
    zeta = 1.0 / RADIUS
    eta = (zeta + np.cos(np.pi / SECTORS)) / np.sin(np.pi / SECTORS) ** 2
    turns = 2 * np.pi * np.arange(SECTORS) / SECTORS
    along, across = (x[..., None] * np.cos(turns) + y[..., None] * np.sin(turns),
                     y[..., None] * np.cos(turns) - x[..., None] * np.sin(turns))
    weights = np.maximum(along + zeta - eta * across**2, 0) ** 2
    radius = (x * x + y * y)[..., None]
    weights = weights * np.where(radius <= 1.05, np.exp(-3.125 * radius), 0) / (weights.sum(-1, keepdims=True) + 1e-9)
    return (weights / weights.sum((0, 1)))[:, :, None, :]


def ink_kernel():
    """The finer Gaussian less the broader one: [11, 11, 1, 1]."""
    places = np.arange(-INK_REACH, INK_REACH + 1)
    def gaussian(sigma):
        line = np.exp(-0.5 * (places / sigma) ** 2)
        return np.outer(line, line) / line.sum() ** 2
    sigma = painterly.INK_SIGMA
    return (gaussian(sigma) - painterly.INK_PART * gaussian(1.6 * sigma))[:, :, None, None]
