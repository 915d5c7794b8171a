"""Auto Scaling's error for nearly everything."""

from ec2world.wire.errors import AWSError


def validation_error(message: str) -> AWSError:
    """A ValidationError with this message."""
    return AWSError("ValidationError", message)
