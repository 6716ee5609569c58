from __future__ import annotations

import pytest


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
