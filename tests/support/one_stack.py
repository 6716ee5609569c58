"""One stack of middleware for all clients of a process: each would build its own, and read every static file for it."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.signals import setting_changed
from django.test.client import ClientHandler
from whitenoise.middleware import WhiteNoiseMiddleware

_built: dict[type[ClientHandler], ClientHandler] = {}


def share() -> None:
    """Let every test client borrow the stack of the first of its kind; changed settings make a new one."""
    build = ClientHandler.load_middleware

    def borrow(self: ClientHandler, is_async: bool = False) -> None:
        kind = type(self)
        if kind not in _built:
            first = _built[kind] = kind()
            build(first, is_async)
        # What the chain calls is bound to the first, and each of these is decided when a request comes.
        for name in ("_view_middleware", "_template_response_middleware", "_exception_middleware", "_middleware_chain"):
            setattr(self, name, getattr(_built[kind], name))

    ClientHandler.load_middleware = borrow  # type: ignore[method-assign]
    setting_changed.connect(_forget)
    _look_once_for_static_files()


def _look_once_for_static_files() -> None:
    """They stay as they are while tests run, whatever else is set."""
    look, found = WhiteNoiseMiddleware.add_files_from_finders, dict[tuple[Any, ...], dict[str, Any]]()

    def remember(self: WhiteNoiseMiddleware) -> None:
        place = (self.static_prefix, *settings.STATICFILES_DIRS, *settings.STATICFILES_FINDERS)
        if place not in found:
            others, self.files = self.files, {}
            look(self)
            found[place], self.files = self.files, others
        self.files.update(found[place])

    WhiteNoiseMiddleware.add_files_from_finders = remember


def _forget(**_said: Any) -> None:
    _built.clear()
