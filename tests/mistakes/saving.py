"""What is saved, loaded, and put into models, optimizers and schedulers."""

from tests.mistakes.entry import Mistake

LINEAR = "model = nn.Linear(2, 1); state = {'weight': ag.ones(1, 2), 'bias': ag.ones(1)}\n"
FOLDER = "import os; path = folder + '/m.npz'\n"  # folder is a new one of the test
SGD = "optimizer = optim.SGD(nn.Linear(1, 1).parameters(), lr=0.1)\n"
ADAM = "optimizer = optim.Adam(nn.Linear(2, 1).parameters())\n"

MISTAKES = [
    Mistake("names of DataParallel",
            LINEAR + "state = {'module.' + k: v for k, v in state.items()}\n"
            "model.load_state_dict(state)",
            ("Linear.load_state_dict", "begin with 'module.'", "weight (1, 2)",
             "{k.removeprefix('module.'): v for k, v in state_dict.items()}"),
            LINEAR + "state_dict = {'module.' + k: v for k, v in state.items()}\n"
            "model.load_state_dict({k.removeprefix('module.'): v for k, v in state_dict.items()})"),
    Mistake("a bias that is missing", LINEAR + "del state['bias']; model.load_state_dict(state)",
            ("Linear.load_state_dict", "1 of the keys", "bias (1,)", "missing"),
            LINEAR + "model.load_state_dict(state)"),
    Mistake("a scale too many",
            LINEAR + "state['scale'] = ag.ones(1); model.load_state_dict(state)",
            ("Linear.load_state_dict", "scale (1,)", "unexpected"),
            LINEAR + "state['scale'] = ag.ones(1); model.load_state_dict(state, strict=False)"),
    Mistake("a checkpoint for a state dict",
            LINEAR + "checkpoint = {'model': state, 'epoch': 3}; model.load_state_dict(checkpoint)",
            ("Linear.load_state_dict", "model dict", "load_state_dict(checkpoint['model'])"),
            LINEAR + "checkpoint = {'model': state, 'epoch': 3}\n"
            "model.load_state_dict(checkpoint['model'])"),
    Mistake("a path for a state dict",
            LINEAR + FOLDER + "ag.save(state, path); model.load_state_dict('m.npz')",
            ("Linear.load_state_dict", "str", "load_state_dict(autograd.load('m.npz'))"),
            LINEAR + FOLDER + "ag.save(state, path); model.load_state_dict(ag.load(path))"),
    Mistake("a module for a state dict", LINEAR + "model.load_state_dict(nn.Linear(2, 1))",
            ("Linear.load_state_dict", "got Linear", "pass its .state_dict()"),
            LINEAR + "model.load_state_dict(nn.Linear(2, 1).state_dict())"),
    Mistake("state_dict not called", LINEAR + "model.load_state_dict(nn.Linear(2, 1).state_dict)",
            ("got the method Linear.state_dict", "write () behind it"),
            LINEAR + "model.load_state_dict(nn.Linear(2, 1).state_dict())"),
    Mistake("a whole module saved", LINEAR + FOLDER + "ag.save(model, path)",
            ("save: obj is Linear", ".state_dict()", "model.load_state_dict(autograd.load(path))"),
            LINEAR + FOLDER + "ag.save(model.state_dict(), path)\n"
            "model.load_state_dict(ag.load(path))"),
    Mistake("a function saved", LINEAR + FOLDER + "ag.save({'schedule': lambda t: t}, path)",
            ("obj['schedule'] is function", "a function is code"),
            LINEAR + FOLDER + "ag.save({'schedule': 'linear'}, path)"),
    Mistake("path and object exchanged", LINEAR + FOLDER + "ag.save(path, state)",
            ("save: f must be a path", "got dict"), LINEAR + FOLDER + "ag.save(state, path)"),
    Mistake("a folder that is not there", FOLDER + "ag.save([1], folder + '/no/m.npz')",
            ("save: the folder", "/no is missing", "os.makedirs"),
            FOLDER + "os.makedirs(folder + '/no'); ag.save([1], folder + '/no/m.npz')"),
    Mistake("a file that is not there",
            FOLDER + "ag.save([1], path); ag.load(folder + '/n.npz')",
            ("load: there is no file", "/n.npz'", "did you mean 'm.npz'?"),
            FOLDER + "ag.save([1], path); ag.load(folder + '/m.npz')"),
    Mistake("a file of another kind",
            FOLDER + "with open(path, 'w') as file: file.write('a,b')\nag.load(path)",
            ("load:", "m.npz", "was not written by autograd.save or PyTorch"),
            FOLDER + "ag.save([1], path); ag.load(path)"),
    Mistake("a model with a method save", LINEAR + "model.save('model.npz')",
            ("Linear", "'save'", "autograd.save(model.state_dict(), 'model.npz')"),
            LINEAR + FOLDER + "ag.save(model.state_dict(), path)"),
    Mistake("state of another optimizer",
            ADAM + SGD.replace("optimizer", "other")
            + "optimizer.load_state_dict(other.state_dict())",
            ("Adam.load_state_dict", "betas", "another kind of optimizer"),
            ADAM + "optimizer.load_state_dict(optimizer.state_dict())"),
    Mistake("state of a model for an optimizer",
            LINEAR + ADAM + "optimizer.load_state_dict(model.state_dict())",
            ("Adam.load_state_dict", "'state' and 'param_groups'", "'weight', 'bias'"),
            LINEAR + ADAM + "optimizer.load_state_dict(optimizer.state_dict())"),
    Mistake("state of more parameters",
            ADAM + "more = optim.Adam(nn.Bilinear(1, 1, 1).parameters())\n"
            "more.add_param_group({'params': [ag.ones(1, requires_grad=True)]})\n"
            "optimizer.load_state_dict(more.state_dict())",
            ("Adam.load_state_dict", "[2, 1] parameters", "[2]", "build it"),
            ADAM + "same = optim.Adam(nn.Linear(2, 1).parameters())\n"
            "optimizer.load_state_dict(same.state_dict())"),
    Mistake("milestones as a number", SGD + "optim.lr_scheduler.MultiStepLR(optimizer, 30)",
            ("MultiStepLR", "milestones", "int 30", "[30, 80]"),
            SGD + "optim.lr_scheduler.MultiStepLR(optimizer, [30])"),
    Mistake("no metric", SGD + "optim.lr_scheduler.ReduceLROnPlateau(optimizer).step(None)",
            ("ReduceLROnPlateau.step", "metrics", "scheduler.step(loss)", "NoneType"),
            SGD + "optim.lr_scheduler.ReduceLROnPlateau(optimizer).step(0.5)"),
    Mistake("OneCycleLR without length", SGD + "optim.lr_scheduler.OneCycleLR(optimizer, 1)",
            ("OneCycleLR", "total_steps", "epochs=10, steps_per_epoch=len(loader)"),
            SGD.replace("lr=0.1", "lr=0.1, momentum=0.9")
            + "optim.lr_scheduler.OneCycleLR(optimizer, 1, epochs=10, steps_per_epoch=3)"),
    Mistake("steps beyond the cycle",
            "optimizer = optim.SGD([ag.ones(1, requires_grad=True)], lr=0.1, momentum=0.9)\n"
            "scheduler = optim.lr_scheduler.OneCycleLR(optimizer, 1, total_steps=3)\n"
            "with ag.hints(False):\n for _ in range(6): optimizer.step(); scheduler.step()",
            ("OneCycleLR", "step 4 of a cycle of 3", "total_steps = epochs * len(loader)"),
            "optimizer = optim.SGD([ag.ones(1, requires_grad=True)], lr=0.1, momentum=0.9)\n"
            "scheduler = optim.lr_scheduler.OneCycleLR(optimizer, 1, total_steps=6)\n"
            "with ag.hints(False):\n for _ in range(6): optimizer.step(); scheduler.step()"),
    Mistake("a factor for a function", SGD + "optim.lr_scheduler.LambdaLR(optimizer, 0.5)",
            ("LambdaLR", "lr_lambda", "lambda epoch: 0.9 ** epoch", "float 0.5"),
            SGD + "optim.lr_scheduler.LambdaLR(optimizer, lambda epoch: 0.9 ** epoch)"),
    Mistake("a step that is a text", SGD + "optim.lr_scheduler.StepLR(optimizer, '2')",
            ("StepLR", "step_size", "number above 0", "str"),
            SGD + "optim.lr_scheduler.StepLR(optimizer, 2)"),
    Mistake("name of a scheduler", "optim.lr_scheduler.CosineAnealingLR",
            ("'optim.lr_scheduler'", "'CosineAnealingLR'", "'CosineAnnealingLR'"),
            "optim.lr_scheduler.CosineAnnealingLR"),
    Mistake("modules to optimize", "optim.SGD([nn.Linear(1, 1)], lr=0.1)",
            ("SGD", "params[0]", "Linear", ".parameters()"),
            "optim.SGD([{'params': nn.Linear(1, 1).parameters()}], lr=0.1)"),
    Mistake("LBFGS without a closure", "optim.LBFGS(nn.Linear(1, 1).parameters()).step()",
            ("LBFGS.step", "closure", "backward()"),
            "model = nn.Linear(1, 1); optimizer = optim.LBFGS(model.parameters())\n"
            "def closure():\n optimizer.zero_grad(); loss = (model(ag.ones(1, 1)) ** 2).sum()\n"
            " loss.backward(); return loss\noptimizer.step(closure)"),
    Mistake("a parameter in two groups",
            "model = nn.Linear(1, 1)\n"
            "optim.SGD([{'params': model.parameters()}, {'params': [model.weight]}], lr=0.1)",
            ("SGD", "params[0] of group 1", "(1, 1)", "was given before"),
            "model = nn.Linear(1, 1)\n"
            "optim.SGD([{'params': [model.bias]}, {'params': [model.weight]}], lr=0.1)"),
]
