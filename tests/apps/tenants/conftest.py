from __future__ import annotations

import pytest


@pytest.fixture(autouse=True)
def quick_passwords(settings):
    """Hashing is slow by design; here only who may in matters."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
