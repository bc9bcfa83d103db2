"""Writes the function behind each op: exact signature, no binding, no loops, nothing per call
that could be decided once.

`@op` knows which arguments are tensors, which are attributes and what the rules save, so the
recording path of every op is written out as source and compiled, as `collections.namedtuple` and
`dataclasses` do.  `autograd.record.source("mul")` prints what came out.  For `mul`:

    def mul(input, other):
        if isinstance(input, Tensor):
            a0 = input._array; v0 = input._version
            n0 = input._node if input._view is None else current_node(input)
        else:
            a0 = operand(op, 0, input); n0 = None; v0 = CONSTANT
        ...                                             # the same for `other`
        if v0 is CONSTANT and v1 is CONSTANT:
            return forward(a0, a1)                      # a rule at work on plain arrays
        for token in hush: break                        # NumPy's warnings, see quiet.py
        try:
            if a0.__class__ is not a1.__class__ or a0.dtype is not a1.dtype:
                a0, a1 = common(a0, a1)
                result = forward(a0, a1)
            elif a0.size * a1.size < LEAST['mul'] and a0.dtype is not FLOAT16:
                result = plain(a0, a1)                  # past the gate, see gate.py
            else:
                result = forward(a0, a1)
        except ERRORS as error:
            explain(op, error, (input, other))          # says which op and operands
            raise
        finally:
            unhush(token)
        ...                                             # wrap the result in a Tensor `out`
        if (n0 is None and n1 is None) or not is_grad_enabled():
            out._node = None
            return out
        node = Node(); node.op = op; ...                # it saves a1 for n0, a0 for n1
        out._node = node
        return out
"""

from __future__ import annotations

import linecache
from collections import namedtuple
from types import FunctionType

from .asked import UNPASSED, WORDS, asked
from .into import TAKING, written
from .node import one_of_several
from .synonyms import synonyms

PROMOTIONS = {"common": "common", "number": "common_number", "float": "common_float"}
_CODE: dict = {}


def signature(name: str, code, defaults, kwdefaults) -> tuple[list[str], list[str], str]:
    """Names of the inputs (before `/`) and attributes, and the public signature's text, in which
    default values appear as `defaults[i]` and `kwdefaults[name]`."""
    names = code.co_varnames[: code.co_argcount]
    first_default = code.co_argcount - len(defaults)
    parts = [name if i < first_default else f"{name}=defaults[{i - first_default}]"
             for i, name in enumerate(names)]
    front, behind = synonyms(code, defaults)
    if first_default and names[first_default - 1] == "dim" and front:  # another name may give it
        parts[first_default - 1] += "=UNSET"
    parts += [f"{other}=None" for other in front]
    kwonly = code.co_varnames[code.co_argcount: code.co_argcount + code.co_kwonlyargcount]
    passed = [n for n in names[code.co_posonlyargcount:] if n != UNPASSED]
    if code.co_flags & 0x04:
        star = code.co_varnames[code.co_argcount + code.co_kwonlyargcount]
        parts.append(f"*{star}")
        passed.append(f"*{star}")
    elif kwonly or behind or name in TAKING:
        parts += ["*", *(f"{other}=None" for other in behind)]
    for only in kwonly:
        default = f"=kwdefaults[{only!r}]" if only in kwdefaults else ""
        parts.append(only + default)
        passed.append(f"{only}={only}")
    if name in TAKING:
        parts.append("out=None")
    return list(names[: code.co_posonlyargcount]), passed, ", ".join(parts)


def public(forward):
    """The forward with the signature of the public function, whose arguments may all be named;
    it shows that, and the declaration's source, to `inspect`, editors and readers."""
    shown = FunctionType(forward.__code__.replace(co_posonlyargcount=0), {}, forward.__name__,
                         forward.__defaults__)
    shown.__kwdefaults__ = forward.__kwdefaults__
    return shown


def declared(op, namespace: dict):
    """The op's public function, whose code is written when it is first called: compiling all of
    them would take most of the time of `import autograd`."""
    own = {**namespace, "op": op, "forward": op.forward, "defaults": op.defaults,
           "kwdefaults": op.kwdefaults, "write": write, **WORDS}
    if op.gated is not None:
        own["plain"] = op.gated.plain
    own.update({f"rule{i}": rule for i, rule in enumerate(op.rules)})
    own.update({f"plain{i}": rule.plain for i, rule in enumerate(op.rules) if _is_formula(rule)})
    return FunctionType(_first_call.__code__, own, op.name)


