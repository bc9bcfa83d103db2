"""One row for each module class of nn: how to build it, what to feed it, what may change later.

Every parameter of a constructor stands either among the `changes` of its row, which take effect
when they are set on a module that is built already, or among those that only building reads.
"""

from __future__ import annotations

import copy
from typing import Any

import numpy as np

import autograd
import nn
from nn import functional as F

from . import module_rows_dims
from .module_row import (
    LAYER,
    LAYERS,
    POOL,
    SAME,
    SCORES,
    WEIGHT,
    Row,
    activation,
    batch,
    convolution,
    dropping,
    f,
    i,
    in_one,
    loss,
    p,
    pads,
    recurrent,
    s,
    transposed,
)

# These decide which parameters there are, and of which shape.
BUILDING = {
    "device", "dtype", "bias", "affine", "elementwise_affine", "in_features", "out_features",
    "in1_features", "in2_features", "in_channels", "out_channels", "groups", "num_features",
    "num_channels", "num_parameters", "normalized_shape", "num_embeddings", "embedding_dim",
    "input_size", "hidden_size", "num_layers", "bidirectional", "proj_size", "size_average",
    "reduce",
}  # fmt: skip

ROWS: dict[str, Row] = {
    "AdaptiveAvgPool1d": Row(dict(output_size=2), (f(2, 3, 7),), (dict(output_size=3),)),
    "AdaptiveAvgPool2d": Row(dict(output_size=2), (f(2, 3, 6, 7),),
                             (dict(output_size=(3, None)), dict(output_size=1))),
    "AdaptiveMaxPool1d": Row(dict(output_size=2), (f(2, 3, 7),),
                             (dict(output_size=3), dict(return_indices=True))),
    "AdaptiveMaxPool2d": Row(dict(output_size=2), (f(2, 3, 6, 7),),
                             (dict(output_size=(3, 2)), dict(return_indices=True))),
    "Adaline": Row(dict(in_features=3), (f(5, 3),), (dict(labels=(-1, 1)),), torch=False),
    "AlphaDropout": dropping(3, 4),
    "AvgPool1d": Row(SAME, (f(2, 3, 9),), (POOL, dict(padding=1, count_include_pad=False))),
    "AvgPool2d": Row(SAME, (f(2, 3, 9, 8),),
                     (POOL, dict(padding=(1, 0), count_include_pad=False),
                      dict(divisor_override=3))),
    "BCELoss": loss(p(4, 3), (f(4, 3) > 0).astype("f"), changes=({"weight": WEIGHT},)),
    "BCEWithLogitsLoss": loss(f(4, 3), p(4, 3),
                              changes=({"weight": WEIGHT}, {"pos_weight": WEIGHT})),
    "BatchNorm1d": batch(4, 3, 5),
    "BatchNorm2d": batch(4, 3, 2, 3),
    "BatchNorm3d": batch(4, 3, 2, 1, 2),
    "Bilinear": Row(dict(in1_features=3, in2_features=2, out_features=4), (f(5, 3), f(5, 2))),
    "CategoricalCrossEntropy": loss(p(4, 3) / p(4, 3).sum(1, keepdims=True), np.eye(4, 3, dtype="f")
                                    + np.eye(4, 3, -3, dtype="f"), torch=False),
    "CELU": activation(alpha=0.5, inplace=True),
    "ConstantPad2d": Row(dict(padding=1, value=3.0), (f(2, 3, 4),),
                         (dict(padding=2), dict(padding=(1, 0, -1, 2), value=0.5))),
    "Conv1d": convolution(1),
    "Conv2d": convolution(2),
    "Conv3d": convolution(3),
    "ConvTranspose1d": transposed(1),
    "ConvTranspose2d": transposed(2),
    "CosineEmbeddingLoss": loss(f(4, 3), p(4, 3), s(4), changes=({"margin": 0.3},)),
    "CrossEntropyLoss": loss(*SCORES, changes=(
        {"weight": WEIGHT}, {"ignore_index": 1}, {"label_smoothing": 0.2})),
    "DropConnectLinear": Row(dict(in_features=3, out_features=4), (f(5, 3),), (dict(p=0.2),),
                             random=True, torch=False),
    "DataParallel": Row({"module": nn.Linear(3, 4)}, (f(5, 3),), torch=False,
                        built={"module", "device_ids", "output_device", "dim"}),
    "Dropout": Row({}, (f(3, 4),), (dict(p=0.2), dict(p=0.7, inplace=True),
                                    dict(scale_at="test", p=0.2)), random=True),
    "Dropout1d": dropping(3, 4, 2),
    "Dropout2d": dropping(3, 4, 2, 2),
    "ELU": activation(alpha=0.5, inplace=True),
    "Embedding": Row(dict(num_embeddings=5, embedding_dim=3), (i(5, 4, 2),),
                     (dict(padding_idx=2), dict(padding_idx=-1), dict(scale_grad_by_freq=True),
                      dict(max_norm=0.5, norm_type=1.0)), {"sparse", "_weight", "_freeze"}),
    "Flatten": Row({}, (f(2, 3, 4, 5),), (dict(start_dim=2), dict(start_dim=0, end_dim=1))),
    "FractionalMaxPool2d": Row(
        dict(kernel_size=2, output_size=3), (f(2, 3, 9, 9),),
        (dict(kernel_size=(3, 2)), dict(output_size=(4, 2)), dict(return_indices=True),
         dict(output_size=None, output_ratio=0.5),
         dict(_random_samples=autograd.tensor(p(2, 3, 2)))),
        random=True),
    "GELU": activation(approximate="tanh"),
    "GLU": Row({}, (f(4, 6),), (dict(dim=0),)),
    "GRU": recurrent(),
    "GRUCell": Row(dict(input_size=3, hidden_size=4), (f(5, 3), f(5, 4))),
    "GaussianNLLLoss": loss(f(4, 3), p(4, 3), p(4, 3), changes=({"full": True}, {"eps": 0.5})),
    "GlobalAvgPool2d": Row({}, (f(2, 3, 4, 5),), torch=False),
    "GlobalMaxPool2d": Row({}, (f(2, 3, 4, 5),), torch=False),
    "GroupNorm": Row(dict(num_groups=2, num_channels=6), (f(3, 6, 4),),
                     (dict(num_groups=3), dict(eps=0.5))),
    "Hardshrink": activation(lambd=0.9),
    "Hardsigmoid": activation(inplace=True),
    "Hardswish": activation(inplace=True),
    "Hardtanh": Row({}, (f(2, 4),), (dict(min_val=-0.2, max_val=0.3, inplace=True),)),
    "HingeEmbeddingLoss": loss(f(4, 3), s(4, 3), changes=({"margin": 0.3},)),
    "HuberLoss": loss(f(4, 3), p(4, 3), changes=({"delta": 0.3},)),
    "Identity": activation(),
    "InstanceNorm1d": Row(dict(num_features=3, affine=True, track_running_stats=True),
                          (f(2, 3, 5),), (dict(eps=0.5), dict(momentum=0.5)),
                          {"track_running_stats"}),
    "InstanceNorm2d": Row(dict(num_features=3, affine=True, track_running_stats=True),
                          (f(2, 3, 4, 5),), (dict(eps=0.5), dict(momentum=None)),
                          {"track_running_stats"}),
    "KLDivLoss": loss(-p(4, 3), p(4, 3), changes=({"log_target": True},)),
    "L1Loss": loss(f(4, 3), p(4, 3)),
    "LPPool1d": Row(dict(norm_type=2, kernel_size=2), (p(2, 3, 9),),
                    (dict(norm_type=3, kernel_size=3), dict(stride=1), dict(ceil_mode=True))),
    "LPPool2d": Row(dict(norm_type=2, kernel_size=2), (p(2, 3, 9, 7),),
                    (dict(norm_type=3, kernel_size=(3, 2)), dict(stride=1), dict(ceil_mode=True))),
    "LSTM": recurrent(),
    "LSTMCell": Row(dict(input_size=3, hidden_size=4), (f(5, 3),), call=in_one),
    "LayerNorm": Row(dict(normalized_shape=4), (f(3, 4),), (dict(eps=0.5),)),
    "LeakyReLU": activation(negative_slope=0.3, inplace=True),
    "Linear": Row(dict(in_features=3, out_features=4), (f(5, 3),)),
    "LocalResponseNorm": Row(dict(size=2), (f(2, 5, 3),),
                             (dict(size=3), dict(alpha=0.5, beta=0.3, k=2.0))),
    "LogSigmoid": activation(),
    "LogSoftmax": Row(dict(dim=1), (f(4, 3),), (dict(dim=0),)),
    "MSELoss": loss(f(4, 3), p(4, 3)),
    "MarginRankingLoss": loss(f(4, 3), p(4, 3), s(4, 3), changes=({"margin": 0.3},)),
    "MaxPool1d": Row(SAME, (f(2, 3, 9),), (POOL, dict(dilation=2), dict(return_indices=True))),
    "MaxPool2d": Row(SAME, (f(2, 3, 9, 8),),
                     (POOL, dict(dilation=(2, 1), padding=(1, 0)), dict(return_indices=True))),
    "McCullochPitts": Row(dict(weights=[1.0, -2.0, 0.5], threshold=0.25),
                          ((f(5, 3) > 0).astype("f"),), built={"weights", "threshold"},
                          torch=False),
    "Mish": activation(inplace=True),
    "Module": Row({}, (f(3),), call=lambda module, x: x),
    "ModuleDict": Row(dict(modules={"a": nn.Linear(3, 4), "b": nn.Tanh()}), (f(5, 3),),
                      built={"modules"}, torch=False,
                      call=lambda module, x: module["b"](module["a"](x))),
    "ModuleList": Row(dict(modules=[nn.Linear(3, 4), nn.Tanh()]), (f(5, 3),), built={"modules"},
                      torch=False, call=lambda module, x: module[1](module[0](x))),
    "MultiLabelSoftMarginLoss": loss(f(4, 3), p(4, 3).round(), changes=({"weight": WEIGHT},)),
    "MultiMarginLoss": loss(*SCORES, changes=({"p": 2}, {"margin": 0.3}, {"weight": WEIGHT})),
    "MultiheadAttention": Row(
        dict(embed_dim=8, num_heads=2), (f(5, 2, 8),) * 3,
        (dict(num_heads=4), dict(batch_first=True), dict(add_zero_attn=True), dict(dropout=0.4)),
        {"embed_dim", "add_bias_kv", "kdim", "vdim"}, random=True,
        call=lambda module, *inputs: module(*inputs)[0]),
    "NLLLoss": loss(*SCORES, changes=({"weight": WEIGHT}, {"ignore_index": 1})),
    "PReLU": Row(dict(num_parameters=3), (f(2, 3, 4),), built={"init"}),
    "PairwiseDistance": Row({}, (f(4, 3), p(4, 3)),
                            (dict(p=1.0), dict(eps=0.5), dict(keepdim=True)), names={"p": "norm"}),
    "ParameterDict": Row(dict(parameters={"w": nn.Parameter(autograd.tensor(f(3)))}), (f(5, 3),),
                         built={"parameters"}, torch=False, call=lambda module, x: x * module["w"]),
    "ParameterList": Row(dict(values=[nn.Parameter(autograd.tensor(f(3)))]), (f(5, 3),),
                         built={"values"}, torch=False, call=lambda module, x: x * module[0]),
    "Perceptron": Row(dict(in_features=3), (f(5, 3),), (dict(labels=(-1, 1)),), torch=False),
    "PerceptronLoss": loss(f(4, 3), -s(4, 3), torch=False),
    "PixelShuffle": Row(dict(upscale_factor=2), (f(2, 36, 2, 3),), (dict(upscale_factor=3),)),
    "PixelUnshuffle": Row(dict(downscale_factor=2), (f(2, 3, 6, 6),), (dict(downscale_factor=3),)),
    "PoissonNLLLoss": loss(p(4, 3), 9 * p(4, 3), changes=(
        {"log_input": False}, {"full": True}, {"log_input": False, "eps": 0.5})),
    "RMSNorm": Row(dict(normalized_shape=4), (f(3, 4),), (dict(eps=0.5),)),
    "RNN": recurrent(dict(nonlinearity="relu")),
    "RNNCell": Row(dict(input_size=3, hidden_size=4), (f(5, 3), f(5, 4)),
                   (dict(nonlinearity="relu"),)),
    "RandomSubsetMaxPool2d": Row(dict(kernel_size=2, subset_size=2, stride=2), (f(2, 3, 7, 6),),
                                 (dict(kernel_size=3, stride=2), dict(subset_size=3),
                                  dict(kernel_size=(3, 2), stride=(1, 2))),
                                 random=True, torch=False),
    "ReLU": activation(inplace=True),
    "ReLU6": activation(inplace=True),
    "ReflectionPad1d": pads(2, 3, 6, mode=1),
    "ReflectionPad2d": pads(2, 3, 6, 5),
    "ReplicationPad1d": pads(2, 3, 6, mode=1),
    "ReplicationPad2d": pads(2, 3, 6, 5),
    "SELU": activation(inplace=True),
    "Sequential": Row({}, (f(5, 3),), call=lambda module, x: module(x)),
    "SiLU": activation(inplace=True),
    "Sigmoid": activation(),
    "SmoothL1Loss": loss(f(4, 3), p(4, 3), changes=({"beta": 0.3}, {"beta": 0.0})),
    "SoftMarginLoss": loss(f(4, 3), s(4, 3)),
    "Softmax": Row(dict(dim=1), (f(4, 3),), (dict(dim=0),)),
    "Softmax2d": activation(2, 3, 4, 5),
    "Softmin": Row(dict(dim=1), (f(4, 3),), (dict(dim=0),)),
    "Softplus": activation(beta=2.0, threshold=0.5),
    "Softshrink": activation(lambd=0.2),
    "Softsign": activation(),
    "Tanh": activation(),
    "Tanhshrink": activation(),
    "Threshold": Row(dict(threshold=0.1, value=0.0), (f(2, 4),),
                     (dict(threshold=-0.5, value=7.0, inplace=True),)),
    "Transformer": Row(
        dict(num_encoder_layers=1, num_decoder_layers=1, **LAYER), (f(5, 3, 8), p(4, 3, 8)),
        built={"num_encoder_layers", "num_decoder_layers", "custom_encoder", "custom_decoder",
               "norm_first", "activation", *LAYERS}),
    "TransformerDecoder": Row(
        dict(decoder_layer=nn.TransformerDecoderLayer(**LAYER), num_layers=2,
             norm=nn.LayerNorm(8)), (f(5, 3, 8), p(4, 3, 8)),
        built={"decoder_layer", "num_layers", "norm"}, torch=False),
    "TransformerDecoderLayer": Row(
        LAYER, (f(5, 3, 8), p(4, 3, 8)), (dict(norm_first=True), dict(activation=F.tanh)), LAYERS,
        torch=False),
    "TransformerEncoder": Row(
        dict(encoder_layer=nn.TransformerEncoderLayer(**LAYER), num_layers=2,
             norm=nn.LayerNorm(8)), (f(5, 3, 8),),
        built={"encoder_layer", "num_layers", "norm", "enable_nested_tensor", "mask_check"},
        torch=False),
    "TransformerEncoderLayer": Row(
        LAYER, (f(5, 3, 8),), (dict(norm_first=True), dict(activation=F.tanh)), LAYERS,
        torch=False),
    "TripletMarginLoss": loss(f(4, 3), p(4, 3), f(4, 3)[::-1].copy(), changes=(
        {"margin": 0.3}, {"p": 1.0}, {"eps": 0.5}, {"swap": True})),
    "Unflatten": Row(dict(dim=1, unflattened_size=(2, 3)), (f(6, 6, 2),),
                     (dict(dim=0), dict(unflattened_size=[3, -1]))),
    "Upsample": Row(dict(scale_factor=2.0), (f(2, 3, 4, 5),),
                    (dict(scale_factor=(1.5, 3.0)), dict(scale_factor=None, size=(7, 3)),
                     dict(mode="bilinear"), dict(mode="bilinear", align_corners=True),
                     dict(scale_factor=1.7, recompute_scale_factor=True))),
    "ZeroPad2d": Row(dict(padding=1), (f(2, 3, 4),),
                     (dict(padding=2), dict(padding=(1, 0, -1, 2)))),
    **module_rows_dims.ROWS,
}  # fmt: skip

