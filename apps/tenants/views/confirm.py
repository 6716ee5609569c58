"""Who one is, once more: the second step of the door, a passkey alone, and the question before sensitive acts."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_POST

from apps.tenants import services
from apps.tenants.adapters import passkeys
from apps.tenants.errors import FactorRefused, SignInRefused, TooManyAttempts
from apps.tenants.services import Shown
from apps.tenants.views import pipeline
from apps.tenants.views.requests import next_of
from foundation import access
from foundation.access.freshness import is_fresh, note_proof
from foundation.clock import now
from foundation.identity.ways import Way
from foundation.tenancy import scope
from foundation.web import step_up
from foundation.web.requests import PersonRequest, address_of

_OWN = access.own(
    "A person's proof of who they are: it opens their own session's sensitive acts and nothing else.", by_provider=True
)
_PENDING = access.public("The second half of the door: whoever's first half was right shows a factor here.")
_DOOR = "/accounts/login/"


@_OWN
@sensitive_post_parameters("proof_password", "proof_code")
@never_cache
def confirm(request: PersonRequest) -> HttpResponse:
    if request.method != "POST":
        return render(request, "accounts/confirm.html", step_up.asked_again(request))
    way = Way.of(request.session)
    if way.tenant_id is not None and not _shows_anything(request) and is_fresh(request.session, at=now()):
        return step_up.go_on(request)  # confirmed at the provider meanwhile, in another tab
    try:
        services.prove(
            user=request.user,
            way=way,
            shown=_shown(request, "proof_code", "proof_credential"),
            password=request.POST.get("proof_password", ""),
            address=address_of(request),
            now=now(),
        )
    except (SignInRefused, TooManyAttempts) as refusal:
        context = {**step_up.asked_again(request), "refusal": refusal.sentence}
        return _refused(render(request, "errors/step_up.html", context), refusal)
    note_proof(request.session, at=now())
    return step_up.go_on(request)


@_OWN
@never_cache
@require_GET
def confirmed(request: PersonRequest) -> HttpResponse:
    """Where the provider's proof ends that was asked for in a tab of its own: the question waits in the other."""
    return render(request, "accounts/confirmed.html")


@_OWN
@never_cache
@require_GET
def confirm_options(request: PersonRequest) -> HttpResponse:
    with scope(None, user_id=request.user.pk):
        return JsonResponse(passkeys.begin_authentication(request.user))


@_PENDING
@sensitive_post_parameters("code")
@never_cache
def second_step(request: HttpRequest) -> HttpResponse:
    stage = pipeline.pending_second_step(request)
    if stage is None:
        return HttpResponseRedirect(_DOOR)
    refusal: SignInRefused | TooManyAttempts | None = None
    if request.method == "POST":
        try:
            shown = _shown(request, "code", "credential")
            services.check_factor(user=stage.login.user, shown=shown, address=address_of(request), now=now())
            return pipeline.finish_second_step(request, stage)
        except (SignInRefused, TooManyAttempts) as refused:
            refusal = refused
    context = {"person": stage.login.user, "refusal": refusal.sentence if refusal else ""}
    response = render(request, "accounts/second_step.html", context)
    return _refused(response, refusal) if refusal else response


@_PENDING
@never_cache
@require_GET
def second_step_options(request: HttpRequest) -> HttpResponse:
    stage = pipeline.pending_second_step(request)
    if stage is None:
        return JsonResponse({}, status=404)
    with scope(None, user_id=stage.login.user.pk):
        return JsonResponse(passkeys.begin_authentication(stage.login.user))


@access.public("The door for whoever has a passkey: what the browser needs to show one says nothing of anybody.")
@never_cache
@require_GET
def passkey_options(request: HttpRequest) -> HttpResponse:
    return JsonResponse(passkeys.begin_authentication(None))


@access.public("The door: a passkey shows who comes, and that it is them.")
@never_cache
@require_POST
def passkey_sign_in(request: HttpRequest) -> HttpResponse:
    if request.user.is_authenticated:
        return HttpResponseRedirect(next_of(request))
    try:
        credential = _decoded(request.POST.get("credential", ""))
        user, _factor = services.check_passkey_of_anybody(credential=credential, now=now())
    except FactorRefused as refusal:
        messages.error(request, refusal.sentence)
        return HttpResponseRedirect(f"{_DOOR}?{urlencode({'next': next_of(request)})}")
    return pipeline.begin_session_by_passkey(request, user, next_url=next_of(request))


def _shown(request: HttpRequest, code: str, credential: str) -> Shown:
    answer = request.POST.get(credential, "")
    return Shown(code=request.POST.get(code, ""), credential=_decoded(answer) if answer else None)


def _shows_anything(request: HttpRequest) -> bool:
    return any(request.POST.get(name) for name in ("proof_code", "proof_credential", "proof_password"))


def _decoded(answer: str) -> Any:
    """What the browser's script sent of a passkey; what is no JSON object is left for the check to refuse."""
    try:
        return json.loads(answer)
    except ValueError:
        return {}


def _refused(response: HttpResponse, refusal: SignInRefused | TooManyAttempts) -> HttpResponse:
    response.status_code = 422
    if isinstance(refusal, TooManyAttempts):
        response.status_code = refusal.status
        response["Retry-After"] = str(refusal.details["retry_after"])
    return response
