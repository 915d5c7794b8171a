"""Pages of what a call describes."""

from ec2world.wire.errors import AWSError


def page[T](items: list[T], token: str | None, size: int | None) -> tuple[list[T], str | None]:
    """One page of `items` and the token of the next; a token is the index to go on from."""
    if token is not None and not token.isdigit():
        raise AWSError("InvalidNextToken", f"The token '{token}' is invalid.")
    start = int(token or 0)
    end = start + size if size else len(items)
    return items[start:end], str(end) if end < len(items) else None
