"""Widgets in the house's dress: class, state and description by the kind of input."""

from __future__ import annotations

import re
from typing import Any

from django import forms, template
from django.core.paginator import Page
from django.forms.boundfield import BoundField, BoundWidget
from django.utils.safestring import SafeString

from foundation.web.long_choices import LongChoices, parted

register = template.Library()
_FEW_FILTERS = 2


@register.filter
def pattern(name: Any) -> str:
    """The name as an input's pattern that it alone fits; only what has a meaning in patterns of scripts is escaped."""
    return re.sub(r"[\^$\\.*+?()\[\]{}|/]", r"\\\g<0>", str(name))


@register.simple_tag
def widget_kind(field: BoundField) -> str:
    """checkbox, choices (several inputs under one legend), long choices, password, sql, or plain."""
    widget = field.field.widget
    if isinstance(widget, forms.CheckboxInput):
        return "checkbox"
    if isinstance(widget, LongChoices):
        return "long choices"
    if isinstance(widget, forms.RadioSelect | forms.CheckboxSelectMultiple):
        return "choices"
    if isinstance(widget, forms.PasswordInput):
        return "password"
    return "sql" if "data-editor" in widget.attrs else "plain"


@register.simple_tag
def widget(field: BoundField, small: bool = False) -> SafeString:
    """The field's input with its classes; Django adds aria-describedby and aria-invalid."""
    kind = _class(field.field.widget)
    size = f" {kind}-sm" if small and kind != "form-check-input" else ""
    attrs: dict[str, str | bool] = {"class": f"{kind}{size} {field.field.widget.attrs.get('class', '')}".strip()}
    if isinstance(field.field.widget, forms.TextInput | forms.Textarea) and "dir" not in field.field.widget.attrs:
        attrs["dir"] = "auto"
    return SafeString(field.as_widget(attrs=attrs))


@register.simple_tag
def search_widget(field: BoundField) -> SafeString:
    """A text field as a search box."""
    attrs: dict[str, str | bool] = {
        "class": "form-control",
        "placeholder": str(field.label or ""),
        "autocomplete": "off",
    }
    return SafeString(field.as_widget(widget=forms.TextInput(attrs={"type": "search"}), attrs=attrs))


@register.simple_tag
def filter_fields(form: forms.BaseForm) -> dict[str, Any]:
    """The fields of a filter bar: `shown` always, `folded` where the screen is narrow, `set` of these, `open` or not.

    A few beside the search need no fold: it would take as much room as they do.
    """
    every = form.visible_fields()
    others = [field for field in every if field.name != "q"]
    if len(others) <= _FEW_FILTERS:
        return {"shown": every}
    given = [field for field in others if field.name in form.changed_data]
    opened = bool(given) or any(field.errors for field in others)
    shown = [field for field in every if field.name == "q"]
    return {"shown": shown, "folded": others, "set": len(given), "open": opened}


@register.simple_tag
def choice_widget(choice: BoundWidget) -> SafeString:
    """One radio button or check box of a field of choices."""
    attrs: dict[str, Any] = {**choice.data["attrs"], "class": "form-check-input"}
    return SafeString(choice.tag(wrap_label=False) if not attrs else _tagged(choice, attrs))


@register.simple_tag
def parts_of(field: BoundField) -> dict[str, Any]:
    """Of long choices: the boxes that stand open, those that are folded away, and the words for them."""
    return parted(field)


@register.filter
def page_range(page: Page[Any]) -> list[int]:
    """Page numbers around the present one; 0 stands for a gap."""
    last, near = page.paginator.num_pages, range(page.number - 1, page.number + 2)
    kept = sorted({1, last, *(n for n in near if 1 <= n <= last)})
    shown: list[int] = []
    for n in kept:
        if shown and n - shown[-1] == 2:
            shown.append(n - 1)
        elif shown and n - shown[-1] > 2:
            shown.append(0)
        shown.append(n)
    return shown


def _tagged(choice: BoundWidget, attrs: dict[str, Any]) -> str:
    context = {"widget": {**choice.data, "attrs": attrs, "wrap_label": False}}
    return choice.renderer.render(choice.data["template_name"], context)


def _class(field_widget: forms.Widget) -> str:
    if isinstance(field_widget, forms.CheckboxInput):
        return "form-check-input"
    return "form-select" if isinstance(field_widget, forms.Select) else "form-control"
