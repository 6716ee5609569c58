from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from foundation.web.editing import EditForm


class FeatureForm(EditForm):
    """What a feature means, in its readers' words."""

    description = forms.CharField(
        label=_("Description"),
        required=False,
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 4, "dir": "auto"}),
        help_text=_("What it means, in which unit, and what to mind. The next version of the view says it as well."),
    )
