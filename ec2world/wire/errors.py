"""AWS errors: the ones that moto lacks, the HTTP status of each, and how each protocol writes them."""

import json
from xml.sax.saxutils import escape

from moto.core.exceptions import ServiceException

# Statuses other than 400, from the error code lists of EC2 and Auto Scaling.
STATUS = {
    "AccessDenied": 403,
    "AuthFailure": 401,
    "DryRunOperation": 412,
    "IdempotentCallInProgress": 500,
    "InsufficientCapacityOnHost": 500,
    "InsufficientHostCapacity": 500,
    "InsufficientInstanceCapacity": 500,
    "InsufficientReservedInstanceCapacity": 500,
    "InternalError": 500,
    "InternalFailure": 500,
    "RequestLimitExceeded": 503,
    "ResourceContention": 500,
    "ServiceLinkedRoleFailure": 500,
    "ServiceUnavailable": 503,
    "UnauthorizedOperation": 403,
    "Unavailable": 503,
}


def http_status(code: str) -> int:
    """The HTTP status that AWS sends with an error code."""
    return STATUS.get(code, 400)


class AWSError(ServiceException):  # type: ignore[misc]
    """An error of AWS's, by code and message."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(code, message)


def error_body(protocol: str, code: str, message: str, request_id: str) -> tuple[str, str]:
    """An error's body as a protocol of botocore's writes it, and its content type."""
    xml_code, xml_message = escape(code), escape(message)
    if protocol == "ec2":
        return (
            '<?xml version="1.0" encoding="UTF-8"?>\n'
            f"<Response><Errors><Error><Code>{xml_code}</Code><Message>{xml_message}</Message></Error></Errors>"
            f"<RequestID>{request_id}</RequestID></Response>",
            "text/xml;charset=UTF-8",
        )
    if protocol in ("query", "rest-xml"):
        return (
            f"<ErrorResponse><Error><Type>Sender</Type><Code>{xml_code}</Code><Message>{xml_message}</Message>"
            f"</Error><RequestId>{request_id}</RequestId></ErrorResponse>",
            "text/xml",
        )
    return json.dumps({"__type": code, "message": message}), "application/x-amz-json-1.1"
