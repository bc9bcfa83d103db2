"""The calls of a model's modules as a drawing: boxes in frames, down to a chosen depth.

An edge is a tensor that one module, or an op between modules, made and another used. Calls of equal
modules, each on what the one before gave, are drawn once with their number, and so are several that
take turns: one round of them, in a frame.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from ..node import Leaf, Node, Output
from ..tensors import Tensor
from .costs import memory
from .names import called, described, shape_text
from .rounds import Round, rounds
from .style import Arrow, Box, elided, printable, short_count
from .trace import Call, Trace

IN, OUT = "in", "out"  # the upper and the lower border of a frame
_LONGEST = 44  # characters in a line of a box


class Level:
    """What stands in one frame: boxes and frames by name, and arrows between them, the frame's
    borders IN and OUT among them."""

    def __init__(self) -> None:
        self.boxes: dict[str, Box | Frame] = {}
        self.arrows: list[Arrow] = []


class Frame(NamedTuple):
    """A box with others in it."""

    title: Box
    level: Level


def drawing(trace: Trace, depth: int) -> Level:
    """The drawing of a model: its inputs, itself, its outputs."""
    level, maker = Level(), _Maker(trace)
    root = trace.root
    level.boxes["model"] = maker.box(root, [], depth)
    for i, (name, tensor) in enumerate(root.inputs):
        shown = f"input {name}" if len(root.inputs) > 1 else "input"
        level.boxes[f"input{i}"] = Box("input", printable(shown), _tensor_text(tensor))
        level.arrows.append(Arrow(f"input{i}", "model", heavy=True))
    for i, (name, tensor) in enumerate(root.outputs):
        shown = f"output {name}" if len(root.outputs) > 1 else "output"
        level.boxes[f"output{i}"] = Box("output", printable(shown), _tensor_text(tensor))
        level.arrows.append(Arrow("model", f"output{i}", heavy=True))
    return level


class _Item:
    """A call or an op in a level, and how many more of its kind stand behind it."""

    def __init__(self, thing: Call | Node) -> None:
        self.thing = thing
        self.key = f"{'c' if isinstance(thing, Call) else 'n'}{_begin(thing)}"
        self.others: list[_Item] = []
        self.varies = False  # whether the attributes of an op are others in other rounds
        self.sources: dict[str, str] = {}  # key of what it uses -> the shape of that


class _Maker:
    """Makes boxes and levels of a trace."""

    def __init__(self, trace: Trace) -> None:
        self.trace = trace
        self.names = {parameter._node: name
                      for name, parameter in trace.root.module.named_parameters()
                      if parameter._node is not None}
        self.made: dict[int, list[Call]] = {}  # id of memory -> calls that put it out
        for call in sorted(trace.calls, key=lambda call: call.stop):
            for _, tensor in call.outputs:
                self.made.setdefault(id(memory(tensor._array)), []).append(call)

    def box(self, call: Call, others: list[Call], depth: int) -> Box | Frame:
        """A call as a box, or with what is in it as a frame; it stands for the others too."""
        own, count = _parameters(call.module), 1 + len(others)
        name = call.path if call.parent is None else _inside(call.path, call.parent.path)
        if others and others[-1].path != call.path:
            name += f"-{others[-1].path.rpartition('.')[2]}"
        kind = type(call.module).__name__
        title = f"{name}: {kind}" if name else kind
        if count > 1:
            title += f" ×{count}"
        notes = []
        if own:
            notes.append(f"{own:,} parameter{'s' * (own != 1)}")
        flops = 2 * self.trace.multiply_adds(call)
        if flops:
            notes.append(f"{short_count(flops)} FLOPs")
        if count > 1 and notes:
            notes[-1] += " each"
        title = printable(elided(title, _LONGEST))
        if depth > 0 and call.children:
            return Frame(Box("frame", title, ", ".join(notes)), self.level(call, depth - 1))
        settings = "" if call.children else _settings(call.module)
        return Box("layer" if own else "plain", title, printable(elided(settings, _LONGEST)),
                   tuple(notes))

    def level(self, call: Call, depth: int) -> Level:
        """What is in a call."""
        things: list[Call | Node] = sorted([*call.children, *call.nodes], key=_begin)
        items = [_Item(thing) for thing in things]
        keys = {item.thing: item.key for item in items}
        for item in items:
            item.sources = dict(self._sources(item.thing, call, keys))
            if not item.sources and isinstance(item.thing, Call) and item.thing.inputs:
                item.sources[IN] = ""  # integers computed from what came in, for one
        ends = dict(self._ends(call, keys))
        items, renamed = _collapsed(items)
        uses = [_uses(item, renamed).keys() - {item.key} for item in items]
        level = Level()
        self._fill(level, rounds(items, uses, {renamed.get(key, key) for key in ends}, self._like),
                   renamed, depth)
        for key in dict.fromkeys(renamed.get(key, key) for key in ends):
            level.arrows.append(Arrow(key, OUT, heavy=True))
        return level

    def _fill(self, level: Level, items: list[_Item | Round], renamed: dict[str, str],
              depth: int) -> None:
        """Boxes for the items, and arrows from what they use."""
        told: set[str] = set()
        box: Box | Frame
        for item in items:
            if isinstance(item, Round):
                key, box, sources = self._round(item, renamed, depth)
            else:
                key, sources = item.key, _uses(item, renamed)
                box = (self.box(item.thing, [other.thing for other in item.others
                                             if isinstance(other.thing, Call)], depth)
                       if isinstance(item.thing, Call)
                       else self.op(item.thing, 1 + len(item.others), item.varies))
            level.boxes[key] = box
            for source, text in sources.items():
                if source != key:
                    level.arrows.append(Arrow(source, key, True, _once(source, text, told)))

    def _round(self, found: Round, renamed: dict[str, str],
               depth: int) -> tuple[str, Frame, dict[str, str]]:
        """The key, the frame and the sources of a repetition; whoever uses its last items, uses
        the frame."""
        key = f"r{found.items[0].key}"
        own = {item.key for item in found.items}
        sources = {source: text for item in found.items
                   for source, text in _uses(item, renamed).items() if source not in own}
        within = {name: IN if target in sources else target for name, target in renamed.items()}
        within |= dict.fromkeys(sources, IN)
        for item, *others in zip(found.items, *found.others, strict=True):
            item.varies = isinstance(item.thing, Node) and any(
                described(other.thing) != described(item.thing) for other in others)
        inner = Level()
        self._fill(inner, found.items, within, depth)
        inner.arrows += [Arrow(item.key, OUT, heavy=True)
                         for item, used in zip(found.items, found.used, strict=True) if used]
        all_of_them = {item.key for items in (found.items, *found.others) for item in items}
        renamed |= {name: key for name, target in renamed.items() if target in all_of_them}
        renamed |= dict.fromkeys(all_of_them, key)
        return key, Frame(self._round_title(found), inner), sources

    def _round_title(self, found: Round) -> Box:
        """From which module to which, and how often."""
        first, last = ([item.thing for item in items if isinstance(item.thing, Call)]
                       for items in (found.items, found.others[-1]))
        begin, end = first[0], last[-1]
        if begin.path == last[0].path:  # the same modules in each round
            end = first[-1]
        name = begin.path if begin.parent is None else _inside(begin.path, begin.parent.path)
        if end.path != begin.path:
            name += f"-{end.path.rpartition('.')[2]}"
        own = sum(_parameters(call.module) for call in first)
        notes = [f"{own:,} parameter{'s' * (own != 1)}"] if own else []
        flops = 2 * sum(self.trace.multiply_adds(call) for call in first)
        if flops:
            notes.append(f"{short_count(flops)} FLOPs")
        title = f"{elided(name, _LONGEST)} ×{1 + len(found.others)}"
        return Box("frame", printable(title), ", ".join(notes) + " each" * bool(notes))

    def _like(self, item: _Item) -> tuple[bool, tuple]:
        """Whether an item is a module, and what two have in common that may be drawn as one."""
        if isinstance(item.thing, Call):
            return True, (_kind(item.thing), len(item.others))
        own = [self.names[parent] for parent in item.thing.parents if parent in self.names]
        return False, (called(item.thing), tuple(item.thing.shape), own, len(item.others))

    def op(self, node: Node, count: int, varies: bool) -> Box:
        """An op between modules, with the names of parameters that it uses itself."""
        names = [self.names[parent] for parent in node.parents if parent in self.names]
        name = described(node) if count == 1 and not varies else called(node)
        return Box("function", f"{name} ×{count}" if count > 1 else name,
                   printable(elided(", ".join(names), _LONGEST)))

    def _sources(self, thing: Call | Node, call: Call, keys: dict) -> Iterator[tuple[str, str]]:
        """(key, shape) of what a call or an op in `call` uses."""
        if isinstance(thing, Call):
            nodes: Iterable[Node] = (node for inner in thing.inside() for node in inner.nodes)
            for _, tensor in thing.inputs:
                key = "" if tensor._node is not None else self._maker(tensor, thing, call, keys)
                if key:
                    yield key, _tensor_text(tensor)
        else:
            nodes = (thing,)
        for node in nodes:
            for parent in node.parents:
                if parent is not None and not (isinstance(thing, Call) and self._is_in(
                        parent, thing)):
                    key = self._key(parent, call, keys)
                    if key:
                        yield key, shape_text(parent.shape, parent.dtype)

    def _ends(self, call: Call, keys: dict) -> Iterator[tuple[str, str]]:
        for (_, tensor), node in zip(call.outputs, call.results, strict=True):
            if node is not None:
                key = self._key(node, call, keys)
            else:
                key = self._maker(tensor, call, call, keys)
            if key and key != IN:
                yield key, ""

    def _is_in(self, node: Node, call: Call) -> bool:
        return node not in self.trace.sources and call.start < node.seq < call.stop

    def _key(self, node: Node, call: Call, keys: dict) -> str:
        """What in `call` made a node: IN for what came from outside, "" for parameters."""
        if isinstance(node, Leaf):
            return IN if node in self.trace.sources else ""
        if isinstance(node, Output):
            node = node.parents[0]  # type: ignore[assignment]
        home: Call | None = self.trace.home[node]
        if home is call:
            return keys[node]
        while home is not None and home.parent is not call:
            home = home.parent
        return IN if home is None else keys[home]

    def _maker(self, tensor: Tensor, before: Call, call: Call, keys: dict) -> str:
        """What in `call` put out a tensor without history, by its memory; "" if it is unknown."""
        for made in reversed(self.made.get(id(memory(tensor._array)), ())):
            if made.stop <= before.start or (before is call and made.stop < call.stop
                                             and made.start > call.start):
                home: Call | None = made
                while home is not None and home.parent is not call:
                    home = home.parent
                return IN if home is None else keys[home]
        given = {id(memory(tensor._array)) for _, tensor in call.inputs}
        return IN if id(memory(tensor._array)) in given else ""


def _uses(item: _Item, renamed: dict[str, str]) -> dict[str, str]:
    """Keys and shapes of what an item and those that it stands for use."""
    return {renamed.get(key, key): text for one in (item, *item.others)
            for key, text in one.sources.items()}


def _begin(thing: Call | Node) -> int:
    return thing.start if isinstance(thing, Call) else thing.seq


def _once(key: str, text: str, told: set[str]) -> str:
    """The shape as a label, where that does not stand there already."""
    if key == IN or key + text in told:
        return ""
    told.add(key + text)
    return text


def _collapsed(items: list[_Item]) -> tuple[list[_Item], dict[str, str]]:
    """The items without repetitions, and the key of the first of them by the keys of the others."""
    renamed: dict[str, str] = {}
    run: _Item | None = None
    behind: set[str] = set()  # keys of what uses the run, beside the run itself
    for item in items:
        if run is not None and isinstance(item.thing, Call):
            last = run.others[-1] if run.others else run
            if (last.key in item.sources and _kind(last.thing) == _kind(item.thing)
                    and not behind & item.sources.keys()):
                run.others.append(item)
                renamed[item.key] = run.key
                continue
        if run is not None and any(key in behind or renamed.get(key, key) == run.key
                                   for key in item.sources):
            behind.add(item.key)
        if isinstance(item.thing, Call):
            run, behind = item, set()
    kept = [item for item in items if item.key not in renamed]
    return _parallel(kept, renamed), renamed


def _parallel(items: list[_Item], renamed: dict[str, str]) -> list[_Item]:
    """The items, with ops of one kind between the same two drawn once: the slices of a sequence."""
    users: dict[str, set[str]] = {}
    for item in items:
        for one in (item, *item.others):
            for key in one.sources:
                users.setdefault(key, set()).add(item.key)
    first: dict[tuple, _Item] = {}
    kept = []
    for item in items:
        if isinstance(item.thing, Node) and len(users.get(item.key, ())) == 1:
            sources = frozenset(renamed.get(key, key) for key in item.sources)
            kind = (called(item.thing), tuple(item.thing.shape), sources, *users[item.key])
            same = first.setdefault(kind, item)
            if same is not item:
                same.others.append(item)
                renamed[item.key] = same.key
                continue
        kept.append(item)
    return kept


def _kind(thing) -> tuple | None:
    """What two calls have in common that are drawn as one."""
    if not isinstance(thing, Call):
        return None
    return (type(thing.module), repr(thing.module),
            *(tuple(p.shape) for p in thing.module.parameters()),
            *(_tensor_text(tensor) for _, tensor in (*thing.inputs, *thing.outputs)))


def _parameters(module) -> int:
    return sum(p.numel() for p in module.parameters())


def _inside(path: str, outer: str) -> str:
    return path.removeprefix(f"{outer}.") if outer else path


def _settings(module) -> str:
    """What the module's repr tells, a little shorter."""
    show = getattr(module, "extra_repr", None)
    text = " ".join((show() if show is not None else "").split())
    return re.sub(r"\((\d+), \1\)", r"\1", text).replace(", stride=1", "")


def _tensor_text(tensor: Tensor) -> str:
    return shape_text(tuple(tensor._array.shape), tensor._array.dtype)
