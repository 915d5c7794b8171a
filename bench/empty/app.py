"""A function that does nothing: what Python and Lambda's runtime client take of a cold start."""


def handler(event: object, context: object) -> None:
    """Takes anything."""
