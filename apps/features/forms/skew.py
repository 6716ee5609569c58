from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from foundation.web.editing import EditForm

# Of a float times 100 the last digits are noise: 0.07 would be 7.000000000000001 per cent, and another value undone.
_DIGITS = 10


class SkewForm(EditForm):
    """How many answers are compared with the lake, and how many of these may differ: per cent."""

    share = forms.FloatField(label=_("Answers compared, per cent"), min_value=0, max_value=100)
    limit = forms.FloatField(label=_("May be skewed, per cent"), min_value=0, max_value=100)

    @staticmethod
    def of(view: Any) -> dict[str, Any]:
        return {"share": round(view.skew_share * 100, _DIGITS), "limit": round(view.skew_limit * 100, _DIGITS)}
