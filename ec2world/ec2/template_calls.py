"""The calls on launch templates that differ from moto's."""

from typing import Any

from moto.core.exceptions import ServiceException
from moto.core.responses import ActionResult
from moto.ec2.exceptions import InvalidLaunchTemplateVersionNotFound
from moto.ec2.models.launch_templates import LaunchTemplateVersion
from moto.ec2.responses.launch_templates import LaunchTemplates

from ec2world.ec2.descriptions import check_description, check_template_name
from ec2world.ec2.launch_templates import Template, version_data
from ec2world.wire.errors import AWSError
from ec2world.wire.pages import page

PAGE = 200
# AWS's words, also to those who do not use its command line.
_WHICH_VERSIONS = (
    "To describe the launch template data for all your launch templates, for \u2018--versions\u2019 specify "
    "\u2018$Latest\u2019, \u2018$Default\u2019, or both, and omit \u2018--launch-template-id\u2019, "
    "\u2018--launch-template-name\u2019, and version numbers. To describe the launch template data for a "
    "specific launch template, specify \u2018--launch-template-id\u2019 or "
    "\u2018--launch-template-name\u2019, and for \u2018--versions\u2019 specify one or more of the "
    "following values: \u2018$Latest\u2019, \u2018$Default\u2019, or one or more version numbers."
)