def _first_call(*args, **kwargs):
    write(op)  # noqa: F821
    return op.function(*args, **kwargs)  # noqa: F821


def write(op) -> None:
    """Write the code of the op's function and of its backward."""
    place = f"<wengert op {op.name}>"
    text = forward_source(op) + backward_source(op)
    fill(op.function, text, op.name, place)
    linecache.cache[place] = len(text), None, text.splitlines(keepends=True), place
    op.backward = op.function.__globals__.get("backward")
    if op.backward is not None:
        op.backward.__code__ = op.backward.__code__.replace(co_filename=place)
    if op.public_extra:
        op.result = namedtuple(op.name, ("values", *op.public_extra))  # type: ignore[misc]


def fill(function, text: str, name: str, place: str, called: str = "function") -> None:
    """Give a function the code of the one that the text calls so, among its own globals."""
    code = _CODE.get(text)
    if code is None:
        code = _CODE[text] = compile(text, "<wengert>", "exec")
    namespace = function.__globals__
    exec(code, namespace)
    written = namespace[called]
    function.__defaults__, function.__kwdefaults__ = written.__defaults__, written.__kwdefaults__
    function.__code__ = written.__code__.replace(co_name=name, co_filename=place)
    namespace[called] = function


def forward_source(op) -> str:
    """The text of the function that runs the op and records it."""
    body = asked(op.name, op.function) + written(op.name, op.inputs, op.passed)
    body += ["    try:"]
    body += [f"    {line}" for line in (_list_operands(op) if op.variadic else _operands(op))]
    body += [_complex(op), *_call(op)]
    if op.differentiable:
        body.append(f"    if ({_no_node(op)}) or not is_grad_enabled():")
        body += _unrecorded(op, "        ") + _recorded(op)
    else:
        body += _unrecorded(op, "    ")
    return f"def function({op.signature}):\n" + "\n".join(body) + "\n"


def _complex(op) -> str:
    """What follows where a complex number came to an op for real ones: it costs others nothing."""
    inputs = f"({', '.join(op.inputs)},)"
    if op.any:
        return f"    except IsComplex as error: explain(op, error, {inputs})"
    passed = ", ".join([*op.inputs, *op.passed])
    return f"    except IsComplex as error: return complex_form(op, error, {inputs})({passed})"


def _operands(op) -> list[str]:
    lines, numbers = [], "_any_array" if op.any else "_array"
    for i, name in enumerate(op.inputs):
        lines += [
            f"    if isinstance({name}, Tensor):",
            f"        a{i} = {name}.{numbers}; v{i} = {name}._version",
            f"        n{i} = {name}._node if {name}._view is None else current_node({name})",
            "    else:",
            f"        a{i} = {_operand(op, i, name)}; n{i} = None; v{i} = CONSTANT",
        ]
    plain = " and ".join(f"v{i} is CONSTANT" for i in range(len(op.inputs)))
    first = "[0]" if op.extra else ""
    return [*lines, f"    if {plain}:", f"        return forward({_arguments(op)}){first}"]


def _operand(op, i: int, name: str) -> str:
    asked = f"operand(op, {i}, {name})"
    if len(op.inputs) > 1 and not op.promotes and not op.any:
        asked = f"beside(op, {i}, {name}, ({', '.join(op.inputs)}))"
    if op.promotes and len(op.inputs) > 1:
        return f"{name} if {name}.__class__ is float else {asked}"
    return asked


def _list_operands(op) -> list[str]:
    return [
        f"    a0, n0, v0 = operands(op, {op.inputs[0]})",
        "    if v0 is None:",
        f"        return forward({_arguments(op)})",
    ]


