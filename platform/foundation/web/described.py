"""The OpenAPI description, worked out once for each language and format: it takes a second or two and never changes."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from django.http import HttpResponse
from django.utils import translation
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.views import SpectacularAPIView
from rest_framework.request import Request


class DescriptionView(SpectacularAPIView):
    """The same for whoever asks, so that nobody keeps the portal busy by asking."""

    authentication_classes: list[type] = []
    permission_classes: list[type] = []

    def _get_schema_response(self, request: Request) -> HttpResponse:
        renderer = request.accepted_renderer
        filename = self._get_filename(request, "")  # type: ignore[no-untyped-call]
        return HttpResponse(
            _rendered(renderer.media_type, translation.get_language() or "en"),
            content_type=renderer.media_type,
            headers={"Content-Disposition": f'inline; filename="{filename}"'},
        )


@lru_cache(maxsize=8)
def _rendered(media_type: str, language: str) -> str | bytes:
    renderer: Any = next(one for one in DescriptionView.renderer_classes if one.media_type == media_type)
    with translation.override(language):
        description = SchemaGenerator().get_schema(request=None, public=True)  # type: ignore[no-untyped-call]
        said: str | bytes = renderer().render(description, renderer_context={})
        return said
