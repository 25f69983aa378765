"""The recogniser: what a strip says. A network, its loss, and how its answer is read."""

import jax
import jax.numpy as jnp
import numpy as np
import optax

import text_lines
import text_words

CLASSES = len(text_words.CHARACTERS) + 1
# Below this deviation of gray values a strip counts as even.
LEAST_DEVIATION = 4.0
# How much more a step with a character in it counts than one without, when the places are taught.
CHARACTER_WEIGHT = 4.0


def net(ops, x):
    """Strips 24 px high, gray values scaled to mean 0 and deviation 1, to logits per step of two columns."""
    x = ops.max_pool(ops.conv(x, "conv1", 16))
    x = ops.conv(x, "conv2", 32)
    x = ops.max_pool(ops.conv(x, "conv3", 32), 2, 1)
    x = ops.conv(x, "conv4", 64)
    x = ops.max_pool(ops.add_relu(x, ops.conv(x, "conv5", 64, act=False)), 2, 1)
    x = ops.conv(x, "conv6", 96)
    x = ops.add_relu(x, ops.conv(x, "conv7", 96, act=False))
    x = ops.conv(x, "fold", 128, kernel=(3, 1), pad=False)
    x = ops.conv(x, "context1", 128, kernel=(1, 5))
    x = ops.add_relu(x, ops.conv(x, "context2", 128, kernel=(1, 5), act=False))
    return ops.stack_cells([ops.conv(x, "logits", CLASSES, kernel=1, act=False, norm=False)])


def scaled(images, widths):
    """Gray values of [n, 24, w] uint8 to mean 0 and deviation 1 over each strip's own width; 0 beyond it. Works on
    arrays of numpy and of JAX; returns [n, 24, w, 1]."""
    inside = (np.arange(images.shape[2]) < widths[:, None])[:, None, :]
    count = widths[:, None, None] * images.shape[1]
    gray = images * np.float32(1)
    mean = (gray * inside).sum((1, 2), keepdims=True) / count
    variance = (((gray - mean) * inside) ** 2).sum((1, 2), keepdims=True) / count
    deviation = variance ** 0.5
    deviation = deviation * (deviation > LEAST_DEVIATION) + LEAST_DEVIATION * (deviation <= LEAST_DEVIATION)
    return ((gray - mean) / deviation * inside)[..., None]


def loss(ops, batch):
    """Connectionist temporal classification, and at first cross-entropy at the known places of the characters, which
    spares it the long search for them. The last entry of a batch says how much the places count."""
    images, widths, classes, targets, places = batch
    logits = net(ops, scaled(images, widths))
    steps = jnp.arange(logits.shape[1])
    beyond = (steps * text_lines.STEP >= widths[:, None]).astype(jnp.float32)
    lengths = (classes > 0).sum(1)
    free = optax.ctc_loss(logits, beyond, classes, (classes == 0).astype(jnp.float32)) / lengths
    known = optax.softmax_cross_entropy_with_integer_labels(logits, targets)
    # The step before a character and the one behind it may say what they like.
    taken = (targets > 0).astype(jnp.float32)
    near = jnp.maximum(jnp.roll(taken, 1, 1), jnp.roll(taken, -1, 1)) * (1 - taken)
    weight = (taken * CHARACTER_WEIGHT + (1 - taken)) * (1 - near) * (1 - beyond)
    known = (known * weight).sum(1) / weight.sum(1)
    return (free + places * known).mean()


def read(logits, widths):
    """Texts of [n, steps, classes]: the best class of each step, repeats as one. widths: [n] in px."""
    texts = []
    for best, width in zip(logits.argmax(2), widths):
        best = best[:-(-int(width) // text_lines.STEP)]
        fresh = best[np.append(True, best[1:] != best[:-1])]
        texts.append("".join(text_words.CHARACTERS[c - 1] for c in fresh if c))
    return texts


def edits(found, true):
    """Fewest insertions, deletions and replacements that make one text of the other."""
    row = list(range(len(true) + 1))
    for i, a in enumerate(found, 1):
        last, row[0] = row[0], i
        for j, b in enumerate(true, 1):
            last, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, last + (a != b))
    return row[-1]
