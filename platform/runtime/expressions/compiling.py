"""From a tree to a closure over arrays: what is not on the list of meant nodes is refused, with its place."""

from __future__ import annotations

import ast
import math
import operator
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from runtime.expressions import functions
from runtime.expressions.faults import ExpressionFault
from runtime.expressions.functions import FUNCTIONS, Function
from runtime.expressions.kinds import Array, Kind, missing_like
from runtime.expressions.parsing import parsed

Reckon = Callable[[Sequence[Array]], Array]

_ARITHMETIC: dict[type[ast.operator], tuple[str, Callable[[Array, Array], Array]]] = {
    ast.Add: ("+", np.add),
    ast.Sub: ("-", np.subtract),
    ast.Mult: ("*", np.multiply),
    ast.Div: ("/", np.true_divide),
    ast.FloorDiv: ("//", np.floor_divide),
    ast.Mod: ("%", np.remainder),
    ast.Pow: ("**", functions.power),
}
_COMPARISONS: dict[type[ast.cmpop], tuple[str, np.ufunc]] = {
    ast.Eq: ("==", np.equal),
    ast.NotEq: ("!=", np.not_equal),
    ast.Lt: ("<", np.less),
    ast.LtE: ("<=", np.less_equal),
    ast.Gt: (">", np.greater),
    ast.GtE: (">=", np.greater_equal),
}
_ORDERED = {"number", "moment"}


@dataclass(frozen=True)
class Part:
    """A piece of an expression: its kind, and how it is reckoned from the arrays of the inputs."""

    kind: Kind
    reckon: Reckon


@dataclass(frozen=True)
class Expression:
    kind: Kind
    uses: tuple[str, ...]
    reckon: Reckon


def compile_expression(text: str, inputs: Mapping[str, Kind]) -> Expression:
    """The expression over these inputs, which it is reckoned from in their order. ExpressionFault where it is none."""
    tree, place = parsed(text)
    compiler = _Compiler(inputs, place)
    part = compiler.part(tree)
    if part.kind == "missing":
        raise ExpressionFault("result", 0, len(text))
    return Expression(part.kind, tuple(name for name in inputs if name in compiler.used), part.reckon)


