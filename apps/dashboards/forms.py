from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from foundation.web.editing import EditForm


class SavedFilterForm(EditForm):
    """A saved filter's name, who sees it, and whether the list opens with it."""

    name = forms.CharField(label=_("Name"), max_length=80)
    shared = forms.BooleanField(
        label=_("Shared"),
        required=False,
        help_text=_("Everybody who may open this list finds it there, and sees its words."),
    )
    default = forms.BooleanField(
        label=_("The list opens with it for me"),
        required=False,
        help_text=_("Wherever the list is opened without words of its own; “All” shows the whole list."),
    )

    def __init__(self, data: Any = None, *, may_change: bool = True, **given: Any) -> None:
        super().__init__(data, **given)
        if not may_change:
            del self.fields["name"], self.fields["shared"]


class NewFilterForm(SavedFilterForm):
    """What a list's head sends; of a name that is taken, whether this goes in its place."""

    replace = forms.BooleanField(label=_("Put it in place of mine of the same name"), required=False)
    list = forms.CharField(widget=forms.HiddenInput, max_length=60)
    project = forms.CharField(widget=forms.HiddenInput, max_length=63, required=False)
    query = forms.CharField(widget=forms.HiddenInput, max_length=4000, required=False)
