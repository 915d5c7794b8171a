"""The Auto Scaling calls on what belongs to a group: policies, notifications, hooks, targets, tags."""

from typing import Any

from moto.autoscaling.responses import AutoScalingResponse
from moto.core.responses import ActionResult, EmptyResult

from ec2world.autoscaling.errors import validation_error
from ec2world.autoscaling.network import check_topic


class GroupSettingCalls(AutoScalingResponse):  # type: ignore[misc]
    """Policies, notification configurations, lifecycle hooks, target groups, traffic sources and tags."""

    def put_scaling_policy(self) -> ActionResult:
        """A policy of a group; moto's, kept per group, for two groups may name theirs the same."""
        backend, params = self.autoscaling_backend, self.params
        group = backend.group(params["AutoScalingGroupName"])
        policy = backend.put_scaling_policy(
            name=params["PolicyName"],
            policy_type=params.get("PolicyType", "SimpleScaling"),
            metric_aggregation_type=params.get("MetricAggregationType"),
            adjustment_type=params.get("AdjustmentType"),
            as_name=group.name,
            min_adjustment_magnitude=params.get("MinAdjustmentMagnitude"),
            scaling_adjustment=params.get("ScalingAdjustment"),
            cooldown=params.get("Cooldown"),
            target_tracking_config=params.get("TargetTrackingConfiguration", {}),
            step_adjustments=params.get("StepAdjustments", []),
            estimated_instance_warmup=params.get("EstimatedInstanceWarmup"),
            predictive_scaling_configuration=params.get("PredictiveScalingConfiguration"),
        )
        policy.enabled = params.get("Enabled", True)
        backend.policies[f"{group.name}/{policy.name}"] = backend.policies.pop(policy.name)
        policy.alarms = []
        if policy.policy_type == "TargetTrackingScaling":
            names = [f"TargetTracking-{group.name}-Alarm{end}" for end in ("High", "Low")]
            arn = f"arn:{self.partition}:cloudwatch:{self.region}:{self.current_account}:alarm"
            policy.alarms = [{"AlarmName": name, "AlarmARN": f"{arn}:{name}"} for name in names]
        return ActionResult({"PolicyARN": policy.arn, "Alarms": policy.alarms})

    def describe_policies(self) -> ActionResult:
        """Policies of a group, by name or ARN, by type."""
        found = self.autoscaling_backend.describe_policies(
            self._get_param("AutoScalingGroupName"), None, self._get_param("PolicyTypes", [])
        )
        names = self._get_param("PolicyNames", [])
        chosen = [one for one in found if not names or one.name in names or one.arn in names]
        return ActionResult({"ScalingPolicies": chosen})

    def delete_policy(self) -> ActionResult:
        """Delete a policy, by name or ARN."""
        group, wanted = self._get_param("AutoScalingGroupName"), self._get_param("PolicyName")
        policies = self.autoscaling_backend.policies
        del policies[self._policy_key(group, wanted)]
        return EmptyResult()

    def execute_policy(self) -> ActionResult:
        """Do at once what a policy would do."""
        key = self._policy_key(self._get_param("AutoScalingGroupName"), self._get_param("PolicyName"))
        policy = self.autoscaling_backend.policies[key]
        group = self.autoscaling_backend.group(policy.auto_scaling_group_name)
        above = float(self._get_param("MetricValue", 0)) - float(self._get_param("BreachThreshold", 0))
        self.autoscaling_backend.set_desired_capacity(group.name, _capacity_by(policy, group, above))
        return EmptyResult()

    def _policy_key(self, group: str | None, wanted: str) -> str:
        for key, one in self.autoscaling_backend.policies.items():
            if wanted == one.arn or (wanted == one.name and group in (None, one.auto_scaling_group_name)):
                return str(key)
        raise validation_error(f"Group {group} or policy {wanted} not found")

    def put_notification_configuration(self) -> ActionResult:
        """Notify a topic about a group; the given types replace those of the topic."""
        backend, topic = self.autoscaling_backend, self._get_param("TopicARN")
        group = backend.group(self._get_param("AutoScalingGroupName"))
        check_topic(topic, self.region, self.current_account)
        self._drop_notifications(group.name, topic)
        for kind in self._get_param("NotificationTypes", []):
            backend.notification_configurations[(group.name, topic, kind)] = {
                "AutoScalingGroupName": group.name,
                "TopicARN": topic,
                "NotificationType": kind,
            }
        return EmptyResult()

    def describe_notification_configurations(self) -> ActionResult:
        """The topics that are notified, by group."""
        names = self._get_param("AutoScalingGroupNames", [])
        found: list[Any] = [
            one
            for one in self.autoscaling_backend.notification_configurations.values()
            if not names or one["AutoScalingGroupName"] in names
        ]
        return ActionResult({"NotificationConfigurations": found})

    def delete_notification_configuration(self) -> ActionResult:
        """Tell a topic no more."""
        self._drop_notifications(self._get_param("AutoScalingGroupName"), self._get_param("TopicARN"))
        return EmptyResult()

    def _drop_notifications(self, group: str, topic: str) -> None:
        kept = self.autoscaling_backend.notification_configurations
        for key in [key for key in kept if key[:2] == (group, topic)]:
            del kept[key]

    def put_lifecycle_hook(self) -> ActionResult:
        """A lifecycle hook."""
        self.autoscaling_backend.put_hook(self.params)
        return EmptyResult()

    def attach_load_balancer_target_groups(self) -> ActionResult:
        """Target groups, of which the members become targets."""
        group = self.autoscaling_backend.group(self._get_param("AutoScalingGroupName"))
        arns = self._get_param("TargetGroupARNs", [])
        self.autoscaling_backend.check_target_groups(arns)
        group.append_target_groups(arns)
        for member in group.instance_states:
            if member.lifecycle_state == "InService":
                member.register(arns)
        return EmptyResult()

    def detach_load_balancer_target_groups(self) -> ActionResult:
        """Target groups no more."""
        group = self.autoscaling_backend.group(self._get_param("AutoScalingGroupName"))
        gone = self._get_param("TargetGroupARNs", [])
        group.target_group_arns = [one for one in group.target_group_arns if one not in gone]
        for member in group.instance_states:
            member.deregister(gone)
        return EmptyResult()

    def describe_traffic_sources(self) -> ActionResult:
        """Target groups, load balancers and other sources of a group's traffic."""
        group = self.autoscaling_backend.group(self._get_param("AutoScalingGroupName"))
        sources = [{"Identifier": one, "Type": "elbv2"} for one in group.target_group_arns]
        sources += [{"Identifier": one, "Type": "elb"} for one in group.load_balancer_names]
        sources += [one for one in group.traffic_sources if one not in sources]
        shown = [{"TrafficSource": one["Identifier"], "State": "InService", **one} for one in sources]
        return ActionResult({"TrafficSources": shown})

    def disable_metrics_collection(self) -> ActionResult:
        """Collect these metrics of a group no more, or none where none is named."""
        group = self.autoscaling_backend.group(self._get_param("AutoScalingGroupName"))
        gone = self._get_param("Metrics", [])
        group.metrics = [one for one in group.metrics if gone and one not in gone]
        return EmptyResult()

    def describe_warm_pool(self) -> ActionResult:
        """The settings of a group's warm pool, and what it holds."""
        pool = self.autoscaling_backend.group(self._get_param("AutoScalingGroupName")).warm_pool
        return ActionResult({"WarmPoolConfiguration": pool, "Instances": pool.members if pool else []})

    def delete_warm_pool(self) -> ActionResult:
        """No warm pool any more."""
        self.autoscaling_backend.group(self._get_param("AutoScalingGroupName")).drop_warm_pool()
        return EmptyResult()

    def create_or_update_tags(self) -> ActionResult:
        """Tags of groups."""
        for tag in self._get_param("Tags", []):
            self.autoscaling_backend.group(tag.get("ResourceId", ""))
        return super().create_or_update_tags()


def _capacity_by(policy: Any, group: Any, above: float) -> int:
    """What a policy makes of a group's desired capacity, within its limits; percents change one at least.

    `above` is by how much the metric is above the alarm's threshold, which chooses a step.
    Source: "Scaling adjustment types" and "Step adjustments" in the Auto Scaling User Guide.
    """
    lower, upper = "MetricIntervalLowerBound", "MetricIntervalUpperBound"
    steps = [
        int(one["ScalingAdjustment"])
        for one in policy.step_adjustments
        if float(one.get(lower, "-inf")) <= above < float(one.get(upper, "inf"))
    ]
    now = int(group.desired_capacity)
    by = sum(steps[:1]) if policy.policy_type == "StepScaling" else int(policy.scaling_adjustment)
    if policy.adjustment_type == "PercentChangeInCapacity":
        smallest = max(1, int(policy.min_adjustment_magnitude or 1))
        size = max(smallest, abs(now * by) // 100) if by else 0
        by = size if by > 0 else -size
    wanted = by if policy.adjustment_type == "ExactCapacity" else now + by
    return min(max(wanted, int(group.min_size)), int(group.max_size))
