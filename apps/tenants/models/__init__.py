"""Rows of tenants, by noun."""

from apps.tenants.models.people import Invitation, SignIn, SignInAttempt

__all__ = ["Invitation", "SignIn", "SignInAttempt"]
