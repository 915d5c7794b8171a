"""The end of what a command and a console have written, without what may be secret."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from golden_image import aws, redaction
from golden_image.errors import SourceNotFound
from golden_image.source import facts

if TYPE_CHECKING:
    from mypy_boto3_ssm.type_defs import CommandInvocationTypeDef

    from golden_image.model.document import Job

# So many characters of each output are told.
_END = 1000


def of_command(job: Job, invocation: CommandInvocationTypeDef) -> str:
    """The end of the output of the step that failed: what it wrote, and its errors.

    A list has 2,500 characters of both. GetCommandInvocation has the first 24,000 and 8,000; it has to name a
    step where the document has several (else InvalidPluginName).
    """
    steps = invocation.get("CommandPlugins", [])
    failed = next((step for step in steps if step["Status"] not in {"Success", "Pending"}), None)
    if failed is None:
        return ""
    try:
        told = aws.client("ssm").get_command_invocation(
            CommandId=invocation["CommandId"], InstanceId=job.instance_id, PluginName=failed["Name"]
        )
    except ClientError as error:
        if aws.unanswered(error):
            raise
        texts = {"output": failed.get("Output", "")}
    else:
        texts = {"output": told["StandardOutputContent"], "errors": told["StandardErrorContent"]}
    secrets = _secrets(job.instance_id)
    known = None if secrets is None else {**secrets, "Parameters": job.parameters}
    said = [f"Its {name} {_told(text, known)}" for name, text in texts.items() if text.strip()]
    return " ".join([f"The step {failed['Name']} answered {failed.get('ResponseCode')}.", *said])


def console(instance_id: str) -> str:
    """The end of the console's output; nothing where EC2 shows none. botocore has decoded its base64.

    Without Latest it is what was there shortly after the start. Only types on Nitro have it.
    """
    ec2 = aws.client("ec2")
    try:
        try:
            text = ec2.get_console_output(InstanceId=instance_id, Latest=True).get("Output", "")
        except ClientError as error:
            if aws.code(error) != "UnsupportedOperation":
                raise
            text = ec2.get_console_output(InstanceId=instance_id).get("Output", "")
    except ClientError as error:
        if aws.unanswered(error):
            raise
        return f"Its console's output cannot be read: {aws.code(error)}."
    return f"Its console's output {_told(text, _secrets(instance_id))}" if text.strip() else ""


def _told(text: str, secrets: dict[str, Any] | None) -> str:
    """How a text ended; not where nobody knows what in it may be secret."""
    if secrets is None:
        return "is not told, as EC2 does not show the instance's user data, which may be in it."
    return f"ended: {_end(text, secrets)}"


def _end(text: str, secrets: dict[str, Any]) -> str:
    """The last characters in one line, without what may be secret."""
    # A secret that is cut in two would not be recognized, so the rest is cut after it was hidden.
    hidden = redaction.hidden(text[-4 * _END :], secrets)
    line = " ".join(hidden.split())
    return line if len(line) <= _END else f"…{line[-_END:]}"


def _secrets(instance_id: str) -> dict[str, Any] | None:
    """The user data and the tags of an instance, as the parameters of a call have them.

    None where EC2 does not show them, as of an instance that has gone: how the command or the canary ended is
    told all the same.
    """
    try:
        tags = facts.find(instance_id).get("Tags", [])
        data = aws.client("ec2").describe_instance_attribute(InstanceId=instance_id, Attribute="userData")
    except SourceNotFound:
        return None
    except ClientError as error:
        if aws.unanswered(error):
            raise
        return None
    return {"UserData": data.get("UserData", {}).get("Value", ""), "Tags": tags}
