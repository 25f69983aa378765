"""Which made-up products and scenes are for training, which for the app's gallery, and which for tests."""

from dataclasses import dataclass

import numpy as np

import product_data as data
import product_draw as draw
import product_scene as scene

TRAINED, KNOWN, NEW, STRANGERS = 600, 24, 24, 36
TRAIN_SIDES, TEST_SIDES = (300, 560), (480, 800)
TEST_SCENES = 200
APP, CHECK = 0, 1


@dataclass
class Market:
    """What is on sale in one round of tests: products in the gallery, then strangers to it.

    The first `KNOWN` were trained on. Of the others training saw neither the product nor its brand, mark and pattern.
    """

    gallery: list
    strangers: list


def trained(seed):
    """The products that the embedding is trained on."""
    return draw.range_of(np.random.default_rng([seed, 1]), TRAINED)


def market(seed, which):
    """A gallery and strangers to it: `APP` is what the app ships and is measured with, `CHECK` sets its threshold."""
    rng = np.random.default_rng([seed, 2, which])
    known = trained(seed)[which * KNOWN:(which + 1) * KNOWN]
    names = {item.name for item in known}
    unseen = [item for item in draw.range_of(rng, NEW + STRANGERS + 12, held_out=True) if item.name not in names]
    return Market(known + unseen[:NEW], unseen[NEW:NEW + STRANGERS])


def training(seed, count, cache=None):
    """`count` training scenes as `product_data.build` gives them, kept in the file `cache` and taken from there."""
    if cache and cache.exists():
        with np.load(cache) as file:
            return [file[name] for name in file.files]
    stock = scene.stock(np.random.default_rng([seed, 4]), trained(seed))
    sets = data.build(seed, 5, True, stock, count, TRAIN_SIDES)
    if cache:
        cache.parent.mkdir(parents=True, exist_ok=True)
        np.savez(cache, *sets)
    return sets
