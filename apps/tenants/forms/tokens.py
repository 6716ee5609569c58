"""Forms of service accounts and of the tokens that they and people hold."""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import timedelta
from typing import Any
from uuid import UUID

from django import forms
from django.utils.translation import gettext_lazy as _

from apps.tenants.choices import EVERYTHING, LEVEL_SCOPES, PROGRAM_ROLES, TokenLevel
from foundation.access import Permission, Role
from foundation.web.editing import EditForm

_LTR = {"dir": "ltr", "autocapitalize": "none", "spellcheck": "false"}
_EXPIRY_DAYS = ((7, _("7 days")), (30, _("30 days")), (90, _("90 days")), (365, _("One year")))


def _program_roles() -> list[tuple[str, Any]]:
    return [(role.value, role.label) for role in PROGRAM_ROLES]


class ServiceAccountForm(forms.Form):
    name = forms.CharField(
        label=_("Name"), max_length=120, help_text=_("Which program it is, for example “nightly import”.")
    )
    role = forms.ChoiceField(
        label=_("Role"),
        choices=_program_roles,
        initial=Role.SCIENTIST,
        help_text=_("A program builds or reads; deciding and administering is for people."),
    )


class ProgramRoleForm(EditForm):
    role = forms.ChoiceField(label=_("Role"), choices=_program_roles)


class TokenForm(forms.Form):
    """A token. `projects` are those it may be limited to; `held` says what its owner holds in one, or anywhere."""

    name = forms.CharField(
        label=_("Name"), max_length=120, help_text=_("What will use it, for example “laptop” or “nightly import”.")
    )
    level = forms.ChoiceField(
        label=_("It may"), choices=TokenLevel.choices, widget=forms.RadioSelect, initial=TokenLevel.READ
    )
    scopes = forms.MultipleChoiceField(
        label=_("Permissions"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("Heard where “Only what is ticked below” is chosen."),
    )
    project = forms.ChoiceField(label=_("Only in the project"), required=False)
    networks = forms.CharField(
        label=_("Only from these addresses"),
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={**_LTR, "rows": 2}),
        help_text=_("Addresses or networks like 203.0.113.7 or 203.0.113.0/24, one in a line. Empty: from everywhere."),
    )
    days = forms.TypedChoiceField(label=_("It expires after"), choices=_EXPIRY_DAYS, coerce=int, initial=30)

    def __init__(
        self,
        data: Any = None,
        *,
        projects: list[Any],
        held: Callable[[UUID | None], Collection[Permission]],
        initial: dict[str, str] | None = None,
        of_program: bool = False,
    ) -> None:
        """`initial` may come from the address: a page with snippets says what its token is for."""
        wanted = {"level": set(TokenLevel.values), "project": {p.slug for p in projects}}
        kept = {name: (initial or {}).get(name) for name, known in wanted.items() if (initial or {}).get(name) in known}
        super().__init__(data, initial=kept)
        self.fields["project"].choices = [("", _("Any project")), *((p.slug, p.name) for p in projects)]  # type: ignore[attr-defined]
        self.fields["scopes"].choices = [(p.value, p.label) for p in held(None)]  # type: ignore[attr-defined]
        self.held, self.of_program = held, of_program
        self.project_ids = {p.slug: p.id for p in projects}
        if of_program:
            self.fields["level"].choices = [  # type: ignore[attr-defined]
                (TokenLevel.EVERYTHING.value, _("Everything that its role may do")),
                *(choice for choice in TokenLevel.choices if choice[0] != TokenLevel.EVERYTHING),
            ]

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        if given.get("level") == TokenLevel.CHOSEN and not given.get("scopes"):
            self.add_error("scopes", _("Tick at least one permission."))
        if not self.errors:
            self._check_is_of_use(given)
        return given

    def _check_is_of_use(self, given: dict[str, Any]) -> None:
        """A token that would open nothing, or not what was ticked, is not made: it would be found out much later."""
        held = self._held_there(given)
        if given["level"] == TokenLevel.CHOSEN:
            ticked = set(given["scopes"]) - held
            lacking = [label for value, label in Permission.choices if value in ticked]
            if lacking:
                self.add_error("scopes", self._not_held_there(lacking, given["project"]))
        elif given["level"] != TokenLevel.EVERYTHING and not (self._of_level(given) - {Permission.TENANT_VIEW.value}):
            self.add_error("level", self._opens_nothing(given["project"]))

    def _held_there(self, given: dict[str, Any]) -> set[str]:
        place = self.project_ids[given["project"]] if given["project"] else None
        return {permission.value for permission in self.held(place)}

    def _of_level(self, given: dict[str, Any]) -> set[str]:
        return self._held_there(given) & LEVEL_SCOPES[TokenLevel(given["level"])]

    def _not_held_there(self, lacking: list[Any], project: str) -> Any:
        words = {"what": ", ".join(str(label) for label in lacking), "project": self._name_of(project)}
        if self.of_program:
            return (
                _("In %(project)s this service account may not: %(what)s. Give it a role there, under People.") % words
            )
        return _("In %(project)s you may not: %(what)s. Choose another project, or ask for a role there.") % words

    def _opens_nothing(self, project: str) -> Any:
        """The owner holds nothing of the level: what would mend it."""
        if self.of_program and not project:
            return _(
                "The token would open nothing: the role of this service account brings nothing of this. Give it a "
                "role in a project first (Project settings, People), or another role below."
            )
        if self.of_program:
            return _(
                "The token would open nothing: this service account holds nothing of this in %(project)s. Give it a "
                "role there first, in the project’s settings under People."
            ) % {"project": self._name_of(project)}
        if not project:
            return _(
                "The token would open nothing: you hold nothing of this in any project. An administrator can give "
                "you a role in one."
            )
        return _(
            "The token would open nothing: you hold nothing of this in %(project)s. An administrator can give you a "
            "role there."
        ) % {"project": self._name_of(project)}

    def _name_of(self, project: str) -> str:
        return str(dict(self.fields["project"].choices).get(project, project))  # type: ignore[attr-defined]

    @property
    def chosen_scopes(self) -> list[str]:
        """What the level stands for, as far as the owner holds it in the project, or anywhere."""
        given = self.cleaned_data
        if given["level"] == TokenLevel.CHOSEN:
            return list(given["scopes"])
        return [EVERYTHING] if given["level"] == TokenLevel.EVERYTHING else sorted(self._of_level(given))

    @property
    def lifetime(self) -> timedelta:
        return timedelta(days=self.cleaned_data["days"])
