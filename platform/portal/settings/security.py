"""Cookies, transport, content security policy."""

from urllib.parse import urlsplit

from csp.constants import NONE, SELF

from portal.settings import environment as env
from portal.settings.base import SANAD_PUBLIC_URL, TESTING
from portal.start import is_here

_TLS = SANAD_PUBLIC_URL.startswith("https://")
_HOST = SANAD_PUBLIC_URL.split("//", 1)[-1].split("/", 1)[0].rsplit(":", 1)[0]

# Whether the addresses that the portal hands out open on this machine alone: pages say so beside them.
SANAD_HERE_ALONE = is_here(urlsplit(SANAD_PUBLIC_URL).hostname or "")
ALLOWED_HOSTS = env.words("SANAD_ALLOWED_HOSTS", [_HOST, "127.0.0.1", "localhost", "[::1]"])
if TESTING:
    ALLOWED_HOSTS = ["*"]
CSRF_TRUSTED_ORIGINS = [SANAD_PUBLIC_URL]
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SECURE = _TLS
CSRF_COOKIE_NAME = "sanad_csrf"
CSRF_FAILURE_VIEW = "foundation.web.problems.csrf_failure"
SESSION_COOKIE_NAME = "sanad_session"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = _TLS
SESSION_COOKIE_AGE = 12 * 3600
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
# What came to a trusted proxy by plain HTTP is sent on to the same address by TLS. The gateway and the launcher's
# probes ask over the Unix socket, which no network lies behind; they follow no redirect.
SECURE_SSL_REDIRECT = _TLS
SECURE_REDIRECT_EXEMPT = [r"^internal/", r"^healthz$", r"^readyz$", r"^metrics$"]
SECURE_HSTS_SECONDS = 31_536_000 if _TLS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = _TLS
SECURE_HSTS_PRELOAD = _TLS
# Hosts of servers that are reached without TLS although the portal is public: nobody else is on that network.
SANAD_PLAIN_HOSTS = env.words("SANAD_PLAIN_HOSTS", [])
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"

# Where a weakness is reported: mail or web addresses, published at /.well-known/security.txt.
SANAD_SECURITY_CONTACT = env.words("SANAD_SECURITY_CONTACT", [])

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:", "blob:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "object-src": [NONE],
        "base-uri": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    },
}
