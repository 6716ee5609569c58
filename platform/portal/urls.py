"""The tree of URLs: each app gives its own patterns, the portal hangs them under tenant, project or /api/v1/."""

from importlib import import_module
from importlib.util import find_spec
from types import ModuleType

from django.apps import apps
from django.urls import URLPattern, URLResolver, include, path

TENANT, PROJECT, API = "t/<slug:tenant>/", "t/<slug:tenant>/p/<slug:project>/", "api/v1/"


def _modules(suffix: str) -> list[ModuleType]:
    """The `suffix` module of every installed app of ours that has one."""
    found = []
    for config in apps.get_app_configs():
        name = f"{config.name}.{suffix}"
        parent = name.rpartition(".")[0]
        if config.name.startswith(("apps.", "foundation.")) and find_spec(parent) and find_spec(name):
            found.append(import_module(name))
    return found


def _patterns() -> list[URLPattern | URLResolver]:
    pages, apis = _modules("urls"), _modules("api.urls")
    # One namespace per app: its open, tenant and project pages are hung together.
    hung: list[URLPattern | URLResolver] = []
    for module in pages:
        parts = [
            path(prefix, include(patterns))
            for prefix, attribute in (("", "open_patterns"), (PROJECT, "project_patterns"), (TENANT, "tenant_patterns"))
            if (patterns := getattr(module, attribute, None))
        ]
        hung.append(path("", include((parts, module.app_name), namespace=module.app_name)))
    hung += [path(API, include(module.api_patterns)) for module in apis]
    return hung


urlpatterns = _patterns()
handler404 = "foundation.web.problems.page_not_found"
handler500 = "foundation.web.problems.server_error"
