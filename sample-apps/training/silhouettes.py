"""Trains the silhouette guide, measures it and writes its model, labels and examples.

Run: python sample-apps/training/silhouettes.py [--seed 1] [--steps 2200]
"""

import argparse
import time
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
from PIL import Image

import silhouette_data as data
import silhouette_examples
from common import layers, onnx_writer, package, training

HERE = Path(__file__).resolve().parent
APP = HERE.parent / "silhouettes"
BATCH = 104
DRAWINGS, TEST_DRAWINGS, BEYOND = 300, 60, 0.15
PEAK_RATE = 3e-3
SMOOTHING = 0.03


def net(ops, x):
    """Gray images 64 x 64, scaled to 0..1, to a logit for each class."""
    x = ops.conv(x, "conv1", 16, kernel=5, stride=2)
    x = ops.max_pool(ops.conv(x, "conv2", 24))
    x = ops.conv(x, "conv3", 48)
    x = ops.max_pool(ops.conv(x, "conv4", 48))
    x = ops.conv(x, "conv5", 80)
    x = ops.max_pool(ops.conv(x, "conv6", 80))
    x = ops.conv(x, "conv7", 128)
    return ops.dense(ops.mean_pool(x), "logits", len(data.LABELS))


def loss(ops, batch):
    """Cross-entropy with slight label smoothing. batch: uint8 [n, 64, 64] and labels [n]."""
    images, labels = batch
    logits = net(ops, images[..., None].astype(jnp.float32) / 255)
    target = jax.nn.one_hot(labels, len(data.LABELS)) * (1 - SMOOTHING) + SMOOTHING / len(data.LABELS)
    return -(target * jax.nn.log_softmax(logits)).sum(1).mean()


def batches(rng, bank, surfaces):
    """Endless fresh batches off a bank of drawings."""
    while True:
        yield data.draw(rng, bank, BATCH, surfaces)


def answers(session, images):
    """Classes by falling likelihood [n, classes] of uint8 images [n, 64, 64], through ONNX Runtime."""
    logits = [session(images[i:i + 256, None] / np.float32(255)) for i in range(0, len(images), 256)]
    return np.argsort(-np.concatenate(logits), 1)


def confusion(first, labels, worst=6):
    """The classes least often right: how often, and what they are taken for instead."""
    right = {name: float((first[labels == i] == i).mean()) for i, name in enumerate(data.LABELS)}
    found = {}
    for name in sorted(right, key=right.get)[:worst]:
        mine = first[labels == data.LABELS.index(name)]
        counts = np.bincount(mine, minlength=len(data.LABELS)) / len(mine)
        counts[data.LABELS.index(name)] = 0
        found[name] = {"right": right[name], "taken_for": {
            data.LABELS[i]: float(counts[i]) for i in np.argsort(-counts)[:3] if counts[i] > 0}}
    return right, found


def figures(session, images, labels):
    """Accuracy of the first answer and of the first three, by class, and the worst confusions."""
    order = answers(session, images)
    right, worst = confusion(order[:, 0], labels)
    return {"images": len(images), "accuracy": float((order[:, 0] == labels).mean()),
            "accuracy_top3": float((order[:, :3] == labels[:, None]).any(1).mean()),
            "by_class": right, "worst": worst}


def measure(session, seed):
    """All figures on held-out data: drawings, proportions, surfaces and styles that training never saw."""
    rng = np.random.default_rng([seed, 2])
    bank = data.draw_bank(rng, TEST_DRAWINGS, BEYOND)
    surfaces = data.surface_bank(rng, data.TEST_SURFACES, 90)
    known = data.draw(rng, bank, 2 * len(bank), surfaces)
    metrics = {"unseen_drawings": figures(session, *known)}
    for style in data.TEST_STYLES:
        unseen = data.draw(rng, bank, len(bank), surfaces, (style,), (1.0,))
        metrics[f"unseen_style_{style.__name__}"] = figures(session, *unseen)
    return metrics


def write_sheet(seed, path, rows=4):
    """A PNG of drawings that training never saw, for the app's test: a column of 64 x 64 px tiles for each class."""
    rng = np.random.default_rng([seed, 3])
    bank = data.draw_bank(rng, rows, BEYOND)
    photos, labels = data.draw(rng, bank, len(bank), data.surface_bank(rng, data.TEST_SURFACES, 30))
    columns = photos[np.argsort(labels, kind="stable")].reshape(len(data.LABELS), -1, data.SIZE)
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.concatenate(columns, 1)).save(path, optimize=True)


def difference(session, params, stats, images):
    """Greatest absolute difference of logits between JAX and the ONNX file."""
    x = images.astype(np.float32) / 255
    expected = np.asarray(net(layers.JaxOps(params, stats), jnp.asarray(x[..., None])))
    return float(np.abs(expected - session(x[:, None])).max())


def main():
    """Trains, writes and measures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--steps", type=int, default=2200)
    parser.add_argument("--checkpoint", type=Path, help="an .npz file that keeps the weights while training")
    parser.add_argument("--reuse", action="store_true", help="take the checkpoint as it is, and only measure and write")
    args = parser.parse_args()
    rng = np.random.default_rng([args.seed, 1])
    start = time.time()
    source = batches(rng, data.draw_bank(rng, DRAWINGS), data.surface_bank(rng, data.TRAIN_SURFACES, 300))
    if args.reuse:
        params, stats = training.kept(args.checkpoint)
    else:
        params, stats = layers.create(net, np.random.default_rng([args.seed, 0]), (1, data.SIZE, data.SIZE, 1))
        params, stats = training.fit(loss, params, stats, source, args.steps, PEAK_RATE, checkpoint=args.checkpoint)
    seconds = time.time() - start
    path = APP / "models" / "silhouettes.onnx"
    size = onnx_writer.write(path, net, layers.fold(params, stats), "image", (1, data.SIZE, data.SIZE),
                             "logits", "silhouettes")
    session = package.Session(path)
    metrics = measure(session, args.seed) | {
        "training_seconds": round(seconds), "steps": args.steps, "batch": BATCH, "seed": args.seed,
        "parameters": sum(int(p.size) for p in jax.tree.leaves(params)), "model_bytes": size,
        "jax_onnx_max_difference": difference(session, params, stats, next(source)[0]),
        "milliseconds_per_inference": round(session.milliseconds((1, 1, data.SIZE, data.SIZE)), 3)}
    package.write_labels(APP, data.LABELS)
    metrics["examples"] = silhouette_examples.write(APP, session, data.LABELS)
    write_sheet(args.seed, HERE / "held-out" / "silhouettes.png")
    package.write_json(HERE / "metrics" / "silhouettes.json", metrics)
    print({key: value["accuracy"] for key, value in metrics.items() if key.startswith("unseen")})


if __name__ == "__main__":
    main()
