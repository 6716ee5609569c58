"""What the portal stands beside: Valkey, object store, lake, engines, MLflow, gateway; and the REST surface."""

from pathlib import Path

from portal.settings import environment as env
from portal.settings.base import DATABASE_OWNER_URL, SANAD_HOME, SANAD_VERSION

REDIS_URL = env.text("REDIS_URL", f"unix://{SANAD_HOME}/valkey/valkey.sock")
OBJECT_STORE_URL = env.text("OBJECT_STORE_URL", f"file://{SANAD_HOME}/objects")
LAKE_ENGINE = env.text("LAKE_ENGINE", "duckdb")
LAKE_DATABASE_URL = env.text("LAKE_DATABASE_URL", DATABASE_OWNER_URL)
LAKE_MEMORY_MB = env.number("LAKE_MEMORY_MB", 2048)
# The lake and the store of keys are neighbours and do not import each other: they are introduced here.
LAKE_KEY_SOURCE = "foundation.storage.sealing.tenant_data_key"
COMPUTE_ENGINE = env.text("COMPUTE_ENGINE", "process")
# The most that one model's files may hold together.
SANAD_MODEL_LIMIT_MB = env.number("SANAD_MODEL_LIMIT_MB", 4096)
SANAD_PORT = env.number("SANAD_PORT", 8000)
SANAD_RUNTIME_IMAGE = env.text("SANAD_RUNTIME_IMAGE", f"localhost/sanad-runtime:{SANAD_VERSION}")
SANAD_GATEWAY_SECRET = env.text("SANAD_GATEWAY_SECRET")
SANAD_GATEWAY_STALE_LIMIT = env.number("SANAD_GATEWAY_STALE_LIMIT", 900)
SANAD_SECRETS = SANAD_HOME / "secrets"
# Not always below SANAD_HOME: a Unix socket takes a short path alone (see portal.launcher.home).
SANAD_RUN = Path(env.text("SANAD_RUN") or SANAD_HOME / "run")
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
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
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
}
