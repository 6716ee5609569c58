from __future__ import annotations

from datetime import datetime
from typing import Any

from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django_tables2 import Column

from foundation.web.cells import state_cell
from foundation.web.tables import PortalTable
from foundation.web.templatetags.sanad_format import ago

_NUMBER = {"td": {"class": "s-num"}, "th": {"class": "s-num"}}
_STORES = {
    "environment": gettext_lazy("The portal's secret key"),
    "file": gettext_lazy("A key file"),
    "vault": gettext_lazy("Vault"),
    "pkcs11": gettext_lazy("A hardware module"),
}
# What else than objects and secrets has keys of its own, by the word before a colon.
_PURPOSES = {"lake": gettext_lazy("Tables of the lake"), "erasure": gettext_lazy("What names a person who is erased")}


class KeyTable(PortalTable):
    title = gettext_lazy("Keys")
    always = ("number",)
    also = ("with_own_key",)
    number = Column(verbose_name=gettext_lazy("Number"), attrs=_NUMBER)
    purpose = Column(verbose_name=gettext_lazy("Seals"), empty_values=())
    state = Column(verbose_name=gettext_lazy("State"))
    made_at = Column(verbose_name=gettext_lazy("Made"))
    wrapped_by = Column(verbose_name=gettext_lazy("Wrapped by"), empty_values=())
    wrapped_at = Column(verbose_name=gettext_lazy("Wrapped"))

    def render_purpose(self, value: str) -> str:
        return str(_PURPOSES.get(value.partition(":")[0], value)) if value else _("Objects and secrets")

    def render_state(self, value: Any) -> str:
        return state_cell(value.value, value.label)

    def render_made_at(self, value: datetime) -> SafeString:
        return ago(value)

    def render_wrapped_at(self, value: datetime) -> SafeString:
        return ago(value)

    def render_wrapped_by(self, value: str, record: Any) -> str:
        store = str(_STORES[value]) if value else _("The portal's secret key alone")
        return _("%(store)s and your own key") % {"store": store} if record.with_own_key else store
