"""POST /_sandbox/seed: a source instance, ready to be imaged."""

import base64
from typing import TYPE_CHECKING, Any

from moto.core.types import Base64EncodedString

from ec2world.ec2.billing import Billing
from ec2world.ec2.instances import TimedInstance
from ec2world.ec2.volume_modifications import TimedModification

if TYPE_CHECKING:
    from ec2world.ec2.images import Image
    from ec2world.world import World

ROOT = "/dev/sda1"
TYPES = {"x86_64": "t3.small", "arm64": "t4g.small"}
TYPE_WITHOUT_ENA = "t2.small"
# Virtual seconds for which a seed has been running: its checks are over, and its agent is known.
LONG_AGO = 3600
DEFAULTS: dict[str, Any] = {
    "name": "source",
    "volumes": [{"sizeGiB": 8}, {"sizeGiB": 20}],
    "architecture": "x86_64",
    "bootMode": None,
    "tpm": False,
    "ena": True,
    "imdsv2": False,
    "platform": "linux",
    "state": "running",
    "stopProtection": False,
    "group": None,
    "instanceStoreRoot": False,
    "spot": None,
    "hibernation": False,
    "modifyingVolume": False,
    "terminated": False,
    "userData": None,
    "tags": {},
    "instanceProfile": None,
    "instanceType": None,
    "keyName": None,
    "launch": {},
}
VOLUME_DEFAULTS: dict[str, Any] = {
    "deviceName": None,
    "sizeGiB": 8,
    "type": "gp3",
    "encrypted": False,
    "kmsKeyId": None,
    "iops": None,
    "throughput": None,
    "tags": {},
}
CHOICES = {
    "architecture": ("x86_64", "arm64"),
    "bootMode": (None, "legacy-bios", "uefi", "uefi-preferred"),
    "state": ("running", "stopped"),
    "spot": (None, "one-time", "persistent"),
}


class WrongSeed(ValueError):
    """A seed that says something impossible."""


def seed(world: "World", given: dict[str, Any] | None) -> dict[str, Any]:
    """Make a source as described and answer its ids; WrongSeed says what is wrong with the description.

    It has a public address only if an interface in `launch` says so, whatever its subnet gives.
    """
    wanted = _complete("", DEFAULTS, {} if given is None else given)
    for name, choices in CHOICES.items():
        if wanted[name] not in choices:
            raise WrongSeed(f"{name} is one of {choices}, not {wanted[name]!r}")
    volumes = [_complete("volumes.", VOLUME_DEFAULTS, one) for one in wanted["volumes"]]
    if not volumes:
        raise WrongSeed("volumes: a source has at least one")
    if wanted["bootMode"] is None:  # what current Amazon Linux images say
        wanted["bootMode"] = "uefi" if wanted["architecture"] == "arm64" else "uefi-preferred"
    for number, volume in enumerate(volumes):
        volume["deviceName"] = volume["deviceName"] or (
            ROOT if number == 0 else f"/dev/sd{chr(101 + number)}"
        )
    image = _image(world, wanted, volumes[0]["deviceName"])
    instance = _instance(world, wanted, volumes, image)
    group = _make_member(world, wanted, instance) if wanted["group"] else None
    volume_ids = [volume.id for volume in _volumes(instance)]
    if wanted["modifyingVolume"]:
        volume = _volumes(instance)[0]
        volume.modifications.append(TimedModification(volume, target_size=volume.size * 2))
        volume.size *= 2
    if wanted["terminated"]:
        instance.remembered = True
        instance.terminate()
        instance.rest_in("terminated")
    return {
        "instanceId": instance.id,
        "volumeIds": volume_ids,
        "imageId": image.id,
        "subnetId": instance.subnet_id,
        "vpcId": instance.vpc_id,
        "availabilityZone": instance.availability_zone,
        "securityGroupIds": [one.id for one in instance.security_groups],
        "keyName": instance.key_name,
        "instanceType": instance.instance_type,
        "autoScalingGroupName": group,
    }


def _complete(where: str, defaults: dict[str, Any], given: Any) -> dict[str, Any]:
    if not isinstance(given, dict):
        raise WrongSeed(f"{where.rstrip('.') or 'the seed'}: not a JSON object: {given!r}")
    for name in given:
        if name not in defaults:
            raise WrongSeed(f"unknown {where}{name}; there are: {', '.join(defaults)}")
    return {**defaults, **given}


