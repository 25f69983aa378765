"""The shape finder's example photos: composed scenes over surfaces no training image used."""

import numpy as np
from PIL import Image

import shape_data as data
import shape_eval
import shape_scene as scene
from common import detector, package, textures

SEED = 80520
TOLERANCE = 6
APART = 0.025
ATTEMPTS = 40


def shape(rng, label, size, at, colour, turn=0, stroke=0.0, wobble=0.0, border=None, shadow=False):
    """A shape with its looks fixed. size, at, stroke: units of 1/192 of the long side; turn: degrees."""
    points = scene.outline(rng, scene.LABELS.index(label))
    if wobble:
        points = scene.by_hand(rng, points, wobble)
    angle = np.deg2rad(turn)
    points = points @ np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    points = points * ((size - stroke) / np.ptp(points, axis=0).max())
    points = points - (points.min(0) + points.max(0)) / 2
    border = None if border is None else np.array(border, float)
    return scene.Shape(scene.LABELS.index(label), points, np.array(at, float), np.array(colour, float),
                       stroke, border, 1.0, shadow)


def compose(rng, surface, shapes):
    """Draws shapes over a float surface [H, W, 3]. Returns the photo, boxes [n, 4] in px and labels [n]."""
    image = Image.fromarray(textures.to_bytes(surface))
    scale = max(image.size) / scene.UNITS
    for item in shapes:
        scene.stamp(rng, image, item, scale)
    image = Image.fromarray(textures.to_bytes(textures.light(rng, np.asarray(image, np.float32), 0.25)))
    grain = rng.normal(0, 3, (image.height, image.width, 3))
    image = Image.fromarray(textures.to_bytes(np.asarray(image, np.float32) + grain))
    boxes = np.array([item.box() for item in shapes]) * scale
    return image, boxes, np.array([item.label for item in shapes])


def paper_cut_outs(rng):
    """A red heart and a yellow star cut from paper, on a wooden table."""
    return compose(rng, textures.wood(rng, 480, 640, np.array([176.0, 124, 76])), [
        shape(rng, "heart", 74, (56, 70), (206, 44, 58), turn=-10, shadow=True),
        shape(rng, "star", rng.uniform(38, 64), (138, 84), (246, 200, 52), turn=rng.uniform(0, 72), shadow=True)])


def pencil_on_grid(rng):
    """A triangle and a circle drawn by hand on squared paper."""
    sheet = textures.paper(rng, 512, 512, np.array([246, 244, 236]), "grid")
    return compose(rng, sheet, [
        shape(rng, "triangle", 84, (66, 74), (36, 60, 150), turn=8, stroke=3.2, wobble=0.03),
        shape(rng, "circle", 70, (132, 134), (170, 36, 44), stroke=3.2, wobble=0.03)])


def stickers_on_petals(rng):
    """A white pentagon and a blue square stuck over the photograph of a flower, in its test part."""
    photo = scene.load_photos()[1]
    part = Image.fromarray(photo[:, int(photo.shape[1] * scene.TRAIN_PART):])
    surface = np.asarray(part.resize((part.width * 2, part.height * 2), Image.BICUBIC), np.float32)
    return compose(rng, surface, [
        shape(rng, "pentagon", 64, (48, 60), (244, 244, 238), turn=10, border=(60, 60, 70), shadow=True),
        shape(rng, "square", 52, (74, 142), (40, 120, 214), turn=22, shadow=True)])


def three_on_stone(rng):
    """Three coloured shapes on marble, two of them overlapping a little."""
    return compose(rng, textures.marble(rng, 480, 640), [
        shape(rng, "square", 62, (54, 84), (30, 110, 92), turn=24, shadow=True),
        shape(rng, "circle", 56, (94, 52), (232, 92, 40), shadow=True),
        shape(rng, "heart", 38, (152, 96), (196, 26, 60), turn=12, stroke=3.0)])


EXAMPLES = {"paper-cut-outs": paper_cut_outs, "pencil-on-grid": pencil_on_grid,
            "stickers-on-petals": stickers_on_petals, "three-on-stone": three_on_stone}


def answers(session, photo, per_class=True, resample=Image.BILINEAR):
    """What the app says of a photo: boxes [n, 4] in its px, scores and classes, best first."""
    small, scale = data.letterbox(photo, resample)
    boxes, scores, kinds = shape_eval.detect(session(detector.prepare(small[None]))[0], per_class=per_class)
    boxes = np.clip(boxes / scale, 0, [photo.width, photo.height] * 2)
    return boxes, scores, kinds


def agrees(found, truth):
    """Whether detections are the drawn shapes, each at IoU 0.8 or better, with scores well apart."""
    boxes, scores, kinds = found
    if len(boxes) != len(truth[0]) or (-np.diff(scores) < APART).any():
        return False
    over = [shape_eval.iou(box, truth[0]) for box in boxes]
    return all(o.max() > 0.8 and truth[1][o.argmax()] == kind for o, kind in zip(over, kinds))


def steady(session, photo, found):
    """Whether other ways to reduce the photo leave the answer as it is, boxes within half the tolerance."""
    for resample in (Image.BOX, Image.HAMMING, Image.BICUBIC):
        boxes, _, kinds = answers(session, photo, resample=resample)
        if not np.array_equal(kinds, found[2]) or np.abs(boxes - found[0]).max() > TOLERANCE / 2:
            return False
    return True


def take(app, session, name, draw, seed):
    """Draws an example, saves its photo and returns what the app finds in it, or None if that is not clear."""
    photo, *truth = draw(np.random.default_rng(seed))
    package.write_example(app, name, photo, {}, TOLERANCE)
    reread = Image.open(app / "examples" / name / "photo.jpg").convert("RGB")
    found = answers(session, reread)
    clear = agrees(found, truth) and agrees(answers(session, reread, per_class=False), truth)
    return found if clear and steady(session, reread, found) else None


def write(app, session, labels):
    """Writes every example; the expected boxes are the app's own, in descending order of score.

    Scores too close together would leave the order to rounding, so a scene is
    drawn again, from the next seed, until it is answered rightly, steadily and
    with scores that stand apart. Returns {name: scores, and which attempt it was}.
    """
    report = {}
    for index, (name, draw) in enumerate(EXAMPLES.items()):
        tries = ((n, take(app, session, name, draw, [SEED, index, n])) for n in range(ATTEMPTS))
        attempt, found = next(((n, found) for n, found in tries if found is not None), (None, None))
        if found is None:
            raise AssertionError(f"example {name}: no scene was answered clearly")
        entries = [{"label": labels[kind], "x": round(box[0]), "y": round(box[1]),
                    "width": round(box[2] - box[0]), "height": round(box[3] - box[1])}
                   for box, kind in zip(found[0], found[2])]
        package.write_json(app / "examples" / name / "expected.json",
                           {"Tolerance": TOLERANCE, "Result": {"boxes": {"boxes": entries}}})
        report[name] = {"scores": [round(float(s), 3) for s in found[1]], "attempt": attempt}
    return report
