"""What components ask for: icons, states, addresses, places, the theme, the chain's words."""

from __future__ import annotations

import json
from functools import lru_cache
from typing import Any
from urllib.parse import urlencode

from django import template
from django.conf import settings
from django.http import HttpRequest, QueryDict
from django.template.context import Context
from django.template.loader_tags import BLOCK_CONTEXT_KEY
from django.templatetags.static import static
from django.utils import translation
from django.utils.html import format_html, format_html_join, json_script
from django.utils.safestring import SafeString

from foundation.access import Role
from foundation.web import cells, equals, navigation, reach, terms, words
from foundation.web import saved_filters as saving
from foundation.web.looks import DIRECTIONAL, KINDS, MARKS, TONE_OF

register = template.Library()
register.simple_tag(cells.name_cell)


def request_of(context: Context) -> HttpRequest | None:
    """The request, also inside `{% include … only %}`."""
    return getattr(context, "request", None) or context.get("request")


@register.simple_tag(takes_context=True)
def part_alone(context: Context) -> bool:
    """Whether a live part of the main part asks for itself anew: what stands around it is not looked at then."""
    htmx = getattr(request_of(context), "htmx", None)
    return bool(htmx and not htmx.boosted and htmx.target and htmx.target == htmx.trigger)


@register.simple_tag
@lru_cache(maxsize=1024)  # a page has some thirty, of few kinds
def icon(name: str, extra: str = "") -> SafeString:
    """An icon of the sprite (static/vendor.json names them; filled ones end in -filled); never read aloud."""
    flip = " icon-flip" if name in DIRECTIONAL else ""
    return format_html(
        '<svg class="icon{}{}" aria-hidden="true" focusable="false"><use href="{}#{}"/></svg>',
        flip,
        f" {extra}" if extra else "",
        static("vendor/icons.svg"),
        name,
    )


@register.filter
def tone(state: Any) -> str:
    """ok, busy, wait, bad or off: how a state word is coloured and shaped."""
    return TONE_OF.get(str(getattr(state, "value", state)).lower(), "off")


@register.simple_tag
def state_mark(tone_word: str) -> SafeString:
    """The shape that goes with a state's word, so that colour is never alone."""
    shape = SafeString(MARKS.get(tone_word, MARKS["off"]))
    return format_html(
        '<svg class="s-state-mark" viewBox="0 0 16 16" aria-hidden="true" focusable="false">{}</svg>', shape
    )


@register.filter
def kind_label(kind: Any) -> Any:
    """A kind of thing in the reader's words: dataset_version → Dataset version."""
    return KINDS[str(kind)][0] if str(kind) in KINDS else kind


@register.filter
def kind_icon(kind: Any) -> str:
    return KINDS[str(kind)][1] if str(kind) in KINDS else "circle"


@register.simple_tag(takes_context=True)
def who_address(context: Context) -> str:
    """Where the panel “who can see this” of the page's thing is read; empty where the page is of no single thing."""
    return reach.panel_address(request_of(context))


@register.simple_tag(takes_context=True)
def term_here(context: Context) -> terms.Term | None:
    """The word of the domain that the page is about."""
    return terms.term_of(request_of(context))


@register.simple_tag(takes_context=True)
def acts_by_program(context: Context) -> list[dict[str, Any]]:
    """What the page does, each act with its title and its snippets; none where the page's app lists none.

    A page that does what another one does names that one's URL (`does`).
    """
    match = getattr(request_of(context), "resolver_match", None)
    acts = equals.acts_of(context.get("does") or match.view_name) if match else ()
    page = {str(name): value for name, value in context.flatten().items()} if acts else {}
    return [{"title": act.title, "snippets": equals.snippets(act, page)} for act in acts]


@register.simple_tag(takes_context=True)
def here_alone(context: Context, code: str, snippets: Any = ()) -> bool:
    """Whether these hold an address of the portal that nobody on another machine reaches; said once on a page."""
    request = request_of(context)
    codes = [str(code), *(str(one["code"]) for one in snippets or ())]
    if not settings.SANAD_HERE_ALONE or not any(settings.SANAD_PUBLIC_URL in one for one in codes):
        return False
    if getattr(request, "told_here_alone", False):
        return False
    if request is not None:
        request.told_here_alone = True  # type: ignore[attr-defined]
    return True


@register.simple_tag(takes_context=True)
def query(context: Context, **changes: Any) -> str:
    """The page's query string with some words changed; None or "" takes a word out, a changed sort begins at page 1."""
    request = request_of(context)
    given: QueryDict = request.GET.copy() if request else QueryDict(mutable=True)
    for name, value in changes.items():
        if value is None or value == "":
            given.pop(name, None)
        else:
            given[name] = str(value)
    return f"?{given.urlencode()}" if given else "?"


@register.simple_tag
def query_named(request: HttpRequest | None, name: str, value: Any, drop: str = "") -> str:
    """Like query, for a word whose name is a variable."""
    given: QueryDict = request.GET.copy() if request else QueryDict(mutable=True)
    given[name] = str(value)
    if drop:
        given.pop(drop, None)
    return f"?{given.urlencode()}"


@register.simple_tag(takes_context=True)
def current_request(context: Context) -> HttpRequest | None:
    return request_of(context)


