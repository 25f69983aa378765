"""AdamW with a one-cycle schedule and averaged weights, and the loop around it."""

import time

import jax
import jax.numpy as jnp
import numpy as np

from .layers import JaxOps

BETA1, BETA2, AVERAGE = 0.9, 0.98, 0.998


def schedule(step, steps, peak):
    """Learning rate: linear warm-up over 6 % of the steps, then half a cosine."""
    warm = 0.06 * steps
    cosine = 0.5 * (1 + jnp.cos(jnp.pi * jnp.clip((step - warm) / (steps - warm), 0, 1)))
    return peak * jnp.minimum((step + 1) / warm, 1) * cosine


def make_step(loss, steps, peak, decay):
    """One jitted training step.

    loss(ops, batch) gives a scalar. The state is a tuple (params, stats,
    first moments, second moments, averaged params).
    """

    def objective(params, stats, batch):
        ops = JaxOps(params, stats, train=True)
        value = loss(ops, batch)
        return value, ops.new_stats

    def step(state, batch, count):
        params, stats, first, second, average = state
        (value, stats), grads = jax.value_and_grad(objective, has_aux=True)(params, stats, batch)
        norm = jnp.sqrt(sum(jnp.sum(g * g) for g in jax.tree.leaves(grads)))
        grads = jax.tree.map(lambda g: g * jnp.minimum(1, 10 / (norm + 1e-6)), grads)
        first = jax.tree.map(lambda m, g: BETA1 * m + (1 - BETA1) * g, first, grads)
        second = jax.tree.map(lambda v, g: BETA2 * v + (1 - BETA2) * g * g, second, grads)
        rate = schedule(count, steps, peak)

        def update(p, m, v):
            m, v = m / (1 - BETA1 ** (count + 1)), v / (1 - BETA2 ** (count + 1))
            return p - rate * (m / (jnp.sqrt(v) + 1e-8) + decay * (p.ndim > 1) * p)

        params = jax.tree.map(update, params, first, second)
        keep = jnp.minimum(AVERAGE, (count + 1) / (count + 10))
        average = jax.tree.map(lambda a, p: keep * a + (1 - keep) * p, average, params)
        return (params, stats, first, second, average), value

    return jax.jit(step, donate_argnums=0)


def keep(path, params, stats):
    """Writes parameters and statistics into one file, as arrays named by layer."""
    named = {f"{kind}/{layer}/{name}": np.asarray(array) for kind, tree in (("params", params), ("stats", stats))
             for layer, arrays in tree.items() for name, array in arrays.items()}
    path.parent.mkdir(parents=True, exist_ok=True)
    np.savez(path, **named)


def kept(path):
    """Reads back what `keep` wrote: (params, stats)."""
    trees = {"params": {}, "stats": {}}
    with np.load(path) as file:
        for key in file.files:
            kind, layer, name = key.split("/")
            trees[kind].setdefault(layer, {})[name] = jnp.asarray(file[key])
    return trees["params"], trees["stats"]


def fit(loss, params, stats, batches, steps, peak, decay=0.02, every=100, checkpoint=None):
    """Trains over `steps` batches and returns (averaged params, statistics).

    batches: an iterator of what `loss` takes. Prints the mean loss `every` so often, and then
    keeps the averaged weights in the file `checkpoint`, if there is one.
    """
    first, second = (jax.tree.map(jnp.zeros_like, params) for _ in range(2))
    state = (params, stats, first, second, jax.tree.map(jnp.copy, params))
    step, values, start = make_step(loss, steps, peak, decay), [], time.time()
    for count in range(steps):
        state, value = step(state, next(batches), jnp.float32(count))
        values.append(value)
        if (count + 1) % every == 0 or count + 1 == steps:
            mean = float(jnp.stack(values).mean())
            print(f"step {count + 1}/{steps}  loss {mean:.4f}  {time.time() - start:.0f} s", flush=True)
            values = []
            if checkpoint:
                keep(checkpoint, state[4], state[1])
    return state[4], state[1]