# What raises where a module is built with it, and at the next call where it is set later.
CONVOLUTION = (dict(padding="full"), dict(padding_mode="x"), dict(stride=0), dict(dilation=0),
               dict(padding=-1), dict(stride=(1,) * 5))  # fmt: skip
TRANSPOSED = (dict(padding="same"), dict(padding_mode="reflect"), dict(stride=0),
              dict(dilation=0), dict(padding=-1), dict(output_padding=-1))  # fmt: skip
REFUSED: dict[str, tuple[dict[str, Any], ...]] = {
    "AlphaDropout": (dict(p=1.5), dict(p=-0.1)),
    "ConstantPad2d": (dict(padding=(1, 2, 3)),),
    "Conv1d": CONVOLUTION,
    "Conv2d": CONVOLUTION,
    "Conv3d": CONVOLUTION,
    "ConvTranspose1d": TRANSPOSED,
    "ConvTranspose2d": TRANSPOSED,
    "CrossEntropyLoss": (dict(label_smoothing=2.0),),
    "Adaline": (dict(labels=(1, 2)),),
    "CategoricalCrossEntropy": (dict(reduction="x"),),
    "DropConnectLinear": (dict(p=1.5),),
    "Dropout": (dict(p=1.5), dict(scale_at="both")),
    "Dropout1d": (dict(p=-0.5),),
    "Dropout2d": (dict(p=2),),
    "Embedding": (dict(sparse=True), dict(padding_idx=9)),
    "FractionalMaxPool2d": (dict(output_ratio=0.5), dict(output_size=None)),
    "GELU": (dict(approximate="x"),),
    "GroupNorm": (dict(num_groups=4), dict(num_groups=0)),
    "Hardtanh": (dict(min_val=3.0),),
    "HuberLoss": (dict(delta=0.0),),
    "LogSoftmax": (dict(dim=None),),
    "MultiMarginLoss": (dict(p=3),),
    "LSTM": (dict(dropout=1.5),),
    "RNN": (dict(nonlinearity="x"),),
    "RNNCell": (dict(nonlinearity="x"),),
    "RandomSubsetMaxPool2d": (dict(subset_size=9),),
    "Perceptron": (dict(labels=(0, 2)),),
    "ReflectionPad1d": (dict(padding=(1, 2, 3)),),
    "MultiheadAttention": (dict(num_heads=3), dict(num_heads=0), dict(dropout=1.5)),
    "Softmax": (dict(dim=None),),
    "Softmin": (dict(dim=None),),
    "TripletMarginLoss": (dict(margin=0.0),),
    "Upsample": (dict(size=4), dict(scale_factor=None)),
    "ZeroPad2d": (dict(padding=1.5),),
    **module_rows_dims.REFUSED,
}  # fmt: skip
from . import module_rows_rare  # noqa: E402, F401 - adds its own

