from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from foundation.web.lineage import DEEPEST

_DEPTHS = [(str(DEEPEST), _("As far as it goes")), ("1", _("1 step")), ("2", _("2 steps")), ("4", _("4 steps"))]
_DIRECTIONS = [("", _("Both ways")), ("below", _("Where it comes from")), ("above", _("What was made of it"))]


class LineageForm(forms.Form):
    """How much of the picture is drawn, and which column is followed through it; what is not known stands for all."""

    depth = forms.ChoiceField(label=_("How far"), choices=_DEPTHS, required=False)
    direction = forms.ChoiceField(label=_("Which way"), choices=_DIRECTIONS, required=False)
    column = forms.ChoiceField(label=_("Follow a column"), choices=[("", _("None"))], required=False)

    def bounds(self) -> dict[str, Any]:
        """What `graph_of` takes."""
        depth, direction = self.data.get("depth", ""), self.data.get("direction", "")
        return {
            "depth": int(depth) if depth in dict(_DEPTHS) else DEEPEST,
            "below": direction != "above",
            "above": direction != "below",
        }

    def offer_columns(self, columns: Sequence[str]) -> None:
        self.fields["column"].choices = [("", _("None")), *((name, name) for name in columns)]  # type: ignore[attr-defined]

    def chosen_column(self) -> str:
        """The column to follow, where there is one of that name."""
        wanted = self.data.get("column", "")
        return wanted if wanted in dict(self.fields["column"].choices) else ""  # type: ignore[attr-defined]
