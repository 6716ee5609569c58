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
