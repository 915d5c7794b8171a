"""The canary: launched outside the group from the run's template version."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from golden_image import aws, redaction, tags
from golden_image.errors import CanaryFailed
from golden_image.group import version_data
from golden_image.group.dry_run import of_type, reasons
from golden_image.group.visibility import raise_if_new, read_version
from golden_image.prove_image import found
from golden_image.run import changes, made

if TYPE_CHECKING:
    from collections.abc import Sequence

    from golden_image.model.launch_template import LaunchTemplate

# What EC2 says where the token has launched an instance that is gone: the launch is not repeated.
_GONE = "IdempotentInstanceTerminated"


def launch(
    run: str,
    source_id: str | None,
    template: LaunchTemplate,
    subnet_ids: Sequence[str],
    types: Sequence[str] = (),
) -> str:
    """Launch the canary in the first of the subnets that takes it, and answer its id; a retry finds it again.

    Each subnet is noted before its call. A retry goes on with the last one that was noted: the launch in it
    may have succeeded and its answer be lost, and those in earlier ones were refused.

    Args:
        types: as in LaunchTemplatePlan; the canary is of the first one.

    Raises:
        CanaryFailed: EC2 refuses the launch in every subnet; or it is gone already.
        NotYetVisible, ResourceBusy: the version is not known everywhere yet; retry.
        RunSettled: the run is being undone, or over.
    """
    data = read_version(template)
    noted = changes.refuse_settled(run).canary_subnets
    first = max((number for number, one in enumerate(subnet_ids) if one in noted), default=0)
    refusals: dict[str, ClientError] = {}
    for subnet_id in subnet_ids[first:]:
        made.note(run, made.CANARY_SUBNETS, [subnet_id])
        try:
            instance_id = _run_instance(
                run, source_id, template, subnet_id, version_data.place(data, subnet_id) | of_type(types)
            )
        except ClientError as error:
            redaction.hide(error, data)
            raise_if_new(error, template)
            if aws.code(error) == _GONE:
                raise CanaryFailed(
                    "the canary was terminated before the answer of its launch came. The group is untouched."
                ) from error
            if aws.unanswered(error) or aws.code(error) in aws.DENIED:
                raise
            refusals[subnet_id] = error
        else:
            made.note(run, made.CANARIES, [instance_id])
            return instance_id
    raise CanaryFailed(
        f"EC2 would not launch version {template.version} of '{template.name}': {reasons(refusals)}. "
        "The group was not touched."
    )


def _run_instance(
    run: str, source_id: str | None, template: LaunchTemplate, subnet_id: str, stated: dict[str, Any]
) -> str:
    """One instance of the version, in the subnet, that nothing protects from its end.

    Args:
        stated: parameters of RunInstances: the place, and a type in the place of the version's own.
    """
    marks = tags.of_run(run, source_id, {tags.CANARY: "true"})
    for interface in stated.get("NetworkInterfaces", []):
        interface["DeleteOnTermination"] = True
    return aws.client("ec2").run_instances(
        MinCount=1,
        MaxCount=1,
        LaunchTemplate={"LaunchTemplateId": template.id, "Version": str(template.version)},
        ClientToken=found.token(run, subnet_id),
        DisableApiTermination=False,
        TagSpecifications=tags.specifications(marks, "instance", "volume", "network-interface"),
        **stated,
    )["Instances"][0]["InstanceId"]
