"""What ONNX Runtime finds on a photo with YOLOX-nano: python yolox.py MODEL PHOTO LABELS, prints JSON.

The preprocessing is the one that a package asks for which sets nothing but BGR channels: the long side scaled to the
model's, the rest padded with grey 114, the photo at the top left.
"""

import json
import sys

import numpy as np
import onnxruntime
from PIL import Image, ImageOps

STRIDES = (8, 16, 32)
SCORE_THRESHOLD = 0.3
IOU_THRESHOLD = 0.45


def letterboxed(photo: Image.Image, side: int) -> tuple[np.ndarray, float]:
    scale = side / max(photo.size)
    scaled = photo.resize([round(length * scale) for length in photo.size], Image.Resampling.BILINEAR)
    frame = Image.new("RGB", (side, side), (114, 114, 114))
    frame.paste(scaled, (0, 0))
    bgr = np.asarray(frame, dtype=np.float32)[:, :, ::-1]
    return np.ascontiguousarray(bgr.transpose(2, 0, 1)[None]), scale


def decoded(rows: np.ndarray, side: int) -> tuple[np.ndarray, np.ndarray]:
    """Boxes as x, y, width, height in pixels of the frame, and one score per class."""
    cells, strides = [], []
    for stride in STRIDES:
        count = side // stride
        y, x = np.meshgrid(np.arange(count), np.arange(count), indexing="ij")
        cells.append(np.stack([x, y], axis=2).reshape(-1, 2))
        strides.append(np.full((count * count, 1), stride))
    cells, strides = np.concatenate(cells), np.concatenate(strides)
    centres = (rows[:, :2] + cells) * strides
    sizes = np.exp(rows[:, 2:4]) * strides
    return np.concatenate([centres - sizes / 2, sizes], axis=1), rows[:, 4:5] * rows[:, 5:]


def overlap(box: np.ndarray, others: np.ndarray) -> np.ndarray:
    left_top = np.maximum(box[:2], others[:, :2])
    right_bottom = np.minimum(box[:2] + box[2:], others[:, :2] + others[:, 2:])
    shared = np.prod(np.clip(right_bottom - left_top, 0, None), axis=1)
    return shared / (np.prod(box[2:]) + np.prod(others[:, 2:], axis=1) - shared)


def best_of_each_heap(boxes: np.ndarray, scores: np.ndarray) -> list[int]:
    kept = []
    order = np.argsort(-scores)
    while order.size:
        first, rest = order[0], order[1:]
        kept.append(int(first))
        order = rest[overlap(boxes[first], boxes[rest]) <= IOU_THRESHOLD]
    return kept


def main(model: str, photo: str, labels: str) -> None:
    names = open(labels, encoding="utf-8").read().splitlines()
    image = ImageOps.exif_transpose(Image.open(photo)).convert("RGB")
    session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])
    port = session.get_inputs()[0]
    side = port.shape[2]
    tensor, scale = letterboxed(image, side)
    boxes, scores = decoded(session.run(None, {port.name: tensor})[0][0], side)
    found = []
    for index, name in enumerate(names):
        likely = np.flatnonzero(scores[:, index] >= SCORE_THRESHOLD)
        for row in likely[best_of_each_heap(boxes[likely], scores[likely, index])]:
            left, top = np.clip(boxes[row, :2] / scale, 0, image.size)
            right, bottom = np.clip((boxes[row, :2] + boxes[row, 2:]) / scale, 0, image.size)
            score = float(scores[row, index])
            area = {"x": float(left), "y": float(top), "width": float(right - left), "height": float(bottom - top)}
            found.append({"label": name, "score": score, **area})
    found.sort(key=lambda box: -box["score"])
    json.dump({"width": image.width, "height": image.height, "boxes": found}, sys.stdout)


main(*sys.argv[1:])
