"""The rows of those modules whose siblings of other dimensions stand in module_rows, and of those
that resize and rearrange."""

from __future__ import annotations

from typing import Any

import numpy as np

import autograd

from .module_row import POOL, SAME, Row, batch, dropping, f, p, pads, transposed

LINE, IMAGE, VOLUME = (2, 3, 6), (2, 3, 6, 5), (2, 3, 6, 5, 4)
SAMPLES = autograd.tensor(p(2, 3, 3))
UNPOOL = (dict(kernel_size=3), dict(stride=3), dict(padding=1))


def unpool(dims: int) -> Row:
    """Windows of 2 with a place in each; changes leave room for them."""
    shape = (2, 3, *(4, 3, 2)[:dims])
    places = np.arange(np.prod(shape[2:])).reshape(shape[2:])
    return Row(SAME, (f(*shape), np.broadcast_to(places, shape).copy()), UNPOOL)


def constant(*shape: int) -> Row:
    wide = (1, 0) * (len(shape) - 3) + (-1, 2)
    return Row(dict(padding=1, value=3.0), (f(*shape),),
               (dict(padding=2), dict(padding=wide, value=0.5)))


ROWS: dict[str, Row] = {
    "AdaptiveAvgPool3d": Row(dict(output_size=2), (f(*VOLUME),),
                             (dict(output_size=(3, None, 1)), dict(output_size=1))),
    "AdaptiveMaxPool3d": Row(dict(output_size=2), (f(*VOLUME),),
                             (dict(output_size=(3, 2, 1)), dict(return_indices=True))),
    "AvgPool3d": Row(SAME, (f(*VOLUME),),
                     (POOL, dict(padding=(1, 0, 1), count_include_pad=False),
                      dict(divisor_override=3))),
    "ChannelShuffle": Row(dict(groups=2), (f(2, 6, 3),)),
    "CircularPad1d": pads(*LINE, mode=1),
    "CircularPad2d": pads(*IMAGE),
    "CircularPad3d": pads(*VOLUME, mode=3),
    "ConstantPad1d": constant(*LINE),
    "ConstantPad3d": constant(*VOLUME),
    "ConvTranspose3d": transposed(3),
    "CosineSimilarity": Row({}, (f(4, 3, 2), p(4, 3, 2)), (dict(dim=2), dict(eps=5.0))),
    "CrossMapLRN2d": Row(dict(size=2), (f(2, 5, 3, 2),),
                         (dict(size=5), dict(alpha=0.5, beta=0.3, k=2.0))),
    "Dropout3d": dropping(3, 4, 2, 2, 2),
    "FeatureAlphaDropout": dropping(3, 4, 2),
    "Fold": Row(dict(output_size=(4, 5), kernel_size=2), (f(2, 12, 12),),
                (dict(output_size=(3, 7)), dict(kernel_size=(1, 2), output_size=(6, 3)),
                 dict(padding=1, output_size=(3, 2)), dict(stride=2, output_size=(6, 8)),
                 dict(dilation=2, output_size=(5, 6)))),
    "FractionalMaxPool3d": Row(
        dict(kernel_size=2, output_size=3), (f(2, 3, 9, 8, 7),),
        (dict(kernel_size=(3, 2, 1)), dict(output_size=(4, 2, 3)), dict(return_indices=True),
         dict(output_size=None, output_ratio=0.5), dict(_random_samples=SAMPLES)),
        random=True),
    "InstanceNorm3d": Row(dict(num_features=3, affine=True, track_running_stats=True),
                          (f(*VOLUME),), (dict(eps=0.5), dict(momentum=None)),
                          {"track_running_stats"}),
    "LPPool3d": Row(dict(norm_type=2, kernel_size=2), (p(*VOLUME),),
                    (dict(norm_type=3, kernel_size=(3, 2, 1)), dict(stride=1),
                     dict(ceil_mode=True))),
    "MaxPool3d": Row(SAME, (f(*VOLUME),),
                     (POOL, dict(dilation=(2, 1, 1), padding=(1, 0, 1)),
                      dict(return_indices=True))),
    "MaxUnpool1d": unpool(1),
    "MaxUnpool2d": unpool(2),
    "MaxUnpool3d": unpool(3),
    "ReflectionPad3d": pads(*VOLUME, mode=3),
    "ReplicationPad3d": pads(*VOLUME, mode=3),
    "RReLU": Row({}, (f(3, 4),), (dict(lower=0.2), dict(upper=0.5, inplace=True)), random=True),
    "SyncBatchNorm": Row(**{**vars(batch(4, 3, 2, 3)), "built": {"track_running_stats",
                                                                "process_group"}}),
    "Unfold": Row(dict(kernel_size=2), (f(*IMAGE),),
                  (dict(kernel_size=(1, 2)), dict(padding=1, stride=2), dict(dilation=2))),
    "UpsamplingBilinear2d": Row(dict(scale_factor=2.0), (f(*IMAGE),),
                                (dict(scale_factor=(1.5, 3.0)),
                                 dict(scale_factor=None, size=(7, 3)))),
    "UpsamplingNearest2d": Row(dict(scale_factor=2.0), (f(*IMAGE),),
                               (dict(scale_factor=(1.5, 3.0)),
                                dict(scale_factor=None, size=(7, 3)))),
    "ZeroPad1d": pads(*LINE, mode=1),
    "ZeroPad3d": pads(*VOLUME, mode=3),
}  # fmt: skip

REFUSED: dict[str, tuple[dict[str, Any], ...]] = {
    "CircularPad3d": (dict(padding=(1, 2)),),
    "ConstantPad1d": (dict(padding=(1, 2, 3)),),
    "ConvTranspose3d": (dict(stride=0), dict(dilation=0), dict(padding=-1),
                        dict(output_padding=-1)),
    "Dropout3d": (dict(p=2),),
    "FeatureAlphaDropout": (dict(p=-0.1),),
    "FractionalMaxPool3d": (dict(output_ratio=0.5), dict(output_size=None)),
    "MaxUnpool1d": (dict(kernel_size=0), dict(stride=0)),
    "MaxUnpool2d": (dict(kernel_size=(2, 2, 2)), dict(padding=-1)),
    "MaxUnpool3d": (dict(kernel_size=(2, 2)),),
    "RReLU": (dict(lower=0.5),),
    "UpsamplingNearest2d": (dict(size=4),),
    "ZeroPad3d": (dict(padding=1.5),),
}  # fmt: skip
