"""Ops on pictures (N, C, H, W), sequences (N, C, L) and volumes, convolutions apart."""

from .case import Group, normal, uniform

PICTURES = ((1, 3, 7, 9), (8, 16, 31, 33), (32, 64, 28, 28), (64, 256, 8, 8), (16, 512, 4, 4))


def inputs(n: int, c: int, h: int, w: int) -> dict:
    return {"x": normal(n, c, h, w), "y": normal(n, c, h, w), "scale": normal(c), "b": normal(c),
            "mean": normal(c), "variance": uniform(0.5, 2, c), "channels": normal(c, 1, 1),
            "samples": uniform(0.1, 0.9, n, c, 2), "slopes": uniform(0.1, 0.5, c),
            "points": uniform(-1.1, 1.1, n, h, w, 2), "maps": normal(n, 2, 3)}


NORMS = Group(PICTURES, inputs, both={
    "batch_norm _standardize standardize_grad": (
        "F.batch_norm(x, None, None, scale, b, training=True)",
        "F.batch_norm(x, mean, variance, scale, b)"),
    "instance_norm": "F.instance_norm(x)",
    "group_norm": "F.group_norm(x, x.shape[1] // (4 if x.shape[1] > 3 else 1), scale, b)",
    "layer_norm": "F.layer_norm(x, x.shape[1:])",
    "softmax": "F.softmax(x, 1)", "log_softmax": "F.log_softmax(x, 1)",
    "sum": ("x.sum((0, 2, 3))", "x.sum(1)"), "mean": "x.mean((2, 3))", "amax": "x.amax(1)",
    "add": ("x + channels", "x + y"), "mul": "x * channels", "relu": "F.relu(x)",
    "prelu": "F.prelu(x, slopes)",
    "permute": ("x.permute(0, 2, 3, 1).contiguous()",
                "x.permute(1, 0, 2, 3).reshape(x.shape[1], -1)"),
    "cat": "t.cat([x, y], 1)", "stack": "t.stack([x, y], 1)", "flatten _flatten": "x.flatten(1)",
    "chunk": ("t.chunk(x, 2, 1)",),
})

SCENES = Group(PICTURES[:4], inputs, both={
    "local_response_norm": "F.local_response_norm(x, 5)",
    "std": "x.std((2, 3))", "flip": "t.flip(x, [3])", "roll": "t.roll(x, (1, 2), (2, 3))",
    "dropout2d": "F.dropout2d(x, 0.5)",
    "max_pool2d max_pool max_pool_grad": (
        "F.max_pool2d(x, 2)", "F.max_pool2d(x, 3, 2, 1)", "F.max_pool2d(x, 3, 1, 1)"),
    "avg_pool2d avg_pool avg_pool_grad": (
        "F.avg_pool2d(x, 2)", "F.avg_pool2d(x, 3, 2, 1)", "F.avg_pool2d(x, 3, 1, 1)"),
    "lp_pool2d": "F.lp_pool2d(x.abs(), 2, 2)",
    "adaptive_max_pool2d": ("F.adaptive_max_pool2d(x, 1)", "F.adaptive_max_pool2d(x, 3)"),
    "adaptive_avg_pool2d": ("F.adaptive_avg_pool2d(x, 1)", "F.adaptive_avg_pool2d(x, 3)"),
    "fractional_max_pool2d max_at_random":
        "F.fractional_max_pool2d(x, 2, (3, 3), _random_samples=samples)",
    "pad constant_pad": (
        "F.pad(x, (1, 1, 1, 1))", "F.pad(x, (2, 2, 2, 2), mode='reflect')",
        "F.pad(x, (1, 1, 1, 1), mode='replicate')", "F.pad(x, (1, 1, 1, 1), mode='circular')"),
    "unfold im2col": "F.unfold(x, 3, padding=1)",
    "fold col2im": "F.fold(F.unfold(x, 3, padding=1), x.shape[2:], 3, padding=1)",
    "interpolate mixture": (
        "F.interpolate(x, scale_factor=2)", "F.interpolate(x, scale_factor=2, mode='bilinear')",
        "F.interpolate(x, scale_factor=2, mode='bilinear', align_corners=True)",
        "F.interpolate(x, size=(5, 6), mode='bilinear')", "F.interpolate(x, size=(5, 6))"),
    "pixel_shuffle": "F.pixel_shuffle(x.reshape(x.shape[1], x.shape[0], *x.shape[2:])"
                     ".repeat(1, 4, 1, 1), 2)",
    "pixel_unshuffle": "F.pixel_unshuffle(x[:, :, :6, :6], 2)",
    "channel_shuffle native_channel_shuffle": "F.channel_shuffle(x, x.shape[1])",
    "interpolate-more": (
        "F.interpolate(x, size=(5, 6), mode='bilinear', antialias=True)",
        "F.interpolate(x, scale_factor=2, mode='bicubic')", "F.interpolate(x, 5, mode='area')"),
    "upsample": "F.upsample(x, scale_factor=2)",
    "upsample_nearest": "F.interpolate(x, scale_factor=2)",
    "upsample_bilinear": "F.interpolate(x, (5, 6), mode='bilinear', align_corners=True)",
    "grid_sample sample_points sample_points_grad sample_slopes": (
        "F.grid_sample(x, points, align_corners=False)",
        "F.grid_sample(x, points, 'bicubic', 'border', align_corners=False)"),
    "affine_grid": "F.affine_grid(maps, x.shape, align_corners=False)",
    "max_unpool2d":
        "F.max_unpool2d(*F.max_pool2d(x, 2, return_indices=True), 2, output_size=x.shape)",
    "max_pool2d_with_indices": "F.max_pool2d_with_indices(x, 2)[0]",
    "adaptive_max_pool2d_with_indices": "F.adaptive_max_pool2d_with_indices(x, 3)[0]",
    "fractional_max_pool2d_with_indices":
        "F.fractional_max_pool2d_with_indices(x, 2, (3, 3), _random_samples=samples)[0]",
})


