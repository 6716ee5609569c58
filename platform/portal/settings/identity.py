"""How people sign in: django-allauth behind our own pages (passkeys, TOTP, recovery codes, identity providers)."""

from datetime import timedelta

from portal.settings import environment as env

# What allauth asks of the portal. Nobody signs up: an invitation or a tenant's identity provider brings people.
ACCOUNT_ADAPTER = "apps.tenants.views.pipeline.SignInAdapter"
MFA_ADAPTER = "apps.tenants.adapters.factors.FactorAdapter"
SOCIALACCOUNT_ADAPTER = "apps.tenants.views.pipeline.ExternalSignInAdapter"

ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_USER_MODEL_EMAIL_FIELD = "email"
ACCOUNT_EMAIL_VERIFICATION = "none"  # an address is proven by the invitation's link or by the identity provider
# Our own bound on attempts stands in front (apps.tenants.services.sign_in), in the database, so no cache forgets it.
ACCOUNT_RATE_LIMITS = False
ACCOUNT_LOGIN_TIMEOUT = 10 * 60
ACCOUNT_SESSION_REMEMBER = True

SOCIALACCOUNT_AUTO_SIGNUP = True
SOCIALACCOUNT_STORE_TOKENS = False
SOCIALACCOUNT_LOGIN_ON_GET = False
SOCIALACCOUNT_EMAIL_AUTHENTICATION = False
SOCIALACCOUNT_PROVIDERS: dict[str, dict[str, object]] = {}

MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_ALLOW_UNVERIFIED_EMAIL = True
MFA_RATE_LIMITS = False
MFA_TOTP_ISSUER = "Sanad"
MFA_TOTP_TOLERANCE = 1
MFA_RECOVERY_CODE_COUNT = 10
MFA_RECOVERY_CODE_DIGITS = 10
MFA_WEBAUTHN_USER_VERIFICATION = "required"  # each passkey opens the door alone, so it asks for finger, face or PIN
# Browsers offer passkeys on https and on http://localhost alone; only there is a plain origin believed.
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = False

# How long a proof of who one is counts for sensitive acts.
SANAD_STEP_UP = timedelta(minutes=env.number("SANAD_STEP_UP_MINUTES", 10))

# Who is asked for the TXT record that proves a tenant's e-mail domain: the system's name servers where empty.
SANAD_DNS_SERVERS = env.words("SANAD_DNS_SERVERS", [])
