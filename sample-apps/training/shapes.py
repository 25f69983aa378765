"""Trains the shape finder, measures it and writes its model, labels and examples.

Run: python sample-apps/training/shapes.py [--seed 1] [--steps 1300] [--scenes 9000]
"""

import argparse
import time
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np

import shape_data as data
import shape_eval
import shape_examples
import shape_model as model
from common import detector, layers, onnx_writer, package, training
from shape_scene import LABELS

HERE = Path(__file__).resolve().parent
APP = HERE.parent / "shape-finder"
BATCH = 32
PEAK_RATE = 3e-3
TEST_SCENES = 600
TRAIN_SIDES, TEST_SIDES = (192, 260), (192, 640)


def measure(session, test):
    """Figures over a test set, through ONNX Runtime and the plain decoder."""
    images, _, boxes, labels = test
    outputs = np.concatenate([session(detector.prepare(images[i:i + 50])) for i in range(0, len(images), 50)])
    found = [shape_eval.detect(output, threshold=0.02) for output in outputs]
    truths = [(b[k >= 0], k[k >= 0]) for b, k in zip(boxes, labels)]
    return shape_eval.figures(found, truths, LABELS)


def difference(session, params, stats, images):
    """Greatest absolute difference of outputs between JAX and the ONNX file."""
    expected = np.asarray(model.net(layers.JaxOps(params, stats), detector.normalised(jnp.asarray(images))))
    return float(np.abs(expected - session(detector.prepare(images))).max())


def main():
    """Trains, writes and measures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--steps", type=int, default=1300)
    parser.add_argument("--scenes", type=int, default=9000)
    args = parser.parse_args()
    start = time.time()
    train = data.build(args.seed, 1, True, args.scenes, TRAIN_SIDES)
    test = data.build(args.seed, 2, False, TEST_SCENES, TEST_SIDES)
    print(f"{args.scenes} scenes drawn in {time.time() - start:.0f} s", flush=True)
    start = time.time()
    params, stats = layers.create(model.net, np.random.default_rng([args.seed, 0]), (1, data.SIZE, data.SIZE, 3))
    source = data.batches(np.random.default_rng([args.seed, 3]), train, BATCH)
    params, stats = training.fit(model.loss, params, stats, source, args.steps, PEAK_RATE, every=50)
    seconds = time.time() - start
    path = APP / "models" / "shapes.onnx"
    size = onnx_writer.write(path, model.net, layers.fold(params, stats), "image", (3, data.SIZE, data.SIZE),
                             "cells", "shapes")
    session = package.Session(path)
    metrics = measure(session, test) | {
        "training_seconds": round(seconds), "steps": args.steps, "batch": BATCH, "seed": args.seed,
        "scenes": args.scenes, "parameters": sum(int(p.size) for p in jax.tree.leaves(params)),
        "model_bytes": size, "jax_onnx_max_difference": difference(session, params, stats, test[0][:32]),
        "milliseconds_per_inference": round(session.milliseconds((1, 3, data.SIZE, data.SIZE)), 2)}
    print(metrics, flush=True)
    package.write_labels(APP, LABELS)
    metrics["examples"] = shape_examples.write(APP, session, LABELS)
    package.write_json(HERE / "metrics" / "shapes.json", metrics)


if __name__ == "__main__":
    main()
