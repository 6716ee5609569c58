"""Idempotency-Key: a repeated request gets the first one's answer, and the act is done once."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _

from foundation.clock import now
from foundation.errors import Conflict, Invalid
from foundation.identity import Actor
from foundation.tenancy import in_each
from foundation.web.problems import answer_for, problem

KEPT_FOR = timedelta(hours=24)
_KEY = re.compile(r"[\x21-\x7e]{1,128}")


def once(
    request: HttpRequest, actor: Actor, key: str, act: Callable[[], HttpResponseBase], *, shown_once: bool = False
) -> HttpResponseBase:
    """The stored answer of this key, or the answer of `act`, stored with it when it succeeded.

    One that is `shown_once` holds a secret: what is stored in its place says that it was given.
    """
    from foundation.web.models import IdempotentAnswer

    if not _KEY.fullmatch(key):
        return answer_for(request, Invalid(_("Idempotency-Key holds up to 128 visible ASCII characters.")))
    print_ = _print_of(request, actor)
    kept = IdempotentAnswer.objects.filter(owner=actor.id, key=key, at__gt=now() - KEPT_FOR).first()
    if kept is not None:
        if kept.fingerprint != print_:
            return answer_for(
                request, Conflict(_("This Idempotency-Key was used for another request; take a new one."))
            )
        return HttpResponse(kept.body, status=kept.status, content_type=kept.content_type)
    response = act()
    if response.status_code < 400:
        _keep(actor, key, print_, _was_shown(request) if shown_once else response)
    return response


def _was_shown(request: HttpRequest) -> HttpResponse:
    said = Conflict(
        _(
            "This was done by your first request with this Idempotency-Key, and its answer holds a secret that is shown"
            " once. If it did not reach you, take back what was made and ask again under a new key."
        )
    )
    return JsonResponse(problem(request, said), status=said.status, content_type="application/problem+json")


def _print_of(request: HttpRequest, actor: Actor) -> str:
    """What was asked, and within which limits: a narrower token of the same person gets no answer of a wider one.

    Nor does the same person who holds less by now. It is keyed: a body may hold what names a person, and whoever reads
    the database shall not find out by trying.
    """
    held = sorted((str(project), sorted(names)) for project, names in actor.grants.items())
    limits = f"{sorted(actor.scopes)} {actor.project_id} {actor.role} {held} "
    asked = f"{request.method}{request.get_full_path()}"
    whole = limits.encode() + asked.encode() + request.body
    return salted_hmac("sanad.idempotency", whole, algorithm="sha256").hexdigest()


def forget_old_answers(*, now: datetime) -> None:
    """Delete answers that are a day old: their keys may be used again."""
    from foundation.web.models import IdempotentAnswer

    in_each(lambda tenant: IdempotentAnswer.objects.filter(tenant_id=tenant.pk, at__lte=now - KEPT_FOR).delete()[0])


def _keep(actor: Actor, key: str, fingerprint: str, response: HttpResponseBase) -> None:
    from foundation.web.models import IdempotentAnswer

    rendered: Any = response
    if hasattr(rendered, "render") and not rendered.is_rendered:
        rendered = rendered.render()
    IdempotentAnswer.objects.filter(owner=actor.id, key=key, at__lte=now() - KEPT_FOR).delete()
    try:
        with transaction.atomic():
            IdempotentAnswer.objects.create(
                tenant=actor.tenant,
                owner=actor.id,
                key=key,
                fingerprint=fingerprint,
                status=rendered.status_code,
                body=rendered.content,
                content_type=rendered.get("Content-Type", ""),
                at=now(),
            )
    except IntegrityError as error:
        # Two equal requests ran at once: this one's work is rolled back and the other's stands.
        raise Conflict(_("The same request is being worked on. Repeat it in a moment to get its answer.")) from error
