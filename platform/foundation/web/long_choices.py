"""Check boxes of a list that is too long to be looked through: the first few stand open, the rest folds away."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms

if TYPE_CHECKING:
    from django.forms.boundfield import BoundField, BoundWidget
    from django_stubs_ext import StrOrPromise


class LongChoices(forms.CheckboxSelectMultiple):
    """`first` of the choices stand open, and whatever is ticked; `more` names the others, which `find` looks through.

    `none` is said where nothing is found. `components/field.html` draws it; without JavaScript nothing is looked
    through, and all can be ticked.
    """

    def __init__(self, *, first: int, more: StrOrPromise, find: StrOrPromise, none: StrOrPromise) -> None:
        super().__init__()
        self.first, self.words = first, {"more": more, "find": find, "none": none}


def parted(field: BoundField) -> dict[str, Any]:
    """The field's boxes, `open` and `folded`, and its words."""
    widget, boxes = field.field.widget, field.subwidgets

    def stands_open(place: int, box: BoundWidget) -> bool:
        return place < widget.first or bool(box.data["selected"])

    found: dict[bool, list[BoundWidget]] = {True: [], False: []}
    for place, box in enumerate(boxes):
        found[stands_open(place, box)].append(box)
    return {"open": found[True], "folded": found[False], **widget.words}
