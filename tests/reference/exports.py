"""Loads exports of feedback with the libraries that people train with: COCO with pycocotools, the table with pandas.

    exports.py COCO-FOLDER CSV-FOLDER
"""

import contextlib
import io
import json
import os
import sys

import pandas
from PIL import Image, ImageOps
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

coco_folder, csv_folder = sys.argv[1:]
with contextlib.redirect_stdout(io.StringIO()):
    truth = COCO(os.path.join(coco_folder, "annotations.json"))
    with open(os.path.join(coco_folder, "predictions.json"), encoding="utf-8") as file:
        found = truth.loadRes(json.load(file))
    judge = COCOeval(truth, found, "bbox")
    judge.evaluate()
    judge.accumulate()
    judge.summarize()

images = []
for image in truth.loadImgs(sorted(truth.getImgIds())):
    with Image.open(os.path.join(coco_folder, "images", image["file_name"])) as photo:
        size = ImageOps.exif_transpose(photo).size
    names = [truth.cats[one["category_id"]]["name"] for one in truth.imgToAnns[image["id"]]]
    images.append({"labels": sorted(names), "fits": list(size) == [image["width"], image["height"]]})

table = pandas.read_csv(os.path.join(csv_folder, "feedback.csv"))
json.dump(
    {
        "images": images,
        "precision": float(judge.stats[0]),
        "scores": [one["score"] for one in found.anns.values()],
        "rows": len(table),
        "kinds": sorted(table.kind.unique()),
        "verdicts": sorted(table.verdict.unique()),
        "photos": [os.path.exists(os.path.join(csv_folder, name)) for name in sorted(table.file.unique())],
        "comments": sorted(table.comment.dropna().unique()),
    },
    sys.stdout,
)
