"""Rows of modules that few networks use, added to those of module_rows."""

import numpy as np

from .module_rows import REFUSED, ROWS, Row, f, i, loss, p

LABELS = np.array([[2, -1, 0, 0], [1, 3, -1, 2], [-1, 0, 1, 2]])

ROWS |= {
    "AdaptiveLogSoftmaxWithLoss": Row(
        dict(in_features=8, n_classes=9, cutoffs=[3, 5]), (f(6, 8), i(9, 6)),
        built={"n_classes", "cutoffs", "div_value", "head_bias"},
        call=lambda module, *inputs: module(*inputs).output),
    "CTCLoss": loss(np.log(p(5, 2, 3)), np.array([[1, 0], [1, 1]]), np.array([5, 3]),
                    np.array([1, 2]), changes=({"zero_infinity": True, "blank": 2},), torch=False),
    "EmbeddingBag": Row(dict(num_embeddings=5, embedding_dim=3), (i(5, 4, 3),), (
        dict(mode="max"), dict(mode="sum", scale_grad_by_freq=True), dict(padding_idx=2),
        dict(max_norm=0.5, norm_type=1.0)), {"sparse", "_weight", "include_last_offset"}),
    "MultiLabelMarginLoss": loss(f(3, 4), LABELS),
    "TripletMarginWithDistanceLoss": Row(
        {}, (f(4, 3), p(4, 3), f(4, 3)[::-1].copy()),
        (dict(margin=0.3), dict(swap=True), dict(reduction="sum"), dict(reduction="none")),
        built={"distance_function"}),
}  # fmt: skip

REFUSED |= {
    "EmbeddingBag": (dict(mode="x"), dict(sparse=True), dict(padding_idx=9)),
    "TripletMarginWithDistanceLoss": (dict(margin=0.0),),
}
