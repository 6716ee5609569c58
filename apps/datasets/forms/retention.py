from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from foundation.web.editing import EditForm


class RetentionForm(EditForm):
    keep_newest = forms.IntegerField(
        label=_("Versions to keep"),
        required=False,
        min_value=1,
        max_value=100_000,
        help_text=_("So many of the newest. The very newest always stays."),
    )
    keep_days = forms.IntegerField(
        label=_("Days to keep a version"),
        required=False,
        min_value=1,
        max_value=100_000,
        help_text=_(
            "Counted from its commit. A version that either limit keeps stays; with both empty everything stays."
        ),
    )
