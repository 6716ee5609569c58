from __future__ import annotations

from datetime import datetime
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from apps.tenants.choices import LONGEST_GRACE
from foundation.web.editing import EditForm

_CODE = {"dir": "ltr", "autocomplete": "one-time-code", "inputmode": "numeric", "spellcheck": "false"}


class AppForm(forms.Form):
    """The code that an authenticator app shows once it holds the secret."""

    code = forms.CharField(
        label=_("Code that the app shows"), max_length=20, widget=forms.TextInput(attrs={**_CODE, "autofocus": True})
    )


class PasskeyForm(forms.Form):
    """A passkey: the browser's script fills in what the device answered."""

    name = forms.CharField(
        label=_("Name"), max_length=80, initial=_("This device"), help_text=_("So that you find it again in the list.")
    )
    credential = forms.JSONField(
        widget=forms.HiddenInput,
        error_messages={"required": _("The device gave no passkey. Press the button and follow the browser.")},
    )


class SecondFactorRuleForm(EditForm):
    """Whether members need a second factor, and from when on; `due` is the rule that stands, if one does."""

    # The days that are left grow fewer by themselves.
    unwatched = ("grace_days", "confirmed")
    required = forms.BooleanField(label=_("Every member needs a second factor"), required=False)
    grace_days = forms.IntegerField(
        label=_("Days until it holds"),
        min_value=0,
        max_value=LONGEST_GRACE,
        help_text=_("Time to set one up; everybody without one reads of it on every page."),
    )

    confirmed = forms.BooleanField(label=_("Yes, hold them up now"), required=False)

    def __init__(self, data: Any = None, *, due: datetime | None, now: datetime, without: int = 0) -> None:
        """`without` is how many members have no factor: a rule that holds at once is confirmed before it meets them."""
        left = 14 if due is None else max(0, -(-(due - now).total_seconds() // 86400))
        super().__init__(data, initial={"required": due is not None, "grace_days": int(left)})
        self.without = without
        at_once = data is not None and "required" in data and str(data.get("grace_days", "")).strip() == "0"
        if not (at_once and without) or (due is not None and due <= now):
            del self.fields["confirmed"]

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        if "confirmed" in self.fields and not given.get("confirmed"):
            self.add_error("confirmed", self._whom_it_meets())
        return given

    def _whom_it_meets(self) -> str:
        return ngettext(
            "%(count)s member has no second factor and could do nothing here from now on until they set one up. Give "
            "days for it, or tick this.",
            "%(count)s members have no second factor and could do nothing here from now on until they set one up. Give "
            "days for it, or tick this.",
            self.without,
        ) % {"count": self.without}
