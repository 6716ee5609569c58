"""`{% csrf_token %}` that also works inside `{% include … only %}`, where Django's own writes nothing.

A builtin of every template (settings): pages need not load it.
"""

from __future__ import annotations

from django import template
from django.middleware.csrf import get_token
from django.template.context import Context
from django.utils.html import format_html
from django.utils.safestring import SafeString

register = template.Library()


@register.simple_tag(takes_context=True)
def csrf_token(context: Context) -> SafeString:
    """The hidden field of the request's token; nothing where a template is rendered without a request."""
    request = getattr(context, "request", None) or context.get("request")
    token = context.get("csrf_token") or (get_token(request) if request is not None else "")
    if not token or token == "NOTPROVIDED":  # noqa: S105 - Django's word for a request without a token
        return SafeString("")
    return format_html('<input type="hidden" name="csrfmiddlewaretoken" value="{}">', token)
