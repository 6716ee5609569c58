from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from foundation.access import Role
from foundation.access.permissions import IN_PROJECT
from foundation.web.editing import EditForm


def _project_roles() -> list[tuple[str, Any]]:
    return [(role.value, role.label) for role in IN_PROJECT]


class GroupForm(EditForm):
    name = forms.CharField(label=_("Name"), max_length=120, help_text=_("Who is in it, for example “Fraud team”."))
    description = forms.CharField(label=_("Description"), max_length=500, required=False)


class GroupMemberForm(forms.Form):
    """Takes `people`: the members who could join, as id and name."""

    person = forms.ChoiceField(label=_("Member"))

    def __init__(self, data: Any = None, *, people: list[tuple[str, str]]) -> None:
        super().__init__(data)
        self.fields["person"].choices = people  # type: ignore[attr-defined]


class ProjectRoleForm(forms.Form):
    """A role in one project. Takes `projects`, as id and name: what is open to whoever gives it."""

    project = forms.ChoiceField(label=_("Project"))
    role = forms.ChoiceField(label=_("Role in the project"), choices=_project_roles, initial=Role.SCIENTIST)

    def __init__(self, data: Any = None, *, projects: list[tuple[str, str]]) -> None:
        super().__init__(data)
        self.fields["project"].choices = projects  # type: ignore[attr-defined]
