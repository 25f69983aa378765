"""What ONNX Runtime answers to an app's model on a photo: python catalog.py APP_FOLDER PHOTO, prints JSON.

Reads the app's manifest and does by itself what its keys say: fitting, channels, normalisation, and the head.
"""

import json
import sys
from pathlib import Path

import numpy as np
import onnxruntime
from PIL import Image, ImageOps

from yolox import best_of_each_heap, decoded

DEFAULT_FIT = {"classification": "Crop", "detection": "Letterbox"}


def centre(size: tuple[int, int], frame: tuple[int, int]) -> tuple[int, int, int, int]:
    """The largest part of the photo that has the frame's aspect ratio, in whole pixels."""
    scale = min(size[0] / frame[0], size[1] / frame[1])
    width, height = (max(round(length * scale), 1) for length in frame)
    left, top = ((whole - cut) // 2 for whole, cut in zip(size, (width, height)))
    return left, top, left + width, top + height


def fitted(photo: Image.Image, frame: tuple[int, int], fit: str, pad: int):
    """The photo in the frame, and how a place of the frame is found on the photo: scales and offsets."""
    bilinear = Image.Resampling.BILINEAR
    if fit == "Stretch":
        scales = tuple(inside / whole for inside, whole in zip(frame, photo.size))
        return photo.resize(frame, bilinear), scales, (0.0, 0.0)
    if fit == "Crop":
        box = centre(photo.size, frame)
        scales = (frame[0] / (box[2] - box[0]), frame[1] / (box[3] - box[1]))
        return photo.crop(box).resize(frame, bilinear), scales, (-box[0] * scales[0], -box[1] * scales[1])
    scale = min(inside / whole for inside, whole in zip(frame, photo.size))
    boxed = Image.new("RGB", frame, (pad, pad, pad))
    boxed.paste(photo.resize([round(length * scale) for length in photo.size], bilinear), (0, 0))
    return boxed, (scale, scale), (0.0, 0.0)


def numbers(picture: Image.Image, settings: dict, channels: str) -> np.ndarray:
    if channels == "GRAY":
        picture = picture.convert("L")
    pixels = np.asarray(picture, dtype=np.float32).reshape(picture.height, picture.width, -1)
    if channels == "BGR":
        pixels = pixels[:, :, ::-1]
    mean = np.asarray(settings.get("Mean") or [0.0], dtype=np.float32)
    std = np.asarray(settings.get("Std") or [1.0], dtype=np.float32)
    return (pixels / settings.get("Divisor", 1.0) - mean) / std


def labels_of(scores: np.ndarray, head: str, names: list[str]) -> dict:
    scores = scores.reshape(-1).astype(np.float64)
    if head == "Logits":
        scores = np.exp(scores - scores.max())
        scores /= scores.sum()
    best = np.argsort(-scores)[:5]
    return {"labels": [{"label": names[i], "score": float(scores[i])} for i in best]}


def candidates(outputs: list[np.ndarray], head: str, frame: tuple[int, int]) -> tuple[np.ndarray, np.ndarray]:
    """Boxes as x, y, width, height in pixels of the frame, and one score per class."""
    if head == "YOLOX":
        return decoded(outputs[0][0], frame[0])
    boxes, scores = sorted((output[0] for output in outputs), key=lambda output: output.shape[1] != 4)
    corners = boxes * np.asarray([*frame, *frame], dtype=np.float32)
    return np.concatenate([corners[:, :2], corners[:, 2:] - corners[:, :2]], axis=1), scores[:, 1:]


def boxes_of(boxes, scores, settings: dict, names: list[str], photo: Image.Image, scales, offsets) -> dict:
    threshold, iou = settings.get("ScoreThreshold", 0.3), settings.get("IouThreshold", 0.45)
    found = []
    for index, name in enumerate(names):
        likely = np.flatnonzero(scores[:, index] >= threshold)
        if not likely.size:
            continue
        for row in likely[best_of_each_heap(boxes[likely], scores[likely, index], iou)]:
            low, high = boxes[row, :2], boxes[row, :2] + boxes[row, 2:]
            left, top = np.clip((low - offsets) / scales, 0, photo.size)
            right, bottom = np.clip((high - offsets) / scales, 0, photo.size)
            area = {"x": float(left), "y": float(top), "width": float(right - left), "height": float(bottom - top)}
            found.append({"label": name, "score": float(scores[row, index]), **area})
    found.sort(key=lambda box: -box["score"])
    return {"boxes": found}


def main(app: str, photo: str) -> None:
    folder = Path(app)
    manifest = json.loads((folder / "app.json").read_text(encoding="utf-8"))
    model = manifest["Models"][0]
    settings, output = model.get("Input", {}), model.get("Output", {})
    names = [name.strip() for name in (folder / model["Labels"]).read_text(encoding="utf-8").splitlines()]
    image = ImageOps.exif_transpose(Image.open(photo)).convert("RGB")
    onnxruntime.set_default_logger_severity(3)
    session = onnxruntime.InferenceSession(str(folder / model["File"]), providers=["CPUExecutionProvider"])
    port = session.get_inputs()[0]
    first = port.shape[1] in (1, 3)
    height, width, depth = (port.shape[2], port.shape[3], port.shape[1]) if first else port.shape[1:]
    frame = (settings.get("Width", width), settings.get("Height", height))
    fit = settings.get("Fit", DEFAULT_FIT[manifest["Task"]])
    picture, scales, offsets = fitted(image, frame, fit, settings.get("Pad", 114))
    pixels = numbers(picture, settings, settings.get("Channels", "GRAY" if depth == 1 else "RGB"))
    tensor = np.ascontiguousarray(pixels.transpose(2, 0, 1) if first else pixels, dtype=np.float32)[None]
    outputs = session.run(None, {port.name: tensor})
    if manifest["Task"] == "classification":
        answer = labels_of(outputs[0], output.get("Head", "Logits"), names)
    else:
        boxes, scores = candidates(outputs, output.get("Head", "YOLOX"), frame)
        answer = boxes_of(boxes, scores, output, names, image, np.asarray(scales), np.asarray(offsets))
    json.dump(answer, sys.stdout)


main(*sys.argv[1:])
