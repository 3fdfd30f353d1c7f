"""A small graph with the names, widths and retired operations of the FID network."""

from __future__ import annotations

import numpy as np
import tensorflow as tf

RANDOM = np.random.default_rng(0)
KERNEL = RANDOM.normal(size=(1, 1, 3, 8)).astype(np.float32)
WIDE = RANDOM.normal(size=(1, 1, 16, 2048)).astype(np.float32)
MEAN, VARIANCE, SHIFT = (RANDOM.uniform(0.5, 1.5, 8).astype(np.float32) for _ in range(3))
HEAD = RANDOM.normal(size=(2048, 1008)).astype(np.float32) / 50
BIAS = np.arange(1008, dtype=np.float32)


def graph() -> tf.compat.v1.GraphDef:
    """As the published one is built: a decoder, resizing, scaling, convolutions, pool_3 and
    softmax.
    """
    made = tf.compat.v1.GraphDef()
    made.versions.producer = 8

    def constant(name: str, value: object) -> None:
        tensor = tf.make_tensor_proto(value)
        node = made.node.add(name=name, op="Const")
        node.attr["value"].tensor.CopyFrom(tensor)
        node.attr["dtype"].type = tensor.dtype

    def node(name: str, op: str, *inputs: str, **attributes: object) -> None:
        added = made.node.add(name=name, op=op, input=inputs)
        for key, value in attributes.items():
            if isinstance(value, list):
                added.attr[key].list.i.extend(value)
            elif isinstance(value, bytes):
                added.attr[key].s = value
            elif isinstance(value, bool):
                added.attr[key].b = value
            elif isinstance(value, float):
                added.attr[key].f = value
            else:
                setattr(added.attr[key], "i" if key in ("N", "channels") else "type", value)

    real = tf.float32.as_datatype_enum
    constant("DecodeJpeg/contents", b"")
    node("DecodeJpeg", "DecodeJpeg", "DecodeJpeg/contents", channels=3)
    node("Cast", "Cast", "DecodeJpeg", SrcT=tf.uint8.as_datatype_enum, DstT=real)
    constant("ExpandDims/dim", np.int32(0))
    node("ExpandDims", "ExpandDims", "Cast", "ExpandDims/dim", T=real)
    constant("ResizeBilinear/size", np.int32([299, 299]))
    node("ResizeBilinear", "ResizeBilinear", "ExpandDims", "ResizeBilinear/size", T=real)
    constant("Sub/y", np.float32(128))
    node("Sub", "Sub", "ResizeBilinear", "Sub/y", T=real)
    constant("Mul/y", np.float32(1 / 128))
    node("Mul", "Mul", "Sub", "Mul/y", T=real)
    constant("conv/conv2d_params", KERNEL)
    node(
        "conv/Conv2D",
        "Conv2D",
        "Mul",
        "conv/conv2d_params",
        T=real,
        strides=[1, 38, 38, 1],
        padding=b"SAME",
    )
    for name, value in zip("mvbg", (MEAN, VARIANCE, SHIFT, np.ones(8, np.float32)), strict=True):
        constant(f"conv/{name}", value)
    node(
        "conv/batchnorm",
        "BatchNormWithGlobalNormalization",
        *("conv/Conv2D", "conv/m", "conv/v", "conv/b", "conv/g"),
        T=real,
        variance_epsilon=0.001,
        scale_after_normalization=False,
    )
    node("conv/CheckNumerics", "CheckNumerics", "conv/batchnorm", T=real, message=b"conv")
    node("conv/control_dependency", "Identity", "conv/batchnorm", "^conv/CheckNumerics", T=real)
    node("conv", "Relu", "conv/control_dependency", T=real)
    constant("join/concat_dim", np.int32(3))
    node("join", "Concat", "join/concat_dim", "conv", "conv", T=real, N=2)
    constant("wide", WIDE)
    node("mixed", "Conv2D", "join", "wide", T=real, strides=[1, 1, 1, 1], padding=b"SAME")
    node(
        "pool_3",
        "AvgPool",
        "mixed",
        T=real,
        ksize=[1, 8, 8, 1],
        strides=[1, 1, 1, 1],
        padding=b"VALID",
    )
    constant("pool_3/_reshape/shape", np.int32([1, 2048]))
    node("pool_3/_reshape", "Reshape", "pool_3", "pool_3/_reshape/shape", T=real)
    constant("softmax/weights", HEAD)
    node("softmax/logits/MatMul", "MatMul", "pool_3/_reshape", "softmax/weights", T=real)
    constant("softmax/biases", BIAS)
    node("softmax/logits", "BiasAdd", "softmax/logits/MatMul", "softmax/biases", T=real)
    node("softmax", "Softmax", "softmax/logits", T=real)
    return made
