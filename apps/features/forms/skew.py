from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _


class SkewForm(forms.Form):
    """How many answers are compared with the lake, and how many of these may differ: per cent."""

    share = forms.FloatField(label=_("Answers compared, per cent"), min_value=0, max_value=100)
    limit = forms.FloatField(label=_("May be skewed, per cent"), min_value=0, max_value=100)
