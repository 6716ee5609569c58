from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from apps.approvals.choices import LONGEST_REASON, Verdict
from foundation.access import Permission


class DecisionForm(forms.Form):
    """The two buttons of the page are the verdict; the digest is the one that the page showed."""

    verdict = forms.ChoiceField(choices=Verdict.choices, widget=forms.HiddenInput)
    digest = forms.CharField(max_length=100, widget=forms.HiddenInput)
    reason = forms.CharField(
        label=_("Reason"),
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("It stays with the decision for good and is shown in reports."),
    )


class CommentForm(forms.Form):
    text = forms.CharField(label=_("Comment"), max_length=4000, widget=forms.Textarea(attrs={"rows": 2}))


class AccessForm(forms.Form):
    """What `components/ask_access.html` sends: the permission and the project are those of the refusal."""

    permission = forms.TypedChoiceField(choices=Permission.choices, coerce=Permission)
    project_id = forms.UUIDField(required=False)
    reason = forms.CharField(required=False, max_length=LONGEST_REASON)