@register.simple_tag(takes_context=True)
def saved_filters(context: Context) -> saving.Head | None:
    """What the head of the page's list offers; None on pages of no list."""
    return saving.head_of(request_of(context))


@register.simple_tag(takes_context=True)
def whole_list(context: Context, action: str = "") -> str:
    """The list without any filter: the page's address, also where it opens with a saved filter."""
    request = request_of(context)
    if request is None or "?" in action or (action and action != request.path):
        return action
    return saving.whole_address(request)


@register.simple_tag(takes_context=True)
def hidden_query(context: Context, *leave_out: str) -> SafeString:
    """Hidden fields that carry the page's query string through a GET form, but for the form's own words."""
    request = request_of(context)
    pairs = [(k, v) for k, vs in request.GET.lists() for v in vs if k not in leave_out] if request else []
    return format_html_join("", '<input type="hidden" name="{}" value="{}">', pairs)


@register.simple_tag(takes_context=True)
def theme(context: Context) -> str:
    """light, dark or system: the person's choice, else the cookie's."""
    request = request_of(context)
    user = getattr(request, "user", None)
    chosen = getattr(user, "theme", "") or (request.COOKIES.get("sanad_theme", "") if request else "")
    return chosen if chosen in {"light", "dark"} else "system"


@register.simple_tag(takes_context=True)
def nav_tenant(context: Context) -> list[navigation.Place]:
    request = request_of(context)
    return navigation.tenant_places(request) if request and getattr(request, "actor", None) else []


@register.simple_tag(takes_context=True)
def nav_project(context: Context) -> list[navigation.Place]:
    request = request_of(context)
    return navigation.project_places(request) if request else []


@register.simple_tag(takes_context=True)
def nav_parts(context: Context, place: str) -> list[navigation.Place]:
    """The lists of a place of the project, for tabs: data/."""
    request = request_of(context)
    # Each is counted, and nobody takes them out of what a part is answered.
    return navigation.project_parts(request, place) if request and not part_alone(context) else []


@register.simple_tag(takes_context=True)
def nav_path(context: Context, path: str) -> str:
    """The address of a page of the tenant: search/, notifications/. Nothing on pages outside tenants."""
    tenant = getattr(request_of(context), "tenant", None)
    return f"/t/{tenant.slug}/{path}" if tenant else ""


@register.simple_tag(takes_context=True)
def token_path(context: Context, snippets: Any, level: str = "") -> str:
    """Where the token is made that the snippets write as snd_…, for this project and made for what they do."""
    request = request_of(context)
    tenant, project = getattr(request, "tenant", None), getattr(request, "project", None)
    path = f"/t/{tenant.slug}/settings/tokens/" if tenant else ""
    wanted = any("snd_…" in one["code"] for one in snippets or ())
    if not path or not wanted or getattr(request, "path", "") == path:
        return ""
    words = {"level": level or "build", **({"project": project.slug} if project else {})}
    words["next"] = request.get_full_path()  # type: ignore[union-attr]
    return f"{path}?{urlencode(words)}#new"


@register.filter
def role_label(role: Any) -> Any:
    return Role(str(role)).label if str(role) in Role.values else role


@register.simple_tag
def script_words() -> SafeString:
    return _words_in(translation.get_language())


@lru_cache(maxsize=8)
def _words_in(language: str | None) -> SafeString:
    with translation.override(language):
        return json_script(words.for_scripts(), "s-words")


@register.simple_tag
@lru_cache(maxsize=1)
def htmx_config() -> str:
    """htmx's configuration for its meta tag: no eval, no styles, no pages in storage, 4xx and 5xx answers are shown."""
    handling = [
        {"code": "204", "swap": False},
        {"code": "[23]..", "swap": True},
        {"code": "[45]..", "swap": True, "error": True},
    ]
    config = {
        "historyCacheSize": 0,
        "refreshOnHistoryMiss": True,
        "allowEval": False,
        "allowScriptTags": False,
        "includeIndicatorStyles": False,
        "selfRequestsOnly": True,
        "responseHandling": handling,
        "scrollIntoViewOnBoost": False,
        "globalViewTransitions": False,
        "timeout": 60_000,
        # A new part hears from the moment at which it stands in the page; between swapping and settling it is deaf.
        "defaultSettleDelay": 0,
    }
    return json.dumps(config)


@register.simple_tag
def csrf_headers(token: Any) -> str:
    """The value of hx-headers on the body."""
    return json.dumps({"X-CSRFToken": str(token)})


@register.simple_tag(takes_context=True)
def block_again(context: Context, name: str) -> str:
    """What the page put into a block, a second time: the title as the heading."""
    blocks = context.render_context.get(BLOCK_CONTEXT_KEY)
    found = blocks.get_block(name) if blocks else None
    return found.render(context) if found else ""


@register.filter
def split(value: Any) -> list[str]:
    return str(value).split()


@register.filter
def times(count: Any) -> range:
    return range(int(count))


@register.filter
def values_of(given: QueryDict | None, name: str) -> list[str]:
    return given.getlist(name) if given else []


@register.filter
def unlocal(value: Any) -> str:
    """A number for a machine: never with a comma of the page's language."""
    return "" if value is None else f"{float(value):g}"


@register.simple_tag
def sheet_url(name: str) -> str:
    """The address of one of our own style sheets."""
    return static(f"css/{name}.css")
