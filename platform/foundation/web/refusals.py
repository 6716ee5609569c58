"""A service's refusal, shown where the person typed what it refuses."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.forms import BaseForm, Form

from foundation.errors import Conflict, Invalid, PortalError
from foundation.refusals import heard


def show_on_form(form: BaseForm, refusal: PortalError, *, otherwise: str | None = None) -> None:
    """Put the refusal at the fields it names, its sentence at the first; else at `otherwise`, or above the form."""
    heard(refusal)
    fields = dict(refusal.fields) if isinstance(refusal, Invalid) else {}
    if (name := refusal.details.get("field")) in form.fields:
        fields[name] = [refusal.sentence]
    if not any(fields.values()):
        form.add_error(otherwise, refusal.sentence)
        return
    first, *_others = (name for name, sentences in fields.items() if sentences)
    for field, sentences in fields.items():
        for sentence in [refusal.sentence] if field == first else sentences:
            form.add_error(field if field in form.fields else otherwise, sentence)


@contextmanager
def refusals_on(form: BaseForm, *, otherwise: str | None = None) -> Iterator[None]:
    """Input that a service refuses becomes the form's errors: `with refusals_on(form): …`, then the form once more.

    A refusal that names no field stands at `otherwise`. Refusals of another kind (access, absence) go their own way.
    """
    try:
        yield
    except (Invalid, Conflict) as refusal:
        show_on_form(form, refusal, otherwise=otherwise)


def asked() -> Form:
    """The form of a button that asks for nothing but itself: what refuses the press stands above it."""
    form = Form({})
    form.full_clean()
    return form


__all__ = ["asked", "refusals_on", "show_on_form"]