def _computed(op) -> list[str]:
    """Brings the operands to one dtype and calls the forward, inside the `try` of the call."""
    extra = "".join(f", {name}" for name in op.extra)
    call = f"result{extra} = forward({_arguments(op)})"
    many = [f"a{i}" for i, name in enumerate(op.inputs) if name not in op.unpromoted]
    operands, first = ", ".join(many), many[0]
    small = _small(op, many)
    direct = [f"        if {small}:", f"            result = plain({operands})",
              "        else:", f"            {call}"] if small else [f"        {call}"]
    if not op.promotes:
        return direct
    convert = PROMOTIONS[op.promotes]
    if len(many) == 1:
        widened = f"        if {first}.dtype.kind != 'f': {first}, = common_float({first})"
        return [widened, *direct] if op.promotes == "float" else direct
    checks = " or ".join(
        f"{first}.__class__ is not {a}.__class__ or {first}.dtype is not {a}.dtype"
        for a in many[1:])
    if op.unpromoted:  # then all the others may be numbers
        checks = f"{first}.__class__ is not ndarray or {checks}"
    if op.promotes == "float":
        checks += f" or {first}.dtype.kind != 'f'"
    lines = [f"        if {checks}:", f"            {operands} = {convert}({operands})"]
    if not small:
        return lines + direct
    return [*lines, f"            {call}", direct[0].replace("if", "elif", 1), *direct[1:]]


def _small(op, operands: list[str]) -> str:
    """The condition that the formula behind the gate is for NumPy, which is then called at once;
    empty where only the gate can tell."""
    names = [name.split("=")[0] for name in op.passed]
    if op.gated is None or len(operands) != op.gated.count or len(operands) > 2 or (
            op.unpromoted or len(operands) == 2 and not op.promotes) or (
            not op.kwdefaults.keys() >= {*names}):
        return ""
    least = f"LEAST[{op.gated.formula!r}]"
    sizes = [f"{a}.size" for a in operands]
    asked = [f"{' * '.join(sizes)} < {least}", f"{operands[0]}.dtype is not FLOAT16"]
    return " and ".join(asked + [f"{name} is kwdefaults[{name!r}]" for name in names])


def _arguments(op) -> str:
    return ", ".join([f"a{i}" for i in range(len(op.inputs))] + op.passed)


def _call(op) -> list[str]:
    lines = ["    try:", *_computed(op), _complex(op), "    except ERRORS as error:",
             f"        explain(op, error, ({', '.join(op.inputs)},))", "        raise"]
    if not op.view:  # which computes nothing
        lines = ["    for token in hush: break", *lines, "    finally:", "        unhush(token)"]
    if not op.many:
        made, numbers = ("Tensor", "_array") if not op.any else (
            "Complex if result.dtype.kind == 'c' else Tensor", "_any_array")
        lines += [
            "    if result.__class__ is not ndarray: result = asarray(result)",
            f"    out = new({made}); out.{numbers} = result; out._grad = None; out._view = None",
        ]
        if op.view:
            shares = "result.base is a0 or shares(result, a0)"
            lines += [f"    out._version = {op.inputs[0]}._version if {shares} else [0, None]"]
        else:
            lines += ["    out._version = [0, None]"]
    return lines


def _no_node(op) -> str:
    if op.variadic:
        return "n0.count(None) == len(n0)"
    return " and ".join(f"n{i} is None" for i in range(len(op.inputs)))


def _unrecorded(op, indent: str) -> list[str]:
    if op.many:
        return [f"{indent}return outputs(op, {op.inputs[0]}, None, {_results(op)})"]
    lines = [f"{indent}out._node = None"]
    if op.view:
        made = f"view({op.inputs[0]}, function, {_view_arguments(op)})"
        lines += [f"{indent}if out._version is {op.inputs[0]}._version:",
                  f"{indent}    out._view = {made} if is_grad_enabled() else "
                  f"view({op.inputs[0]}, None, (), UNRECORDED)"]
    return lines + [f"{indent}return {_returned(op)}"]


def _recorded(op) -> list[str]:
    lines = []
    for i, name in enumerate(op.inputs):
        if name not in op.rule_names:
            wants = "" if op.variadic else f"if n{i} is not None: "
            lines += [f"    {wants}refuse(op, {name!r})"]
    if not op.rules:
        return lines
    parents = "n0" if op.variadic else _tuple(f"n{i}" for i in range(len(op.inputs)))
    saved = _tuple(_saved(op, name) for name in op.saved_names)
    if op.many:
        node = f"make(op, {parents}, {saved}, {_versions(op)}, None, None)"
        return [*lines, f"    return outputs(op, {op.inputs[0]}, {node}, {_results(op)})"]
    lines += [  # Node.make written out: its call would be a part of a small op's time that shows
        "    node = Node(); node.op = op; node.seq = next_seq(); node.hooks = None",
        f"    node.parents = {parents}",
        f"    node.saved = {saved}",
        f"    node.versions = {_versions(op)}",
        "    node.shape = result.shape; node.dtype = result.dtype",
        "    out._node = node"]
    if op.view:
        lines += [f"    if out._version is {op.inputs[0]}._version:",
                  f"        out._view = view({op.inputs[0]}, function, {_view_arguments(op)})"]
    return lines + [f"    return {_returned(op)}"]


