from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from uuid import uuid4

import pytest

from apps.tenants.choices import ThingKind, UsageKind
from apps.tenants.models import UsageHour
from apps.tenants.selectors import usage
from foundation.clock import now


@pytest.fixture(autouse=True)
def quick_passwords(settings):
    """Hashing is slow by design; here only who may in matters."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture
def operator(db):
    """Somebody who operates the platform and belongs to no tenant."""
    from foundation.identity.models import User

    user = User(email="operator@platform.test", name="The operator", is_operator=True)
    user.set_unusable_password()
    user.save()
    return user


@pytest.fixture
def plain_prices(settings):
    """What costs what, whatever the portal's own prices are."""
    settings.SANAD_PRICES = {"small": Decimal("0.1"), "storage": Decimal("0.1"), "requests": Decimal(1)}


@pytest.fixture
def used(tenant, project, scientist):
    """So many hourly rows of this month: runs of the class “small”, each a minute or two."""

    def fill(count, *, seconds=61, person_id=None):
        hour = usage.Month.of(now()).start
        rows = [
            UsageHour(
                tenant=tenant,
                hour=hour + timedelta(hours=n % 24),
                project_id=project.pk,
                person_id=person_id or scientist.user.pk,
                thing_kind=ThingKind.RUN,
                thing_id=uuid4(),
                resource_class="small",
                kind=UsageKind.COMPUTE,
                amount=Decimal(seconds),
                price=Decimal("0.1"),
            )
            for n in range(count)
        ]
        UsageHour.objects.bulk_create(rows, batch_size=2000)

    return fill
