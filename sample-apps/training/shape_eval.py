"""Decoding in plain numpy, as an app does it, and the detector's figures."""

import numpy as np

STRIDES = (8, 16, 32)


def decoded(output, size=192):
    """One image's output [cells, 5 + classes] to boxes [cells, 4] in px, scores and classes [cells]."""
    boxes, first = np.empty((len(output), 4), np.float64), 0
    for stride in STRIDES:
        side = size // stride
        for row in range(side):
            for column in range(side):
                x, y, w, h = output[first, :4]
                x, y = (x + column) * stride, (y + row) * stride
                w, h = np.exp(w) * stride, np.exp(h) * stride
                boxes[first] = x - w / 2, y - h / 2, x + w / 2, y + h / 2
                first += 1
    kinds = output[:, 5:].argmax(1)
    return boxes, output[:, 4] * output[:, 5:].max(1), kinds


def iou(box, others):
    """Intersection over union of a box [4] with others [n, 4]."""
    corner = np.minimum(box[2:], others[:, 2:]) - np.maximum(box[:2], others[:, :2])
    inner = np.prod(np.maximum(corner, 0), 1)
    area = (box[2] - box[0]) * (box[3] - box[1])
    areas = (others[:, 2] - others[:, 0]) * (others[:, 3] - others[:, 1])
    return inner / (area + areas - inner + 1e-9)


def detect(output, threshold=0.4, overlap=0.5, per_class=True, size=192):
    """Boxes, scores and classes after non-maximum suppression, best first."""
    boxes, scores, kinds = decoded(output, size)
    order = [i for i in np.argsort(-scores, kind="stable") if scores[i] >= threshold]
    keep = []
    while order:
        best = order.pop(0)
        keep.append(best)
        over = iou(boxes[best], boxes[order]) if order else []
        order = [i for i, o in zip(order, over)
                 if o < overlap or (per_class and kinds[i] != kinds[best])]
    return boxes[keep], scores[keep], kinds[keep]


def matched(found, truth, kind):
    """Matches one image's detections of a class to its shapes at IoU 0.5, best score first.

    found: (boxes, scores, kinds); truth: (boxes, labels). Returns rows
    (score, IoU, or 0 when the detection is wrong) and how many shapes there were.
    """
    boxes, scores, kinds = found
    left = list(truth[0][truth[1] == kind])
    shapes, rows = len(left), []
    for box, score in zip(boxes[kinds == kind], scores[kinds == kind]):
        over = iou(box, np.array(left)) if left else np.zeros(1)
        best = int(over.argmax())
        hit = over[best] >= 0.5
        rows.append((score, over[best] if hit else 0.0))
        if hit:
            left.pop(best)
    return rows, shapes


def average_precision(rows, shapes):
    """Area under the precision-recall curve, precision made monotonous. rows: (score, hit IoU or 0)."""
    rows = sorted(rows, key=lambda r: -r[0])
    hits = np.cumsum([r[1] > 0 for r in rows])
    precision = hits / np.arange(1, len(rows) + 1)
    precision = np.maximum.accumulate(precision[::-1])[::-1]
    recall = np.concatenate([[0], hits / shapes])
    return float(np.sum(np.diff(recall) * precision))


def figures(detections, truths, labels, threshold=0.4):
    """mAP at IoU 0.5, AP per class, and precision, recall and mean IoU at the app's threshold.

    detections: per image (boxes, scores, kinds), taken at a low threshold.
    truths: per image (boxes, labels).
    """
    by_class, every, total = {}, [], 0
    for kind, name in enumerate(labels):
        rows, shapes = [], 0
        for found, truth in zip(detections, truths):
            more, count = matched(found, truth, kind)
            rows, shapes = rows + more, shapes + count
        by_class[name] = average_precision(rows, shapes)
        every, total = every + rows, total + shapes
    shown = [over for score, over in every if score >= threshold]
    hits = [over for over in shown if over > 0]
    return {"images": len(truths), "shapes": total, "map50": float(np.mean(list(by_class.values()))),
            "ap50_by_class": by_class, "precision": len(hits) / max(len(shown), 1),
            "recall": len(hits) / total, "mean_iou": float(np.mean(hits))}
