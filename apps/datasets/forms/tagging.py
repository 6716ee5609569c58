from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _


class TagForm(forms.Form):
    """A tag to give, or with `remove` to take away."""

    tag = forms.CharField(label=_("Tag"), max_length=60)
    remove = forms.BooleanField(required=False)
