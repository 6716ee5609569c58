"""On-demand features: small expressions over values of a request and features of views, the same offline and online.

An expression is text that anybody may have written. It is parsed to Python's syntax tree and never run as Python: every
node is checked against a list of those that are meant and becomes one closure over numpy arrays. A million rows and a
single one go through these same closures, so what was learned from and what is served are equal bit for bit.

The language: `+ - * / // % **`, comparisons, `in` a list of constants, `and` `or` `not`, `a if condition else b`,
names, numbers, texts, True, False, None (missing), and the functions of `runtime.expressions.functions.FUNCTIONS`.

Rules. Numbers are double precision; `/` always divides exactly (3 / 2 is 1.5), `//` and `%` go by the floor. Whatever
is made of a missing value is missing, with `and` and `or` too; only `coalesce`, `is_missing` and the branch that a
condition does not take let it be. There is no NaN and no infinity: such a value, and each step that has no finite
number (division by zero, logarithm of zero, overflow), is missing; so is what `concat` makes longer than 4,000 signs. A
moment without a zone is in UTC. There is no clock and no randomness: a moment comes in as a value of the request, or as
the event time of a label.
"""

from runtime.expressions.faults import ExpressionFault
from runtime.expressions.functions import FUNCTIONS
from runtime.expressions.kinds import DECLARED, SQL_TYPES, Kind, kind_of_sql
from runtime.expressions.programs import Program, on_demand_values, program_of

__all__ = [
    "DECLARED",
    "FUNCTIONS",
    "SQL_TYPES",
    "ExpressionFault",
    "Kind",
    "Program",
    "kind_of_sql",
    "on_demand_values",
    "program_of",
]
