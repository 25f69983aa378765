"""The letter maker: a conditional variational autoencoder of heights, and the painter behind its decoder."""

import jax
import jax.numpy as jnp
import numpy as np

from letter_data import EDGE, LABELS

CLASSES = len(LABELS)
# Numbers of noise that shape a letter, and those that choose its colours: two the hue, one which of both is dark.
SHAPE, COLOUR = 20, 3
NOISE = SHAPE + COLOUR
# Noise is drawn in a little: the farther out, the odder the letter.
CALM = 0.75
ENLARGED = 4
SHARPNESS = 140.0
HEIGHT_WEIGHT, EDGE_WEIGHT, LEGIBLE_WEIGHT = 600.0, 150.0, 15.0
SLOPE = 12.0


def encode(ops, heights, classes):
    """Mean and logarithm of the variance [n, SHAPE] of what letters [n, 64, 64, 1] are made of. Training only."""
    x = heights
    for index, channels in enumerate((24, 48, 64, 96)):
        x = ops.conv(x, f"encoder{index}", channels, stride=2)
    x = jnp.concatenate([x.reshape(len(x), -1), classes], -1)
    x = jax.nn.relu(ops.dense(x, "encoder.hidden", 128))
    return ops.dense(x, "encoder.mean", SHAPE), ops.dense(x, "encoder.spread", SHAPE)


def decode(ops, shape, classes):
    """Heights 64 x 64 of one channel, of noise [n, SHAPE] and classes [n, CLASSES] as a 1 among zeros."""
    x = ops.relu(ops.dense(ops.stack_channels([shape, classes]), "hidden", 128))
    x = ops.relu(ops.to_map(ops.dense(x, "seed", 64 * 4 * 4), 64, 4, 4))
    x = ops.spread_pixels(ops.conv(x, "grow8", 48 * 4), 2)
    x = ops.spread_pixels(ops.conv(ops.conv(x, "conv8", 48), "grow16", 40 * 4), 2)
    x = ops.spread_pixels(ops.conv(ops.conv(x, "conv16", 40), "grow32", 24 * 4), 2)
    return ops.spread_pixels(ops.conv(ops.conv(x, "conv32", 24), "heights", 4, norm=False, act=False, bias=0.1), 2)


def paint(ops, heights, colours):
    """The picture [n, 256, 256, 3], 0..1: ink in the shape of the heights on paper, in colours that go together."""
    fine = ops.spread_pixels(ops.conv(heights, "enlarge", ENLARGED**2, kernel=5, act=False, norm=False), ENLARGED)
    ink = ops.sigmoid(ops.linear(fine, SHARPNESS, -SHARPNESS * EDGE))
    hue = ops.unit(ops.part(colours, 0, 2))
    pale, deep = ops.dense(hue, "pale", 3), ops.dense(hue, "deep", 3)
    dark_ground = ops.sigmoid(ops.linear(ops.part(colours, 2, 3), 400.0, -120.0))
    step = ops.add(deep, ops.linear(pale, -1.0))
    paper = ops.add(pale, ops.multiply(step, dark_ground))
    change = ops.multiply(step, ops.linear(dark_ground, -2.0, 1.0))
    # One channel of ink meets three of colour.
    return ops.add(ops.multiply(ink, change), paper)


def net(ops, noise, classes):
    """Noise [n, NOISE] and classes [n, CLASSES] to a picture [n, 256, 256, 3], 0..1."""
    shape = ops.linear(ops.part(noise, 0, SHAPE), CALM)
    return paint(ops, decode(ops, shape, classes), ops.part(noise, SHAPE, NOISE))


def painter():
    """The weights of `paint`, which are not learned: {layer: {"weight", "bias"}}."""
    third = 2 * np.pi / 3 * np.arange(3)
    def wheel(base, swing, turn):
        return {"weight": jnp.asarray(swing * np.stack([np.cos(third + turn), np.sin(third + turn)]), jnp.float32),
                "bias": jnp.asarray(base, jnp.float32)}
    return {
        "enlarge": {"weight": jnp.asarray(spline(ENLARGED)[:, :, None, :], jnp.float32),
                    "bias": jnp.zeros(ENLARGED**2)},
        "pale": wheel([0.93, 0.88, 0.82], 0.09, 0.0),
        "deep": wheel([0.33, 0.28, 0.33], 0.25, 2.4),
    }


def spline(factor):
    """Kernels [5, 5, factor^2] that enlarge a map by cubic convolution (Keys, 1981, a = -1/2), a place each."""
    centres = (np.arange(factor) + 0.5) / factor - 0.5
    t = np.abs(np.arange(-2, 3)[:, None] - centres[None, :])
    near, far = 1.5 * t**3 - 2.5 * t**2 + 1, -0.5 * t**3 + 2.5 * t**2 - 4 * t + 2
    along = np.where(t < 1, near, np.where(t < 2, far, 0))
    return np.einsum("ia,jb->ijab", along, along).reshape(5, 5, factor**2)


def loss(ops, batch):
    """Letters as they were, and noise that is as good as any. batch: heights, labels, normal noise."""
    heights, labels, noise = batch
    classes = jax.nn.one_hot(labels, CLASSES)
    mean, spread = encode(ops, heights[..., None], classes)
    made = decode(ops, mean + jnp.exp(spread / 2) * noise, classes)
    return (unlikeness(made[..., 0], heights) + divergence(mean, spread)).mean()


def polishing(read):
    """A loss that also asks for letters of fresh noise to be legible.

    read: pictures [n, 64, 64, 1] in 0..1 to logits. Batches hold twice the noise: to vary letters, and fresh.
    """
    def polished(ops, batch):
        heights, labels, noise = batch
        classes = jax.nn.one_hot(labels, CLASSES)
        mean, spread = encode(ops, heights[..., None], classes)
        varied, fresh = jnp.split(noise, 2)
        # At once, so that both are normed alike.
        both = jnp.concatenate([mean + jnp.exp(spread / 2) * varied, CALM * fresh])
        again, new = jnp.split(decode(ops, both, jnp.concatenate([classes, classes])), 2)
        logits = read(1 - jax.nn.sigmoid(SLOPE * (new - EDGE)))
        illegible = -(classes * jax.nn.log_softmax(logits)).sum(1)
        return (unlikeness(again[..., 0], heights) + divergence(mean, spread) + LEGIBLE_WEIGHT * illegible).mean()
    return polished


def unlikeness(made, heights):
    """How far heights [n, 64, 64] and the edges in them are from what they should be, [n]."""
    logit, ink = SLOPE * (made - EDGE), jax.nn.sigmoid(SLOPE * (heights - EDGE))
    entropy = -(ink * jnp.log(ink + 1e-6) + (1 - ink) * jnp.log(1 - ink + 1e-6))
    edge = (jax.nn.softplus(logit) - ink * logit - entropy).mean((1, 2))
    return HEIGHT_WEIGHT * jnp.abs(made - heights).mean((1, 2)) + EDGE_WEIGHT * edge


def divergence(mean, spread):
    """How far the noise of each letter is from normal noise, [n] (Kingma and Welling, 2014)."""
    return 0.5 * (jnp.exp(spread) + mean * mean - 1 - spread).sum(1)
