"""Trains the product finder's three models, measures them and writes models, gallery, labels and examples.

Run: python sample-apps/training/products.py [--seed 1] [--work FOLDER] [STAGE…]

Stages: draw, products, kinds, vectors, write; all of them if none is named. What a stage leaves for the next lies
in the work folder.
"""

import argparse
import json
import time
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np

import product_data as data
import product_draw as draw
import product_eval
import product_examples
import product_gallery
import product_models as nets
import product_scene as scene
import product_sets as sets
import shape_scene
from common import detector, layers, onnx_writer, package, training

HERE = Path(__file__).resolve().parent
APP = HERE.parent / "product-finder"
STAGES = ("draw", "products", "kinds", "vectors", "write")
SCENES = 3600
PEAK_RATE = 3e-3
FRAME, CROP = (1, data.FRAME, data.FRAME, 3), (1, data.SIZE, data.SIZE, 3)
# Network, loss, input, batch, steps and output of each model.
MODELS = {
    "products": (nets.finder, nets.finder_loss, FRAME, 24, 600, "cells"),
    "kinds": (nets.sorter, nets.sorter_loss, CROP, 96, 250, "logits"),
    "vectors": (nets.matcher, nets.matcher_loss, CROP, 96, 700, "vectors"),
}


def batches(name, seed, work, size):
    """Endless batches for a model."""
    frames, widths, boxes, labels, crops, owners = sets.training(seed, SCENES, work / "scenes.npz")
    rng = np.random.default_rng([seed, 6, STAGES.index(name)])
    if name == "products":
        return data.scenes(rng, (frames, widths, boxes, labels), size)
    known = owners if name == "vectors" else data.kinds_of(sets.trained(seed))[owners]
    return data.pieces(rng, crops, known, size)


def train(name, seed, work, steps, reuse=False):
    """Trains a model and writes it into the app. Returns its figures.

    reuse: train nothing and take the weights that the work folder keeps.
    """
    net, loss, shape, size, usual, output = MODELS[name]
    steps, kept = steps or usual, work / f"weights-{name}.npz"
    source, start = batches(name, seed, work, size), time.time()
    if not reuse:
        params, stats = layers.create(net, np.random.default_rng([seed, 0]), shape)
        if name == "vectors":
            params = nets.with_proxies(params, np.random.default_rng([seed, 7]), sets.TRAINED)
        training.fit(loss, params, stats, source, steps, PEAK_RATE, every=50, checkpoint=kept)
    seconds = time.time() - start
    params, stats = training.kept(kept)
    params.pop("proxies", None)
    path, inputs = APP / "models" / f"{name}.onnx", (3, *shape[1:3])
    written = onnx_writer.write(path, net, layers.fold(params, stats), "image", inputs, output, name)
    session, images = package.Session(path), next(source)[0][:32]
    return {"training_seconds": round(seconds), "steps": steps, "batch": size, "model_bytes": written,
            "parameters": sum(int(p.size) for p in jax.tree.leaves(params)),
            "jax_onnx_max_difference": difference(name, net, params, stats, session, images),
            "milliseconds_per_inference": round(session.milliseconds((1, *inputs)), 2)}


def difference(name, net, params, stats, session, images):
    """Greatest absolute difference of outputs between JAX and the ONNX file."""
    if name == "products":
        x, plain = detector.normalised(jnp.asarray(images)), detector.prepare(images)
    else:
        x, plain = jnp.asarray(images, jnp.float32) / 255, product_eval.prepare(images)
    return float(np.abs(np.asarray(net(layers.JaxOps(params, stats), x)) - session(plain)).max())


def test_scenes(seed, which, products):
    """Endless-looking shops made of surfaces that training never saw, with the products of a market."""
    rng = np.random.default_rng([seed, 8, which])
    stock = scene.stock(rng, products)
    surfaces = [shape_scene.background(rng, False) for _ in range(60)]
    for _ in range(sets.TEST_SCENES):
        yield scene.render(rng, stock, surfaces, int(rng.integers(*sets.TEST_SIDES)), data.random_aspect(rng))


def write_held_out(seed, folder, count=10, strangers=12):
    """Photos with what was drawn on them, of the app's gallery and of strangers to it, for the app's own test."""
    market, rng = sets.market(seed, sets.APP), np.random.default_rng([seed, 10])
    everything = market.gallery + market.strangers[:strangers]
    stock, scenes = scene.stock(rng, everything), []
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(count):
        surfaces = [shape_scene.background(rng, False) for _ in range(2)]
        photo, boxes, owners = scene.render(rng, stock, surfaces, 640, 4 / 3)
        photo.save(folder / f"{number}.jpg", quality=85)
        names = [item.name if i < len(market.gallery) else f"unknown {item.kind}" for i, item in enumerate(everything)]
        scenes.append({"photo": f"{number}.jpg", "products": [
            {"label": names[owner], "x": round(x), "y": round(y), "width": round(right - x), "height": round(low - y)}
            for owner, (x, y, right, low) in zip(owners, boxes)]})
    package.write_json(folder / "scenes.json", scenes)


def round_of(seed, which, models):
    """Walks one market's test scenes. Returns the gallery's names and vectors, the rows and the detector's figures."""
    market = sets.market(seed, which)
    everything = market.gallery + market.strangers
    names, gallery = product_gallery.of_products(models, market.gallery, np.random.default_rng([seed, 9, which]))
    rows, figures = product_eval.walk(models, gallery, test_scenes(seed, which, everything), data.kinds_of(everything))
    return names, gallery, rows, figures


def write(seed, training_figures):
    """Sets the threshold, measures, and writes gallery, labels and examples."""
    models, known = product_gallery.models(APP), sets.KNOWN + sets.NEW
    threshold = product_eval.threshold_of(round_of(seed, sets.CHECK, models)[2], known)
    names, gallery, rows, figures = round_of(seed, sets.APP, models)
    metrics = {"seed": seed, "scenes": SCENES, "threshold": threshold, "gallery_products": known, "detector": figures,
               "lookup": product_eval.shares(rows, known, sets.KNOWN, threshold), "models": training_figures}
    print(json.dumps(metrics, indent=2), flush=True)
    product_gallery.write(names, gallery.vectors, APP)
    package.write_labels(APP, draw.KINDS)
    metrics["examples"] = product_examples.write(APP, models, gallery, sets.market(seed, sets.APP), threshold)
    write_held_out(seed, HERE / "held-out" / "products")
    package.write_json(HERE / "metrics" / "products.json", metrics)


def main():
    """Runs the stages."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("stages", nargs="*", metavar="STAGE", help=f"of {', '.join(STAGES)}")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--steps", type=int, help="of training, in place of each model's own number")
    parser.add_argument("--reuse", action="store_true", help="train nothing, take the weights in the work folder")
    parser.add_argument("--work", type=Path, default=HERE / "work", help="where drawings and weights are kept")
    args = parser.parse_args()
    stages = args.stages or STAGES
    if set(stages) - set(STAGES):
        parser.error(f"the stages are {', '.join(STAGES)}")
    if "draw" in stages:
        sets.training(args.seed, SCENES, args.work / "scenes.npz")
    for name in MODELS:
        if name in stages:
            package.write_json(args.work / f"{name}.json", train(name, args.seed, args.work, args.steps, args.reuse))
    if "write" in stages:
        write(args.seed, {name: json.loads((args.work / f"{name}.json").read_text()) for name in MODELS})


if __name__ == "__main__":
    main()
