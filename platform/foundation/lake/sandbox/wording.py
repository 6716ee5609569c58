"""The sentences for what happened in a child; values of the data never come here, names only if the user wrote them."""

from __future__ import annotations

from typing import Any

from foundation.lake.errors import SqlFailed, SqlRefused, SqlTimeout
from foundation.lake.sandbox.children import Limits
from foundation.words import kept as _

# A bare name is looked for among the inputs alone, so one that is not there is a slip; these reach for something else.
_BEYOND = {"foreign_table", "table_function", "function"}


def check_length(sql: str, longest: int) -> None:
    if not sql.strip():
        raise SqlRefused(_("The query is empty; write one SELECT."))
    if len(sql) > longest:
        raise SqlRefused(
            _("The query has %(found)s signs; %(most)s are allowed.") % {"found": len(sql), "most": longest}
        )


def no_walls() -> str:
    return _("This machine cannot shut in what users bring; it needs Linux 5.13 or newer with Landlock and seccomp.")


def unexplained() -> str:
    return _("The query ended without an answer.")


def sql_error(said: dict[str, Any], sql: str, limits: Limits, *, timed_out: bool) -> SqlRefused | SqlFailed:
    """The refusal or failure that the child's outcome tells of."""
    if timed_out:
        return SqlTimeout(_("The query did not end within %(seconds)g seconds.") % {"seconds": limits.seconds})
    details = _place(said, sql)
    if reason := said.get("refused"):
        refusal = SqlRefused(_refusal(reason, said, details), details=details)
        refusal.noted = reason in _BEYOND
        return refusal
    return SqlFailed(_failure(said, sql, limits, details), details=details)


def _place(said: dict[str, Any], sql: str) -> dict[str, Any]:
    position = said.get("position")
    raw = sql.encode()
    if position is None or position > len(raw):
        return {}
    before = raw[:position].decode(errors="ignore")
    return {"line": before.count("\n") + 1, "column": len(before) - (before.rfind("\n") + 1) + 1}


def _at(sentence: str, details: dict[str, Any]) -> str:
    if not details:
        return sentence
    words = {"sentence": sentence, "line": details["line"], "column": details["column"]}
    return _("%(sentence)s (Line %(line)s, column %(column)s.)") % words


def _refusal(reason: str, said: dict[str, Any], details: dict[str, Any]) -> str:
    name = {"name": said.get("name", "")}
    if reason == "syntax":
        quoted = _("A name that is also a word of SQL, like at or order, stands in double quotation marks.")
        return f"{_at(_('The query is not valid SQL.'), details)} {quoted}"
    if reason == "no_walls":
        return no_walls()
    if reason == "not_one":
        return _("The query has %(count)s statements; write exactly one SELECT.") % {"count": said["count"]}
    if reason == "not_select":
        return _("Only a SELECT is run here; %(what)s is not.") % {"what": said.get("what", "")}
    if reason == "foreign_table":
        sentence = _("“%(name)s” reaches outside the inputs; name the inputs alone, without schema or catalogue.")
        return _at(sentence % name, details)
    if reason == "unknown_table":
        return _at(_("There is no input named “%(name)s”; add it to the inputs or mend the name.") % name, details)
    if reason == "table_function":
        sentence = _("“%(name)s” cannot be read from here; tables come from the inputs alone.")
        return _at(sentence % name, details)
    if reason == "same_column":
        return _("The answer has more than one column named “%(name)s”; name them apart with AS.") % name
    return _at(_("The function “%(name)s” is not available here.") % name, details)


def _failure(said: dict[str, Any], sql: str, limits: Limits, details: dict[str, Any]) -> str:
    kind = str(said.get("error") or said.get("failed") or "")
    named = next((name for name in said.get("names", []) if name and name.lower() in sql.lower()), None)
    words = {"kind": kind, "name": named, "memory": limits.memory_mb, "result": limits.result_mb}
    if not kind or kind in ("Out of Memory", "OutOfMemory", "MemoryError"):
        return _("The query needed more than the %(memory)s MB it may use; read fewer columns or rows.") % words
    if kind == "Result Too Large":
        return _("The answer is larger than %(result)s MB; read fewer columns or rows.") % words
    if kind in ("Binder", "Catalog") and named:
        return _at(
            _("The query names “%(name)s”, which is not there or cannot be used so (%(kind)s error).") % words, details
        )
    if kind in ("Conversion", "Out of Range", "Invalid Input"):
        sentence = _("A value in the data does not fit what the query does with it (%(kind)s error).")
        return _at(sentence % words, details)
    if kind == "INTERRUPT":  # one thread of the engine failed and stopped the others, whose word came first
        return _("The query stopped while it ran; most often a value in the data does not fit what it does with it.")
    if kind in ("Permission", "IO"):
        return _at(_("The query reaches for something outside its inputs (%(kind)s error).") % words, details)
    return _at(_("The query failed (%(kind)s error).") % words, details)
