"""Tasks whose answer is read off a few numbers."""

import numpy as np

from boxes import sigmoid, softmax


def probabilities(numbers, head):
    return {"Logits": softmax, "SigmoidLogits": sigmoid}.get(head, lambda same: same)(numbers)


def classification(app, _frame, outputs):
    head = app.output.get("Head", "Logits")
    several = head.startswith("Sigmoid")
    numbers = next(iter(outputs.values())).reshape(-1)
    scores = probabilities(numbers, head)
    # By the numbers: of several large ones, each is a probability of 1.
    best = np.argsort(-numbers, kind="stable")[: app.output.get("Top", 20 if several else 5)]
    least = app.output.get("ScoreThreshold", 0.5 if several else 0)
    labels = [{"label": app.label(index), "score": float(scores[index])} for index in best if scores[index] >= least]
    return {"labels": labels}, None


def keypoints(app, frame, outputs):
    numbers = next(iter(outputs.values()))
    size = np.array([frame.width, frame.height])
    if app.output.get("Head", "Landmarks") == "Landmarks":
        places = [(*place, None) for place in numbers.reshape(-1, 2)]
    else:
        places = [peak(heat) for heat in numbers[0]]
        places = [place for place in places if place[2] >= app.output.get("ScoreThreshold", 0.3)]
    points = []
    for index, (x, y, score) in enumerate(places):
        x, y = frame.on_photo(np.array([x, y]) * size)
        label = app.labels[index] if app.labels else f"point {index}"
        points.append({"label": label, "score": score, "x": float(x), "y": float(y)})
    width, height = frame.photo.size
    return {"points": {"width": width, "height": height, "points": points}}, None


def peak(heat):
    rows, columns = heat.shape
    row, column = np.unravel_index(heat.argmax(), heat.shape)
    x, y = column + 0.5, row + 0.5
    if 0 < column < columns - 1:
        x += 0.25 * np.sign(heat[row, column + 1] - heat[row, column - 1])
    if 0 < row < rows - 1:
        y += 0.25 * np.sign(heat[row + 1, column] - heat[row - 1, column])
    return x / columns, y / rows, float(heat[row, column])


def embedding(app, _frame, outputs):
    vector = next(iter(outputs.values())).reshape(-1)
    if "Gallery" not in app.output:
        return {"embedding": vector.tolist()}, None
    gallery = np.fromfile(app.folder / app.output["Gallery"], "<f4").reshape(-1, len(vector))
    cosines = gallery @ vector / np.linalg.norm(gallery, axis=1) / np.linalg.norm(vector)
    best = {}
    for row in np.argsort(-cosines, kind="stable"):
        best.setdefault(app.label(row), float(cosines[row]))
    ranks = [{"label": label, "score": score} for label, score in best.items() if score >= 0]
    return {"labels": ranks[: app.output.get("Top", 5)]}, None


def attributes(app, _frame, outputs):
    named = {attribute.get("Output") for attribute in app.output["Attributes"]}
    others = iter([numbers for name, numbers in outputs.items() if name not in named])
    rows = []
    for attribute in app.output["Attributes"]:
        numbers = outputs[attribute["Output"]] if "Output" in attribute else next(others)
        numbers, classes = numbers.reshape(-1), attribute.get("Classes")
        if not classes:
            value = numbers[0] * attribute.get("Scale", 1) + attribute.get("Offset", 0)
            rows.append({"attribute": attribute["Name"], "value": float(value)})
            continue
        scores = probabilities(numbers, attribute.get("Head", "Logits"))
        best = scores.argmax()
        rows.append({"attribute": attribute["Name"], "value": classes[best], "score": float(scores[best])})
    return {"attributes": rows}, None


def text_recognition(app, _frame, outputs):
    steps = next(iter(outputs.values()))
    steps = steps.reshape(-1, steps.shape[-1])
    if abs(steps[0].sum() - 1) > 1e-3 or steps[0].min() < 0:
        steps = softmax(steps)
    classes = [None, *app.labels, " "] if app.output.get("Blank", "First") == "First" else [*app.labels, None]
    best, text, sure = steps.argmax(1), "", []
    for step, (class_, before) in enumerate(zip(best, [-1, *best])):
        if classes[class_] is not None and class_ != before:
            text += classes[class_]
            sure.append(float(steps[step, class_]))
    return {"text": text, "confidence": float(np.mean(sure)) if sure else 0.0}, None
