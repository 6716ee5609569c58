"""What is there as a file that an apply would leave as it is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import yaml

from apps.features.services.definitions.sections import Context, sections
from apps.features.services.definitions.taking_back import taken_back
from foundation.identity import Actor

if TYPE_CHECKING:
    from apps.projects.models import Project


class _Dumper(yaml.SafeDumper):
    """Text of several lines as it reads; everything else as YAML is usually written."""


def _text(dumper: yaml.SafeDumper, value: str) -> yaml.ScalarNode:
    style = "|" if "\n" in value else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", value, style=style)


_Dumper.add_representer(str, _text)


def text_of_made(make: Callable[[], Mapping[str, Mapping[str, Any]]]) -> str:
    """What `make` defines, and says as {section: {name: fields}}, as the file's text; it is taken back again.

    So the text is of what would be kept, to the last field, and what is refused is refused here too.
    """
    return taken_back(lambda: text_of(make()))


def definitions_text(*, actor: Actor, project: Project) -> str:
    """Every definition of the project that the actor sees, in its newest version."""
    context = Context(actor, project)
    found = {section.word: dict(section.there(context)) for section in sections()}
    return text_of({word: things for word, things in found.items() if things})


def text_of(definitions: Mapping[str, Mapping[str, Any]]) -> str:
    """{section: {name: fields}} as the file's text."""
    if not definitions:
        return ""
    return yaml.dump(
        {word: dict(things) for word, things in definitions.items()},
        Dumper=_Dumper,
        sort_keys=False,
        allow_unicode=True,
        default_flow_style=None,
        width=110,
    )
