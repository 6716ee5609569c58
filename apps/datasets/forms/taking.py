from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _


class TakeForm(forms.Form):
    """Which version is taken over (`versions`: id and name, those of a project together), and into which dataset."""

    version = forms.ChoiceField(
        label=_("Version"), help_text=_("Committed versions of all projects that are open to you.")
    )
    dataset = forms.ChoiceField(label=_("Rows go to"), required=False)
    name = forms.CharField(label=_("Name of the new dataset"), max_length=120, required=False)

    def __init__(
        self,
        data: Any = None,
        *,
        versions: Sequence[tuple[str, Any]],
        datasets: Sequence[tuple[str, Any]],
        version: str,
    ) -> None:
        super().__init__(data, initial={"version": version})
        self.fields["version"].choices = versions  # type: ignore[attr-defined]
        self.fields["dataset"].choices = [("", _("A new dataset")), *datasets]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        chosen = super().clean() or self.cleaned_data
        if not chosen.get("dataset") and not chosen.get("name", "").strip():
            self.add_error("name", _("Give the new dataset a name, or choose one that is there."))
        return chosen
