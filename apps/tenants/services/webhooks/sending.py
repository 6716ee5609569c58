"""Deliveries to webhooks: each claimed for a while before it is sent, so that a killed worker leaves it to the next."""

from __future__ import annotations

import secrets
import time
import unicodedata
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from uuid import UUID

from apps.tenants.choices import DELIVERY_NEXT, WEBHOOK_NEXT, DeliveryState, WebhookShape, WebhookState, WebhookTrouble
from apps.tenants.events import WebhookDisabled
from apps.tenants.models import Webhook, WebhookAttempt, WebhookDelivery
from apps.tenants.services.webhooks import signing
from apps.tenants.services.webhooks.queueing import due
from foundation import clock, ledger, live, outbound, states
from foundation.errors import PortalError
from foundation.identity import Actor
from foundation.jobs import JobHandle
from foundation.outbound import Answer, Limits

# Attempts after the first one: about a day in all.
PAUSES = tuple(timedelta(seconds=s) for s in (5, 30, 120, 600, 1800, 3600, 7200, 14400, 21600, 36000))
_JITTER = 0.2
_LONGEST_WISH = timedelta(days=1)
_LEASE = timedelta(minutes=2)
_LIMITS = Limits(connect_s=5, read_s=10, total_s=15, most_bytes=4096, cut=True)
# One webhook holds a worker no longer than this; the rest is rung for again.
_ROUND_S = 60.0
_FAILURES, _FAILING = 20, timedelta(hours=24)
_GONE = 410
# Signs that turn the direction of a line around would make an answer read as something else.
_TURNING = frozenset("\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


@dataclass(frozen=True)
class Outcome:
    """How an attempt ended; `problem` is the sentence where no answer came, `wish` how long the receiver asks for."""

    at: datetime
    seconds: float
    headers: dict[str, str]
    status: int | None = None
    answer: str = ""
    truncated: bool = False
    problem: str = ""
    wish: timedelta | None = None

    @property
    def arrived(self) -> bool:
        return self.status is not None and 200 <= self.status < 300


def send_webhook(*, job: JobHandle, webhook_id: UUID) -> int:
    """Send what is due, in order; how many arrived. It ends at the first failure: the receiver is given a rest."""
    arrived, ends = 0, time.monotonic() + _ROUND_S
    while time.monotonic() < ends:
        job.raise_if_cancelled()
        claimed = _claim(job, webhook_id)
        if claimed is None:
            break
        webhook, delivery = claimed
        outcome = _attempt(webhook, delivery)
        with job.scope():
            _note(job.actor, delivery.pk, outcome, tries=delivery.tries)
        if not outcome.arrived:
            break
        arrived += 1
    return arrived


def _claim(job: JobHandle, webhook_id: UUID) -> tuple[Webhook, WebhookDelivery] | None:
    """The next delivery, ours for two minutes: after that a worker that was killed is taken to be gone.

    By the database's clock, not the worker's own: one that is fast would take what another one is just sending.
    """
    with job.scope():
        now = clock.database_now()
        webhook = Webhook.objects.filter(pk=webhook_id, tenant_id=job.tenant_id, state=WebhookState.ENABLED).first()
        found = due(webhook, now=now).select_for_update(of=["self"], skip_locked=True).first() if webhook else None
        if webhook is None or found is None:
            return None
        found.tries += 1
        found.next_attempt_at, found.paced_at = now + _LEASE, now
        found.save(update_fields=["tries", "next_attempt_at", "paced_at"])
    return webhook, found


def _attempt(webhook: Webhook, delivery: WebhookDelivery) -> Outcome:
    now, began = clock.now(), time.monotonic()
    headers = {"Content-Type": "application/json; charset=utf-8", "User-Agent": "Sanad-Webhooks"}
    try:
        if webhook.shape == WebhookShape.OPENLINEAGE:
            proof = signing.bearer(webhook)  # not for the log
        else:
            proof = {}
            headers |= signing.headers(webhook, message_id=delivery.message_id, payload=delivery.payload, now=now)
        answer = outbound.send(
            "POST", webhook.url, headers={**headers, **proof}, body=delivery.payload.encode(), limits=_LIMITS
        )
    # Refused, unreachable, or a secret whose key is withheld: whatever it is, the log says it in words.
    except PortalError as error:
        return Outcome(now, time.monotonic() - began, headers, problem=error.sentence)
    return Outcome(
        at=now,
        seconds=answer.seconds,
        headers=headers,
        status=answer.status,
        answer=_cleaned(answer.body),
        truncated=answer.truncated,
        wish=_wish(answer, now),
    )


def _note(actor: Actor, delivery_id: UUID, outcome: Outcome, *, tries: int) -> None:
    """Write the attempt down and decide what comes of the delivery and of its webhook."""
    delivery = WebhookDelivery.objects.select_for_update().filter(pk=delivery_id).first()
    if delivery is None:  # the webhook was deleted meanwhile
        return
    WebhookAttempt.objects.create(
        tenant_id=delivery.tenant_id,
        delivery=delivery,
        at=outcome.at,
        seconds=outcome.seconds,
        status=outcome.status,
        request_headers=outcome.headers,
        answer=outcome.answer,
        truncated=outcome.truncated,
        problem=outcome.problem,
    )
    _settle(delivery, outcome, tries)
    webhook = Webhook.objects.select_for_update().get(pk=delivery.webhook_id)
    _weigh(actor, webhook, outcome)
    live.publish(delivery.tenant_id, f"webhook:{webhook.pk}", "webhook.attempted", {"delivery": str(delivery.pk)})


def _settle(delivery: WebhookDelivery, outcome: Outcome, tries: int) -> None:
    if delivery.state != DeliveryState.WAITING or delivery.tries != tries:
        return  # another worker, or somebody who asked for it again, has taken it up since
    if outcome.arrived:
        states.move(delivery, DeliveryState.DELIVERED, DELIVERY_NEXT)
        delivery.delivered_at = outcome.at
    elif tries > len(PAUSES):
        states.move(delivery, DeliveryState.FAILED, DELIVERY_NEXT)
    else:
        delivery.paced_at = clock.database_now()
        delivery.next_attempt_at = delivery.paced_at + pause_after(tries, wish=outcome.wish)
    delivery.save(update_fields=["state", "delivered_at", "next_attempt_at", "paced_at"])


def pause_after(tries: int, *, wish: timedelta | None = None) -> timedelta:
    """How long to wait after so many attempts: longer each time, a fifth to either side, and never less than asked."""
    usual = PAUSES[min(tries, len(PAUSES)) - 1] * (1 + _JITTER * (secrets.randbelow(2001) - 1000) / 1000)
    return max(usual, min(wish or timedelta(0), _LONGEST_WISH))


def _weigh(actor: Actor, webhook: Webhook, outcome: Outcome) -> None:
    """Disable a webhook whose receiver is gone, or that has failed throughout for a day."""
    if outcome.arrived:
        webhook.failures, webhook.failing_since = 0, None
    else:
        webhook.failures, webhook.failing_since = webhook.failures + 1, webhook.failing_since or outcome.at
    webhook.save(update_fields=["failures", "failing_since"])
    lasting = webhook.failing_since is not None and outcome.at - webhook.failing_since >= _FAILING
    failing = WebhookTrouble.FAILING if lasting and webhook.failures >= _FAILURES else None
    trouble = WebhookTrouble.GONE if outcome.status == _GONE else failing
    if trouble is None or webhook.state != WebhookState.ENABLED:
        return
    states.move(webhook, WebhookState.DISABLED, WEBHOOK_NEXT)
    webhook.trouble = trouble
    webhook.save(update_fields=["state", "trouble"])
    disabled = WebhookDisabled(webhook_id=webhook.pk, trouble=trouble, failures=webhook.failures)
    ledger.record(disabled, actor=actor, subject=("webhook", webhook.pk))


def _wish(answer: Answer, now: datetime) -> timedelta | None:
    """What Retry-After asks for: seconds or a date; None where it says neither."""
    said = answer.headers.get("retry-after", "").strip()
    if said.isascii() and said.isdigit():
        return timedelta(seconds=min(int(said[:9]), _LONGEST_WISH.total_seconds()))
    try:
        moment = parsedate_to_datetime(said)
    except ValueError:
        return None
    return max((moment if moment.tzinfo else moment.replace(tzinfo=UTC)) - now, timedelta(0))


def _cleaned(body: bytes) -> str:
    """The answer as text that a page can show: no control signs, and none that turn lines around."""
    text = body.decode("utf-8", errors="replace")
    return "".join(s for s in text if s in "\n\t" or not (unicodedata.category(s) in {"Cc", "Cs"} or s in _TURNING))
