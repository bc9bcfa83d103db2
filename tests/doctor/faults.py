"""Programs with one fault each: name -> (the program, the check, the place, words of the message).

A program gives model, loader, criterion and optimizer, and maybe the validation loader.
"""

from __future__ import annotations

import autograd
import nn
import optim
from tests.doctor.sound import images, tensors

F = nn.functional
FAULTS: dict[str, tuple] = {}


def fault(check: str, where: str, *words: str):
    def add(program):
        FAULTS[program.__name__] = program, check, where, words
        return program
    return add


def points(count=96, width=4, classes=3):
    x = autograd.randn(count, width)
    return x, x[:, :classes].argmax(1)


def mlp(width=4, classes=3, hidden=16):
    return nn.Sequential(nn.Linear(width, hidden), nn.ReLU(), nn.Linear(hidden, classes))


def classifier(model=None, loader=None, criterion=None, rate=1e-2, maker=optim.Adam):
    model = mlp() if model is None else model
    return (model, tensors(*points()) if loader is None else loader,
            criterion or nn.CrossEntropyLoss(), maker(model.parameters(), rate))


class Listed(nn.Module):
    """Its layers stand in a plain list."""

    def __init__(self):
        super().__init__()
        self.layers = [nn.Linear(4, 16), nn.Linear(16, 16)]
        self.head = nn.Linear(16, 3)

    def forward(self, x):
        for layer in self.layers:
            x = F.relu(layer(x))
        return self.head(x)


@fault("not registered", "layers", "plain list", "nn.ModuleList")
def layers_in_a_list():
    return quiet(lambda: classifier(Listed()))


def quiet(make):
    """What the library warns of as well."""
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return make()


class Plain(nn.Module):
    """A weight that is no Parameter."""

    def __init__(self):
        super().__init__()
        self.body = nn.Linear(4, 3)
        self.scale = autograd.ones(3, requires_grad=True)

    def forward(self, x):
        return self.body(x) * self.scale


@fault("not registered", "scale", "plain attribute", "nn.Parameter(")
def tensor_as_attribute():
    return classifier(Plain())


@fault("not in the optimizer", "2.weight, 2.bias", "2 of 4 parameters", "add_param_group")
def head_is_not_optimized():
    model, loader, criterion, _ = classifier()
    return model, loader, criterion, optim.Adam(model[0].parameters())


@fault("not in the optimizer", "optimizer", "none of which is this model's", "optim.SGD(model.par")
def optimizer_of_another_model():
    model, loader, criterion, _ = classifier()
    return model, loader, criterion, optim.SGD(mlp().parameters(), 0.1)


@fault("not reached", "optimizer", "belong to no module", "replaced")
def layer_replaced_afterwards():
    model, loader, criterion, optimizer = classifier()
    model[2] = nn.Linear(16, 3)
    optimizer.add_param_group({"params": model[2].parameters()})
    return model, loader, criterion, optimizer


class Unused(nn.Module):
    """Forward forgets a layer."""

    def __init__(self):
        super().__init__()
        self.body, self.extra = nn.Linear(4, 3), nn.Linear(3, 3)

    def forward(self, x):
        return self.body(x)


@fault("not reached", "extra.weight, extra.bias", "2 parameters get no gradient", "autograd.why(")
def layer_is_forgotten():
    return classifier(Unused())


class Cut(nn.Module):
    """The graph is cut behind all parameters."""

    def __init__(self):
        super().__init__()
        self.body = nn.Linear(4, 3)

    def forward(self, x):
        return self.body(x).detach()


@fault("no graph", "body.weight", "detach()", "autograd.why(")
def graph_is_cut():
    return classifier(Cut())


@fault("no graph", "model", "no parameters", "as an attribute")
def nothing_to_train():
    _, loader, criterion, _ = classifier()
    return nn.Flatten(), loader, criterion, optim.SGD([nn.Parameter(autograd.ones(3))], 0.1)


@fault("frozen", "model", "all 4 parameters are frozen", "requires_grad_(True)")
def everything_is_frozen():
    args = classifier()
    args[0].requires_grad_(False)
    return args


@fault("mode", "1, 3", "evaluation mode", "model.train()")
def evaluation_mode():
    model = nn.Sequential(nn.Linear(4, 16), nn.BatchNorm1d(16), nn.ReLU(), nn.Dropout(0.5),
                          nn.Linear(16, 3))
    return classifier(model.eval())


@fault("loss and output", "output", "cross_entropy applies softmax itself", "without the softmax")
def softmax_twice():
    return classifier(nn.Sequential(*mlp(), nn.Softmax(1)))


@fault("loss and output", "output", "the loss applies sigmoid itself", "nn.BCELoss()")
def sigmoid_twice():
    x, y = points()
    return classifier(nn.Sequential(*mlp(classes=1), nn.Sigmoid()),
                      tensors(x, (y > 0).float().unsqueeze(1)), nn.BCEWithLogitsLoss())


@fault("loss and output", "output", "logits come out of relu", "without the relu")
def relu_before_the_loss():
    return classifier(nn.Sequential(*mlp(), nn.ReLU()))


@fault("loss and output", "output", "softmax over one column", "nn.BCEWithLogitsLoss()")
def softmax_of_one_column():
    x, y = points()
    return classifier(nn.Sequential(*mlp(classes=1), nn.Softmax(1)),
                      tensors(x, (y > 0).float().unsqueeze(1)), nn.BCELoss())


@fault("loss and output", "output", "takes log-probabilities", "nn.CrossEntropyLoss()")
def logits_for_nll_loss():
    return classifier(criterion=nn.NLLLoss())


@fault("loss and output", "output", "there are 60 outputs", "nn.Linear(in_features, 3)")
def head_of_another_task():
    return classifier(mlp(classes=60), tensors(*points(192)))


