"""Code shared by the training scripts: fonts, textures, layers, ONNX writing."""
