"""The services beside the portal: as whom it asks them, and whom it answers. No secret goes over a wire."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError, transaction

from foundation.identity.models import ServiceCall
from runtime.service_tokens import Caller, Known, Receiver, pair_keys, secrets_of, write_callers

PORTAL, GATEWAY, TRACKING = "portal", "gateway", "mlflow"


def replica_name(revision_id: UUID, attempt: int) -> str:
    """A replica's name as a receiver: a token for one attempt opens no other. The gateway builds the same."""
    return f"replica:{revision_id}:{attempt}"


def caller_to(receiver: str) -> Caller:
    """The portal, asking the receiver."""
    return _caller(receiver, _secrets_with(receiver))


def check_gateway(given: str, method: str, target: str) -> Known:
    """The gateway, and nobody else, asks the portal this. Raises TokenRefused."""
    return _portal(settings.SANAD_GATEWAY_SECRET).check(given, method, target)


def write_callers_of_replica(file: Path, *, revision_id: UUID, attempt: int) -> None:
    """Tell a replica whom it answers: gateway and portal, by keys that open this attempt alone."""
    name = replica_name(revision_id, attempt)
    write_callers(file, secrets_of(settings.SANAD_GATEWAY_SECRET), name, (GATEWAY, PORTAL))


def forget_calls(*, now: datetime) -> int:
    """Delete the numbers of tokens that have expired; how many there were."""
    return ServiceCall.objects.filter(expires_at__lt=now).delete()[0]


def _secrets_with(receiver: str) -> tuple[str, ...]:
    # The front door stands nearest to the world: it holds nothing from which MLflow's key could be made.
    return (str(settings.SECRET_KEY),) if receiver == TRACKING else secrets_of(settings.SANAD_GATEWAY_SECRET)


@lru_cache(maxsize=1024)
def _caller(receiver: str, secrets: Sequence[str]) -> Caller:
    return Caller(PORTAL, receiver, pair_keys(secrets, PORTAL, receiver))


@lru_cache(maxsize=4)
def _portal(secret: str) -> Receiver:
    keys = {GATEWAY: pair_keys(secrets_of(secret), GATEWAY, PORTAL)}
    return Receiver(PORTAL, keys, first_time=_first_time)


def _first_time(number: str, until: float) -> bool:
    """Several processes answer as the portal, so the number is kept where all of them see it.

    It commits with the request: a call that was refused and rolled back changed nothing, and may come again.
    """
    try:
        with transaction.atomic():
            ServiceCall.objects.create(number=number[:64], expires_at=datetime.fromtimestamp(until, UTC))
    except IntegrityError:
        return False
    return True