def sequences(n: int, c: int, length: int) -> dict:
    return {"x": normal(n, c, length), "y": normal(n, c, length)}


SEQUENCES = Group(((1, 3, 11), (16, 32, 101), (64, 128, 200)), sequences, both={
    "max_pool1d": ("F.max_pool1d(x, 2)", "F.max_pool1d(x, 3, 2, 1)"),
    "avg_pool1d": ("F.avg_pool1d(x, 2)", "F.avg_pool1d(x, 3, 2, 1)"),
    "lp_pool1d": "F.lp_pool1d(x.abs(), 2, 2)",
    "adaptive_max_pool1d": "F.adaptive_max_pool1d(x, 3)",
    "max_unpool1d":
        "F.max_unpool1d(*F.max_pool1d(x, 2, return_indices=True), 2, output_size=x.shape)",
    "max_pool1d_with_indices": "F.max_pool1d_with_indices(x, 2)[0]",
    "adaptive_max_pool1d_with_indices": "F.adaptive_max_pool1d_with_indices(x, 3)[0]",
    "adaptive_avg_pool1d": "F.adaptive_avg_pool1d(x, 3)", "dropout1d": "F.dropout1d(x, 0.5)",
    "batch_norm": "F.batch_norm(x, None, None, training=True)",
    "pad": ("F.pad(x, (2, 2), mode='reflect')", "F.pad(x, (2, 2), mode='replicate')",
            "F.pad(x, (2, 2), mode='circular')", "F.pad(x, (4, 0))"),
    "interpolate": ("F.interpolate(x, scale_factor=2)",
                    "F.interpolate(x, scale_factor=2, mode='linear')"),
    "transpose": "x.transpose(1, 2).contiguous()", "softmax": "F.softmax(x, 1)",
    "cumsum": "t.cumsum(x, 2)", "diff": "x[:, :, 1:] - x[:, :, :-1]",
    "glu": "F.glu(t.cat([x, y], 1), 1)",
    "unfold": "x.unfold(2, 4, 2)",
})


def volumes(n: int, c: int, d: int, h: int, w: int) -> dict:
    return {"x": normal(n, c, d, h, w), "samples": uniform(0.1, 0.9, n, c, 3)}


VOLUMES = Group(((1, 2, 5, 6, 7), (2, 8, 9, 10, 11), (4, 32, 16, 16, 16)), volumes, both={
    "batch_norm": "F.batch_norm(x, None, None, training=True)",
    "interpolate": "F.interpolate(x, scale_factor=2)",
    "pad": "F.pad(x, (1, 1, 1, 1, 1, 1))", "softmax": "F.softmax(x, 1)",
    "dropout3d": "F.dropout3d(x, 0.5)", "feature_alpha_dropout":
        "F.feature_alpha_dropout(x, 0.5, True)",
    "max_pool3d": ("F.max_pool3d(x, 2)", "F.max_pool3d(x, 3, 2, 1)"),
    "avg_pool3d": ("F.avg_pool3d(x, 2)", "F.avg_pool3d(x, 3, 2, 1)"),
    "lp_pool3d": "F.lp_pool3d(x.abs(), 2, 2)",
    "adaptive_max_pool3d": ("F.adaptive_max_pool3d(x, 1)", "F.adaptive_max_pool3d(x, 3)"),
    "adaptive_avg_pool3d": ("F.adaptive_avg_pool3d(x, 1)", "F.adaptive_avg_pool3d(x, 3)"),
    "fractional_max_pool3d": "F.fractional_max_pool3d(x, 2, (3, 3, 3), _random_samples=samples)",
    "fractional_max_pool3d_with_indices":
        "F.fractional_max_pool3d_with_indices(x, 2, (3, 3, 3), _random_samples=samples)[0]",
    "max_unpool3d":
        "F.max_unpool3d(*F.max_pool3d(x, 2, return_indices=True), 2, output_size=x.shape)",
    "max_pool3d_with_indices": "F.max_pool3d_with_indices(x, 2)[0]",
    "adaptive_max_pool3d_with_indices": "F.adaptive_max_pool3d_with_indices(x, 3)[0]",
})
