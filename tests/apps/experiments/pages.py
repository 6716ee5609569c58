"""A page as its reader gets it."""

from __future__ import annotations


def text(response):
    return response.content.decode()
