"""Trains the digit reader, measures it and writes its model, labels and examples.

Run: python sample-apps/training/digits.py [--seed 1] [--steps 1600]
"""

import argparse
import time
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np

import digit_data as data
import digit_examples
from common import fonts, layers, onnx_writer, package, training

HERE = Path(__file__).resolve().parent
APP = HERE.parent / "digit-reader"
LABELS = [str(d) for d in range(10)]
BATCH, HANDWRITTEN_SHARE = 128, 32
PEAK_RATE = 3e-3
SMOOTHING = 0.02


def net(ops, x):
    """Gray images 48 x 48, scaled to 0..1, to ten logits."""
    x = ops.conv(x, "conv1", 24, kernel=5, stride=2)
    x = ops.conv(x, "conv2", 32)
    x = ops.max_pool(ops.conv(x, "conv3", 32))
    x = ops.conv(x, "conv4", 64)
    x = ops.max_pool(ops.conv(x, "conv5", 64))
    x = ops.conv(x, "conv6", 96)
    return ops.dense(ops.mean_pool(x), "logits", 10)


def loss(ops, batch):
    """Cross-entropy with slight label smoothing. batch: uint8 [n, 48, 48] and labels [n]."""
    images, labels = batch
    logits = net(ops, images[..., None].astype(jnp.float32) / 255)
    target = jax.nn.one_hot(labels, 10) * (1 - SMOOTHING) + SMOOTHING / 10
    return -(target * jax.nn.log_softmax(logits)).sum(1).mean()


def batches(rng, printed, written):
    """Endless fresh batches: printed digits, and a quarter of handwriting."""
    while True:
        a, b = data.draw(rng, printed, BATCH - HANDWRITTEN_SHARE), data.draw(rng, written, HANDWRITTEN_SHARE)
        yield np.concatenate([a[0], b[0]]), np.concatenate([a[1], b[1]])


def accuracy(session, images, labels):
    """Share of right first answers, images uint8 [n, 48, 48], through ONNX Runtime."""
    answers = [session(images[i:i + 256, None] / np.float32(255)).argmax(1) for i in range(0, len(images), 256)]
    return float((np.concatenate(answers) == labels).mean())


def per_font(session, rng, families):
    """Accuracy per unseen family under full augmentation, and over all of it (60 images per glyph)."""
    results, right, count = {}, 0.0, 0
    for family, stems in families.items():
        bank = data.font_bank(fonts.locate({family: stems}))
        images, labels = data.draw(rng, bank, 60 * len(bank))
        results[family] = accuracy(session, images, labels)
        right, count = right + results[family] * len(images), count + len(images)
    return {"images": count, "accuracy": right / count, "by_family": results}


def measure(session, seed, images, labels):
    """All figures on held-out data. images, labels: scikit-learn's digits kept for testing."""
    rng = np.random.default_rng([seed, 2])
    held_out = per_font(session, rng, fonts.TEST_FAMILIES)
    photos, photo_labels = data.draw(rng, data.hand_bank(images, labels), 10 * len(images))
    return {
        "held_out_fonts": held_out,
        "handwriting_scans_light_on_dark": {
            "images": len(images), "accuracy": accuracy(session, data.scans(images, False), labels)},
        "handwriting_scans_dark_on_light": {
            "images": len(images), "accuracy": accuracy(session, data.scans(images, True), labels)},
        "handwriting_augmented": {"images": len(photos), "accuracy": accuracy(session, photos, photo_labels)},
    }


def difference(session, params, stats, images):
    """Greatest absolute difference of logits between JAX and the ONNX file."""
    x = images.astype(np.float32) / 255
    expected = np.asarray(net(layers.JaxOps(params, stats), jnp.asarray(x[..., None])))
    return float(np.abs(expected - session(x[:, None])).max())


def main():
    """Trains, writes and measures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--steps", type=int, default=1600)
    args = parser.parse_args()
    images, labels = data.handwritten()
    tail = len(images) - data.HANDWRITTEN_TEST
    printed = data.font_bank(fonts.locate(fonts.TRAIN_FAMILIES))
    written = data.hand_bank(images[:tail], labels[:tail])
    start = time.time()
    params, stats = layers.create(net, np.random.default_rng([args.seed, 0]), (1, data.SIZE, data.SIZE, 1))
    source = batches(np.random.default_rng([args.seed, 1]), printed, written)
    params, stats = training.fit(loss, params, stats, source, args.steps, PEAK_RATE)
    seconds = time.time() - start
    path = APP / "models" / "digits.onnx"
    size = onnx_writer.write(path, net, layers.fold(params, stats), "image", (1, data.SIZE, data.SIZE),
                             "logits", "digits")
    session = package.Session(path)
    metrics = measure(session, args.seed, images[tail:], labels[tail:]) | {
        "training_seconds": round(seconds), "steps": args.steps, "batch": BATCH, "seed": args.seed,
        "parameters": sum(int(p.size) for p in jax.tree.leaves(params)), "model_bytes": size,
        "jax_onnx_max_difference": difference(session, params, stats, next(source)[0]),
        "milliseconds_per_inference": round(session.milliseconds((1, 1, data.SIZE, data.SIZE)), 3)}
    package.write_labels(APP, LABELS)
    metrics["examples"] = digit_examples.write(APP, session, LABELS)
    package.write_json(HERE / "metrics" / "digits.json", metrics)
    print({k: v for k, v in metrics.items() if k != "held_out_fonts"}, metrics["held_out_fonts"]["accuracy"])


if __name__ == "__main__":
    main()
