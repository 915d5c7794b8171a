"""Failures that users of other tools for this job met, and the tests that show that none occurs here.

A test is named by its file under tests/ and its function.
"""

from __future__ import annotations

from dataclasses import dataclass

GROUP = "unit/golden_image/group/test_group.py"
IMAGE = "unit/golden_image/image/test_image.py"
KEYS = "unit/golden_image/source/test_keys.py"
LEDGER = "unit/golden_image/run/test_ledger.py"
ROLLOUT = "unit/golden_image/roll_out/test_roll_out.py"
SNAPSHOTS = "unit/golden_image/image/test_snapshots.py"
TEMPLATE = "unit/golden_image/group/test_launch_template.py"
FAILURES = "workflow/test_failures.py"
MATRIX = "faults/test_matrix.py::test_each_call_and_each_state_meets_a_fault_and_nothing_is_lost_or_left"


@dataclass(frozen=True)
class Case:
    """One of those complaints.

    Attributes:
        seen_in: the public issues.
        not_offered: the feature that it is about, where this project has none.
    """

    what: str
    seen_in: tuple[str, ...]
    tests: tuple[str, ...] = ()
    not_offered: str | None = None


CASES = (
    Case(
        "An image or snapshot that is pending for hours still succeeds; the deadline is the user's to set.",
        ("hashicorp/packer#8415", "hashicorp/packer#6536", "hashicorp/terraform-provider-aws#1811"),
        (
            "cases/test_patience.py::test_what_is_pending_for_three_hours_is_waited_for",
            "cases/test_patience.py::test_the_deadline_of_snapshots_is_the_users",
            "cases/test_patience.py::test_the_deadline_of_the_image_is_the_users",
            f"{FAILURES}::test_each_stage_has_a_time_out_of_its_own_name",
        ),
    ),
    Case(
        "A failed image ends the run at once and shows AWS's StateReason.",
        ("ansible/ansible-modules-core#3600",),
        (
            f"{FAILURES}::test_a_failed_image_ends_the_run_with_awss_reason",
            f"{IMAGE}::test_a_state_from_which_no_image_becomes_available_ends_the_wait",
        ),
    ),
    Case(
        "A network error while polling is not fatal.",
        ("hashicorp/packer#617",),
        ("cases/test_polling.py::test_a_connection_that_is_cut_while_polling_is_not_fatal",),
    ),
    Case(
        "RequestLimitExceeded at any step is waited out.",
        ("hashicorp/packer#2303", "hashicorp/packer#4030", "hashicorp/packer#10071"),
        (f"{FAILURES}::test_throttling_is_waited_out", MATRIX),
    ),
    Case(
        "NotFound right after a create, also flapping.",
        ("ansible/ansible#4368", "hashicorp/packer-plugin-amazon#662"),
        (
            "cases/test_polling.py::test_an_image_that_comes_and_goes_is_waited_for",
            f"{IMAGE}::test_an_image_that_is_not_shown_yet_is_waited_for_and_later_missed",
            f"{SNAPSHOTS}::test_a_new_snapshot_that_is_not_shown_yet_is_waited_for",
        ),
    ),
    Case(
        "Tags that are set afterwards fail on a new snapshot: it is tagged in the creating call.",
        ("cmachler/aws-lambda-ebs-backups#13",),
        (
            f"{SNAPSHOTS}::test_all_volumes_are_taken_in_one_set_and_tagged_in_the_same_call",
            f"{IMAGE}::test_a_created_image_and_its_snapshots_are_tagged_in_the_same_call",
        ),
    ),
    Case(
        "No orphaned snapshot or image after a failure at any state, time-outs included.",
        ("hashicorp/packer#3320", "hashicorp/packer#8116"),
        (MATRIX, "unit/golden_image/undo/test_undo.py::test_a_run_is_undone_from_wherever_it_got_to"),
    ),
    Case(
        "A retry after a lost answer adopts its own image and refuses a foreign one of that name.",
        ("hashicorp/packer#11165",),
        (
            f"{IMAGE}::test_an_image_whose_answer_was_lost_is_adopted",
            f"{IMAGE}::test_a_foreign_image_of_the_name_is_not_adopted",
        ),
    ),
    Case(
        "A quota is reached: its reason is shown, nothing is left over.",
        ("hashicorp/terraform#2990",),
        (f"{FAILURES}::test_a_quota_is_reported_with_its_reason_and_nothing_is_left",),
    ),
    Case(
        "A customer-managed key that is not granted to the group's role is refused while planning.",
        ("kubernetes/kops#11545", "aws/aws-cdk#34491"),
        ("workflow/test_refusals.py::test_a_key_that_the_groups_role_may_not_use_is_refused",),
    ),
    Case(
        "The group was updated before the refresh, so nothing could be rolled back.",
        ("hashicorp/terraform-provider-aws#34189",),
        (f"{FAILURES}::test_a_group_that_cannot_launch_from_the_image_gets_back_what_it_had",),
        not_offered="instance refresh (rolling); a recreate gives the group back what it had",
    ),
    Case(
        "AutoRollback asked for without DesiredConfiguration.",
        ("hashicorp/terraform-provider-aws#29830",),
        not_offered="instance refresh (rolling)",
    ),
    Case(
        "A group of one instance can still be rolled.",
        ("alphagov/tech-ops#208",),
        ("cases/test_small_group.py::test_a_group_of_one_instance_is_recreated",),
    ),
    Case(
        "Scale-in-protected instances block a roll or a drain for ever.",
        ("buildkite/elastic-ci-stack-for-aws#943",),
        (
            f"{ROLLOUT}::test_protected_instances_are_refused_by_name",
            f"{FAILURES}::test_each_stage_has_a_time_out_of_its_own_name",
        ),
    ),
    Case(
        "ScalingActivityInProgress.",
        ("keikoproj/upgrade-manager#77",),
        (f"{GROUP}::test_a_busy_group_is_resized_by_a_later_try",),
    ),
    Case(
        "The sizes from before a drain survive a restart of the tool; desired above max.",
        ("deitch/aws-asg-roller#36", "deitch/aws-asg-roller#37"),
        (
            f"{LEDGER}::test_a_run_locks_its_group_its_source_and_its_template_and_writes_its_plan",
            "unit/golden_image/undo/test_undo.py::test_an_existing_group_gets_everything_back",
            "workflow/test_rollouts.py::test_recreate_of_an_existing_group_gives_it_the_sizes_from_before",
            "unit/golden_image/run/test_plan.py::test_sizes_that_do_not_hold_together_are_refused",
            f"{GROUP}::test_a_resize_sets_all_three_sizes_in_one_call",
        ),
    ),
    Case(
        "An image in use is kept: by templates without a group, by groups of size zero, by old versions.",
        ("widdix/aws-amicleaner#5", "bonclay7/aws-amicleaner#57", "bonclay7/aws-amicleaner#111"),
        not_offered="clean-up of old images: a run deletes only what it has made itself",
    ),
    Case(
        "Stop protection.",
        ("cloud-custodian/cloud-custodian#8007",),
        (
            "workflow/test_refusals.py::test_a_source_that_cannot_be_imaged_is_refused",
            "unit/golden_image/source/test_refusals.py"
            "::test_a_stop_protected_source_is_refused_with_the_command_that_unprotects_it",
        ),
    ),
    Case(
        "More than 200 versions of a launch template.",
        ("ansible-collections/community.aws#2131",),
        (f"{TEMPLATE}::test_a_version_beyond_two_hundred_others_is_found",),
    ),
    Case(
        "CreateAutoScalingGroup right after a new instance profile.",
        ("hashicorp/terraform-provider-aws#5217",),
        (
            f"{GROUP}::test_what_auto_scaling_says_to_the_creation_decides_whether_it_is_tried_again",
            f"{TEMPLATE}::test_what_ec2_says_to_the_proof_decides_whether_it_is_tried_again",
        ),
    ),
    Case(
        "TPM, UEFI, ENA lost on the way to the new image.",
        ("flatcar/mantle#582", "awslabs/aws-gov-cloud-import#15"),
        (
            "workflow/test_sources.py::test_the_image_has_what_the_source_has",
            f"{IMAGE}::test_the_image_is_registered_as_an_x86_source_with_a_tpm_is",
            f"{IMAGE}::test_the_image_is_registered_as_an_arm_source_without_ena_is",
        ),
    ),
    Case(
        "Terminating:Wait counted as gone; suspended processes not noticed.",
        ("ansible/ansible#37281", "cloud-custodian/cloud-custodian#9142"),
        (
            f"{ROLLOUT}::test_an_instance_in_any_state_is_still_there",
            f"{ROLLOUT}::test_suspended_processes_are_refused_where_the_rollout_needs_them",
        ),
    ),
    Case(
        "The refresh failed and the run said success.",
        ("hashicorp/terraform-provider-aws#42355",),
        (f"{FAILURES}::test_a_group_that_cannot_launch_from_the_image_gets_back_what_it_had",),
    ),
    # Part `refusals`: keys, the group's settings, target groups, other groups, the way back.
    Case(
        "AddToLoadBalancer is suspended, a group with target groups is recreated: refused.",
        ("ansible/ansible#46757",),
        (
            f"{ROLLOUT}::test_instances_that_would_get_no_traffic_are_refused",
            "unit/golden_image/roll_out/test_cautions.py"
            "::test_a_suspended_process_is_warned_of_by_its_effect_on_the_rollout",
        ),
    ),
    Case(
        "A key policy without CreateGrant, Allow and Deny, a grant of DescribeKey only: KeyNotGranted.",
        ("hashicorp/terraform-provider-aws#8422",),
        (
            f"{KEYS}::test_a_key_that_no_statement_gives_the_role_is_refused",
            f"{KEYS}::test_a_key_that_a_policy_denies_the_role_is_refused_whatever_is_granted",
            f"{KEYS}::test_a_grant_that_no_launch_can_use_does_not_count",
            "ec2world/autoscaling/test_group_settings.py"
            "::test_a_grant_or_a_policy_that_no_launch_can_use_withholds_the_key",
        ),
    ),
    Case(
        "ELB checks, instances in service and unhealthy in the target group: not committed.",
        ("yaybu/touchdown#39", "coinbase/odin#49"),
        (
            "workflow/test_load_balancing.py"
            "::test_instances_that_are_unhealthy_for_the_load_balancer_are_not_committed",
            f"{ROLLOUT}::test_an_instance_that_is_not_healthy_in_a_target_group_does_not_count",
        ),
    ),
    Case(
        "A new ELB group without a grace period gets the console's 300 s, said in the plan.",
        ("ansible/ansible#7898", "convox/rack#418"),
        (
            "unit/golden_image/roll_out/test_cautions.py::test_a_new_group_gets_the_consoles_grace_period",
            "unit/golden_image/roll_out/test_cautions.py"
            "::test_elb_checks_without_a_grace_period_are_warned_of",
        ),
    ),
    Case(
        "A second group uses the template's `$Latest`: refused in the plan.",
        ("aws-cloudformation/cloudformation-coverage-roadmap#1912",),
        (
            "unit/golden_image/group/test_neighbours.py"
            "::test_another_group_that_would_launch_the_new_version_is_named",
        ),
    ),
    Case(
        "The group's own image was deregistered: the plan warns.",
        ("terraform-aws-modules/terraform-aws-eks#2122",),
        (
            "unit/golden_image/roll_out/test_cautions.py"
            "::test_a_group_whose_image_is_gone_is_told_that_it_cannot_go_back",
            "unit/golden_image/group/test_way_back.py::test_a_group_whose_image_was_deregistered_cannot",
        ),
    ),
    Case(
        "A target group of another Region or account: a dry run refuses it as the run would.",
        ("hashicorp/packer#4761",),
        (
            "unit/golden_image/group/test_target_groups.py"
            "::test_all_target_groups_that_cannot_be_used_are_named_at_once",
            "workflow/test_load_balancing.py::test_a_dry_run_refuses_the_target_groups_that_a_run_refuses",
        ),
    ),
)
