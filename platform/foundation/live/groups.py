"""Names under which the processes reach the websockets of one person or one token."""

from uuid import UUID


def of_user(user_id: UUID) -> str:
    return f"user.{user_id.hex}"


def of_token(digest: str) -> str:
    return f"token.{digest}"