class _Compiler:
    def __init__(self, inputs: Mapping[str, Kind], place: Callable[[Any], tuple[int, int]]) -> None:
        self._inputs, self._place = inputs, place
        self._index = {name: index for index, name in enumerate(inputs)}
        self.used: set[str] = set()

    def part(self, node: ast.expr) -> Part:
        made = self._MADE.get(type(node))
        if made is None:
            raise self._fault("construct", node, what=type(node).__name__)
        found: Part = made(self, node)
        return found

    def _fault(self, code: str, node: Any, **values: Any) -> ExpressionFault:
        return ExpressionFault(code, *self._place(node), **values)

    def _of_kind(self, node: ast.expr, wanted: Kind, of: str) -> Reckon:
        part = self.part(node)
        if part.kind == "missing":
            return _constant(missing_like(wanted))
        if part.kind != wanted:
            raise self._fault("kind", node, of=of, wanted=wanted, got=part.kind)
        return part.reckon

    def _name(self, node: ast.Name) -> Part:
        return self._input(node, node.id)

    def _input(self, node: ast.expr, name: str) -> Part:
        if name not in self._inputs:
            raise self._fault("name", node, name=name, known=tuple(self._inputs))
        self.used.add(name)
        return Part(self._inputs[name], operator.itemgetter(self._index[name]))

    def _constant(self, node: ast.Constant) -> Part:
        value = node.value
        if value is None:
            return Part("missing", _constant(missing_like("missing")))
        if isinstance(value, bool):
            return Part("truth", _constant(np.array([float(value)])))
        if isinstance(value, str):
            return Part("text", _constant(np.array([self._text(node)], dtype=object)))
        if isinstance(value, int | float):
            return Part("number", _constant(np.array([self._number(node)])))
        raise self._fault("construct", node, what=type(value).__name__)

    def _text(self, node: ast.Constant) -> str:
        value = str(node.value)
        try:
            value.encode()
        except UnicodeEncodeError as error:
            raise self._fault("syntax", node) from error
        return value

    def _number(self, node: ast.Constant) -> float:
        try:
            number = float(node.value)  # type: ignore[arg-type]
        except OverflowError:
            number = math.inf
        if not math.isfinite(number):
            raise self._fault("number", node)
        return number

    def _unary(self, node: ast.UnaryOp) -> Part:
        if isinstance(node.op, ast.Not):
            inner = self._of_kind(node.operand, "truth", "not")
            return Part("truth", lambda env: functions.negated(inner(env)))
        if not isinstance(node.op, ast.USub | ast.UAdd):
            raise self._fault("construct", node, what=type(node.op).__name__)
        inner = self._of_kind(node.operand, "number", "-")
        return Part("number", (lambda env: np.negative(inner(env))) if isinstance(node.op, ast.USub) else inner)

    def _binary(self, node: ast.BinOp) -> Part:
        if type(node.op) not in _ARITHMETIC:
            raise self._fault("construct", node, what=type(node.op).__name__)
        sign, apply = _ARITHMETIC[type(node.op)]
        left, right = self._of_kind(node.left, "number", sign), self._of_kind(node.right, "number", sign)
        return Part("number", lambda env: functions.finite(apply(left(env), right(env))))

    def _bool(self, node: ast.BoolOp) -> Part:
        sign, apply = ("and", functions.both) if isinstance(node.op, ast.And) else ("or", functions.either)
        parts = [self._of_kind(value, "truth", sign) for value in node.values]
        return Part("truth", _folded(parts, apply))

    def _compare(self, node: ast.Compare) -> Part:
        sides = [node.left, *node.comparators]
        made = [
            self._one_comparison(node, left, op, right)
            for left, op, right in zip(sides, node.ops, node.comparators, strict=False)
        ]
        return Part("truth", _folded(made, functions.both))

    def _one_comparison(self, node: ast.Compare, left: ast.expr, op: ast.cmpop, right: ast.expr) -> Reckon:
        if isinstance(op, ast.In | ast.NotIn):
            return self._among(left, right, inside=isinstance(op, ast.In))
        if type(op) not in _COMPARISONS:
            raise self._fault("construct", node, what=type(op).__name__)
        sign, compare = _COMPARISONS[type(op)]
        a, b = self.part(left), self.part(right)
        for side, part in ((left, a), (right, b)):
            if part.kind == "missing":
                raise self._fault("compare_missing", side)
        if a.kind != b.kind:
            raise self._fault("kinds", node, of=sign, first=a.kind, second=b.kind)
        if sign not in {"==", "!="} and a.kind not in _ORDERED:
            raise self._fault("kind", left, of=sign, wanted="number", got=a.kind)
        apply = functions.compared(a.kind, compare)
        return lambda env: apply(a.reckon(env), b.reckon(env))

    def _among(self, left: ast.expr, right: ast.expr, *, inside: bool) -> Reckon:
        of = "in" if inside else "not in"
        part = self.part(left)
        if part.kind not in {"text", "number"}:
            raise self._fault("kind", left, of=of, wanted="text", got=part.kind)
        if not isinstance(right, ast.Tuple | ast.List | ast.Set) or not right.elts:
            raise self._fault("constant", right, of=of)
        wanted = frozenset(self._listed(item, part.kind, of) for item in right.elts)
        apply = functions.among(wanted, inside=inside)
        return lambda env: apply(part.reckon(env))

    def _listed(self, item: ast.expr, kind: Kind, of: str) -> Any:
        sign = 1.0
        if isinstance(item, ast.UnaryOp) and isinstance(item.op, ast.USub) and kind == "number":
            item, sign = item.operand, -1.0
        if not isinstance(item, ast.Constant):
            raise self._fault("constant", item, of=of)
        got = self._constant(item).kind
        if got != kind:
            raise self._fault("kind", item, of=of, wanted=kind, got=got)
        return self._text(item) if kind == "text" else sign * self._number(item)

    def _conditional(self, node: ast.IfExp) -> Part:
        condition = self._of_kind(node.test, "truth", "if")
        kind, (a, b) = self._alike([node.body, node.orelse], "if")
        if kind == "missing":
            raise self._fault("result", node)
        apply = functions.chosen(kind)
        return Part(kind, lambda env: apply(condition(env), a(env), b(env)))

    def _alike(self, nodes: Sequence[ast.expr], of: str) -> tuple[Kind, list[Reckon]]:
        """Parts of one kind; None goes with every kind."""
        parts = [self.part(node) for node in nodes]
        kinds = [part.kind for part in parts if part.kind != "missing"]
        kind: Kind = kinds[0] if kinds else "missing"
        for node, part in zip(nodes, parts, strict=True):
            if part.kind not in {kind, "missing"}:
                raise self._fault("kinds", node, of=of, first=kind, second=part.kind)
        return kind, [_constant(missing_like(kind)) if part.kind == "missing" else part.reckon for part in parts]

    def _call(self, node: ast.Call) -> Part:
        if not isinstance(node.func, ast.Name):
            raise self._fault("construct", node.func, what=type(node.func).__name__)
        name = node.func.id
        if name not in FUNCTIONS:
            raise self._fault("function", node.func, name=name, known=tuple(FUNCTIONS))
        function = FUNCTIONS[name]
        least, most = len(function.takes), (function.most or len(function.takes)) + bool(function.setting)
        starred = any(isinstance(given, ast.Starred) for given in node.args)
        if node.keywords or starred or not least <= len(node.args) <= most:
            raise self._fault("arguments", node, shape=function.shape)
        if name in {"coalesce", "is_missing", "value"}:
            return self._of_any_kind(name, node)
        return self._called(name, function, node)

    def _of_any_kind(self, name: str, node: ast.Call) -> Part:
        if name == "value":
            (given,) = node.args
            if not isinstance(given, ast.Constant) or not isinstance(given.value, str):
                raise self._fault("constant", given, of="value")
            return self._input(node, given.value)
        kind, parts = self._alike(node.args, name)
        if kind == "missing":
            raise self._fault("result", node)
        gone = partial(functions.missing, kind)
        if name == "is_missing":
            (only,) = parts
            return Part("truth", lambda env: gone(only(env)).astype(float))

        def first(a: Array, b: Array) -> Array:
            return np.where(gone(a), b, a)

        return Part(kind, _folded(parts, first))

    def _called(self, name: str, function: Function, node: ast.Call) -> Part:
        given, setting = list(node.args), {}
        if function.setting and len(given) > len(function.takes):
            setting = {"hours" if function.setting[0] == "offset" else "digits": self._setting(function, given.pop())}
        wanted = [*function.takes, *[function.takes[-1]] * (len(given) - len(function.takes))]
        parts = [self._of_kind(one, kind, name) for one, kind in zip(given, wanted, strict=True)]
        apply = partial(function.apply, **setting) if setting else function.apply
        if len(parts) == 1:
            (only,) = parts
            return Part(function.gives, lambda env: apply(only(env)))
        return Part(function.gives, lambda env: apply(*[part(env) for part in parts]))

    def _setting(self, function: Function, node: ast.expr) -> float:
        assert function.setting is not None  # noqa: S101 - asked by the caller
        name, least, most, whole = function.setting
        sign = 1
        inner = node
        if isinstance(inner, ast.UnaryOp) and isinstance(inner.op, ast.USub):
            inner, sign = inner.operand, -1
        value = inner.value if isinstance(inner, ast.Constant) else None
        if isinstance(value, bool) or not isinstance(value, int if whole else int | float):
            raise self._fault("setting", node, name=name, least=least, most=most)
        if not least <= sign * value <= most:
            raise self._fault("setting", node, name=name, least=least, most=most)
        return sign * value

    _MADE: Mapping[type[ast.expr], Callable[[_Compiler, Any], Part]] = {
        ast.Name: _name,
        ast.Constant: _constant,
        ast.UnaryOp: _unary,
        ast.BinOp: _binary,
        ast.BoolOp: _bool,
        ast.Compare: _compare,
        ast.IfExp: _conditional,
        ast.Call: _call,
    }


def _constant(value: Array) -> Reckon:
    return lambda _env: value


def _folded(parts: Sequence[Reckon], apply: Callable[[Array, Array], Array]) -> Reckon:
    if len(parts) == 1:
        return parts[0]
    if len(parts) == 2:
        a, b = parts
        return lambda env: apply(a(env), b(env))

    def reckon(env: Sequence[Array]) -> Array:
        found = parts[0](env)
        for part in parts[1:]:
            found = apply(found, part(env))
        return found

    return reckon
