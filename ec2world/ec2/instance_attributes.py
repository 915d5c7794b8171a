"""DescribeInstanceAttribute, ModifyInstanceAttribute and what else reads an instance's settings."""

from typing import Any

from moto.core.responses import ActionResult, EmptyResult
from moto.ec2.exceptions import InvalidParameterValueErrorUnknownAttribute
from moto.ec2.responses.instances import InstanceResponse
from moto.ec2.responses.launch_templates import LaunchTemplates
from moto.ec2.utils import parse_user_data

from ec2world.ec2.instances import TimedInstance
from ec2world.wire.errors import AWSError

_BOOLEANS = {
    "DisableApiStop": "disable_api_stop",
    "DisableApiTermination": "disable_api_termination",
    "EbsOptimized": "ebs_optimized",
    "EnaSupport": "ena_support",
    "SourceDestCheck": "source_dest_check",
}
_STRINGS = {
    "InstanceInitiatedShutdownBehavior": "instance_initiated_shutdown_behavior",
    "InstanceType": "instance_type",
    "Kernel": "kernel",
    "Ramdisk": "ramdisk",
    "RootDeviceName": "root_device_name",
    "SriovNetSupport": "enhanced_networking",
    "UserData": "user_data",
}
_PLACEMENT = {
    "Affinity": "affinity",
    "GroupId": "group_id",
    "HostResourceGroupArn": "host_resource_group_arn",
    "PartitionNumber": "partition_number",
}
_OUTPUT_NAMES = {"Kernel": "KernelId", "Ramdisk": "RamdiskId"}
_METADATA_OPTIONS = {
    "HttpTokens": "http_tokens",
    "HttpPutResponseHopLimit": "http_put_response_hop_limit",
    "HttpEndpoint": "http_endpoint",
    "HttpProtocolIpv6": "http_protocol_ipv6",
    "InstanceMetadataTags": "instance_metadata_tags",
}
_ONLY_WHEN_STOPPED = {
    "EbsOptimized",
    "EnaSupport",
    "InstanceType",
    "Kernel",
    "Ramdisk",
    "SriovNetSupport",
    "UserData",
}


class InstanceAttributeCalls(InstanceResponse, LaunchTemplates):  # type: ignore[misc]
    """The calls on an instance's attributes."""

    def describe_instance_attribute(self) -> ActionResult:
        """One attribute; one that is not set is there without a value."""
        instance = self.ec2_backend.get_instance(self._get_param("InstanceId"))
        attribute = self._get_param("Attribute")
        name = attribute[0].upper() + attribute[1:]
        if name == attribute:
            raise InvalidParameterValueErrorUnknownAttribute(attribute)
        if name in _BOOLEANS or name in _STRINGS:
            value = getattr(instance, (_BOOLEANS | _STRINGS)[name])
            answer: Any = {} if value is None else {"Value": value}
        elif name == "GroupSet":
            name, answer = "Groups", [{"GroupId": group.id} for group in instance.security_groups]
        elif name == "BlockDeviceMapping":
            name, answer = "BlockDeviceMappings", instance.block_device_mappings
        elif name == "ProductCodes":
            answer = instance.product_codes
        elif name == "EnclaveOptions":
            answer = {"Enabled": False}
        else:
            raise InvalidParameterValueErrorUnknownAttribute(attribute)
        return ActionResult({"InstanceId": instance.id, _OUTPUT_NAMES.get(name, name): answer})

    def modify_instance_attribute(self) -> ActionResult:
        """Set one attribute, given as `X={"Value": v}` or as Attribute and Value."""
        attribute = self._get_param("Attribute")
        if attribute:
            name = attribute[0].upper() + attribute[1:]
            given = {name: self._get_param("Value")}
        else:
            given = {
                name: self._get_param(f"{name}.Value")
                for name in _BOOLEANS | _STRINGS
                if self._get_param(f"{name}.Value") is not None
            }
        if not set(given) & set(_BOOLEANS | _STRINGS):
            return super().modify_instance_attribute()
        self.error_on_dryrun()
        instance = self.ec2_backend.get_instance(self._get_param("InstanceId"))
        for name, value in given.items():
            _set_attribute(instance, name, value)
        return EmptyResult()

    def modify_instance_metadata_options(self) -> ActionResult:
        """Change the options that are named, and only those."""
        self.error_on_dryrun()
        instance = self.ec2_backend.get_instance(self._get_param("InstanceId"))
        for name, attribute in _METADATA_OPTIONS.items():
            if self._get_param(name) is not None:
                setattr(instance.metadata_options, attribute, self._get_param(name))
        options = instance.metadata_options
        return ActionResult({"InstanceId": instance.id, "InstanceMetadataOptions": options})

    def get_instance_uefi_data(self) -> ActionResult:
        """The UEFI variable store of an instance that booted UEFI."""
        instance = self.ec2_backend.get_instance(self._get_param("InstanceId"))
        if instance.current_instance_boot_mode != "uefi":
            raise AWSError(
                "UnsupportedOperation", f"The instance '{instance.id}' did not boot in UEFI boot mode."
            )
        return ActionResult({"InstanceId": instance.id, "UefiData": instance.uefi_data or ""})

    def get_launch_template_data(self) -> ActionResult:
        """A launch template that would make this instance again."""
        instance = self.ec2_backend.get_instance(self._get_param("InstanceId"))
        return ActionResult({"LaunchTemplateData": launch_template_data(instance)})


