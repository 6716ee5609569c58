"""A service's refusal, shown where the person typed what it refuses."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.forms import BaseForm

from foundation.errors import Conflict, Invalid, PortalError


def show_on_form(form: BaseForm, refusal: PortalError) -> None:
    """Put the refusal's sentences at the fields that it names, the rest above the form."""
    fields = dict(refusal.fields) if isinstance(refusal, Invalid) else {}
    if (name := refusal.details.get("field")) in form.fields:
        fields[name] = [refusal.sentence]
    placed = False
    for field, sentences in fields.items():
        for sentence in sentences:
            placed = True
            form.add_error(field if field in form.fields else None, sentence)
    if not placed:
        form.add_error(None, refusal.sentence)


@contextmanager
def refusals_on(form: BaseForm) -> Iterator[None]:
    """Input that a service refuses becomes the form's errors: `with refusals_on(form): …`, then the form once more.

    Other refusals (access, absence) go their own way.
    """
    try:
        yield
    except (Invalid, Conflict) as refusal:
        show_on_form(form, refusal)


__all__ = ["refusals_on", "show_on_form"]
