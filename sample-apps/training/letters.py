"""Trains the letter maker, has a reader trained apart from it read what it makes, and writes its model and examples.

Run: python sample-apps/training/letters.py [--seed 1] [--steps 1500] [--polish 200]
    [--checkpoint FILE.npz [--reuse]]
"""

import argparse
import time
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np

import letter_data as data
import letter_examples
import letter_model as model
import letter_reader
from common import fonts, layers, onnx_writer, package, training

HERE = Path(__file__).resolve().parent
APP = HERE.parent / "generator"
BATCH = 64
PEAK_RATE = 2e-3
SEEDS = 60
# Black on white paper, so that only the shapes are compared.
PLAIN_COLOURS = (1.0, 0.0, -3.0)


def batches(rng, maps, labels, noises):
    """Endless batches for the model's losses, with noise so many times."""
    while True:
        heights, drawn = data.draw(rng, maps, labels, BATCH)
        yield heights, drawn, rng.normal(size=(noises * BATCH, model.SHAPE)).astype(np.float32)


def both(ops, heights, classes):
    """Encoder and decoder, one behind the other: what is trained."""
    mean, _ = model.encode(ops, heights, classes)
    return model.decode(ops, mean, classes)


def exported(params, stats):
    """What of the weights goes into the app: the decoder's, and the painter's."""
    stays = lambda tree: {name: layer for name, layer in tree.items() if not name.startswith("encoder")}
    return stays(params) | model.painter(), stays(stats)


def pictures(session, rng, count, colours=None):
    """`count` pictures of every letter, one seed each: [count * 26, 3, 256, 256] in 0..1, and labels."""
    made, labels = [], np.arange(model.CLASSES)
    for _ in range(count):
        noise = rng.normal(size=(model.CLASSES, model.NOISE))
        if colours is not None:
            noise[:, model.SHAPE:] = colours
        made.append(session(noise, np.eye(model.CLASSES)))
    return np.concatenate(made), np.tile(labels, count)


def spread(ink, labels):
    """Mean distance of pictures of ink [n, 64, 64] to others of their class, as the share of places that differ."""
    distances = []
    for label in np.unique(labels):
        own = ink[labels == label].reshape(-1, data.SIZE**2)
        pairs = np.abs(own[:, None] - own[None]).mean(2)
        distances.append(pairs.sum() / (len(own) * (len(own) - 1)))
    return float(np.mean(distances))


def inked(made):
    """Pictures of black on white [n, 3, 256, 256] as ink 0..1 at [n, 64, 64]."""
    gray = letter_reader.gray(made)
    paper, black = gray.max((1, 2), keepdims=True), gray.min((1, 2), keepdims=True)
    return (paper - gray) / (paper - black)


def measure(session, reader, rng, maps):
    """How often the made letters are read as what they should be, and how different those of one class are."""
    made, labels = pictures(session, rng, SEEDS)
    read = letter_reader.read(reader, letter_reader.gray(made))
    by_letter = {data.LABELS[i]: round(float((read == labels)[labels == i].mean()), 3) for i in range(model.CLASSES)}
    shapes, shape_labels = pictures(session, rng, SEEDS, PLAIN_COLOURS)
    real = data.coverage(data.plain(maps))
    real_labels = np.tile(np.arange(model.CLASSES), len(maps) // model.CLASSES)
    between, among = spread(inked(shapes), shape_labels), spread(real, real_labels)
    return {
        "made_letters": {"pictures": len(made), "read_rightly": float((read == labels).mean()), "by_letter": by_letter},
        "mean_pairwise_distance": {"made": between, "real": among, "ratio": between / among},
        "milliseconds_per_inference": round(session.milliseconds((1, model.NOISE), (1, model.CLASSES), runs=50), 2)}


def difference(session, params, stats, rng):
    """Greatest absolute difference of pixels (0..1) between JAX and the ONNX file."""
    noise, classes = rng.normal(size=(8, model.NOISE)).astype(np.float32), np.eye(model.CLASSES, dtype=np.float32)[:8]
    expected = model.net(layers.JaxOps(params, stats), jnp.asarray(noise), jnp.asarray(classes))
    return float(np.abs(np.asarray(expected).transpose(0, 3, 1, 2) - session(noise, classes)).max())


def train(args, maps, labels):
    """The weights of encoder and decoder, and their statistics."""
    params, stats = layers.create(both, np.random.default_rng([args.seed, 0]), (1, data.SIZE, data.SIZE, 1),
                                  (1, model.CLASSES))
    source = batches(np.random.default_rng([args.seed, 1]), maps, labels, 1)
    params, stats = training.fit(model.loss, params, stats, source, args.steps, PEAK_RATE, every=50,
                                 checkpoint=args.checkpoint)
    return polished(args, params, stats, maps, labels)


def polished(args, params, stats, maps, labels):
    """What comes of the weights when the guide has a say."""
    read = letter_reader.guide(np.random.default_rng([args.seed, 4]), maps, labels)
    source = batches(np.random.default_rng([args.seed, 5]), maps, labels, 2)
    return training.fit(model.polishing(read), params, stats, source, args.polish, PEAK_RATE / 2, every=50,
                        checkpoint=args.checkpoint)


def main():
    """Trains, writes and measures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--steps", type=int, default=1500)
    parser.add_argument("--polish", type=int, default=200)
    parser.add_argument("--checkpoint", type=Path, help="an .npz file that keeps the weights while training")
    parser.add_argument("--reuse", action="store_true", help="take the checkpoint as it is, and only measure and write")
    args = parser.parse_args()
    maps, labels = data.bank(fonts.TRAIN_FAMILIES)
    start = time.time()
    if args.reuse:
        params, stats = training.kept(args.checkpoint)
    else:
        params, stats = train(args, maps, labels)
    seconds = time.time() - start
    params, stats = exported(params, stats)
    path = APP / "models" / "letters.onnx"
    ports = {"noise": (model.NOISE,), "class": (model.CLASSES,)}
    size = onnx_writer.write_ports(path, model.net, layers.fold(params, stats), ports, "picture", "letters")
    session, rng = package.Session(path), np.random.default_rng([args.seed, 2])
    reader, real = letter_reader.trained(np.random.default_rng([args.seed, 3]), maps, labels,
                                         HERE / "references" / "letter-reader.onnx")
    metrics = measure(session, reader, rng, maps) | {
        "reader": real, "training_seconds": round(seconds), "steps": args.steps, "polishing_steps": args.polish,
        "batch": BATCH, "seed": args.seed,
        "fonts": len(maps) // model.CLASSES, "parameters": sum(int(p.size) for p in jax.tree.leaves(params)),
        "model_bytes": size, "jax_onnx_max_difference": difference(session, params, stats, rng)}
    package.write_labels(APP, data.LABELS)
    letter_examples.write(APP)
    package.write_json(HERE / "metrics" / "letters.json", metrics)
    print(metrics)


if __name__ == "__main__":
    main()
