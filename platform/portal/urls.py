"""The tree of URLs: each app gives its own patterns, the portal hangs them under tenant, project or /api/v1/."""

from importlib import import_module
from pathlib import Path
from types import ModuleType

from django.apps import apps
from django.urls import URLPattern, URLResolver, include, path

PAGES = (
    ("", "open_patterns"),
    ("t/<slug:tenant>/p/<slug:project>/", "project_patterns"),
    ("t/<slug:tenant>/", "tenant_patterns"),
)


def _modules(*parts: str) -> list[ModuleType]:
    """The module at `parts` of every installed app of ours that has one."""
    ours = [config for config in apps.get_app_configs() if config.name.startswith(("apps.", "foundation."))]
    return [
        import_module(".".join((config.name, *parts)))
        for config in ours
        if Path(config.path, *parts).with_suffix(".py").exists()
    ]


def _patterns() -> list[URLPattern | URLResolver]:
    """Each app's pages in its own namespace; all REST resources under one prefix."""
    modules = _modules("urls")
    hung: list[URLPattern | URLResolver] = []
    for module in modules:
        parts = [
            path(prefix, include(found)) for prefix, attribute in PAGES if (found := getattr(module, attribute, None))
        ]
        hung.append(path("", include((parts, module.app_name), namespace=module.app_name)))
    # Under the names that installed packages ask for, so in no namespace.
    named = [found for module in modules if (found := getattr(module, "library_patterns", None))]
    resources = [
        found for module in (*modules, *_modules("api", "urls")) if (found := getattr(module, "api_patterns", None))
    ]
    return [
        *hung,
        *(path("", include(found)) for found in named),
        *(path("api/v1/", include(found)) for found in resources),
    ]


urlpatterns = _patterns()
handler404 = "foundation.web.problems.page_not_found"
handler500 = "foundation.web.problems.server_error"
