"""What checkers must find: every line that says so, and no other."""

import autograd
import nn
import nn.functional as F

x = autograd.ones(2, 3)
x.expp()  # wrong
autograd.expp(x)  # wrong
autograd.exp()  # wrong
autograd.exp(x, 2)  # wrong
autograd.exp(x, bogus=3)  # wrong
autograd.add(x)  # wrong
x.add()  # wrong
x.sum(0).sqrtt()  # wrong
x.sum(0).sqrt()
x.add_(1, alpha=2)
x.add_(1, alfa=2)  # wrong
F.mse_loss(x)  # wrong
F.mse_loss(x, x, reduktion="sum")  # wrong
F.mse_loss(x, x, reduction="sum").item()
autograd.zeros_like()  # wrong
(x + 1).foo  # wrong
(x + "a")  # wrong
nn.Linear(3)  # wrong
nn.Linear(3, 4)(x).soft()  # wrong
nn.Linear(3, 4)(x).softmax(-1)
x.max(dim=1).indexes  # wrong
x.max(dim=1).indices.item()
autograd.tensor([1.0]).item()
