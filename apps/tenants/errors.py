from foundation.errors import AccessDenied, OverQuota


class SignInRefused(AccessDenied):
    """E-mail and password do not belong together; it is not said which of them is wrong."""


class TooManyAttempts(OverQuota):
    """Too many failed sign-ins; the sentence says when the next one is heard."""