def _set_attribute(instance: TimedInstance, name: str, value: Any) -> None:
    if name in _ONLY_WHEN_STOPPED and instance.state != "stopped":
        raise AWSError(
            "IncorrectInstanceState", f"The instance '{instance.id}' is not in the 'stopped' state."
        )
    if name in _BOOLEANS:
        setattr(instance, _BOOLEANS[name], str(value).lower() == "true")
    elif name == "UserData":
        instance.user_data = parse_user_data(value)
    else:
        setattr(instance, _STRINGS[name], value)


def launch_template_data(instance: TimedInstance) -> dict[str, Any]:
    """An instance's settings in the words of a launch template."""
    options, placement, tags = instance.metadata_options, instance.placement, instance.get_tags()
    return {
        "ImageId": instance.image_id,
        "InstanceType": instance.instance_type,
        "KeyName": instance.key_name,
        "UserData": instance.user_data,
        "EbsOptimized": instance.ebs_optimized,
        "DisableApiStop": instance.disable_api_stop,
        "DisableApiTermination": instance.disable_api_termination,
        "InstanceInitiatedShutdownBehavior": instance.instance_initiated_shutdown_behavior,
        "IamInstanceProfile": instance.iam_instance_profile,
        "Monitoring": {"Enabled": instance.monitored},
        "HibernationOptions": instance.hibernation_options,
        "MetadataOptions": {
            "HttpTokens": options.http_tokens,
            "HttpPutResponseHopLimit": options.http_put_response_hop_limit,
            "HttpEndpoint": options.http_endpoint,
            "HttpProtocolIpv6": options.http_protocol_ipv6,
            "InstanceMetadataTags": options.instance_metadata_tags,
        },
        "CapacityReservationSpecification": instance.capacity_reservation_specification,
        "CpuOptions": instance.cpu_options,
        "CreditSpecification": instance.credit_specification,
        "EnclaveOptions": instance.enclave_options,
        "LicenseSpecifications": instance.licenses,
        "MaintenanceOptions": instance.maintenance_options,
        "NetworkPerformanceOptions": instance.network_performance_options,
        "PrivateDnsNameOptions": instance.private_dns_name_options,
        "NetworkInterfaces": [_interface(index, nic) for index, nic in instance.nics.items()],
        "BlockDeviceMappings": _disks(instance),
        "Placement": {
            "AvailabilityZone": instance.availability_zone,
            "GroupName": placement.group_name,
            "Tenancy": placement.tenancy,
            "HostId": placement.host_id,
            **{
                name: getattr(placement, attribute)
                for name, attribute in _PLACEMENT.items()
                if hasattr(placement, attribute)
            },
        },
        "TagSpecifications": [{"ResourceType": "instance", "Tags": tags}] if tags else [],
    }


def _interface(index: int, nic: Any) -> dict[str, Any]:
    """An interface with what is its own, as AWS answers it."""
    return {
        "AssociatePublicIpAddress": str(nic.public_ip_auto_assign).lower() == "true",
        "NetworkInterfaceId": nic.id,
        "DeviceIndex": index,
        "Description": nic.description,
        "SubnetId": nic.subnet.id,
        "Groups": [group.id for group in nic.group_set],
        "DeleteOnTermination": nic.delete_on_termination,
        "InterfaceType": nic.interface_type,
        "Ipv6Addresses": [{"Ipv6Address": one} for one in nic.ipv6_addresses],
        "PrivateIpAddress": nic.private_ip_address,
        "PrivateIpAddresses": [{"Primary": True, "PrivateIpAddress": nic.private_ip_address}],
    }


def _disks(instance: TimedInstance) -> list[dict[str, Any]]:
    get_volume = instance.ec2_backend.get_volume
    return [
        {
            "DeviceName": name,
            "Ebs": {
                "VolumeSize": volume.size,
                "VolumeType": volume.volume_type,
                "Iops": volume.iops,
                "Throughput": volume.throughput,
                "Encrypted": volume.encrypted,
                "KmsKeyId": volume.kms_key_id,
                "SnapshotId": volume.snapshot_id,
                "DeleteOnTermination": block.delete_on_termination,
            },
        }
        for name, block in instance.get_block_device_mapping
        for volume in [get_volume(block.volume_id)]
    ]