@fault("loss and output", "output", "(16, 1) and targets (16,) are broadcast", ".reshape(y.shape)")
def broadcast_targets():
    x, _ = points()
    return classifier(mlp(classes=1), tensors(x, x.sum(1)), lambda out, y: ((out - y) ** 2).mean())


@fault("step fails", "model", "target 3 at position", "use target - 1")
def class_out_of_range():
    x, y = points()
    return classifier(loader=tensors(x, y + 1))


@fault("step fails", "model", "Linear", "in_features=")
def wrong_width():
    return classifier(mlp(width=5))


@fault("targets", "targets", "several classes at once", "nn.BCEWithLogitsLoss()")
def several_labels_for_cross_entropy():
    x, _ = points()
    return classifier(loader=tensors(x, (x[:, :3] > 0).float()))


@fault("targets", "output", "sigmoid gives numbers from 0 to 1", "without the activation")
def sigmoid_for_regression():
    x, _ = points()
    return classifier(nn.Sequential(*mlp(classes=1), nn.Sigmoid()),
                      tensors(x, 5 * x[:, :1]), nn.MSELoss())


@fault("targets", "targets", "all 96 targets that were looked at are 2", "print(dataset[0][1]")
def one_class_only():
    x, y = points()
    return classifier(loader=tensors(x, y * 0 + 2))


@fault("initial loss", "output", "guessing gives", "std=0.01")
def large_initial_weights():
    model = mlp()
    nn.init.normal_(model[2].weight, std=10)
    return classifier(model)


@fault("dead units", "1", "100% of the units of relu are 0", "nn.LeakyReLU()")
def dead_relus():
    model = mlp()
    nn.init.constant_(model[0].bias, -50)
    return classifier(model)


class Functional(nn.Module):
    """Its relu is no module."""

    def __init__(self):
        super().__init__()
        self.one, self.two = nn.Linear(4, 16), nn.Linear(16, 3)
        nn.init.constant_(self.one.bias, -50)

    def forward(self, x):
        return self.two(self.one(x).relu())


@fault("dead units", "", "relu at", "faults.py:")
def dead_functional_relu():
    return classifier(Functional())


@fault("saturated units", "1", "of the results of tanh", "xavier_uniform_")
def saturated_tanh():
    model = nn.Sequential(nn.Linear(4, 16), nn.Tanh(), nn.Linear(16, 3))
    nn.init.normal_(model[0].weight, std=50)
    return classifier(model)


@fault("vanishing gradients", "0.weight", "gradients shrink to", "nn.ReLU()")
def deep_sigmoids():
    layers = [layer for _ in range(12) for layer in (nn.Linear(8, 8), nn.Sigmoid())]
    model = nn.Sequential(nn.Linear(4, 8), *layers, nn.Linear(8, 3))
    return classifier(model)


@fault("exploding gradients", "weight", "the norm of its gradient", "clip_grad_norm_")
def exploding():
    layers = [nn.Linear(16, 16) for _ in range(8)]
    for layer in layers:
        nn.init.normal_(layer.weight, std=3)
    model = nn.Sequential(nn.Linear(4, 16), *layers, nn.Linear(16, 3))
    return classifier(model)


@fault("symmetry", "weight", "copies of one unit", "kaiming_uniform_")
def equal_weights():
    model = mlp()
    nn.init.constant_(model[0].weight, 0.5)
    nn.init.zeros_(model[0].bias)
    nn.init.constant_(model[2].weight, 0.5)
    return classifier(model)


@fault("no gradient", "0.weight, 2.weight", "is 0 in all elements", "autograd.why(")
def zero_weights():
    model = nn.Sequential(nn.Linear(4, 16), nn.Tanh(), nn.Linear(16, 3))
    for parameter in model.parameters():
        nn.init.zeros_(parameter)
    return classifier(model)


@fault("batch norm", "1", "the last of the batches of 16 has one sample", "drop_last=True")
def last_batch_of_one():
    model = nn.Sequential(nn.Linear(4, 16), nn.BatchNorm1d(16), nn.ReLU(), nn.Linear(16, 3))
    return classifier(model, tensors(*points(97)))


@fault("batch norm", "1", "batches have one sample", "nn.GroupNorm(")
def batches_of_one():
    model = nn.Sequential(nn.Conv2d(1, 4, 3), nn.BatchNorm2d(4), nn.ReLU(), nn.Flatten(),
                          nn.Linear(4 * 36, 4))
    return classifier(model, images(batch=1))


@fault("learning rate", "optimizer", "too high", "['lr'] =")
def rate_too_high():
    x, _ = points()
    return classifier(nn.Linear(4, 1), tensors(x, x[:, :1]), nn.MSELoss(), 5.0, optim.SGD)


@fault("learning rate", "optimizer", "1 is too high", "each moves the weights", "['lr'] =")
def rate_that_jumps_about():
    return classifier(mlp(hidden=32), rate=1.0)


@fault("learning rate", "optimizer", "too low", "['lr'] =")
def rate_too_low():
    return classifier(rate=1e-7)


@fault("learning rate", "optimizer", "is 0", "1e-3")
def rate_of_zero():
    return classifier(rate=0.0)


@fault("learning rate", "optimizer", "maximize=True", "False")
def uphill():
    return classifier(maker=lambda parameters, rate: optim.SGD(parameters, rate, maximize=True))


class Blind(nn.Module):
    """Multiplies its input away."""

    def __init__(self):
        super().__init__()
        self.body = mlp()

    def forward(self, x):
        return self.body(x) * 1e-30


@fault("cannot overfit", "model", "cannot learn one batch by heart", "autograd.why(")
def nothing_comes_out():
    return classifier(Blind(), maker=optim.SGD)
