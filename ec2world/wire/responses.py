"""The common base of the calls that this world answers itself: moto's response classes, fed directly.

moto's own way from the socket to a response method (Flask, a second parse, a list of all methods of the
class) costs more than the method; here a parsed call goes straight to it.
"""

import sys
import traceback
from typing import Any, ClassVar

from moto.core.exceptions import ServiceException
from moto.core.responses import BaseResponse
from moto.core.utils import camelcase_to_underscores
from moto.utilities.utils import get_partition
from werkzeug.exceptions import HTTPException

from ec2world.wire.answer_model import WrongAnswer, hold_against_model
from ec2world.wire.answers import XmlAnswer
from ec2world.wire.call import Call
from ec2world.wire.errors import AWSError, error_body, http_status


class WorldResponse(BaseResponse):  # type: ignore[misc]
    """Takes a parsed call and answers it with the response method of its name."""

    writer: ClassVar[XmlAnswer]

    def take(self, call: Call, account: str) -> None:
        """Set what moto's response methods read, as `BaseResponse.setup_class` would."""
        self.params: dict[str, Any] = call.params
        self.querystring = {name: [value] for name, value in call.form.items()}
        self.data = self.querystring
        self.uri_match: dict[str, Any] = {}
        self.headers = call.request.headers
        self.body = call.request.body.decode()
        self.method = call.request.method
        self.region = call.region
        self.partition = get_partition(call.region)
        self.current_account = account
        self.access_key = call.role
        self.response_headers: dict[str, str] = {}

    def answer(self, call: Call, request_id: str) -> tuple[int, str, str]:
        """Do what the call asks: HTTP status, body, content type."""
        method = getattr(self, camelcase_to_underscores(call.action), None)
        if call.operation is None or method is None:
            text = f"The action {call.action} is not valid for this web service."
            return self._error(call, "InvalidAction", text, request_id)
        try:
            if call.is_read and call.params.get("DryRun"):
                raise AWSError("DryRunOperation", "Request would have succeeded, but DryRun flag is set.")
            body = self.writer.document(call.operation, method().result, request_id)
            hold_against_model(call.operation, body)
        except WrongAnswer as error:
            print(error, file=sys.stderr)
            return self._error(call, "InternalError", str(error), request_id)
        except ServiceException as error:
            return self._error(call, error.code, error.message, request_id)
        except HTTPException as error:
            code, text = getattr(error, "error_type", "InvalidParameterValue"), getattr(error, "message", "")
            return self._error(call, code, text, request_id)
        except Exception:  # A defect of moto's or ours is AWS's InternalError to the caller.
            traceback.print_exc(file=sys.stderr)
            return self._error(call, "InternalError", "An internal error has occurred", request_id)
        content_type = "text/xml;charset=UTF-8" if call.protocol == "ec2" else "text/xml"
        return 200, body, content_type

    @staticmethod
    def _error(call: Call, code: str, message: str, request_id: str) -> tuple[int, str, str]:
        body, content_type = error_body(call.protocol, code, message, request_id)
        return http_status(code), body, content_type
