"""The detector: where lines of text run. A network and its loss."""

import jax
import jax.numpy as jnp

# Dice loss is steadied by this many cells.
STEADY = 1.0


def net(ops, x):
    """Gray photos, values 0..1, to a map of half their height and width: how likely a band of text runs there."""
    x = ops.conv(x, "stem", 12, stride=2)
    x = ops.conv(x, "at4", 24, stride=2)
    four = ops.add_relu(x, ops.conv(x, "at4b", 24, act=False))
    x = ops.conv(four, "at8", 40, stride=2)
    eight = ops.add_relu(x, ops.conv(x, "at8b", 40, act=False))
    x = ops.conv(eight, "at16", 64, stride=2)
    sixteen = ops.add_relu(x, ops.conv(x, "at16b", 64, act=False))
    x = ops.conv(sixteen, "at32", 96, stride=2)
    x = ops.add_relu(x, ops.conv(x, "at32b", 96, act=False))
    for finer, at, channels, mixed in ((sixteen, 16, 48, 48), (eight, 8, 32, 32), (four, 4, 24, 20)):
        x = ops.double(ops.conv(x, f"to{at}", channels, kernel=1))
        x = ops.add_relu(x, ops.conv(finer, f"from{at}", channels, kernel=1, act=False))
        x = ops.conv(x, f"mix{at}", mixed)
    x = ops.conv(ops.double(x), "bands", 1, kernel=5, act=False, norm=False, bias=-2.0)
    return ops.sigmoid(x)


def loss(ops, batch):
    """Cross-entropy, evenly over cells with text and cells without, and dice. batch: photos [n, h, w] uint8 and bands
    [n, h / 2, w / 2] uint8."""
    photos, bands = batch
    found = net(ops, photos[..., None].astype(jnp.float32) / 255)[..., 0]
    true = bands.astype(jnp.float32) / 255
    found = jnp.clip(found, 1e-5, 1 - 1e-5)
    entropy = -(true * jnp.log(found) + (1 - true) * jnp.log(1 - found))
    share = jnp.clip(true.mean(), 0.05, 0.5)
    weighed = (entropy * (true / share + (1 - true) / (1 - share))).mean() / 2
    dice = 1 - (2 * (found * true).sum((1, 2)) + STEADY) / (found.sum((1, 2)) + true.sum((1, 2)) + STEADY)
    return weighed + 0.5 * dice.mean()
