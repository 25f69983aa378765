"""Finds drawn shapes in a photo, frames them and counts them.

The same app stands beside this one in Rust and in JavaScript, and gives the same results.
"""

import math

from vision_app import Model, Tensor, assets, main, non_maximum_suppression

FRAME = 192
STRIDES = (8, 16, 32)
# Numbers before a cell's scores: centre, size, objectness.
GEOMETRY = 5
COLORS = [(230, 25, 75), (60, 180, 75), (0, 130, 200), (245, 130, 48), (145, 30, 180), (240, 50, 230)]


@main
def run(inputs):
    """One photo: what is on it, counted and framed."""
    photo, min_score = inputs["Image"], inputs.get("MinScore", 0.4)
    labels = assets.lines("assets/labels.txt")
    boxed = photo.letterbox(FRAME, FRAME, fill=114, anchor="top-left")
    tensor = boxed.picture.to_tensor(mean=(0.5,) * 3, deviation=(0.25,) * 3)
    (output,) = Model.load("shapes").run(tensor).values()
    kept = find(output.numbers(), len(labels), min_score)
    print(f"{len(kept)} shapes with a score of at least {min_score}")

    width, height = photo.width, photo.height
    boxes = [place(one, boxed, labels, width, height) for one in kept]
    counts = [{"shape": shape, "count": sum(one["label"] == shape for one in boxes)} for shape in labels]
    counts = [row for row in counts if row["count"] > 0]
    frames = [
        (
            (area["x"], area["y"], area["width"], area["height"]),
            f"{area['label']} {round_up(area['score'] * 100, 1):.0f}%",
            COLORS[one.class_ % len(COLORS)],
        )
        for one, area in zip(kept, boxes)
    ]
    return {
        "picture": photo.draw_boxes(frames, 3),
        "answer": ", ".join(f"{row['count']} {row['shape']}" for row in counts) or "no shapes",
        "counts": counts,
        "boxes": {"width": width, "height": height, "boxes": boxes},
    }


def find(numbers, classes, min_score):
    """From a row per grid cell (offsets in cells, sizes on a log scale, objectness, scores) to the boxes that stay."""
    areas, scores, start = [], [], 0
    for stride in STRIDES:
        side = FRAME // stride
        for row in range(side):
            for column in range(side):
                cell = numbers[start : start + GEOMETRY + classes]
                start += GEOMETRY + classes
                # Scores are at most 1: most cells are done here.
                if cell[4] < min_score:
                    continue
                best = max(range(classes), key=lambda n: cell[GEOMETRY + n])
                score = cell[4] * cell[GEOMETRY + best]
                if score < min_score:
                    continue
                x, y = (cell[0] + column) * stride, (cell[1] + row) * stride
                width, height = math.exp(cell[2]) * stride, math.exp(cell[3]) * stride
                areas += [x - width / 2, y - height / 2, width, height]
                scores += [score if n == best else 0 for n in range(classes)]
    if not areas:
        return []
    count = len(areas) // 4
    return non_maximum_suppression(
        Tensor.of([count, 4], areas), Tensor.of([count, classes], scores), score_threshold=min_score
    )


def place(one, boxed, labels, width, height):
    """Where a box lies on the photo, to a hundredth of a pixel."""

    def across(x):
        return min(max((x - boxed.offset_x) / boxed.scale, 0), width)

    def down(y):
        return min(max((y - boxed.offset_y) / boxed.scale, 0), height)

    area = one.area
    left, top = across(area.x), down(area.y)
    return {
        "label": labels[one.class_],
        "score": round_up(one.score, 1e6),
        "x": round_up(left, 100),
        "y": round_up(top, 100),
        "width": round_up(across(area.x + area.width) - left, 100),
        "height": round_up(down(area.y + area.height) - top, 100),
    }


def round_up(number, steps):
    """Half a step up, in every language the same."""
    return math.floor(number * steps + 0.5) / steps
