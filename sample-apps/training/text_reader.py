"""Trains the text reader's two models, measures them and writes models, characters and examples.

Run: python sample-apps/training/text_reader.py [--seed 1] [--only detector|recogniser] [--on] [--kept FOLDER [--reuse]]
"""

import argparse
import json
import tempfile
import time
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np

import text_detector as detector
import text_examples
import text_fonts
import text_lines as lines
import text_recogniser as recogniser
import text_scene as scene
import text_words as words
from common import layers, onnx_writer, package, training

HERE = Path(__file__).resolve().parent
APP = HERE.parent / "text-reader"
STRIPS, STRIPS_RATE, STRIPS_RATE_ON = 24, 2.5e-3, 2e-3
# How much the known places of characters count at the start, and for which part of the training they do at all.
PLACES, PLACES_PART = 4.0, 0.35
# Scenes in a batch, and px of a side of what is cut out of one.
SCENES, SCENES_RATE, CUT = 8, 3e-3, 320
NEGATIVES = 0.15
# What the models of the app look at.
FRAME, WINDOW = 768, 320
THRESHOLD = 0.35


def strips(rng, faces, prose, steps, on):
    """Endless batches of strips, and how much their characters' places count: nothing to a reader that is trained on."""
    step = 0
    while True:
        batch = lines.batch(rng, faces, prose, STRIPS)
        yield *batch[:4], np.float32(0 if on else max(0.0, 1 - step / (PLACES_PART * steps)) * PLACES)
        step += 1


