"""Trains the stylizer, measures it and writes its model and examples.

Run: python sample-apps/training/stylizer.py [--seed 1] [--steps 400] [--canvases 66]
    [--checkpoint FILE.npz [--reuse]]
"""

import argparse
import time
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
from skimage.metrics import peak_signal_noise_ratio, structural_similarity

import painterly
import stylizer_data as data
import stylizer_examples
import stylizer_model as model
from common import layers, onnx_writer, package, training

HERE = Path(__file__).resolve().parent
APP = HERE.parent / "stylizer"
SIDE = 384
BATCH = 16
PEAK_RATE = 3e-3


def loss(ops, batch):
    """Differences of colours and of their steps from pixel to pixel, which keeps edges as hard as the effect's."""
    photo, quick, painting = batch
    wrong = model.refine(ops, photo, quick) - painting
    steps = jnp.abs(jnp.diff(wrong, axis=1)).mean() + jnp.abs(jnp.diff(wrong, axis=2)).mean()
    return jnp.abs(wrong).mean() + 0.5 * steps


def stylize(session, photo):
    """A photo [384, 384, 3] in 0..1 through the ONNX file, as the app shows it."""
    return np.clip(session(photo.transpose(2, 0, 1)[None])[0].transpose(1, 2, 0), 0, 1)


def likeness(one, other):
    """PSNR in dB and SSIM of two pictures in 0..1."""
    return {"psnr": round(float(peak_signal_noise_ratio(one, other, data_range=1)), 2),
            "ssim": round(float(structural_similarity(one, other, channel_axis=2, data_range=1)), 4)}


def measure(session):
    """Photographs that training never saw: the network's painting against the effect's, and how long each takes.

    Beside it, how near the photo itself comes, and what of the network is not learned.
    """
    figures, seconds = {}, []
    for name, photo in data.test_photos().items():
        photo = data.fitted(photo, SIDE)
        painterly.paint(photo)
        start = time.perf_counter()
        painting = painterly.paint(photo)
        seconds.append(time.perf_counter() - start)
        quick = np.asarray(model.quick(layers.JaxOps(model.fixed(), {}), jnp.asarray(photo[None])))[0].clip(0, 1)
        figures[name] = likeness(painting, stylize(session, photo)) | {
            "photo_itself": likeness(painting, photo), "fixed_part": likeness(painting, quick)}
    mean = {key: round(float(np.mean([figure[key] for figure in figures.values()])), 4) for key in ("psnr", "ssim")}
    return {"held_out_photographs": figures, "mean": mean,
            "effect_milliseconds": round(1000 * float(np.median(seconds))),
            "milliseconds_per_inference": round(session.milliseconds((1, 3, SIDE, SIDE), runs=20), 1)}


def difference(session, params, stats, photo):
    """Greatest absolute difference between JAX and the ONNX file on one photo."""
    expected = np.asarray(model.net(layers.JaxOps(params, stats), jnp.asarray(photo[None])))
    return float(np.abs(expected.transpose(0, 3, 1, 2) - session(photo.transpose(2, 0, 1)[None])).max())


def train(args):
    """The weights of what is learned, and their statistics."""
    start = time.time()
    pictures = data.canvases(np.random.default_rng([args.seed, 1]), args.canvases)
    print(f"{args.canvases} canvases painted in {time.time() - start:.0f} s", flush=True)
    shape = (1, data.CROP, data.CROP, 3)
    params, stats = layers.create(model.refine, np.random.default_rng([args.seed, 0]), shape, shape)
    source = data.batches(np.random.default_rng([args.seed, 2]), pictures, BATCH)
    return training.fit(loss, params, stats, source, args.steps, PEAK_RATE, every=25, checkpoint=args.checkpoint)


def main():
    """Trains, writes and measures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--steps", type=int, default=400)
    parser.add_argument("--canvases", type=int, default=66)
    parser.add_argument("--checkpoint", type=Path, help="an .npz file that keeps the weights while training")
    parser.add_argument("--reuse", action="store_true", help="take the checkpoint as it is, and only measure and write")
    args = parser.parse_args()
    start = time.time()
    if args.reuse:
        params, stats = training.kept(args.checkpoint)
    else:
        params, stats = train(args)
    seconds = time.time() - start
    learned, params = params, params | model.fixed()
    path = APP / "models" / "stylizer.onnx"
    size = onnx_writer.write(path, model.net, layers.fold(params, stats), "photo", (3, SIDE, SIDE), "painting",
                             "stylizer")
    session = package.Session(path)
    photo = data.fitted(data.test_photos()["coffee"], SIDE)
    metrics = measure(session) | {
        "training_seconds": round(seconds), "steps": args.steps, "batch": BATCH, "seed": args.seed,
        "canvases": args.canvases, "learned_parameters": sum(int(p.size) for p in jax.tree.leaves(learned)),
        "model_bytes": size, "jax_onnx_max_difference": difference(session, params, stats, photo)}
    stylizer_examples.write(APP, HERE / "references", SIDE)
    package.write_json(HERE / "metrics" / "stylizer.json", metrics)
    print(metrics)


if __name__ == "__main__":
    main()
