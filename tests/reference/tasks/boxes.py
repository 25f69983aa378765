"""Detection: one function per head, each giving boxes (x, y, width, height in pixels of the frame), scores, points."""

import numpy as np


def sigmoid(numbers):
    return 1 / (1 + np.exp(-numbers))


def softmax(numbers, axis=-1):
    shares = np.exp(numbers - numbers.max(axis, keepdims=True))
    return shares / shares.sum(axis, keepdims=True)


def centred(rows):
    return np.concatenate([rows[:, :2] - rows[:, 2:4] / 2, rows[:, 2:4]], 1)


def grid(columns, rows):
    y, x = np.meshgrid(np.arange(rows), np.arange(columns), indexing="ij")
    return np.stack([x, y], 2).reshape(-1, 2)


def yolox(app, frame, outputs):
    rows = outputs[0][0]
    cells, strides = [], []
    for stride in app.output.get("Strides", (8, 16, 32)):
        cells.append(grid(frame.width // stride, frame.height // stride))
        strides.append(np.full((len(cells[-1]), 1), stride))
    strides = np.concatenate(strides)
    places = np.concatenate([(rows[:, :2] + np.concatenate(cells)) * strides, np.exp(rows[:, 2:4]) * strides], 1)
    return centred(places), rows[:, 4:5] * rows[:, 5:], None


def yolov2(app, frame, outputs):
    anchors = np.array(app.output["Anchors"])
    _, rows, columns, depth = outputs[0].shape
    numbers = outputs[0].reshape(rows * columns, len(anchors), depth // len(anchors))
    step = np.array([frame.width / columns, frame.height / rows])
    centres = (grid(columns, rows)[:, None] + sigmoid(numbers[..., :2])) * step
    sizes = np.exp(numbers[..., 2:4]) * anchors * step
    classes = softmax(numbers[..., 5:]) if numbers.shape[2] > 5 else np.ones((*numbers.shape[:2], 1))
    scores = sigmoid(numbers[..., 4:5]) * classes
    return centred(np.concatenate([centres, sizes], 2).reshape(-1, 4)), scores.reshape(-1, scores.shape[2]), None


def yolov5(_app, _frame, outputs):
    rows = outputs[0][0]
    return centred(rows), rows[:, 4:5] * rows[:, 5:], None


def yolov8(_app, _frame, outputs):
    rows = outputs[0][0].T
    return centred(rows), rows[:, 4:], None


def yolov10(_app, _frame, outputs):
    rows = outputs[0][0]
    scores = np.zeros((len(rows), int(rows[:, 5].max()) + 1))
    scores[np.arange(len(rows)), rows[:, 5].astype(int)] = rows[:, 4]
    return np.concatenate([rows[:, :2], rows[:, 2:4] - rows[:, :2]], 1), scores, None


def ssd(_app, frame, outputs):
    scores, corners = (output[0] for output in outputs)
    corners = corners * ([frame.width, frame.height] * 2)
    return np.concatenate([corners[:, :2], corners[:, 2:] - corners[:, :2]], 1), scores[:, 1:], None


def nanodet(_app, frame, outputs):
    boxes, scores = [], []
    for stride, classes, distances in zip((8, 16, 32), outputs[:3], outputs[3:]):
        bins = distances.shape[2] // 4
        edges = (softmax(distances[0].reshape(-1, 4, bins)) * np.arange(bins)).sum(2) * stride
        middle = (grid(frame.width // stride, frame.height // stride) + 0.5) * stride
        boxes.append(np.concatenate([middle - edges[:, :2], edges[:, :2] + edges[:, 2:]], 1))
        scores.append(classes[0])
    return np.concatenate(boxes), np.concatenate(scores), None


def fastestdet(_app, frame, outputs):
    planes = outputs[0][0]
    _, rows, columns = planes.shape
    flat = planes.reshape(len(planes), -1).T
    size = np.array([frame.width, frame.height])
    centres = (grid(columns, rows) + np.tanh(flat[:, 1:3])) / [columns, rows] * size
    boxes = centred(np.concatenate([centres, sigmoid(flat[:, 3:5]) * size], 1))
    return boxes, flat[:, :1] ** 0.6 * flat[:, 5:] ** 0.4, None


def yunet(_app, frame, outputs):
    """As OpenCV's FaceDetectorYN read it in 4.5.4."""
    places, classes, overlaps = outputs
    sides = [(10, 16, 24), (32, 48), (64, 96), (128, 192, 256)]
    size, priors = np.array([(frame.width + 1) // 2 // 2, (frame.height + 1) // 2 // 2]), []
    for lengths, stride in zip(sides, (8, 16, 32, 64)):
        size = size // 2
        cells = (grid(*size) + 0.5) * stride
        priors += [[*cell, length] for cell in cells for length in lengths]
    priors = np.array(priors)
    middle, side = priors[:, :2], priors[:, 2:]
    rows = np.concatenate([middle + places[:, :2] * 0.1 * side, side * np.exp(places[:, 2:4] * [0.1, 0.2])], 1)
    points = middle[:, None] + places[:, 4:].reshape(-1, 5, 2) * 0.1 * side[:, None]
    scores = np.sqrt(np.clip(classes[:, 1:], 0, 1) * np.clip(overlaps, 0, 1))
    return centred(rows), scores, points


HEADS = {
    "YOLOX": yolox,
    "YOLOv2": yolov2,
    "YOLOv5": yolov5,
    "YOLOv8": yolov8,
    "YOLO11": yolov8,
    "YOLOv10": yolov10,
    "SSD": ssd,
    "UltraFace": ssd,
    "NanoDet": nanodet,
    "FastestDet": fastestdet,
    "YuNet": yunet,
}


def overlap(box, others):
    shared = np.minimum(box[:2] + box[2:], others[:, :2] + others[:, 2:]) - np.maximum(box[:2], others[:, :2])
    shared = np.prod(np.clip(shared, 0, None), 1)
    return shared / (np.prod(box[2:]) + np.prod(others[:, 2:], 1) - shared)


def detection(app, frame, outputs):
    head = app.output.get("Head", "YOLOX")
    boxes, scores, points = HEADS[head](app, frame, list(outputs.values()))
    classes, best = scores.argmax(1), scores.max(1)
    most = 1 if head == "YOLOv10" else app.output.get("IouThreshold", 0.45)
    order = [row for row in np.argsort(-best, kind="stable") if best[row] >= app.output.get("ScoreThreshold", 0.3)]
    kept = []
    for row in order:
        rivals = [other for other in kept if classes[other] == classes[row]]
        if not rivals or overlap(boxes[row], boxes[rivals]).max() <= most:
            kept.append(row)
    found = []
    for row in kept[: app.output.get("Top", 100)]:
        (left, top), (right, bottom) = frame.on_photo(np.array([boxes[row, :2], boxes[row, :2] + boxes[row, 2:]]))
        if right <= left or bottom <= top:
            continue
        label = app.label(classes[row]) if app.labels else "face"
        one = {"label": label, "score": best[row], "x": left, "y": top, "width": right - left, "height": bottom - top}
        found.append({key: value if key == "label" else float(value) for key, value in one.items()})
        if points is not None:
            found[-1]["points"] = frame.on_photo(points[row]).tolist()
    width, height = frame.photo.size
    return {"boxes": {"width": width, "height": height, "boxes": found}}, None