for _name in [name for name in ROWS if issubclass(getattr(nn, name), nn.modules._Loss)]:
    REFUSED[_name] = (*REFUSED.get(_name, ()), dict(reduction="x"))


def classes() -> dict[str, type]:
    """The module classes of nn by name, without those that become others when they are called."""
    found = {name: getattr(nn, name) for name in nn.__all__}
    return {name: value for name, value in found.items()
            if isinstance(value, type) and issubclass(value, nn.Module)
            and not issubclass(value, nn.modules.LazyModuleMixin)}  # fmt: skip


def build(name: str, **changes) -> nn.Module:
    """The module of a row, with other options where they are given."""
    if name == "Sequential":
        return nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.Tanh())
    return getattr(nn, name)(**copy.deepcopy({**ROWS[name].options, **changes}))


def use(name: str, module: nn.Module, dtype=None) -> list[np.ndarray]:
    """What there is after a call from the generator's beginning: results and inputs, gradients of
    the parameters, and buffers."""
    autograd.manual_seed(0)
    inputs = [autograd.tensor(x if dtype is None or x.dtype.kind != "f" else x.astype(dtype))
              for x in ROWS[name].inputs]  # fmt: skip
    result = (ROWS[name].call or type(module).__call__)(module, *inputs)
    results = result if isinstance(result, tuple) else (result,)
    module.zero_grad()
    for x in results:
        if x.requires_grad:
            (x * x).sum().backward()
    grads = [q.grad for q in module.parameters() if q.grad is not None]
    module.zero_grad()
    found = (*results, *inputs, *grads, *module.buffers())
    return [np.array(x.detach().numpy()) for x in found]
