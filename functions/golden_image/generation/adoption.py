"""The first generation of a group that was refreshed before generations were written.

What the group launches from tells it, where a run of this stack has made that: the version's description and
the tags that it gives its instances both name the run. A person's copy of such a version has the tags alone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from golden_image import aws, names, tags
from golden_image.image import lookup
from golden_image.model.generation import Generation, GenerationImage
from golden_image.model.launch_template import LaunchTemplate

if TYPE_CHECKING:
    from mypy_boto3_ec2.type_defs import LaunchTemplateVersionTypeDef


def of_version(group_name: str, template_id: str | None, version: str | None) -> Generation | None:
    """The generation 1 that a version tells; None if no run of this stack has made it, or its image is gone.

    Args:
        version: as a group has it: a number, `$Latest`, `$Default`, or None for the default one.
    """
    found = _described(template_id, version or "$Default") if template_id else None
    if found is None:
        return None
    data = found["LaunchTemplateData"]
    own = [one for one in data.get("TagSpecifications", []) if one.get("ResourceType") == "instance"]
    marks = tags.from_aws(own[0].get("Tags")) if own else {}
    run = marks.get(tags.RUN, "")
    described = found.get("VersionDescription") == names.label(run)
    image = (
        lookup.find(data.get("ImageId", "")) if described and marks.get(tags.STACK) == tags.stack() else None
    )
    if image is None:
        return None
    return Generation(
        group=group_name,
        number=1,
        run=run,
        image=GenerationImage(image["ImageId"], image.get("Name", ""), lookup.snapshot_ids(image)),
        launch_template=LaunchTemplate(
            found["LaunchTemplateId"], found["LaunchTemplateName"], found["VersionNumber"]
        ),
        source_instance_id=marks.get(tags.SOURCE),
        committed_at=found["CreateTime"].isoformat(timespec="milliseconds"),
        adopted=True,
    )


def _described(template_id: str, version: str) -> LaunchTemplateVersionTypeDef | None:
    try:
        found = aws.client("ec2").describe_launch_template_versions(
            LaunchTemplateId=template_id, Versions=[version]
        )["LaunchTemplateVersions"]
    except ClientError as error:
        if aws.code(error) in {*aws.NO_TEMPLATE, aws.NO_VERSION}:
            return None
        raise
    return found[0] if found else None