def _view_arguments(op) -> str:
    return _tuple([*op.inputs[1:], *op.passed])


def _results(op) -> str:
    """The results of an op with several, and what makes views again."""
    return f"result, {_view_arguments(op)}" if op.view else "result"


def _returned(op) -> str:
    if op.public_extra:
        wrapped = ", ".join(f"wrap({name})" for name in op.public_extra)
        return f"op.result(out, {wrapped})"
    return "out"


def _tuple(parts) -> str:
    parts = list(parts)
    return f"({', '.join(parts)}{',' if len(parts) == 1 else ''})"


def _wanting(op, name: str) -> str:
    """The condition that some needed rule names `name`; empty where every rule does."""
    if op.joint:
        return ""
    nodes = [f"n{op.inputs.index(arg)} is not None"
             for arg, names in zip(op.rule_names, op.rule_saves, strict=True) if name in names]
    if len(op.rule_names) == 1 or len(nodes) == len(op.inputs):
        return ""
    return " or ".join(nodes)


def _saved(op, name: str) -> str:
    """The expression for one saved value."""
    if name == "out":
        value = "result"
    elif name in op.inputs:
        value = f"a{op.inputs.index(name)}"
    elif name.endswith("_shape") and name[:-6] in op.inputs:
        i = op.inputs.index(name[:-6])
        if op.variadic:
            return f"[a.shape for a in a{i}]"
        return f"shape_of(a{i})" if op.promotes or op.optional else f"a{i}.shape"
    else:
        return name if one_of_several(name) is None else f"result[{one_of_several(name)}]"
    wanting = "" if op.variadic else _wanting(op, name)
    return f"({value} if {wanting} else None)" if wanting else value


def _versions(op) -> str:
    boxes = []
    for name in op.saved_names:
        if name == "out" or name in op.inputs:
            box = "out._version" if name == "out" else f"v{op.inputs.index(name)}"
            wanting = _wanting(op, name)
            boxes.append(f"({box} if {wanting} else CONSTANT)" if wanting else box)
        elif one_of_several(name) is not None:
            boxes.append("CONSTANT")  # until `outputs` has made the tensor
    return _tuple(boxes)


def _is_formula(rule) -> bool:
    return hasattr(rule, "plain")


def _code_of(rule) -> tuple:
    return rule.__code__.co_argcount, rule.__code__.co_code


_SAME = _code_of(lambda g: g)


def backward_source(op) -> str:
    """The text of `backward(g, saved, parents)`: one gradient per input, None where not needed."""
    if not op.rules:
        return ""
    lines = ["def backward(g, saved, parents):"]
    if op.saved_names:
        lines.append(f"    {_tuple('s_' + name for name in op.saved_names)} = saved")
    if op.joint:
        needs = _tuple(f"parents[{i}] is not None" for i in range(len(op.inputs)))
        passed = ", ".join(["g", needs, *(f"s_{name}" for name in op.saved_names)])
        return "\n".join(lines) + f"\n    return joined(op, rule0({passed}))\n"
    calls = []
    for i, name in enumerate(op.inputs):
        if name not in op.rule_names:
            calls.append("None")
            continue
        r = op.rule_names.index(name)
        rule = f"rule{r}"
        if _is_formula(op.rules[r]):  # past the gate where it would ask NumPy; see gate.py
            least = f"LEAST[{op.rules[r].formula!r}]"
            rule = f"(plain{r} if g.__class__ is ndarray and g.size < {least} else {rule})"
        call = f"{rule}({', '.join(['g'] + ['s_' + n for n in op.rule_saves[r]])})"
        if _code_of(op.rules[r]) == _SAME:
            call = "g"
        if op.variadic:
            return "\n".join(lines) + f"\n    return {call}\n"
        calls.append(call if len(op.inputs) == 1 else f"None if parents[{i}] is None else {call}")
    return "\n".join(lines) + f"\n    return {_tuple(calls)}\n"
