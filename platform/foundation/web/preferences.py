"""Language and theme, chosen once: kept with the person, or in a cookie for those not signed in."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import translation
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from foundation.access import public
from foundation.errors import Invalid

THEMES = ("light", "dark", "system")
YEAR = 365 * 24 * 3600


@public("Anybody may choose the language and the colours of the pages they read.")
@require_POST
def preferences(request: HttpRequest) -> HttpResponse:
    """Keeps what was chosen and goes back to where the person was."""
    response = HttpResponse(status=303)
    response["Location"] = _back_to(request)
    if language := request.POST.get("language"):
        _keep(request, response, "language", language, [code for code, _name in settings.LANGUAGES])
    if theme := request.POST.get("theme"):
        _keep(request, response, "theme", theme, THEMES)
    return response


def _keep(
    request: HttpRequest, response: HttpResponse, name: str, value: str, known: tuple[str, ...] | list[str]
) -> None:
    if value not in known:
        raise Invalid(
            _("“%(value)s” is not offered here. Choose one of: %(known)s.")
            % {"value": value, "known": ", ".join(known)}
        )
    if request.user.is_authenticated:
        setattr(request.user, name, value)
        request.user.save(update_fields=[name])
    cookie = settings.LANGUAGE_COOKIE_NAME if name == "language" else "sanad_theme"
    response.set_cookie(cookie, value, max_age=YEAR, samesite="Lax", secure=request.is_secure(), httponly=True)
    if name == "language":
        translation.activate(value)


def _back_to(request: HttpRequest) -> str:
    wanted = request.POST.get("next", "")
    return wanted if url_has_allowed_host_and_scheme(wanted, allowed_hosts={request.get_host()}) else "/"