def cuts(rng, scenes):
    """Endless batches of parts of scenes, some of them as negatives of a film."""

    def cut(photo, bands):
        y, x = (2 * int(n) for n in rng.integers(0, (scene.SIDE - CUT) // 2 + 1, 2))
        photo = photo[y:y + CUT, x:x + CUT]
        bands = bands[y // 2:(y + CUT) // 2, x // 2:(x + CUT) // 2]
        return 255 - photo if rng.random() < NEGATIVES else photo, bands

    while True:
        parts = [cut(*scenes[i]) for i in rng.integers(0, len(scenes), SCENES)]
        yield tuple(np.stack(part) for part in zip(*parts))


def learned(module, shape, args, name, rate, steps, source, example):
    """Trained weights of a module's network, or those kept by an earlier run, and the seconds it took."""
    path, start = args.kept / f"{name}.npz", time.time()
    if args.reuse:
        return *training.kept(path), 0
    if args.on:
        params, stats = layers.unfold(module.net, onnx_writer.read(model_path(name)), jnp.asarray(example))
    else:
        params, stats = layers.create(module.net, np.random.default_rng([args.seed, 0]), shape)
    weights = training.fit(module.loss, params, stats, source, steps, rate, checkpoint=path)
    return *weights, round(time.time() - start)


def model_path(name):
    """Where a model of the app is."""
    return APP / "models" / f"{name}.onnx"


def difference(module, params, stats, session, batch):
    """Greatest difference between JAX and the ONNX file. batch: [N, H, W, 1]."""
    expected = np.asarray(module.net(layers.JaxOps(params, stats), jnp.asarray(batch)))
    found = session(batch.transpose(0, 3, 1, 2))
    return float(np.abs(expected - (found if found.ndim == 3 else found.transpose(0, 2, 3, 1))).max())


def told(session, images, widths):
    """What strips say, through ONNX Runtime, each alone in a window of the app's."""
    framed = np.zeros((len(images), lines.HIGH, WINDOW), np.uint8)
    framed[:, :, :images.shape[2]] = images
    return recogniser.read(session(recogniser.scaled(framed, widths)[..., 0][:, None]), widths)


def errors(session, rng, faces, prose, count):
    """What is read of `count` batches of strips: {kind of text: [edits, characters, strips, strips without error]}."""
    sums = {}
    for _ in range(count):
        images, widths, _, _, texts, kinds = lines.batch(rng, faces, prose, 50)
        for found, true, kind in zip(told(session, images, widths), texts, kinds):
            edits = recogniser.edits(found, true)
            sums[kind] = np.add(sums.get(kind, 0), [edits, len(true), 1, edits == 0])
    return sums


def measure_recogniser(session, seed):
    """Error rates on families and prose never trained on, all families alike: of all, by kind of text and by family."""
    faces, prose = text_fonts.load(text_fonts.test_families()), words.test_prose()
    rng = np.random.default_rng([seed, 2])
    sums = {family: errors(session, rng, {family: faces[family]}, prose, 5) for family in faces}
    kinds = {kind: sum(found[kind] for found in sums.values()) for kind in sorted(sums[next(iter(sums))])}
    edits, characters, strips_read, exact = sum(kinds.values())
    families = {family: sum(found.values()) for family, found in sums.items()}
    return {"strips": int(strips_read), "characters": int(characters),
            "character_error_rate": float(edits / characters), "strips_without_error": float(exact / strips_read),
            "by_kind": {kind: float(found[0] / found[1]) for kind, found in kinds.items()},
            "by_family": {family: float(found[0] / found[1]) for family, found in families.items()}}


def measure_detector(session, seed):
    """How well bands are found in scenes with families, prose and surfaces never trained on, cell by cell."""
    rng = np.random.default_rng([seed, 5])
    faces, prose = text_fonts.load(text_fonts.test_families()), words.test_prose()
    both = found_cells = true_cells = 0
    for _ in range(100):
        photo, bands = scene.render(rng, faces, prose, training=False)
        framed = np.full((FRAME, FRAME), 114, np.uint8)
        framed[:scene.SIDE, :scene.SIDE] = photo
        found = session(framed[None, None] / np.float32(255))[0, 0, :bands.shape[0], :bands.shape[1]] > THRESHOLD
        true = bands > 127
        both, found_cells, true_cells = both + (found & true).sum(), found_cells + found.sum(), true_cells + true.sum()
    return {"scenes": 100, "precision": float(both / found_cells), "recall": float(both / true_cells),
            "iou": float(both / (found_cells + true_cells - both))}


def make(name, module, args, shape, rate, steps, source, example, measure):
    """Trains one model, writes it as models/<name>.onnx and returns its figures. shape: (C, H, W)."""
    channels, height, width = shape
    small = (1, lines.HIGH, lines.WIDE, 1) if module is recogniser else (1, CUT, CUT, channels)
    params, stats, seconds = learned(module, small, args, name, rate, steps, source, example)
    path = model_path(name)
    output = "characters" if module is recogniser else "likely"
    size = onnx_writer.write(path, module.net, layers.fold(params, stats), "image", shape, output, name)
    session = package.Session(path)
    return measure(session, args.seed) | {
        "training_seconds": args.before.get("training_seconds", 0) + seconds,
        "steps": args.before.get("steps", 0) + steps, "seed": args.seed,
        "parameters": sum(int(p.size) for p in jax.tree.leaves(params)), "model_bytes": size,
        "jax_onnx_max_difference": difference(module, params, stats, session, example),
        "milliseconds_per_inference": round(session.milliseconds((1, channels, height, width), runs=20), 2)}


def train_detector(args, faces, prose):
    """The model that finds lines of text, and its figures."""
    rng = np.random.default_rng([args.seed, 3])
    scenes = [] if args.reuse else [scene.render(rng, faces, prose) for _ in range(args.scenes)]
    photo, _ = scene.render(np.random.default_rng([args.seed, 6]), faces, prose)
    framed = np.full((1, FRAME, FRAME, 1), 0.5, np.float32)
    framed[0, :scene.SIDE, :scene.SIDE, 0] = photo / np.float32(255)
    return make("lines", detector, args, (1, FRAME, FRAME), SCENES_RATE, args.detector_steps,
                cuts(rng, scenes), framed, measure_detector)


def train_recogniser(args, faces, prose):
    """The model that reads one line, and its figures."""
    images, widths, *_ = lines.batch(np.random.default_rng([args.seed, 7]), faces, prose, 16)
    window = np.zeros((16, lines.HIGH, WINDOW, 1), np.float32)
    window[:, :, :lines.WIDE] = recogniser.scaled(images, widths)
    # A model that is trained on gets other strips than those that it has seen.
    rng = np.random.default_rng([args.seed, 1, args.before.get("steps", 0)])
    source = strips(rng, faces, prose, args.recogniser_steps, args.on)
    rate = STRIPS_RATE_ON if args.on else STRIPS_RATE
    return make("letters", recogniser, args, (1, lines.HIGH, WINDOW), rate, args.recogniser_steps, source,
                window, measure_recogniser)


PARTS = {"detector": train_detector, "recogniser": train_recogniser}


def main():
    """Trains, writes and measures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", choices=PARTS, help="leave the other model and its figures as they are")
    parser.add_argument("--on", action="store_true", help="start from the models as they are, and train them on")
    parser.add_argument("--detector-steps", type=int, default=900)
    parser.add_argument("--recogniser-steps", type=int, default=6500)
    parser.add_argument("--scenes", type=int, default=450)
    parser.add_argument("--kept", type=Path, default=Path(tempfile.gettempdir()) / "text-reader",
                        help="folder that keeps the weights while training")
    parser.add_argument("--reuse", action="store_true",
                        help="take the kept weights as they are, and only measure and write")
    args = parser.parse_args()
    faces, prose = text_fonts.load(text_fonts.train_families()), words.training_prose()
    figures = HERE / "metrics" / "text-reader.json"
    metrics = json.loads(figures.read_text()) if figures.exists() else {}
    for part in [args.only] if args.only else PARTS:
        # What went into the weights that this run starts from.
        args.before = metrics.get(part, {}) if args.on else {}
        metrics[part] = PARTS[part](args, faces, prose)
    (APP / "assets").mkdir(parents=True, exist_ok=True)
    (APP / "assets" / "characters.txt").write_text(words.CHARACTERS + "\n")
    text_examples.write(APP)
    package.write_json(figures, metrics)
    print({part: {key: value for key, value in found.items() if not isinstance(value, dict)}
           for part, found in metrics.items()})


if __name__ == "__main__":
    main()
