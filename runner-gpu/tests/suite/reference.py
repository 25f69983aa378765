"""What ONNX Runtime answers in Python: python reference.py MODEL INPUT, where INPUT holds float32 numbers; prints bytes."""

import sys

import numpy as np
import onnxruntime


def main(model: str, numbers: str) -> None:
    session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])
    port = session.get_inputs()[0]
    given = np.fromfile(numbers, dtype="<f4").reshape([side if isinstance(side, int) else 1 for side in port.shape])
    sys.stdout.buffer.write(session.run(None, {port.name: given})[0].astype("<f4").tobytes())


main(*sys.argv[1:])
