"""Pictures to paint: photographs that come with scikit-learn and scikit-image, and scenes made up.

Whole photographs are kept apart for testing (`test_photos`). Pictures are floats [H, W, 3] in 0..1.
"""

import jax
import numpy as np
from PIL import Image, ImageDraw, ImageFilter
from skimage import data as skimage_data
from sklearn.datasets import load_sample_images

import painterly
import stylizer_model as model
from common import layers, textures

CANVAS = 288
CROP = 128
# How often a canvas is cut from each: the more there is to see on it, the oftener.
SHARES = {"china": 5, "flower": 3, "rocket": 3, "retina": 1, "hubble": 1, "tissue": 1, "grain": 2, "scene": 6}


def train_photos():
    """{name: uint8 [H, W, 3]}: china and flower CC BY 2.0, rocket, retina, hubble and tissue free of rights."""
    china, flower = load_sample_images().images
    return {"china": china, "flower": flower, "rocket": skimage_data.rocket(), "retina": skimage_data.retina(),
            "hubble": skimage_data.hubble_deep_field(), "tissue": skimage_data.immunohistochemistry()}


def test_photos():
    """{name: uint8 [H, W, 3]} that no training sees: a face, an animal and a still life, free of rights."""
    return {"astronaut": skimage_data.astronaut(), "chelsea": skimage_data.chelsea(), "coffee": skimage_data.coffee()}


def fitted(photo, side):
    """A photo squeezed to side x side, as the app's manifest says."""
    small = Image.fromarray(photo).resize((side, side), Image.BILINEAR)
    return np.asarray(small, np.float32) / 255


def cut(rng, photo):
    """A square part of a photo at CANVAS px, never enlarged, its sides stretched a little."""
    height, width, _ = photo.shape
    side = rng.uniform(CANVAS, max(CANVAS + 1, min(height, width)))
    across, down = min(width, side * rng.uniform(1, 1.3)), min(height, side * rng.uniform(1, 1.3))
    left, top = rng.uniform(0, width - across), rng.uniform(0, height - down)
    box = (left, top, left + across, top + down)
    part = Image.fromarray(photo).resize((CANVAS, CANVAS), Image.BILINEAR, box=box, reducing_gap=3)
    return np.asarray(part, np.float32)


def grain(rng):
    """A close gray photograph of grass, gravel or brick (CC0), in colours of its own."""
    photo = (skimage_data.grass, skimage_data.gravel, skimage_data.brick)[rng.integers(3)]()
    gray = cut(rng, np.repeat(photo[..., None], 3, 2))[..., 0] / 255
    return textures.ramp(gray, [textures.random_colour(rng) for _ in range(rng.integers(2, 4))])


def scene(rng):
    """A surface with flat and textured things on it, in and out of focus."""
    def surface():
        return textures.SURFACES[rng.integers(len(textures.SURFACES))](rng, CANVAS, CANVAS)
    image, big = surface(), 2 * CANVAS
    for _ in range(rng.integers(5, 22)):
        mask, size = Image.new("L", (big, big)), big * rng.uniform(0.02, 0.3)
        pen, (x, y) = ImageDraw.Draw(mask), rng.uniform(0, big, 2)
        turns = np.sort(rng.uniform(0, 2 * np.pi, rng.integers(3, 9)))
        match rng.integers(4):
            case 0:
                pen.ellipse((x - size, y - size * rng.uniform(0.3, 1), x + size, y + size * 0.7), fill=255)
            case 1:
                pen.polygon([(x + size * np.cos(t), y + size * np.sin(t)) for t in turns], fill=255)
            case 2:
                ends = [tuple(rng.uniform(0, big, 2)) for _ in range(rng.integers(2, 5))]
                pen.line(ends, fill=255, width=int(rng.uniform(2, 26)), joint="curve")
            case _:
                pen.arc((x - size, y - size, x + size, y + size), 0, rng.uniform(90, 360), 255, int(rng.uniform(2, 24)))
        focus = ImageFilter.GaussianBlur(float(rng.choice([0, 0.5, 0.5, 3])))
        mask = mask.resize((CANVAS, CANVAS), Image.BOX).filter(focus)
        fill = surface() if rng.random() < 0.5 else textures.random_colour(rng)
        image = image + (fill - image) * (np.asarray(mask, np.float32)[..., None] / 255)
    return textures.light(rng, image)


def recoloured(rng, image):
    """Other light and colours, and a little noise. [H, W, 3] in 0..255 to 0..1."""
    image = np.clip(image / 255, 0, 1)[..., rng.permutation(3) if rng.random() < 0.3 else np.arange(3)]
    gray = image.mean(-1, keepdims=True)
    image = np.clip(gray + rng.uniform(0.4, 1.3) * (image - gray), 0, 1)
    image = image ** np.exp(rng.uniform(-0.45, 0.45)) * rng.uniform(0.75, 1.1, 3)
    return np.clip(image + rng.normal(0, rng.uniform(0, 0.02), image.shape), 0, 1).astype(np.float32)


def canvases(rng, count):
    """`count` pictures, the quick paintings of them, and the slow effect's, uint8 [3, count, 288, 288, 3]."""
    photos, names = train_photos(), [name for name, share in SHARES.items() for _ in range(share)]
    quick = jax.jit(lambda image: model.quick(layers.JaxOps(model.fixed(), {}), image[None])[0])
    made = []
    for index in range(count):
        name = names[index % len(names)]
        image = scene(rng) if name == "scene" else grain(rng) if name == "grain" else cut(rng, photos[name])
        image = recoloured(rng, image)
        made.append([image, quick(image), painterly.paint(image)])
    return textures.to_bytes(255 * np.asarray(made).swapaxes(0, 1))


def batches(rng, pictures, count):
    """Endless batches of `count` crops, turned and mirrored: three floats [count, 128, 128, 3] in 0..1."""
    while True:
        crops = []
        for index in rng.integers(pictures.shape[1], size=count):
            # Not at the edge, where the quick painting, which is made of a widened photo in the app, is another.
            top, left = rng.integers(model.MARGIN, CANVAS - CROP - model.MARGIN + 1, 2)
            crop = np.rot90(pictures[:, index, top:top + CROP, left:left + CROP], rng.integers(4), (1, 2))
            crops.append(crop[:, :, ::-1] if rng.random() < 0.5 else crop)
        yield tuple(np.stack(crops, 1).astype(np.float32) / 255)