class TemplateCalls(LaunchTemplates):  # type: ignore[misc]
    """Create, version, describe and delete."""

    def create_launch_template(self) -> ActionResult:
        """A template and its version 1."""
        check_template_name(self._get_param("LaunchTemplateName"))
        check_description(self._get_param("VersionDescription"), "versionDescription")
        data = self._template_data()
        tagged = "launch-template" if self._get_param("TagSpecifications") else None
        tags = self._parse_tag_specification(tagged)
        self.error_on_dryrun()
        template = self.ec2_backend.create_launch_template(
            self._get_param("LaunchTemplateName"), self._get_param("VersionDescription"), data, tags
        )
        return ActionResult({"LaunchTemplate": self._template(template), "Warning": self._warning(data)})

    def create_launch_template_version(self) -> ActionResult:
        """A version of what is given over SourceVersion."""
        check_description(self._get_param("VersionDescription"), "versionDescription")
        template = self._named_template()
        data = version_data(template, self._get_param("SourceVersion"), self._template_data())
        self.error_on_dryrun()
        version = template.create_version(data, self._get_param("VersionDescription"))
        return ActionResult({"LaunchTemplateVersion": self._version(version), "Warning": self._warning(data)})

    def modify_launch_template(self) -> ActionResult:
        """Make another version the default one."""
        if self._get_param("LaunchTemplateId") and self._get_param("LaunchTemplateName"):
            raise AWSError(
                "InvalidParameterCombination",
                "Either provide launch template ID or launch template name to modify the template.",
            )
        template = self._named_template()
        self.error_on_dryrun()
        wanted = self._get_param("DefaultVersion")
        if all(str(one.number) != wanted for one in template.versions):
            raise InvalidLaunchTemplateVersionNotFound(wanted)
        template.default_version_number = int(wanted)
        return ActionResult({"LaunchTemplate": self._template(template)})

    def delete_launch_template(self) -> ActionResult:
        """Delete a template with all its versions."""
        template = self._named_template()
        self.error_on_dryrun()
        self.ec2_backend.delete_launch_template(None, template.id)
        return ActionResult({"LaunchTemplate": self._template(template)})

    def delete_launch_template_versions(self) -> ActionResult:
        """Delete versions, of which the default one stays; answers for each how it went."""
        template = self._named_template()
        self.error_on_dryrun()
        gone, kept = [], []
        for number in self._get_param("Versions", []):
            entry = {
                "LaunchTemplateId": template.id,
                "LaunchTemplateName": template.name,
                "VersionNumber": int(number),
            }
            found = [one for one in template.versions if str(one.number) == str(number)]
            if found and not template.is_default(found[0]):
                template.versions.remove(found[0])
                gone.append(entry)
            else:
                kept.append({**entry, "ResponseError": _delete_error(number, exists=bool(found))})
        return ActionResult(
            {
                "SuccessfullyDeletedLaunchTemplateVersions": gone,
                "UnsuccessfullyDeletedLaunchTemplateVersions": kept,
            }
        )

    def describe_launch_templates(self) -> ActionResult:
        """Templates, in pages of at most 200."""
        found = self.ec2_backend.describe_launch_templates(
            template_names=self._get_param("LaunchTemplateNames", []),
            template_ids=self._get_param("LaunchTemplateIds", []),
            filters=self._filters_from_querystring(),
        )
        templates, token = page(found, self._get_param("NextToken"), self._page_size())
        return ActionResult(
            {"LaunchTemplates": [self._template(one) for one in templates], "NextToken": token}
        )

    def describe_launch_template_versions(self) -> ActionResult:
        """Versions, the newest first, in pages of at most 200."""
        wanted = self._get_param("Versions", [])
        if self._get_param("LaunchTemplateId") or self._get_param("LaunchTemplateName"):
            template = self._named_template()
            found = [template.get_version(one) for one in wanted] if wanted else template.versions[::-1]
            low, high = self._get_param("MinVersion"), self._get_param("MaxVersion")
            found = [one for one in found if (not low or one.number >= int(low))]
            found = [one for one in found if (not high or one.number <= int(high))]
        elif wanted and set(wanted) <= {"$Latest", "$Default"}:
            templates = self.ec2_backend.describe_launch_templates()
            found = [template.get_version(one) for template in templates for one in wanted]
        else:
            raise AWSError("InvalidParameterValue" if wanted else "MissingParameter", _WHICH_VERSIONS)
        versions, token = page(found, self._get_param("NextToken"), self._page_size())
        shown = [self._version(one) for one in versions]
        if self._get_param("ResolveAlias"):
            shown = [self._resolved(one) for one in shown]
        return ActionResult({"LaunchTemplateVersions": shown, "NextToken": token})

    def _resolved(self, version: dict[str, Any]) -> dict[str, Any]:
        data = dict(version["LaunchTemplateData"])
        if "ImageId" in data:
            data["ImageId"] = self.ec2_backend.resolved_image_id(data["ImageId"])
        return {**version, "LaunchTemplateData": data}

    def _page_size(self) -> int:
        size = int(self._get_param("MaxResults", PAGE))
        if not 1 <= size <= PAGE:
            raise AWSError(
                "InvalidParameterValue",
                f"Value ({size}) for parameter MaxResults is invalid. It is 1 to {PAGE}.",
            )
        return size

    def _named_template(self) -> Template:
        found: Template = self.ec2_backend.find_template(
            self._get_param("LaunchTemplateId"), self._get_param("LaunchTemplateName")
        )
        return found

    def _template_data(self) -> dict[str, Any]:
        data = dict(self._get_param("LaunchTemplateData", {}))
        if any(not one.get("Tags") for one in data.get("TagSpecifications", [])):
            raise AWSError("InvalidParameterValue", "Tag specification must have at least one tag")
        return data

    def _warning(self, data: dict[str, Any]) -> dict[str, Any] | None:
        if "ImageId" not in data:
            return None
        try:
            self.ec2_backend.check_launch(data)
        except ServiceException as error:
            return {"Errors": [{"Code": error.code, "Message": error.message}]}
        return None

    def _template(self, template: Template) -> dict[str, Any]:
        latest = template.versions[-1].number
        return {
            "LaunchTemplateId": template.id,
            "LaunchTemplateName": template.name,
            "CreateTime": template.create_time,
            "CreatedBy": f"arn:{self.partition}:iam::{self.current_account}:root",
            "DefaultVersionNumber": template.default_version_number,
            "LatestVersionNumber": latest,
            "Tags": template.tags,
        }

    def _version(self, version: LaunchTemplateVersion) -> dict[str, Any]:
        return {
            "LaunchTemplateId": version.template.id,
            "LaunchTemplateName": version.template.name,
            "VersionNumber": version.number,
            "VersionDescription": version.description,
            "CreateTime": version.create_time,
            "CreatedBy": f"arn:{self.partition}:iam::{self.current_account}:root",
            "DefaultVersion": version.template.is_default(version),
            "LaunchTemplateData": version.data,
        }


def _delete_error(number: str, *, exists: bool) -> dict[str, str]:
    if exists:
        return {
            "Code": "unexpectedError",
            "Message": f"Cannot delete version {number}: it is the default version.",
        }
    return {"Code": "launchTemplateVersionDoesNotExist", "Message": f"Version {number} does not exist."}
