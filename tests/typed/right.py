"""A user's program, as checkers and editors see it: everything here is right."""

from __future__ import annotations

import autograd
import data
import nn
import nn.functional as F
import optim
from autograd import Tensor


class Block(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.linear = nn.Linear(width, width)
        self.norm = nn.LayerNorm(width)
        self.scale = nn.Parameter(autograd.ones(width))

    def forward(self, x: Tensor) -> Tensor:
        return x + F.gelu(self.norm(self.linear(x))) * self.scale


def train(model: nn.Module, loader: data.DataLoader) -> float:
    optimizer = optim.Adam(model.parameters(), lr=1e-3)
    criterion = nn.CrossEntropyLoss()
    total = 0.0
    for images, labels in loader:
        loss = criterion(model(images), labels)
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        total += loss.item()
    return total


def ops(x: Tensor) -> Tensor:
    y = (2 * x - 1) / (x ** 2 + 1) @ x.t()
    best, places = y.max(dim=1)
    values, indices = autograd.sort(y, descending=True)
    top = autograd.topk(y, 3).values
    halves = x.split(2, dim=0)
    mask = (x > 0) & ~(x == 1)
    y[0, :] = 3.0
    picked = y[mask][:, None]
    x.add_(1).mul_(2.0).clamp_(min=0)
    z = autograd.where(mask, x, 0.0) + autograd.cat([*halves], dim=0).sum(dim=(0, 1), keepdim=True)
    first: Tensor = autograd.exp(input=x).mean()
    n: int = x.numel() + len(x.shape) + x.shape[0]
    if bool(mask.any()) and autograd.equal(values, best) and n > 3:
        z = z.reshape(-1, 2).permute(1, 0).float()
    gradient, = autograd.grad(first, (x,), create_graph=True)
    with autograd.no_grad():
        loss = F.mse_loss(input=z, target=autograd.zeros_like(z), reduction="sum")
    return picked + places + indices + top + z + autograd.stack([loss, first]).max() + gradient


def main() -> None:
    autograd.manual_seed(0)
    digits = data.datasets.Digits(train=True, transform=data.transforms.ToTensor())
    model = nn.Sequential(nn.Flatten(), nn.Linear(64, 32), nn.ReLU(), Block(32), nn.Linear(32, 10))
    x = autograd.tensor([[1.0, 2.0]], dtype=autograd.float64, requires_grad=True)
    print(train(model, data.DataLoader(digits, batch_size=32, shuffle=True)), ops(x).shape, x.grad)
    print(autograd.gradcheck(lambda a: a.exp().sum(), (x,)))


if __name__ == "__main__":
    main()
