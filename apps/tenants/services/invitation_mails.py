"""An invitation by mail: the link goes to the address that is invited, where the portal sends mail at all."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from django.conf import settings
from django.core.mail import send_mail
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _

from apps.tenants.choices import InvitationState
from apps.tenants.models import Invitation
from foundation import clock, jobs, storage
from foundation.identity import Actor
from foundation.identity.models import User
from foundation.tenancy.models import Tenant

if TYPE_CHECKING:
    from foundation.jobs.models import Job

_PURPOSE = "invitation mail"


def mail_invitation(*, actor: Actor, invitation: Invitation, secret: str) -> None:
    """Send the link in a job, which keeps its secret sealed; nothing where the portal sends no mail."""
    if not settings.SANAD_SENDS_MAIL:
        return
    jobs.enqueue(
        "tenants.send_invitation",
        actor=actor,
        title=_("Mail an invitation"),
        invitation_id=str(invitation.pk),
        sealed=storage.sealing.seal(actor.tenant_id, _PURPOSE, secret.encode()).hex(),
    )


@jobs.on_cancel("tenants.send_invitation")
def _mail_cancelled(job: Job, sentence: str, actor: Actor) -> None:
    """The invitation stands without the mail: its link was shown to whoever invited."""


def send_invitation(*, tenant: Tenant, invitation_id: UUID, sealed: str) -> None:
    """Write to the invited address, in both languages where nobody knows which one is read there."""
    invitation = Invitation.objects.filter(tenant=tenant, pk=invitation_id).select_related("invited_by").first()
    if invitation is None or invitation.state(clock.now()) is not InvitationState.OPEN:
        return
    secret = storage.sealing.open_sealed(tenant.pk, _PURPOSE, bytes.fromhex(sealed)).decode()
    link = settings.SANAD_PUBLIC_URL + reverse("tenants:invitation", args=[secret])
    known = User.objects.filter(email=invitation.email).values_list("language", flat=True).first()
    languages = [known] if known else [language for language, _name in settings.LANGUAGES]
    words = [_words(language, tenant, invitation, link) for language in languages]
    subject = " · ".join(subject for subject, _text in words)
    send_mail(subject, "\n\n".join(text for _subject, text in words), None, [invitation.email])


def _words(language: str, tenant: Tenant, invitation: Invitation, link: str) -> tuple[str, str]:
    with translation.override(language):
        who = str(invitation.invited_by) if invitation.invited_by else _("An administrator")
        said = {"who": who, "tenant": tenant.shown_name, "role": invitation.get_role_display(), "link": link}
        subject = _("Sanad: join %(tenant)s") % said
        text = _(
            "%(who)s invites you to %(tenant)s as %(role)s.\n\n"
            "Open this link within seven days; it works once:\n%(link)s"
            "\n\nIf you expected nothing of the kind, do nothing."
        )
        return subject, text % said
