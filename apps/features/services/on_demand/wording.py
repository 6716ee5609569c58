"""What is wrong with an expression, in the reader's language and with its place."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.features.errors import DefinitionRefused
from apps.features.services.naming import column_list
from foundation.figures import number

if TYPE_CHECKING:
    from runtime.expressions import ExpressionFault

_FAULTS = {
    "empty": gettext_lazy("the expression is empty. Write one, such as distance / 2."),
    "long": gettext_lazy("the expression is longer than %(most)s signs. Make two features of it."),
    "large": gettext_lazy(
        "the expression is nested too deeply or has more than %(most)s parts. Make two features of it."
    ),
    "syntax": gettext_lazy("this is no expression. Look for a sign too many, or for one that lacks."),
    "construct": gettext_lazy(
        "“%(what)s” is not in the language of expressions, which has names, numbers, texts, + - * / // %% **, "
        "comparisons, and, or, not, a if condition else b, and its functions."
    ),
    "name": gettext_lazy("there is no value “%(name)s”. There are: %(known)s."),
    "function": gettext_lazy("there is no function “%(name)s”. There are: %(known)s."),
    "arguments": gettext_lazy("it is called like this: %(shape)s."),
    "kind": gettext_lazy("“%(of)s” takes %(wanted)s here, and this is %(got)s."),
    "kinds": gettext_lazy("“%(of)s” takes two of one kind; these are %(first)s and %(second)s."),
    "compare_missing": gettext_lazy("nothing equals None. Ask is_missing(…) instead."),
    "constant": gettext_lazy("“%(of)s” takes constants here, such as ('AA', 'UA')."),
    "setting": gettext_lazy("%(name)s is a constant from %(least)s to %(most)s."),
    "number": gettext_lazy("this number is too large."),
    "result": gettext_lazy("this is missing whatever comes in."),
}
KINDS = {
    "number": gettext_lazy("a number"),
    "text": gettext_lazy("a text"),
    "truth": gettext_lazy("true or false"),
    "moment": gettext_lazy("a moment"),
    "missing": gettext_lazy("nothing"),
}


_FUNCTIONS = {
    "abs": gettext_lazy("without its sign"),
    "min": gettext_lazy("the least of them"),
    "max": gettext_lazy("the greatest of them"),
    "round": gettext_lazy("to so many decimals, halves to the even digit"),
    "floor": gettext_lazy("the next whole number below"),
    "ceil": gettext_lazy("the next whole number above"),
    "sqrt": gettext_lazy("square root"),
    "exp": gettext_lazy("e to the power of x"),
    "log": gettext_lazy("natural logarithm"),
    "log10": gettext_lazy("logarithm to the base 10"),
    "number": gettext_lazy("1 for true, 0 for false"),
    "coalesce": gettext_lazy("the first that is not missing"),
    "is_missing": gettext_lazy("whether it is missing"),
    "value": gettext_lazy("a value whose name is no word, such as one with a space"),
    "lower": gettext_lazy("in small letters"),
    "upper": gettext_lazy("in capital letters"),
    "strip": gettext_lazy("without spaces at both ends"),
    "length": gettext_lazy("how many signs"),
    "concat": gettext_lazy("one after the other"),
    "contains": gettext_lazy("whether the part is in it"),
    "starts_with": gettext_lazy("whether it begins so"),
    "ends_with": gettext_lazy("whether it ends so"),
    "year": gettext_lazy("the year, so many hours (offset) east of UTC"),
    "month": gettext_lazy("1 to 12; offset as above"),
    "day": gettext_lazy("1 to 31; offset as above"),
    "weekday": gettext_lazy("Monday is 1, Sunday is 7; offset as above"),
    "hour": gettext_lazy("0 to 23; offset as above"),
    "seconds_between": gettext_lazy("from the earlier to the later moment"),
    "haversine": gettext_lazy("kilometres over the ground between two places in degrees"),
}


def functions_in_words() -> list[tuple[str, str]]:
    """How each function is called, and what it gives."""
    from runtime.expressions import FUNCTIONS

    return [(function.shape, str(_FUNCTIONS[name])) for name, function in FUNCTIONS.items()]


def fault_in_words(fault: ExpressionFault) -> str:
    """What is wrong, without the place."""
    return str(_FAULTS[fault.code]) % {name: _value(name, value) for name, value in fault.values.items()}


def refused(feature: str, fault: ExpressionFault) -> DefinitionRefused:
    said = _("“%(feature)s”, sign %(place)s: %(fault)s") % {
        "feature": feature,
        "place": number(fault.start + 1),
        "fault": fault_in_words(fault),
    }
    place = {"feature": feature, "start": fault.start, "end": fault.end, "code": fault.code}
    return DefinitionRefused(said, fields={"features": [said]}, details={"place": place})


def _value(name: str, value: Any) -> str:
    if name == "known":
        return column_list(value) if value else "–"
    if isinstance(value, int | float):
        return number(value)
    return str(KINDS.get(value, value)) if name in {"wanted", "got", "first", "second"} else str(value)
