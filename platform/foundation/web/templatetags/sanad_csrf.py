"""`{% csrf_token %}` that also works inside `{% include … only %}`, where Django's own writes nothing; Undo's form.

A builtin of every template (settings): pages need not load it.
"""

from __future__ import annotations

from urllib.parse import parse_qsl

from django import template
from django.middleware.csrf import get_token
from django.template.context import Context
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

register = template.Library()


@register.simple_tag(takes_context=True)
def csrf_token(context: Context) -> SafeString:
    """The hidden field of the request's token; nothing where a template is rendered without a request."""
    request = getattr(context, "request", None) or context.get("request")
    token = context.get("csrf_token") or (get_token(request) if request is not None else "")
    if not token or token == "NOTPROVIDED":  # noqa: S105 - Django's word for a request without a token
        return SafeString("")
    return format_html('<input type="hidden" name="csrfmiddlewaretoken" value="{}">', token)


@register.simple_tag(takes_context=True)
def undo_form(context: Context, address: str) -> SafeString:
    """The button that takes an act back: `foundation.web.pages.offer_undo` says where to, and which fields go along."""
    url, _mark, query = address.partition("?")
    fields = format_html_join(
        "", '<input type="hidden" name="{}" value="{}">', parse_qsl(query, keep_blank_values=True)
    )
    form = '<form method="post" action="{}" class="d-inline-flex">{}{}<button class="btn btn-sm">{}</button></form>'
    return format_html(form, url, csrf_token(context), fields, _("Undo"))
