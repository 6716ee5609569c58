from rest_framework.pagination import CursorPagination


class CursorPages(CursorPagination):
    """Pages by key, not by number, so that a list that grows while it is read skips and repeats nothing."""

    ordering = ("-created_at", "-id")
    page_size_query_param = "limit"
    max_page_size = 500
