"""Two people change the same thing: whoever saves second is shown what the first saved beside what they typed.

A form of what is there already inherits `EditForm`, and its view begins with `alone(request)`. The page carries what
the form began with; a save that finds something else there is held back once, with both versions; nothing is lost.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django import forms
from django.db import connection
from django.http import HttpRequest
from django.utils.datastructures import MultiValueDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

State = dict[str, list[str]]
SEEN = "seen_before"


def alone(request: HttpRequest) -> None:
    """Let this save of a page wait for another of the same page, so that it reads what that one wrote.

    Before the first statement that reads what the form is about. The lock ends with the transaction, and a page of
    one's own has none by itself.
    """
    if request.method != "POST":
        return
    user: Any = request.user
    tenant, project = getattr(request, "tenant", None), getattr(request, "project", None)
    # An address outside a tenant shows each person their own.
    whose = "" if tenant else f" {user.pk}"
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"save {request.path}{whose}"])
    for read_before in (tenant, project) if tenant else (user,):
        if read_before is not None:
            read_before.refresh_from_db()


class EditForm(forms.Form):
    """A form whose `initial` is what is there now. `unwatched` names fields that change by themselves.

    `held_back` is the sentence above both versions.
    """

    unwatched: tuple[str, ...] = ()
    held_back: StrOrPromise = gettext_lazy(
        "Somebody else saved this while you were changing it. Nothing of yours is lost: save again to put it in place "
        "of theirs, or open the page anew to keep theirs."
    )

    @property
    def state(self) -> State:
        """What is there now, field by field, as a browser would send it; passwords and files are none of it."""
        return {
            name: _raw(self.get_initial_for_field(field, name))
            for name, field in self.fields.items()
            if name not in self.unwatched and not isinstance(field.widget, forms.PasswordInput | forms.FileInput)
        }

    @property
    def seen_name(self) -> str:
        return self.add_prefix(SEEN)

    @property
    def seen(self) -> str:
        """For the hidden field of components/form.html; after a conflict the newer state, so that it is told once."""
        return json.dumps(self.state, ensure_ascii=False, sort_keys=True)

    @classmethod
    def begun_with(cls, initial: Mapping[str, Any]) -> dict[str, str]:
        """The hidden field of a form that began with this: `pages.offer_undo` sends it along, so that an undo that
        comes after somebody else's save is held back as any other save is."""
        form = cls(initial=dict(initial))
        return {form.seen_name: form.seen}

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        before, present = _read(self.data.get(self.seen_name, "")), self.state
        theirs = [name for name in present if name in before and before[name] != present[name]]
        typed = {name: _raw(cleaned.get(name)) for name in theirs if name in cleaned}
        moved = [name for name in theirs if typed.get(name) != present[name]]
        if moved:
            raise forms.ValidationError([str(self.held_back), *(self._told(name, before, typed) for name in moved)])
        return cleaned

    def _told(self, name: str, before: State, typed: State) -> str:
        """Both versions of one field. One that the person had left alone becomes what the other saved."""
        field, present = self.fields[name], self.state[name]
        said = {"field": field.label or name, "theirs": _words(field, present)}
        if typed.get(name) != before[name]:
            yours = _words(field, typed[name]) if name in typed else _("something else")
            return _("%(field)s: they saved “%(theirs)s”, you have “%(yours)s”.") % {**said, "yours": yours}
        taken = MultiValueDict(self.data)
        taken.setlist(self.add_prefix(name), present)
        self.data = taken
        return _("%(field)s: they saved “%(theirs)s”; you had left it alone, so it now stands here too.") % said


def _raw(value: Any) -> list[str]:
    """The value as a browser sends it: a list of words, sorted, none for what is empty."""
    if value is None or value is False or value == "":
        return []
    if value is True:
        return ["on"]
    if isinstance(value, list | tuple | set | frozenset):
        return sorted(str(one) for one in value)
    if isinstance(value, int | float | Decimal):
        return [f"{Decimal(str(value)).normalize():f}"]
    return [value.isoformat() if isinstance(value, date) else "\n".join(str(value).strip().splitlines())]


def _read(sent: str) -> State:
    """What the page began with, as it was sent; nothing where it is not ours, since then nothing can be compared."""
    try:
        found = json.loads(sent)
    except (ValueError, RecursionError):  # the latter: lists in lists, deeper than Python goes
        return {}
    return {name: said for name, said in found.items() if _is_words(said)} if isinstance(found, dict) else {}


def _is_words(said: Any) -> bool:
    return isinstance(said, list) and all(isinstance(one, str) for one in said)


def _words(field: forms.Field, raw: list[str]) -> str:
    if isinstance(field, forms.BooleanField):
        return _("Yes") if raw else _("No")
    labels = dict(_flat(getattr(field, "choices", ())))
    return ", ".join(str(labels.get(one, one)) for one in raw) or str(labels.get("", "–"))


def _flat(choices: Iterable[Any]) -> Iterable[tuple[str, Any]]:
    for value, label in choices:
        if isinstance(label, list | tuple):
            yield from _flat(label)
        else:
            yield str(value), label


__all__ = ["EditForm", "alone"]
