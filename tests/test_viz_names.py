"""What a box of the drawn graph calls an op: the function that the user called."""

from functools import partial

import pytest

import autograd
import nn

ones = partial(autograd.ones, requires_grad=True)
F = nn.functional
X, VOLUME, ROW = autograd.ones(2, 4, 6, 6), autograd.ones(2, 4, 3, 3, 3), autograd.ones(2, 4, 5)


@pytest.mark.parametrize(("name", "call"), [
    ("conv1d", lambda: F.conv1d(ROW, ones(3, 4, 2))),
    ("conv2d", lambda: F.conv2d(X[0], ones(3, 4, 2, 2))),
    ("conv3d", lambda: F.conv3d(VOLUME, ones(3, 4, 2, 2, 2))),
    ("conv_transpose1d", lambda: F.conv_transpose1d(ROW, ones(4, 3, 2))),
    ("conv_transpose2d", lambda: F.conv_transpose2d(X, ones(4, 3, 2, 2))),
    ("batch_norm", lambda: F.batch_norm(X, None, None, ones(4), training=True)),
    ("batch_norm", lambda: nn.BatchNorm2d(4).eval()(X)),
    ("instance_norm", lambda: F.instance_norm(X, weight=ones(4))),
    ("group_norm", lambda: F.group_norm(X, 2, ones(4))),
    ("layer_norm", lambda: F.layer_norm(X, (6,), ones(6))),
    ("rms_norm", lambda: F.rms_norm(X, (6, 6), ones(6, 6))),
    ("dropout", lambda: F.dropout(ones(4))),
    ("flatten", lambda: ones(2, 3, 4).flatten(1)),
    ("flatten", lambda: nn.Flatten()(ones(2, 3, 4))),
    ("reshape", lambda: ones(2, 3, 4).reshape(2, -1)),
    ("einsum", lambda: autograd.einsum("ij,jk->ik", ones(2, 3), ones(3, 2))),
    ("gather", lambda: ones(3, 2).gather(0, autograd.tensor([[0, 1]]))),
    ("pad", lambda: F.pad(ones(4), (1, 2))),
    ("scaled_dot_product_attention", lambda: F.scaled_dot_product_attention(
        ones(1, 3, 4), ones(1, 3, 4), ones(1, 3, 4))),
    ("index_select", lambda: ones(3, 2).index_select(0, autograd.tensor([1, 0]))),
    ("binary_cross_entropy_with_logits",
     lambda: F.binary_cross_entropy_with_logits(ones(4), autograd.ones(4), reduction="sum")),
])
def test_a_box_says_what_the_user_called(name, call):
    boxes = autograd.viz.graph(call())._boxes.values()
    assert name in {box.name.split()[0] for box in boxes if box.kind == "op"}


@pytest.mark.parametrize(("text", "call"), [
    ("pow 2", lambda: ones(3) ** 2),
    ("mul 3", lambda: ones(3) * 3.0),
    ("div 4", lambda: ones(3) / 4),
    ("sum", lambda: ones(2, 3).sum()),
    ("sum dim=1", lambda: ones(2, 3).sum(1)),
    ("max dim=0", lambda: ones(2, 3).max(0)[0]),
    ("transpose 0, 1", lambda: ones(2, 3).transpose(0, 1)),
    ("getitem [:, 0:2]", lambda: ones(2, 3)[:, 0:2]),
    ("getitem [..., None]", lambda: ones(2, 3)[..., None]),
    ("cat dim=1", lambda: autograd.cat([ones(2, 3), ones(2, 3)], 1)),
    ("conv2d", lambda: F.conv2d(X, ones(3, 4, 2, 2))),
    ("conv2d stride=2, padding=1", lambda: F.conv2d(X, ones(3, 4, 2, 2), stride=2, padding=1)),
    ("max_pool2d", lambda: F.max_pool2d(ones(1, 4, 4), 2)),
    ("dropout p=0.3", lambda: F.dropout(ones(4), 0.3)),
    ("clamp max=1", lambda: ones(3).clamp(max=1)),
])
def test_a_box_tells_the_attributes_that_matter(text, call):
    boxes = autograd.viz.graph(call())._boxes.values()
    assert text in {box.name for box in boxes if box.kind == "op"}
