"""Request Approval: ask people, in a message, whether the run may go on."""

from golden_image.approval import request
from golden_image.model.launch_template import LaunchTemplate
from golden_image.step import step


@step
def handler(run: str, token: str, at: str, timeout: int, launch_template: LaunchTemplate) -> None:
    """Returns when they are asked. Step Functions waits for the answer to the `token`."""
    request.request(run, token, at, timeout, launch_template)
