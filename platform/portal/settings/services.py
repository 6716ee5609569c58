"""What the portal stands beside: Valkey, object store, lake, engines, MLflow, gateway; and the REST surface."""

from pathlib import Path

from portal.settings import environment as env
from portal.settings.base import DATABASE_OWNER_URL, SANAD_HOME, SANAD_VERSION

# Where this installation stands: AE-ONSHORE, AE-DIFC, AE-ADGM or the ISO 3166 code of another country.
SANAD_ZONE = env.word("SANAD_ZONE", "AE-ONSHORE")
# How long a tenant that leaves can still think better of it.
SANAD_LEAVING_DAYS = env.number("SANAD_LEAVING_DAYS", 30)
# How long a project that is to be deleted for ever can still be kept.
SANAD_PROJECT_DELETION_DAYS = env.number("SANAD_PROJECT_DELETION_DAYS", 14)
# How long what was deleted under Settings, of data and of features can be restored.
SANAD_BIN_DAYS = env.number("SANAD_BIN_DAYS", 30)

REDIS_URL = env.text("REDIS_URL", f"unix://{SANAD_HOME}/valkey/valkey.sock")
OBJECT_STORE_URL = env.text("OBJECT_STORE_URL", f"file://{SANAD_HOME}/objects")
LAKE_ENGINE = env.text("LAKE_ENGINE", "duckdb")
LAKE_DATABASE_URL = env.text("LAKE_DATABASE_URL", DATABASE_OWNER_URL)
LAKE_MEMORY_MB = env.number("LAKE_MEMORY_MB", 2048)
# What wraps the tenants' keys: environment (SANAD_SECRET_KEY), file, vault or pkcs11.
SANAD_KEY_ENCRYPTION = env.word("SANAD_KEY_ENCRYPTION", "environment")
# One key of 32 bytes a line, in base64: the first one wraps, all of them open.
SANAD_KEY_ENCRYPTION_FILE = env.word("SANAD_KEY_ENCRYPTION_FILE")
SANAD_KEY_FOLDER = env.text("SANAD_KEY_FOLDER", f"{SANAD_HOME}/keys")
SANAD_VAULT_ADDR = env.text("SANAD_VAULT_ADDR")
SANAD_VAULT_TOKEN = env.text("SANAD_VAULT_TOKEN")
SANAD_VAULT_MOUNT = env.text("SANAD_VAULT_MOUNT", "transit")
SANAD_VAULT_NAMESPACE = env.text("SANAD_VAULT_NAMESPACE")
SANAD_VAULT_CA_FILE = env.word("SANAD_VAULT_CA_FILE")
SANAD_PKCS11_MODULE = env.text("SANAD_PKCS11_MODULE")
SANAD_PKCS11_TOKEN = env.text("SANAD_PKCS11_TOKEN", "sanad")
SANAD_PKCS11_PIN = env.text("SANAD_PKCS11_PIN")
# The lake and the store of keys are neighbours and do not import each other: they are introduced here.
LAKE_KEYS = "foundation.lake.keys.keys_of"
COMPUTE_ENGINE = env.text("COMPUTE_ENGINE", "process")
# The most that one model's files may hold together.
SANAD_MODEL_LIMIT_MB = env.number("SANAD_MODEL_LIMIT_MB", 4096)
# What pushed events of one tenant may hold together in Valkey until they are read, which all tenants share.
SANAD_STREAMS_WAITING_MB = env.number("SANAD_STREAMS_WAITING_MB", 2048)
SANAD_PORT = env.number("SANAD_PORT", 8000)
# The operator's price list in AED, for tenants that set none of their own: item=amount, with commas between them.
SANAD_PRICES = env.amounts("SANAD_PRICES", "small=0.40,medium=0.85,large=2.00,gpu=9.50,storage=0.09,requests=0.02")
SANAD_RUNTIME_IMAGE = env.text("SANAD_RUNTIME_IMAGE", f"localhost/sanad-runtime:{SANAD_VERSION}")
SANAD_GATEWAY_SECRET = env.text("SANAD_GATEWAY_SECRET")
SANAD_GATEWAY_STALE_LIMIT = env.number("SANAD_GATEWAY_STALE_LIMIT", 900)
SANAD_SECRETS = SANAD_HOME / "secrets"
# Not always below SANAD_HOME: a Unix socket takes a short path alone (see portal.launcher.home).
SANAD_RUN = Path(env.text("SANAD_RUN") or SANAD_HOME / "run")
# Calls that leave the house: networks inside that may be called, whether through the system's proxies, whom to trust.
OUTBOUND_ALLOW = env.networks("SANAD_OUTBOUND_ALLOW")
OUTBOUND_PROXIES = env.proxies("SANAD_OUTBOUND_PROXIES")
OUTBOUND_CA_FILE = env.text("SANAD_OUTBOUND_CA")
# Whether connections to object stores may sign in with the role that this machine itself has.
CONNECTIONS_MACHINE_ROLE = env.flag("SANAD_CONNECTIONS_MACHINE_ROLE")
MLFLOW_SOCKET = env.text("MLFLOW_SOCKET", str(SANAD_RUN / "mlflow" / "mlflow.sock"))

# A checkpoint after so many events or so many seconds, whichever is first; each goes to every sink.
LEDGER_SIGNING_KEY_FILE = SANAD_SECRETS / "ledger-signing.pem"
LEDGER_ANCHOR_SINKS = env.words("SANAD_LEDGER_ANCHOR_SINKS", ["file"])
LEDGER_ANCHOR_FOLDER = SANAD_HOME / "anchors"
LEDGER_CHECKPOINT_EVENTS = env.number("SANAD_LEDGER_CHECKPOINT_EVENTS", 1000)
LEDGER_CHECKPOINT_SECONDS = env.number("SANAD_LEDGER_CHECKPOINT_SECONDS", 60)
LEDGER_DELIVERY_ATTEMPTS = env.number("SANAD_LEDGER_DELIVERY_ATTEMPTS", 8)

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["foundation.web.authentication.ActorAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["foundation.web.permissions.DeclaredPermission"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["foundation.web.parsers.WritableJSONParser"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "DEFAULT_PAGINATION_CLASS": "foundation.web.pagination.CursorPages",
    "EXCEPTION_HANDLER": "foundation.web.problems.exception_handler",
    "UNAUTHENTICATED_USER": None,
    "PAGE_SIZE": 50,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Sanad",
    "DESCRIPTION": "The life of models: data, features, runs, versions, approvals, deployments, monitoring, proof.",
    "VERSION": SANAD_VERSION,
    "OAS_VERSION": "3.1.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "COMPONENT_SPLIT_REQUEST": True,
    # Choices stand where they are used: components named after them would change their names with every new one.
    "POSTPROCESSING_HOOKS": ["foundation.web.openapi.with_refusals"],
}
