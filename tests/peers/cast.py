"""Stand-ins for what AWS's examples name: each is made when an example names it, under a name of its own."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from tests.ec2world.client import name
from tests.peers.group_of_examples import make_group

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.ec2world.client import WorldClient
    from tests.peers.examples import Example

REGION, ACCOUNT = "us-east-1", "123456789012"
_ID = re.compile(r"\b(iip-assoc|i|vol|snap|ami|lt|subnet|sg|sir|vpc)-(?=[a-z]*\d)[0-9A-Za-z]+ ?")
_ARN = re.compile(r"arn:aws:elasticloadbalancing:\S+:targetgroup/\S+")
# What an operation gives a name to; the others name what is there.
_NEW = {
    "CreateAutoScalingGroup": "AutoScalingGroupName",
    "CreateLaunchConfiguration": "LaunchConfigurationName",
    "CreateLaunchTemplate": "LaunchTemplateName",
    "CreateKeyPair": "KeyName",
    "CreatePlacementGroup": "GroupName",
    "CreateImage": "Name",
    "CopyImage": "Name",
    "CreateSecurityGroup": "GroupName",
}
IMAGE = "ami-12c6146b"


class Cast:
    """The resources that stand in for those of one example."""

    def __init__(self, world: WorldClient, example: Example) -> None:
        self.world, self.example = world, example
        self._made: dict[str, str] = {}
        self._instance: str | None = None
        # Of a launch from an image, not of a seed, which comes without one.
        self._launched = example.operation in ("DescribeVolumes", "GetLaunchTemplateData")
        self._subnets = iter("ab")
        self._makers: dict[str, Callable[[], str]] = {
            "i": self.instance,
            "vol": self._volume,
            "snap": self._snapshot,
            "ami": self._image,
            "lt": self._template_id,
            "subnet": self._subnet,
            "sg": self._security_group,
            "vpc": self._network,
            "sir": self._spot_request,
            "iip-assoc": self._profile_association,
            "target group": self._target_group,
            "my-auto-scaling-group": self._group,
            "my-launch-config": self._launch_configuration,
            "my-key-pair": self._key_pair,
            "my-cluster": self._placement_group,
            "my-template-for-auto-scaling": self._template,
            "my-launch-template-for-x86": self._template,
            "my-launch-template-for-arm": self._template_for_arm,
            "my-load-balancer": self._load_balancer,
            "admin-role": self._profile,
            "my-iam-role": self._profile,
            # Another account's, and ids that are written without their prefixes.
            "012345678910": lambda: ACCOUNT,
            "068f72b72934aff71": self._template_id,
            "0123d646e8048babc": self.instance,
        }

    def input(self) -> dict[str, Any]:
        """The example's parameters, of which the ids and names are those of stand-ins."""
        given = dict(self.example.input)
        new = _NEW.get(self.example.operation)
        if new:
            given[new] = name("new")
        return {key: one if key == new else self._told(one) for key, one in given.items()}

    def _told(self, said: Any) -> Any:
        if isinstance(said, dict):
            return {key: self._told(one) for key, one in said.items()}
        if isinstance(said, list):
            return [self._told(one) for one in said]
        if not isinstance(said, str):
            return said
        said = re.sub(r"\bus-west-\d", REGION, said)
        if said in self._makers:
            return self._stand_in(said, said)
        if said.startswith("arn:aws:iam:"):
            return f"arn:aws:iam::{ACCOUNT}:instance-profile/{self._stand_in('my-iam-role', said)}"
        said = _ARN.sub(lambda found: self._stand_in("target group", found[0]), said)
        return _ID.sub(lambda found: self._stand_in(found[1], found[0].strip()), said)

    def _stand_in(self, kind: str, said: str) -> str:
        if said not in self._made:
            self._made[said] = self._makers[kind]()
        return self._made[said]

    def instance(self) -> str:
        """A running instance: a member of a group where a call of Auto Scaling names it."""
        if self._instance is None:
            joins = self.example.operation == "AttachInstances"
            if self.example.service == "autoscaling" and not joins:
                group = self._stand_in("my-auto-scaling-group", "my-auto-scaling-group")
                self._instance = self.world.members(group)[0]["InstanceId"]
            else:
                self._instance = self.world.seed(
                    volumes=[{"sizeGiB": 8}, {"sizeGiB": 8}], tags={"Stack": "test", "Name": "Beta Server"}
                )["instanceId"]
        if self._launched:
            self._launched = False
            made = self.world.ec2.run_instances(
                ImageId=self._image(),
                InstanceType="t3.small",
                KeyName=self._key_pair(),
                MinCount=1,
                MaxCount=1,
            )
            self._instance = str(made["Instances"][0]["InstanceId"])
        return self._instance

    def _volume(self) -> str:
        if self.example.operation in ("AttachVolume", "DeleteVolume"):
            volume: str = self.world.ec2.create_volume(AvailabilityZone="us-east-1a", Size=8)["VolumeId"]
            return volume
        devices = self.world.instance(self.instance())["BlockDeviceMappings"]
        # The root volume of a running instance cannot be detached.
        return str(devices[-1 if self.example.operation == "DetachVolume" else 0]["Ebs"]["VolumeId"])

    def _snapshot(self) -> str:
        return self.world.snapshot_set(self.instance(), Description="This is my snapshot.")[0]

    def _image(self) -> str:
        image = self.world.available_image(self._snapshot(), Description="An AMI for my server")
        permission = {"Add": [{"UserId": ACCOUNT}]}
        self.world.ec2.modify_image_attribute(ImageId=image, LaunchPermission=permission)
        return image

    def _template(self, **data: Any) -> str:
        """One with two versions, of which the second is the default."""
        template = self.world.template(**data)
        self.world.ec2.create_launch_template_version(
            LaunchTemplateName=template, SourceVersion="1", LaunchTemplateData={"InstanceType": "t3.medium"}
        )
        self.world.ec2.modify_launch_template(LaunchTemplateName=template, DefaultVersion="2")
        return template

    def _template_for_arm(self) -> str:
        image = self.world.available_image(self._snapshot(), Architecture="arm64", BootMode="uefi")
        return self.world.template(ImageId=image, InstanceType="t4g.small")

    def _template_id(self) -> str:
        interface = {
            "DeviceIndex": 0,
            "SubnetId": self._subnet(),
            "Groups": [self._security_group()],
            "AssociatePublicIpAddress": True,
            "DeleteOnTermination": False,
            "Ipv6Addresses": [{"Ipv6Address": "2001:db8:1234:1a00::123"}],
        }
        template = self._template(NetworkInterfaces=[interface], KeyName=self._key_pair())
        [one] = self.world.ec2.describe_launch_templates(LaunchTemplateNames=[template])["LaunchTemplates"]
        return str(one["LaunchTemplateId"])

    def _network(self) -> str:
        if self.example.operation == "DescribeSubnets":
            return self.world.network()[0]
        vpc: str = self.world.ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
        self.world.ec2.create_tags(Resources=[vpc], Tags=[{"Key": "Name", "Value": "MyVPC"}])
        return vpc

    def _subnet(self) -> str:
        if self.example.operation == "DeleteSubnet":
            return self.world.network()[1]
        return self.world.subnet(f"{REGION}{next(self._subnets)}")

    def _security_group(self) -> str:
        vpc = self.world.ec2.describe_vpcs(Filters=[{"Name": "is-default", "Values": ["true"]}])["Vpcs"][0]
        made: str = self.world.ec2.create_security_group(
            GroupName=name("sg"), Description="of an example", VpcId=vpc["VpcId"]
        )["GroupId"]
        return made

    def _spot_request(self) -> str:
        asked = self.world.ec2.request_spot_instances(
            SpotPrice="0.03", LaunchSpecification={"ImageId": IMAGE, "InstanceType": "m3.medium"}
        )
        return str(asked["SpotInstanceRequests"][0]["SpotInstanceRequestId"])

    def _profile(self) -> str:
        made = name("profile")
        self.world.client("iam").create_instance_profile(InstanceProfileName=made)
        return made

    def _profile_association(self) -> str:
        association = self.world.ec2.associate_iam_instance_profile(
            InstanceId=self.instance(), IamInstanceProfile={"Name": self._profile()}
        )["IamInstanceProfileAssociation"]
        return str(association["AssociationId"])

    def _key_pair(self) -> str:
        made = name("key")
        self.world.ec2.create_key_pair(KeyName=made)
        return made

    def _placement_group(self) -> str:
        made = name("cluster")
        self.world.ec2.create_placement_group(GroupName=made, Strategy="cluster")
        return made

    def _target_group(self) -> str:
        vpc = self.world.ec2.describe_vpcs(Filters=[{"Name": "is-default", "Values": ["true"]}])["Vpcs"][0]
        made = self.world.client("elbv2").create_target_group(
            Name=name("targets"), Protocol="HTTP", Port=80, VpcId=vpc["VpcId"]
        )
        return str(made["TargetGroups"][0]["TargetGroupArn"])

    def _load_balancer(self) -> str:
        made = name("balancer")
        listener = {"Protocol": "HTTP", "LoadBalancerPort": 80, "InstancePort": 80}
        self.world.client("elb").create_load_balancer(
            LoadBalancerName=made, Listeners=[listener], AvailabilityZones=["us-east-1a"]
        )
        return made

    def _launch_configuration(self) -> str:
        made = name("config")
        self.world.asg.create_launch_configuration(
            LaunchConfigurationName=made,
            ImageId=IMAGE,
            InstanceType="t3.micro",
            SecurityGroups=[self._security_group()],
            AssociatePublicIpAddress=True,
        )
        return made

    def _group(self) -> str:
        return make_group(
            self.world,
            f"arn:aws:sns:{REGION}:{ACCOUNT}:my-sns-topic",
            f"arn:aws:iam::{ACCOUNT}:role/my-auto-scaling-role",
            LaunchConfigurationName=self._launch_configuration(),
            VPCZoneIdentifier=self.world.subnet(),
            TargetGroupARNs=[self._target_group()],
            LoadBalancerNames=[self._stand_in("my-load-balancer", "my-load-balancer")],
        )
