"""How amounts of money are rounded where they are shown: the one rule, half up."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal

CENT = Decimal("0.01")
_MILLIONTH = Decimal("0.000001")


def to_cents(amount: Decimal) -> Decimal:
    """In whole fils, as bills and pages show it: 12.345 → 12.35. Limits are compared with the exact amount."""
    return amount.quantize(CENT, rounding=ROUND_HALF_UP)


def to_millionths(amount: Decimal) -> Decimal:
    """As exact as files and REST tell it."""
    return amount.quantize(_MILLIONTH, rounding=ROUND_HALF_UP)
