"""What ONNX Runtime answers in Python: python reference.py MODEL INPUT, where INPUT holds float32 numbers; prints bytes."""

import sys

import numpy as np
import onnxruntime


def main(model: str, numbers: str) -> None:
    options = onnxruntime.SessionOptions()
    # Sums of 8-bit products saturate on processors without VNNI otherwise.
    options.add_session_config_entry("session.x64quantprecision", "1")
    session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    port = session.get_inputs()[0]
    given = np.fromfile(numbers, dtype="<f4").reshape([side if isinstance(side, int) else 1 for side in port.shape])
    sys.stdout.buffer.write(session.run(None, {port.name: given})[0].astype("<f4").tobytes())


main(*sys.argv[1:])
