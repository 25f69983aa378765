"""Tells how bright a photo is: a small app to begin with."""

import vision_app


@vision_app.main
def run(inputs):
    """Inputs by the names of AppParameters in app.json, results by those of ResultVariables."""
    photo = inputs["Image"]
    print(f"the photo has {photo.width} x {photo.height} pixels")
    # Numbers 0 to 1, three per pixel; a model would be given this tensor.
    tensor = photo.resize(8, 8).to_tensor()
    brightness = percent(tensor.numbers())
    return {"brightness": brightness, "answer": "rather dark" if brightness < 50 else "rather bright"}


def percent(numbers):
    """The mean, in whole percent."""
    return round(sum(numbers) / max(len(numbers), 1) * 100)
