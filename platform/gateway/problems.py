"""Refusals as their reader expects them: OIP's {"error"}, problem details (RFC 9457), or a small page."""

from __future__ import annotations

import html
from dataclasses import dataclass, field
from http import HTTPStatus

import orjson

from gateway.asgi import Headers, Send, answer

PROBLEM = b"application/problem+json"
HTML = b"text/html; charset=utf-8"


@dataclass
class Refused(Exception):
    """A request that is not answered as asked: status, a short slug, the sentence to read, when to try again."""

    status: int
    slug: str
    sentence: str
    retry_after_s: int | None = None
    headers: Headers = field(default_factory=list)

    def __str__(self) -> str:
        return self.sentence

    def response_headers(self, request_id: str) -> Headers:
        lines = [(b"x-request-id", request_id.encode("ascii")), (b"cache-control", b"no-store"), *self.headers]
        if self.retry_after_s is not None:
            lines.append((b"retry-after", b"%d" % self.retry_after_s))
        if self.status == HTTPStatus.UNAUTHORIZED:
            lines.append((b"www-authenticate", b'Bearer realm="sanad"'))
        return lines


class Problems:
    """Writes refusals; `docs_url` is the page under which each slug is explained."""

    def __init__(self, docs_url: str) -> None:
        self._docs_url = docs_url

    async def send_oip(self, send: Send, refused: Refused, request_id: str) -> None:
        await answer(send, refused.status, orjson.dumps({"error": str(refused)}), refused.response_headers(request_id))

    async def send_problem(
        self, send: Send, refused: Refused, request_id: str, path: str, language: str = "en"
    ) -> None:
        body = {
            "type": f"{self._docs_url}/{refused.slug}",
            "title": HTTPStatus(refused.status).phrase,
            "status": refused.status,
            "detail": _sentence(refused, language),
            "instance": path,
            "request_id": request_id,
        }
        await answer(send, refused.status, orjson.dumps(body), refused.response_headers(request_id), PROBLEM)

    async def send_page(self, send: Send, refused: Refused, request_id: str, language: str) -> None:
        page = _PAGE.format_map(
            {
                **_WORDS[language],
                "language": language,
                "direction": "rtl" if language == "ar" else "ltr",
                "sentence": html.escape(_sentence(refused, language)),
                "request_id": html.escape(request_id),
            }
        )
        headers = [*refused.response_headers(request_id), (b"content-security-policy", b"default-src 'none'")]
        await answer(send, refused.status, page.encode(), headers, HTML)


def _sentence(refused: Refused, language: str) -> str:
    return _IN_ARABIC.get(refused.slug, refused.sentence) if language == "ar" else refused.sentence


_WORDS = {
    "en": {"title": "Sanad is not answering just now", "quote": "If it stays so, quote this number:"},
    "ar": {"title": "سند لا يجيب الآن", "quote": "إذا استمر الأمر فاذكر هذا الرقم:"},
}
# The gateway stands when the portal and its catalogue of translations do not, so it has these few words itself.
_IN_ARABIC = {
    "portal-away": "البوابة قيد إعادة التشغيل أو لا يمكن الوصول إليها. لم يتغير شيء؛ أعد تحميل الصفحة بعد ثوانٍ.",
    "portal-broke-off": "توقفت البوابة قبل إكمال الإجابة. أعد تحميل الصفحة بعد ثوانٍ وتحقق مما تم حفظه.",
    "portal-slow": "لم تجب البوابة في الوقت المسموح. أعد تحميل الصفحة بعد ثوانٍ وتحقق مما تم حفظه.",
    "too-large": "الطلب أكبر مما يقبله هذا العنوان. أرسل الملف الكبير على أجزاء كما تفعل الصفحات وعميل sanad.",
    "portal-busy": "لا مكان في البوابة لمزيد من الطلبات الآن. حاول مرة أخرى بعد ثوانٍ.",
    "too-often": "طلبات كثيرة في وقت قصير من هذا المكان. انتظر ثانية ثم حاول مرة أخرى.",
    "not-found": "لا يوجد شيء في هذا العنوان.",
}
_PAGE = """<!doctype html>
<html lang="{language}" dir="{direction}">
<head>
<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark"><title>{title}</title>
</head>
<body><main>
<h1>{title}</h1>
<p>{sentence}</p>
<p>{quote} <bdi><code>{request_id}</code></bdi></p>
</main></body>
</html>
"""