def _image(world: "World", wanted: dict[str, Any], root: str) -> "Image":
    try:
        billing = Billing.of_platform(wanted["platform"])
    except ValueError as error:
        raise WrongSeed(str(error)) from None
    uefi = wanted["bootMode"] != "legacy-bios"
    image: Image = world.ec2.public_image(
        {
            "Name": f"seed-{wanted['platform']}-{wanted['architecture']}-{wanted['bootMode']}",
            "Architecture": wanted["architecture"],
            "BootMode": wanted["bootMode"],
            "TpmSupport": "v2.0" if wanted["tpm"] else None,
            "ImdsSupport": "v2.0" if wanted["imdsv2"] else None,
            "EnaSupport": wanted["ena"],
            "SriovNetSupport": "simple" if wanted["ena"] else None,
            "RootDeviceName": root,
            "BlockDeviceMappings": [{"DeviceName": root, "Ebs": {"VolumeSize": 8, "VolumeType": "gp3"}}],
            "UefiData": base64.b64encode(b"AMZNUEFI" + bytes(24)).decode() if uefi else None,
        },
        billing,
    )
    return image


def _instance(
    world: "World", wanted: dict[str, Any], volumes: list[dict[str, Any]], image: "Image"
) -> TimedInstance:
    backend = world.ec2
    subnet = next(iter(backend.get_default_subnets().values()))
    tags = {"Name": wanted["name"], **wanted["tags"]}
    usual = TYPES[wanted["architecture"]] if wanted["ena"] else TYPE_WITHOUT_ENA
    params: dict[str, Any] = {
        "ImageId": image.id,
        "InstanceType": wanted["instanceType"] or usual,
        "SubnetId": subnet.id,
        "SecurityGroupIds": [backend.get_default_security_group(subnet.vpc_id).id],
        "KeyName": wanted["keyName"],
        "BlockDeviceMappings": [_mapping(volume) for volume in volumes],
        "DisableApiStop": wanted["stopProtection"],
        "HibernationOptions": {"Configured": wanted["hibernation"]},
        "MetadataOptions": {"HttpTokens": "required" if wanted["imdsv2"] else "optional"},
        "TagSpecifications": [
            {
                "ResourceType": "instance",
                "Tags": [{"Key": key, "Value": value} for key, value in tags.items()],
            }
        ],
    }
    if wanted["userData"] is not None:
        params["UserData"] = Base64EncodedString.from_raw_string(wanted["userData"])
    if wanted["keyName"] and wanted["keyName"] not in backend.key_pairs:
        backend.create_key_pair(wanted["keyName"], "ed25519", {})
    if wanted["instanceProfile"]:
        backend.scene.profiles.add(wanted["instanceProfile"])
        params["IamInstanceProfile"] = {"Name": wanted["instanceProfile"]}
    if wanted["spot"]:
        options = {"SpotInstanceType": wanted["spot"]}
        params["InstanceMarketOptions"] = {"MarketType": "spot", "SpotOptions": options}
    if "NetworkInterfaces" in wanted["launch"]:
        del params["SubnetId"], params["SecurityGroupIds"]
    instance: TimedInstance = backend.start(params | wanted["launch"], image).instances[0]
    if wanted["instanceStoreRoot"]:
        instance.root_device_type = "instance-store"
    for volume, one in zip(volumes, _volumes(instance), strict=True):
        one.add_tags(volume["tags"])
    instance.rest_in(wanted["state"])
    instance.running_since -= LONG_AGO
    return instance


def _mapping(volume: dict[str, Any]) -> dict[str, Any]:
    ebs = {
        "VolumeSize": volume["sizeGiB"],
        "VolumeType": volume["type"],
        "Iops": volume["iops"],
        "Throughput": volume["throughput"],
        "Encrypted": volume["encrypted"],
        "KmsKeyId": volume["kmsKeyId"],
    }
    stated = {key: value for key, value in ebs.items() if value is not None}
    return {"DeviceName": volume["deviceName"], "Ebs": stated}


def _volumes(instance: TimedInstance) -> list[Any]:
    backend = instance.ec2_backend
    return [backend.get_volume(block.volume_id) for _, block in instance.get_block_device_mapping]


def _make_member(world: "World", wanted: dict[str, Any], instance: TimedInstance) -> str:
    """Put the instance into a new group of one, which would replace it by others of its image."""
    name: str = wanted["group"]
    data = {
        "ImageId": instance.image_id,
        "InstanceType": instance.instance_type,
        "SecurityGroupIds": [group.id for group in instance.security_groups],
    }
    template = world.ec2.create_launch_template(name, "made with the group", data, {})
    world.autoscaling.create_auto_scaling_group(
        {
            "AutoScalingGroupName": name,
            "MinSize": 0,
            "MaxSize": 2,
            "DesiredCapacity": 0,
            "VPCZoneIdentifier": instance.subnet_id,
            "LaunchTemplate": {"LaunchTemplateId": template.id, "Version": "1"},
        }
    )
    world.autoscaling.attach_instances(name, [instance.id])
    return name
