"""Apps, middleware, templates, languages, database."""

from django.utils.translation import gettext_lazy as _

from portal.settings import environment as env

ROOT = env.ROOT
SANAD_HOME = env.home()
DEBUG = env.flag("SANAD_DEBUG")
TESTING = env.flag("SANAD_TESTING")
SECRET_KEY = env.text("SANAD_SECRET_KEY")
SANAD_PUBLIC_URL = env.text("SANAD_PUBLIC_URL", f"http://127.0.0.1:{env.number('SANAD_PORT', 8000)}").rstrip("/")
SANAD_VERSION = "0.1.0"

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.postgres",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "django.forms",
    "guardian",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
    "allauth.socialaccount.providers.saml",
    "channels",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "django_filters",
    "django_tables2",
    "django_htmx",
    "csp",
    "portal.apps.PortalConfig",
    *env.present(
        "foundation.tenancy",
        "foundation.identity",
        "foundation.access",
        "foundation.ledger",
        "foundation.refusals",
        "foundation.live",
        "foundation.jobs",
        "foundation.storage",
        "foundation.lake",
        "foundation.engines",
        "foundation.web",
        "apps.tenants",
        "apps.projects",
        "apps.approvals",
        "apps.connections",
        "apps.datasets",
        "apps.streams",
        "apps.features",
        "apps.experiments",
        "apps.registry",
        "apps.deployments",
        "apps.monitoring",
        "apps.compliance",
        "apps.dashboards",
    ),
]

MIDDLEWARE = [
    "foundation.web.middleware.RequestIdMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "csp.middleware.CSPMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "foundation.web.middleware.PersonMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "foundation.web.middleware.ActorMiddleware",
    "foundation.web.middleware.KnownSenderMiddleware",
    "foundation.web.middleware.WordsMiddleware",
]

ROOT_URLCONF = "portal.urls"
WSGI_APPLICATION = "portal.wsgi.application"
ASGI_APPLICATION = "portal.asgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [ROOT / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "builtins": ["foundation.web.templatetags.sanad_csrf"],
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "foundation.web.context.portal",
            ],
        },
    },
]
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"
DJANGO_TABLES2_TEMPLATE = "components/table.html"

DATABASE_URL = env.text("DATABASE_URL", "postgresql://sanad_portal@/sanad")
DATABASE_OWNER_URL = env.text("DATABASE_OWNER_URL", DATABASE_URL)
DATABASE_PORTAL_ROLE = env.text("DATABASE_PORTAL_ROLE", "sanad_portal")
DATABASES = {
    # The portal works as a role that owns nothing; only migrations use the owner.
    "default": {**env.database(DATABASE_URL), "CONN_MAX_AGE": 600, "CONN_HEALTH_CHECKS": True},
    "owner": env.database(DATABASE_OWNER_URL),
}
DATABASE_ROUTERS: list[str] = []
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_USER_MODEL = "identity.User"
AUTHENTICATION_BACKENDS = ["django.contrib.auth.backends.ModelBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
LOGIN_URL = "/accounts/login/"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = "/accounts/login/"
ANONYMOUS_USER_NAME = None
GUARDIAN_MONKEY_PATCH_USER = False
GUARDIAN_MONKEY_PATCH_GROUP = False
GUARDIAN_USER_OBJ_PERMS_MODEL = "access.UserGrant"
SILENCED_SYSTEM_CHECKS = ["guardian.W001"]  # the backend is not installed: foundation.access asks guardian itself

LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("ar", _("Arabic"))]
LOCALE_PATHS = [ROOT / "locale"]
TIME_ZONE = "Asia/Dubai"
USE_TZ = True

STATIC_URL = "/static/"
STATIC_ROOT = SANAD_HOME / "static"
STATICFILES_DIRS = [ROOT / "static"]
WHITENOISE_USE_FINDERS = True
DATA_UPLOAD_MAX_MEMORY_SIZE = 16 * 1024 * 1024

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"json": {"()": "foundation.web.logs.JsonFormatter"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "json"}},
    "root": {"handlers": ["stderr"], "level": env.text("SANAD_LOG_LEVEL", "INFO")},
}
