"""PDF/A by typst: our layout, the document as JSON, so that no word of it is ever read as markup."""

from __future__ import annotations

import json
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.utils.translation import gettext as _

from apps.compliance.errors import ReportNotMade
from apps.compliance.ports import Typesetter

if TYPE_CHECKING:
    import typst

_LAYOUT = Path("templates/compliance/report.typ")
_WOFF = Path("static/vendor/fonts")
# The second alphabet of the Latin font is a family of its own: two files of one family and weight hide each other.
_FONTS = {
    "plex-sans-latin-400": "",
    "plex-sans-latin-600": "",
    "plex-sans-latin-ext-400": "IBM Plex Sans Ext",
    "plex-sans-latin-ext-600": "IBM Plex Sans Ext",
    "plex-sans-arabic-400": "",
    "plex-sans-arabic-600": "",
    "plex-mono-latin-400": "",
}
_FAMILY, _TYPOGRAPHIC_FAMILY = 1, 16


class TypstTypesetter(Typesetter):
    """The same document gives the same bytes."""

    def pdf(self, document: dict[str, Any], *, made_at: datetime) -> bytes:
        import typst

        fonts, known = _fonts()
        layout = (settings.ROOT / _LAYOUT).read_bytes()
        given = json.dumps(_printable(document, known), ensure_ascii=False, sort_keys=True)
        try:
            return typst.compile(
                layout,
                format="pdf",
                font_paths=fonts,
                ignore_system_fonts=True,
                sys_inputs={"document": given},
                pdf_standards=["a-3b"],
                timestamp=made_at,
            )
        except typst.TypstError as error:
            raise ReportNotMade(_("The PDF could not be set: %(why)s") % {"why": error.message}) from error


@lru_cache(maxsize=1)
def _fonts() -> tuple[typst.Fonts, frozenset[int]]:
    """The vendored web fonts as TTF in a folder of the portal's state, and the signs that they can draw."""
    import typst

    folder = settings.SANAD_HOME / "cache" / "report-fonts"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    signs: set[int] = set()
    for name, family in _FONTS.items():
        signs |= _convert(settings.ROOT / _WOFF / f"{name}.woff2", folder / f"{name}.ttf", family)
    fonts = typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[str(folder)])
    return fonts, frozenset(signs)


def _convert(source: Path, target: Path, family: str) -> set[int]:
    if not source.is_file():
        raise ReportNotMade(_("The font %(file)s is missing: run `make install` again.") % {"file": source.name})
    from fontTools.ttLib import TTFont

    font = TTFont(source)
    font.flavor = None
    for record in font["name"].names if family else ():
        if record.nameID in {_FAMILY, _TYPOGRAPHIC_FAMILY}:
            record.string = family
    draft = target.with_suffix(".draft")
    font.save(draft)
    draft.replace(target)
    return set(font.getBestCmap())


def _printable(value: Any, known: frozenset[int]) -> Any:
    """Signs that the fonts lack become a question mark: PDF/A refuses what it cannot show."""
    if isinstance(value, str):
        return "".join(sign if ord(sign) in known or sign == "\n" else "?" for sign in value)
    if isinstance(value, dict):
        return {key: _printable(inner, known) for key, inner in value.items()}
    return [_printable(inner, known) for inner in value] if isinstance(value, list | tuple) else value
