"""The way into a session: allauth's login pipeline, whatever one signed in with, and what it asks of the portal.

Password, passkey and identity provider all end in `begin_session`, so that a second factor is asked for alike.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.internal.flows.login import (
    clear_authentication_records,
    get_authentication_records,
    perform_login,
    record_authentication,
)
from allauth.account.internal.stagekit import clear_login
from allauth.account.models import Login
from allauth.account.stages import LoginStageController
from allauth.mfa.stages import AuthenticateStage
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from django.contrib import auth, messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils import translation
from django.utils.translation import gettext as _

from apps.tenants import services
from apps.tenants.adapters.outbound_session import outbound_session
from apps.tenants.choices import SignInMethod
from apps.tenants.views.requests import make_known
from foundation.clock import now
from foundation.identity.ways import Way
from foundation.web.requests import address_of
from foundation.web.templatetags.sanad_format import exact

if TYPE_CHECKING:
    from uuid import UUID

    from allauth.account.stages import LoginStage
    from allauth.socialaccount.models import SocialApp, SocialLogin
    from requests import Session

    from apps.tenants.ports import Said
    from foundation.identity.models import User

_BACKEND = "django.contrib.auth.backends.ModelBackend"
_METHODS = {"password": SignInMethod.PASSWORD, "socialaccount": SignInMethod.SSO, "mfa": SignInMethod.PASSKEY}


def begin_session(request: HttpRequest, user: User, *, next_url: str = "/") -> HttpResponse:
    """Whoever's password was right: the session, or first the page that asks for the second factor."""
    clear_authentication_records(request)  # of an attempt that was begun and left
    record_authentication(request, user, method="password")
    return perform_login(request, Login(user=user, redirect_url=next_url, email=user.email))


def begin_session_by_passkey(request: HttpRequest, user: User, *, next_url: str) -> HttpResponse:
    """Whoever's passkey was right, which is two factors in one: nothing more is asked."""
    clear_authentication_records(request)
    record_authentication(request, user, method="mfa", type="webauthn", passwordless=True)
    return perform_login(request, Login(user=user, redirect_url=next_url, email=user.email))


def begin_session_by_provider(
    request: HttpRequest, user: User, *, provider_id: UUID, tenant_id: UUID, said: Said, next_url: str
) -> HttpResponse:
    """Whom a tenant's identity provider vouches for: a session that opens this tenant alone (foundation.identity.ways).

    Whoever was signed in before is signed out first: two people's proofs do not mix in one session.
    """
    if request.user.is_authenticated:
        services.forget_session(user=request.user, session_key=request.session.session_key or "")
        auth.logout(request)
    clear_authentication_records(request)
    record_authentication(
        request,
        user,
        method="socialaccount",
        provider=str(provider_id),
        tenant=str(tenant_id),
        proved_at=said.proved_at.timestamp() if said.proved_at else None,
        sid=said.sid or None,
    )
    return perform_login(request, Login(user=user, redirect_url=next_url, email=user.email))


def pending_second_step(request: HttpRequest) -> LoginStage | None:
    """The step of a person whose first factor was right and who has to show a second one, while they may."""
    if request.user.is_authenticated:
        return None
    return LoginStageController.enter(request, AuthenticateStage.key)


def finish_second_step(request: HttpRequest, stage: LoginStage) -> HttpResponse:
    """The second factor was right too: the session."""
    record_authentication(request, stage.login.user, method="mfa", type="second factor")
    return stage.exit()


def note_session(request: HttpRequest, user: User) -> None:
    """Put the present session on the person's own list."""
    services.note_session(
        user=user,
        session_key=request.session.session_key or "",
        address=address_of(request),
        agent=request.headers.get("User-Agent", ""),
        method=_method_of(request, user),
        now=now(),
    )
    services.single_sign_on.note_provided_session(
        way=Way.of(request.session), user=user, session_key=request.session.session_key or ""
    )


def _method_of(request: HttpRequest, user: User) -> SignInMethod:
    """What the person began to sign in with in this session."""
    records = get_authentication_records(request, user)
    return _METHODS.get(records[0]["method"], SignInMethod.PASSWORD) if records else SignInMethod.PASSWORD


def _remind(request: HttpRequest, user: User) -> None:
    """Tell what somebody else did to the account since the last sign-in, or tried."""
    with translation.override(user.language):
        for words, at in services.take_reminders(user=user):
            said = {"said": words, "when": exact(at)}
            messages.warning(request, _("%(said)s (%(when)s). If that surprises you, tell an administrator.") % said)


class SignInAdapter(DefaultAccountAdapter):
    """Nobody signs up here, and nothing is said or mailed in other words than the portal's."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def get_login_stages(self) -> list[str]:
        return ["allauth.mfa.stages.AuthenticateStage"]

    def get_client_ip(self, request: HttpRequest) -> str:
        return address_of(request)

    def respond_user_inactive(self, request: HttpRequest, user: Any) -> HttpResponse:
        clear_login(request)
        return HttpResponseRedirect("/accounts/login/")

    def login(self, request: HttpRequest, user: Any) -> None:
        auth.login(request, user, backend=_BACKEND)
        note_session(request, user)
        way, request_id = Way.of(request.session), getattr(request, "request_id", "")
        if way.tenant_id is None:
            factor = way.second_factor
            services.note_sign_in(
                user=user, method=_method_of(request, user), second_factor=factor, request_id=request_id
            )
            _remind(request, user)

    def post_login(self, request: HttpRequest, user: Any, **hints: Any) -> HttpResponse:
        response = HttpResponseRedirect(hints.get("redirect_url") or "/")
        make_known(request, response, user.pk)
        return response

    def add_message(self, *args: Any, **kwargs: Any) -> None:
        """Pages say themselves what happened."""

    def send_mail(self, *args: Any, **kwargs: Any) -> None:
        """No mail in somebody else's words: services tell people what happened."""


class ExternalSignInAdapter(DefaultSocialAccountAdapter):
    """Identity providers of tenants; without one that vouches for the person nobody comes in."""

    def is_open_for_signup(self, request: HttpRequest, sociallogin: SocialLogin) -> bool:
        return False

    def get_requests_session(self) -> Session:
        """Providers are called by the one outbound client: tenants write their addresses."""
        return outbound_session()

    def list_apps(
        self, request: HttpRequest, provider: str | None = None, client_id: str | None = None
    ) -> list[SocialApp]:
        return []
