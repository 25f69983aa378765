"""What the product finder says of a photo, in numpy and written apart from its glue, and how often it is right."""

from dataclasses import dataclass

import numpy as np

import product_data as data
import shape_eval
from common import detector

MIN_SCORE, OVERLAP = 0.45, 0.5


@dataclass
class Gallery:
    """Vectors [n, 96] of length 1 that are known, and for each of them which product it shows."""

    vectors: np.ndarray
    owners: np.ndarray

    def nearest(self, vectors):
        """The most similar product of each vector, and how similar it is (cosine)."""
        likeness = vectors @ self.vectors.T
        return self.owners[likeness.argmax(1)], likeness.max(1)


def found(session, image, threshold=MIN_SCORE):
    """Boxes [n, 4] in px of an RGB image and scores, best first."""
    frame, scale = data.fitted(image, data.FRAME, False)
    output = session(detector.prepare(frame[None]))[0]
    boxes, scores, _ = shape_eval.detect(output, threshold, OVERLAP, size=data.FRAME)
    return np.clip(boxes / scale, 0, [image.width, image.height] * 2), scores


def prepare(crops):
    """uint8 crops [n, 64, 64, 3] as the input [n, 3, 64, 64] of the second and third model."""
    return crops.transpose(0, 3, 1, 2).astype(np.float32) / 255


def looked_up(models, gallery, image, boxes):
    """Kind, product and similarity of each box, as three arrays."""
    if not len(boxes):
        return np.zeros(0, int), np.zeros(0, int), np.zeros(0)
    crops = prepare(np.stack([data.crop(image, box) for box in boxes]))
    return models["kinds"](crops).argmax(1), *gallery.nearest(models["vectors"](crops))


def paired(boxes, truth):
    """For each true box the place of the detection that overlaps it most, or -1 below an IoU of 0.5."""
    if not len(boxes):
        return np.full(len(truth), -1)
    over = np.stack([shape_eval.iou(box, boxes) for box in truth]) if len(truth) else np.zeros((0, len(boxes)))
    return np.where(over.max(1) >= 0.5, over.argmax(1), -1)


def walk(models, gallery, scenes, kinds):
    """Runs all three stages over scenes (image, boxes, products).

    kinds: the kind of each product. Returns rows [n, 5], one per product that was found: which it is, the kind and the
    product that it was taken for, the similarity, and whether its kind is right; and {detection figures}.
    """
    rows, detections, truths = [], [], []
    for image, truth, owners in scenes:
        loose, scores = found(models["products"], image, 0.02)
        detections.append((loose, scores, np.zeros(len(loose), int)))
        truths.append((truth, np.zeros(len(truth), int)))
        boxes = loose[scores >= MIN_SCORE]
        said = looked_up(models, gallery, image, boxes)
        for owner, place in zip(owners, paired(boxes, truth)):
            if place >= 0:
                kind, taken, similar = (column[place] for column in said)
                rows.append((owner, kind, taken, similar, kind == kinds[owner]))
    figures = shape_eval.figures(detections, truths, ["product"], MIN_SCORE)
    figures["products"] = figures.pop("shapes")
    figures.pop("ap50_by_class")
    return np.array(rows), figures


def threshold_of(rows, known):
    """The similarity that parts products of the gallery that are matched rightly from strangers to it, where both fare
    equally well. known: how many products the gallery has, strangers being counted after them."""
    inside = rows[:, 0] < known
    right = rows[inside & (rows[:, 0] == rows[:, 2]), 3]
    levels = np.round(np.arange(0.3, 0.98, 0.01), 2)
    apart = [abs((right >= t).mean() - (rows[~inside, 3] < t).mean()) for t in levels]
    return float(levels[int(np.argmin(apart))])


def shares(rows, known, trained, threshold):
    """How often products are matched: those trained on, those never seen in training, and strangers told as such."""
    owner, kind_right, right, sure = rows[:, 0], rows[:, 4] > 0, rows[:, 0] == rows[:, 2], rows[:, 3] >= threshold

    def of(which):
        return {"found": int(which.sum()), "top1": float(right[which].mean()),
                "top1_and_sure": float((right & sure)[which].mean()),
                "wrong_and_sure": float((~right & sure)[which].mean())}

    strange = owner >= known
    return {"kind_right": float(kind_right.mean()), "trained_products": of(owner < trained),
            "new_products": of((owner >= trained) & ~strange),
            "strangers": {"found": int(strange.sum()), "told_as_unknown": float((~sure[strange]).mean())}}
