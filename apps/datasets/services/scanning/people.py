"""Names of people, told by how they are built.

No list of names was taken over from anywhere: the few below are written down by hand, the commonest ones that anybody
in the Emirates could name. What decides is how names are built: forms of address, the particles of Arabic names (ابن,
بنت, عبد + one of God's names, آل, أبو), two to five words of letters that are hardly ever the same, no word of a trade.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

_WORDS = re.compile(
    r"[^\W\d_][^\W\d_'’.-]*(?:['’.-][^\W\d_]+)*\.?(?:\s+[^\W\d_][^\W\d_'’.-]*(?:['’.-][^\W\d_]+)*\.?){0,5}"
)
_ADDRESS = re.compile(
    r"(?:(?:mrs?|ms|miss|dr|prof|eng|sheikha?h?|h\.?h|h\.?e|sir|madam)\.?\s)"
    r"|(?:(?:السيدة?|الآنسة|الدكتورة?|المهندسة?|الأستاذة?|الشيخة?|سمو|معالي|سعادة|د\.|م\.|أ\.)\s)",
    re.IGNORECASE,
)
_PARTICLE = re.compile(
    r"(?:^|\s)(?:ibn|bint|bin|ben|abu|abou|umm|abdu?l?|al|el|van|von|de|del|di|da|mac|mc|o)[\s'’-]"
    r"|(?:^|\s)abd(?:ul|el|al)?[a-z]{3,}|(?:^|\s)(?:al|el)-[a-z]{3,}"
    r"|(?:^|\s)(?:بن|ابن|بنت|أبو|ابو|أم|آل|ال|عبد)\s|(?:^|\s)عبد\s?ال\w{3,}|\s(?:ال\w{3,}ي)(?:\s|$)",
    re.IGNORECASE,
)
_COMMON = frozenset(
    """
    mohammed mohammad muhammad mohamed ahmed ahmad ali omar hassan hussain hussein khalid khaled saeed
    sultan rashid abdullah ibrahim yousef yusuf hamad hamdan saif salem majid nasser fatima aisha mariam
    maryam noura noora sara sarah layla leila hessa shamma latifa amna huda zainab khadija john james
    david michael robert william thomas peter paul george mark daniel andrew joseph mary anna maria
    elizabeth jennifer linda emma sophia laura raj kumar priya anil sunil ravi jose juan carlos chen wei
    li ivan olga pierre marie hans
    محمد أحمد احمد علي عمر حسن حسين خالد سعيد سلطان راشد عبدالله ابراهيم إبراهيم يوسف حمد حمدان سيف سالم
    ماجد ناصر فاطمة عائشة مريم نورة نورا سارة ليلى حصة شما لطيفة آمنة هدى زينب خديجة منى سلمى
    """.split()  # noqa: SIM905 - words that are read as they are listed
)
_TRADES = re.compile(
    r"\b(?:airport|airlines?|airways|inc|llc|ltd|plc|gmbh|corp|company|bank|hotel|hospital|school|university|street|road"
    r"|avenue|city|island|county|international|group|trading|services?|department|ministry|centre|center|field"
    r"|regional|municipal)\b|(?:^|\s)(?:شركة|مؤسسة|بنك|مصرف|مطار|فندق|مستشفى|مدرسة|جامعة|شارع|وزارة|دائرة|مدينة|هيئة|مجموعة|مركز)\b",
    re.IGNORECASE,
)


def share_of_names(texts: Sequence[str]) -> tuple[float, float]:
    """The shares of these different texts that are built like a person's name, and that bear a sign of one besides."""
    built = [text for text in texts if _is_built(text)]
    signs = sum(1 for text in built if _has_sign(text))
    return (len(built) / len(texts), signs / len(texts)) if texts else (0.0, 0.0)


def _is_built(text: str) -> bool:
    if not 2 <= len(text) <= 80 or not _WORDS.fullmatch(text) or _TRADES.search(text):
        return False
    words = text.split()
    # Arabic has no capitals; in Latin letters each longer word of a name begins with one.
    return all(len(w) <= 3 or not w.isascii() or w[0].isupper() or w.isupper() for w in words)


def _has_sign(text: str) -> bool:
    if _ADDRESS.match(text) or (" " in text and _PARTICLE.search(text)):
        return True
    return any(word.casefold() in _COMMON for word in re.split(r"[\s-]+", text))
