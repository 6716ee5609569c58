from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from foundation.access import Role
from foundation.access.permissions import IN_PROJECT
from foundation.web.editing import EditForm


class ProjectForm(forms.Form):
    name = forms.CharField(label=_("Name"), max_length=120)
    purpose = forms.CharField(
        label=_("Purpose"),
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("What the predictions are for. It stands in every compliance report of this project."),
    )
    description = forms.CharField(label=_("Description"), required=False, widget=forms.Textarea(attrs={"rows": 4}))


class ProjectEditForm(EditForm, ProjectForm):
    """The same of a project that is there, which somebody else may be changing too."""


class NewProjectForm(ProjectForm):
    slug = forms.CharField(
        label=_("Short name"),
        max_length=63,
        required=False,
        # static/js/forms.js writes it along with the name; where no script runs, the service makes it.
        widget=forms.TextInput(
            attrs={"dir": "ltr", "autocapitalize": "none", "spellcheck": "false", "data-slug-of": "id_name"}
        ),
        help_text=_(
            "Small letters, digits and dashes; made from the name where you leave it empty. "
            "It is part of addresses and cannot be changed later."
        ),
    )
    field_order = ("name", "slug", "purpose", "description")


class NameTypedForm(forms.Form):
    """What is not undone asks for the name, typed."""

    confirmation = forms.CharField(
        label=_("The project's name or short name"),
        max_length=120,
        widget=forms.TextInput(attrs={"autocomplete": "off", "dir": "auto"}),
    )


class RoleForm(forms.Form):
    """A role in the project. Takes `holders`, as `user:<id>` and name: whoever could be given one."""

    holder = forms.ChoiceField(label=_("Person, group or program"))
    role = forms.ChoiceField(
        label=_("Role in the project"),
        choices=lambda: [(role.value, role.label) for role in IN_PROJECT],
        initial=Role.SCIENTIST,
    )

    def __init__(self, data: Any = None, *, holders: list[tuple[str, str]]) -> None:
        super().__init__(data)
        self.fields["holder"].choices = holders  # type: ignore[attr-defined]
