"""What is said of a state dict that does not fit a model."""

from __future__ import annotations

from os import PathLike, fsdecode

from autograd.errors import did_you_mean, uncalled


def account(who: str, shapes: dict, given: dict, misfits: list, missing: list,
            unexpected: list) -> str:
    """The message: a line of advice where one change mends all, then a table.

    `shapes` has the shape, or kind, of each name in the model, and `given` those in the state dict.
    """
    rows = [("in the model", "in the state dict", "problem")]
    for name in misfits:
        rows.append((f"{name} {shapes[name]}", f"{name} {given[name]}",
                     _misfit(shapes[name], given[name])))
    rows += [(f"{name} {shapes.get(name, '')}".rstrip(), "-", "missing") for name in missing]
    free = [name for name in missing if name in shapes] or list(shapes)
    for name in unexpected:
        shape = given.get(name, "")
        rows.append(("-", f"{name} {shape}".rstrip(),
                     "unexpected" + _meant(name, shape, free, shapes)))
    widths = [max(len(row[i]) for row in rows) for i in range(2)]
    table = [f"  {a:<{widths[0]}}  {b:<{widths[1]}}  {c}" for a, b, c in rows]
    return "\n".join([f"{who}.load_state_dict: {len(rows) - 1} of the keys do not fit; nothing was "
                      f"loaded.{_prefix_advice(shapes, given) or _within(shapes, given)}", *table])


def as_mapping(value) -> str:
    """How to come from what was given for a state dict to one."""
    if isinstance(value, (str, bytes, PathLike)):
        return f"; read the file first: load_state_dict(autograd.load({fsdecode(value)!r}))"
    if hasattr(value, "state_dict"):
        return "; pass its .state_dict()"
    if hasattr(value, "__next__"):
        return "; model.state_dict() gives one, model.parameters() does not"
    return uncalled(value)


def _within(shapes: dict, given: dict) -> str:
    """Which entry of a checkpoint is the state dict, where it is not the checkpoint itself."""
    dicts = [name for name, shape in given.items() if shape == "dict"]
    if len(dicts) == 0 or shapes.keys() & given.keys():
        return ""
    return (f"\nThis looks like a checkpoint that holds a state dict: load_state_dict("
            f"checkpoint[{dicts[0]!r}])")


def _misfit(wanted, got) -> str:
    if not (isinstance(wanted, tuple) and isinstance(got, tuple)):
        return "one of them has no shape yet"
    return "shape; the transpose fits: .T" if got[::-1] == wanted else "shape"


def _meant(name: str, shape, free: list[str], shapes: dict) -> str:
    """The free key that an unexpected one most likely stands for: a near name, if possible one of
    its shape."""
    same = [key for key in free if shapes[key] == shape]
    return did_you_mean(name, same) or did_you_mean(name, free)


def _prefix_advice(shapes: dict, given: dict) -> str:
    """What to do where all names differ by one prefix, as DataParallel's `module.`."""
    strip = "{{k.removeprefix({0!r}): v for k, v in state_dict.items()}}"
    prepend = "{{{0!r} + k: v for k, v in state_dict.items()}}"
    for longer, shorter, where, advice in ((given, shapes, "state dict", strip),
                                           (shapes, given, "model", prepend)):
        first = next(iter(shorter), "")
        for prefix in {key[: -len(first)] for key in longer if key.endswith(f".{first}")}:
            if all(prefix + key in longer for key in shorter):
                return (f"\nAll names of the {where} begin with {prefix!r}; this fits: "
                        f"{advice.format(prefix)}")
    return ""
