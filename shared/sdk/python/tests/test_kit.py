"""The kit on a host of a few lines (host.py): what it checks, what it says, and what it hands over."""

import datetime
import gc
import pathlib
import subprocess
import sys
import unittest

sys.path[:0] = [str(pathlib.Path(__file__).parent), str(pathlib.Path(__file__).parents[1] / "kit")]

import host  # noqa: E402

host.install()

import vision_app  # noqa: E402
from vision_app import Failure, HostError, Image, Model, Tensor, assets, non_maximum_suppression  # noqa: E402
from wit_world.imports import values  # noqa: E402


def run(function, inputs=()):
    vision_app._app = function
    return dict(vision_app._run(list(inputs)))


class Kit(unittest.TestCase):
    def setUp(self):
        host.lines.clear()

    def test_inputs_are_read_and_results_written_by_their_types(self):
        inputs = [
            ("Age", values.Value_Number(7.0)),
            ("Name", values.Value_Text("Ada")),
            ("Sure", values.Value_Boolean(True)),
            ("Day", values.Value_Date("2026-03-09")),
            ("Photo", values.Value_Picture(host.Image())),
        ]

        def app(inputs):
            self.assertEqual(inputs["Day"], datetime.date(2026, 3, 9))
            self.assertEqual((inputs["Photo"].width, inputs["Photo"].height), (4, 3))
            return {**inputs, "list": [1.0, 0.5, {"n": 2.0}], "none": None}

        results = run(app, inputs)
        kinds = {name: type(value).__name__ for name, value in results.items()}
        self.assertEqual(
            kinds,
            {
                "Age": "Value_Number",
                "Name": "Value_Text",
                "Sure": "Value_Boolean",
                "Day": "Value_Date",
                "Photo": "Value_Picture",
                "list": "Value_Json",
            },
        )
        self.assertEqual(results["list"].value, '[1, 0.5, {"n": 2}]')
        self.assertEqual(results["Day"].value, "2026-03-09")

    def test_what_does_not_fit_the_interface_is_named(self):
        for call, message in [
            (lambda: Tensor.of([1.5], [0]), r"shape\[0\] must be a whole number from 0, not 1.5"),
            (lambda: Tensor.of([1], [0], "float16"), "element must be one of 'float32', 'uint8', 'int32', 'int64', not 'float16'"),
            (lambda: Model.load(7), "the model's name must be a str, not 7"),
            (lambda: Model.load("m").run({"a": 7}), "the input a must be of the type Tensor, not 7"),
            (Image, "Image is made by the functions of this module"),
            (lambda: run(lambda _: 7), "must return a dict of results by name, not 7"),
            (lambda: run(lambda _: {"f": print}), "the result 'f' is no result"),
            (lambda: run(lambda _: {"f": [float("nan")]}), "the result 'f' is no result"),
            (lambda: Tensor.stack([Tensor.of([1, 2], [0, 0]), Tensor.of([1], [0])]), "may differ in the first axis only"),
        ]:
            with self.assertRaisesRegex((TypeError, ValueError), message):
                call()

    def test_what_the_host_says_is_an_exception(self):
        with self.assertRaisesRegex(HostError, "the package has no file “assets/none.txt”"):
            assets.text("assets/none.txt")
        with self.assertRaisesRegex(HostError, "app.json names no model “none”"):
            Model.load("none")

    def test_tensors_keep_their_numbers(self):
        stacked = Tensor.stack(Tensor.of([1, 2], [n, n + 0.5]) for n in (1, 2))
        self.assertEqual(stacked.shape, [2, 2])
        self.assertEqual(list(stacked.numbers()), [1, 1.5, 2, 2.5])
        self.assertEqual(list(Tensor.of([2], [1, -1], "int64").numbers()), [1, -1])
        outputs = Model.load("m").run({"a": stacked})
        self.assertEqual((list(outputs), list(outputs["out a"].numbers())), (["out a"], [1, 1.5, 2, 2.5]))

    def test_a_handle_that_was_closed_is_of_no_use_any_more(self):
        gc.collect()
        before = host.Held.freed
        with Tensor.of([1], [0]) as tensor:
            self.assertEqual(tensor.shape, [1])
        tensor.close()
        self.assertEqual(host.Held.freed, before + 1)
        with self.assertRaisesRegex(ValueError, "the Tensor was closed"):
            tensor.shape

    def test_options_have_defaults(self):
        one = Tensor.of([1, 4], [0] * 4)
        (options,) = non_maximum_suppression(one, one, limit=5)
        self.assertEqual((options.score_threshold, options.limit, options.class_agnostic), (0.3, 5, False))

    def test_labels_lose_what_editors_leave(self):
        self.assertEqual(assets.lines("assets/labels.txt"), ["cät", "", "dog"])

    def test_only_one_function_is_the_apps(self):
        vision_app._app = None
        vision_app.main(run)
        with self.assertRaisesRegex(TypeError, "run is the app's function already; setUp cannot be it too"):
            vision_app.main(self.setUp)

    def test_the_entry_leads_output_and_errors_into_the_log(self):
        # In a process of its own: it stops the clocks.
        subprocess.run([sys.executable, "-B", pathlib.Path(__file__).parent / "entry.py"], check=True)


if __name__ == "__main__":
    unittest.main()
