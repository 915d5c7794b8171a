"""Failures that users of other tools for this job met, and the tests that show that none occurs here.

A test is named by its file under tests/ and its function.
"""

from __future__ import annotations

from dataclasses import dataclass

GROUP = "unit/golden_image/group/test_group.py"
IMAGE = "unit/golden_image/image/test_image.py"
KEYS = "unit/golden_image/source/test_keys.py"
LEDGER = "unit/golden_image/run/test_ledger.py"
REFRESH = "unit/golden_image/roll_out/test_refresh.py"
ROLLING = "workflow/test_rolling.py"
ROLLOUT = "unit/golden_image/roll_out/test_roll_out.py"
SNAPSHOTS = "unit/golden_image/image/test_snapshots.py"
TEMPLATE = "unit/golden_image/group/test_launch_template.py"
GIVING_BACK = "unit/golden_image/group/test_giving_back.py"
SIZES = "workflow/test_sizes.py"
REFERENCES = "unit/golden_image/group/test_references.py"
AGREEMENT = "workflow/test_agreement.py"
PROOF = "unit/golden_image/group/test_proof.py"
TEMPLATE_PLAN = "unit/golden_image/group/test_template_plan.py"
FAILURES = "workflow/test_failures.py"
RETURNS = "workflow/test_returns.py"
MATRIX = "faults/test_slice.py::test_calls_and_states_meet_faults_and_nothing_is_lost_or_left"

CLEAN_UP = "clean-up of old images: a run deletes only what it has made itself"


@dataclass(frozen=True)
class Case:
    """One of those complaints.

    Attributes:
        seen_in: the public issues; none where the case was found on this project.
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
        (
            f"{ROLLING}::test_the_group_is_updated_after_its_refresh_alone",
            f"{ROLLING}::test_a_failed_roll_ends_whole_where_it_began",
            f"{FAILURES}::test_a_group_that_cannot_launch_from_the_image_gets_back_what_it_had",
        ),
    ),
    Case(
        "AutoRollback asked for without DesiredConfiguration.",
        ("hashicorp/terraform-provider-aws#29830",),
        (
            f"{REFRESH}::test_one_refresh_has_the_version_and_the_preferences",
            f"{REFRESH}::test_without_auto_rollback_where_aws_refuses_it",
        ),
    ),
    Case(
        "A group of one instance can still be rolled.",
        ("alphagov/tech-ops#208",),
        (
            "cases/test_small_group.py::test_a_group_of_one_instance_is_recreated",
            f"{ROLLING}::test_a_group_is_rolled_and_never_below_its_size",
        ),
    ),
    Case(
        "Scale-in-protected instances block a roll or a drain for ever.",
        ("buildkite/elastic-ci-stack-for-aws#943",),
        (
            f"{ROLLOUT}::test_protected_instances_are_refused_by_name",
            "unit/golden_image/roll_out/test_rolling_plan.py"
            "::test_protected_instances_are_refused_unless_it_is_said_what_becomes_of_them",
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
        not_offered=CLEAN_UP,
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
        (
            "unit/golden_image/group/test_template_removal.py::test_a_version_beyond_two_hundred_others_is_found",
        ),
    ),
    Case(
        "CreateAutoScalingGroup right after a new instance profile.",
        ("hashicorp/terraform-provider-aws#5217",),
        (
            f"{GROUP}::test_what_auto_scaling_says_to_the_creation_decides_whether_it_is_tried_again",
            f"{PROOF}::test_what_ec2_says_to_the_proof_decides_whether_it_is_tried_again",
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
        (
            f"{REFRESH}::test_only_successful_is_done",
            f"{ROLLING}::test_a_failed_roll_ends_whole_where_it_began",
            f"{FAILURES}::test_a_group_that_cannot_launch_from_the_image_gets_back_what_it_had",
        ),
    ),
    # Part sizes: sizes and settings belong to whoever set them last.
    Case(
        "A group that somebody scales while the snapshots grow keeps what it was scaled to.",
        ("aws/aws-cdk#5507", "cloudposse/terraform-aws-ec2-autoscale-group#66"),
        (f"{SIZES}::test_a_group_that_is_scaled_while_the_snapshots_grow_keeps_what_it_was_scaled_to",),
    ),
    Case(
        "A group that was empty in the plan, and that a scheduled action fills, is not emptied.",
        ("buildkite/elastic-ci-stack-for-aws#260",),
        (
            f"{SIZES}::test_a_group_that_was_empty_in_the_plan_and_has_instances_now_is_not_emptied",
            f"{SIZES}::test_a_recreate_of_a_group_that_is_scaled_and_drained_ends_as_the_scheduled_action_set_it",
        ),
    ),
    Case(
        "A recreate comes back to the sizes from just before the drain, not to those of the plan.",
        ("code-dot-org/code-dot-org#12252", "coinbase/odin#52"),
        (f"{SIZES}::test_recreate_comes_back_to_the_sizes_from_just_before_the_drain",),
    ),
    Case(
        "A group whose image from before is gone stays on the new version, unlocked, and the run says so.",
        ("terraform-aws-modules/terraform-aws-eks#2122",),
        (
            f"{SIZES}::test_a_group_whose_version_from_before_cannot_launch_stays_on_the_new_one",
            f"{GIVING_BACK}::test_a_group_whose_version_from_before_cannot_launch_stays_on_the_runs_with_its_sizes",
        ),
    ),
    # errors
    Case(
        "User data of 17 KiB that begins with a password is refused without showing it.",
        (),
        (
            "unit/golden_image/test_redaction.py"
            "::test_user_data_of_seventeen_kilobytes_that_begins_with_a_password_is_refused_without_it",
            "unit/golden_image/test_redaction.py"
            "::test_what_aws_says_to_a_call_comes_without_the_calls_user_data",
        ),
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
            "unit/golden_image/group/test_launchable.py"
            "::test_a_group_whose_image_was_deregistered_cannot_launch",
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
    # Look-ups of the plan
    Case(
        "A subnet, security group or type that does not exist, or of another architecture or VPC.",
        ("hashicorp/packer#4761", "mludvig/aws-ethereum-miner#12", "ray-project/ray#13558"),
        (
            f"{REFERENCES}::test_one_refusal_lists_all_that_is_wrong",
            f"{REFERENCES}::test_a_type_that_cannot_run_the_source_is_refused",
            f"{REFERENCES}::test_a_subnet_of_another_vpc_does_not_fit_the_sources_security_groups",
            f"{AGREEMENT}::test_a_dry_run_is_refused_for_all_that_a_run_is",
        ),
    ),
    Case(
        "Two subnets, and the type is not offered in the first one's zone.",
        ("compiler-explorer/infra#601",),
        (
            f"{REFERENCES}::test_a_group_keeps_launching_where_it_can",
            f"{AGREEMENT}::test_what_a_dry_run_accepts_a_run_does",
        ),
    ),
    Case(
        "The source's key pair was deleted.",
        ("eksctl-io/eksctl#1989", "keikoproj/instance-manager#298"),
        (
            f"{REFERENCES}::test_the_sources_own_key_pair_and_profile_may_be_gone",
            f"{AGREEMENT}::test_what_a_dry_run_accepts_a_run_does",
        ),
    ),
    Case(
        "A dry run with a wrong security group, subnet or type, or a topic of another Region or account.",
        ("hashicorp/packer#4761",),
        (
            f"{AGREEMENT}::test_a_dry_run_is_refused_for_all_that_a_run_is",
            f"{REFERENCES}::test_a_topic_exists_in_the_groups_region_and_account",
        ),
    ),
    # Part "template": what a launch template keeps, and the ways out.
    Case(
        "A template has m5.large, Spot, a profile, user data, the source has not: only the image changes.",
        ("ansible-collections/community.aws#685", "Netflix/asgard#706"),
        (
            f"{TEMPLATE_PLAN}::test_a_template_keeps_all_that_people_chose_whatever_the_source_has",
            f"{TEMPLATE_PLAN}::test_a_new_version_starts_from_the_one_that_the_group_uses",
            "workflow/test_templates.py::test_a_template_that_people_made_keeps_what_they_chose",
        ),
    ),
    Case(
        "A source with public address, EFA, IPv6, source/dest check off, one thread a core, licence: "
        "carried, or warned of by name.",
        (
            "aws/aws-cdk#7928",
            "terraform-aws-modules/terraform-aws-eks#253",
            "cloudposse/terraform-aws-eks-node-group#149",
        ),
        (
            f"{TEMPLATE_PLAN}::test_a_new_template_has_what_the_source_has",
            f"{TEMPLATE_PLAN}::test_what_belongs_to_the_source_alone_is_left_and_warned_of_by_name",
            f"{TEMPLATE_PLAN}::test_every_setting_of_an_instance_is_taken_or_has_a_reason_not_to_be",
            "workflow/test_templates.py::test_instances_of_a_new_template_are_like_the_source",
        ),
    ),
    Case(
        "The source's key pair was deleted: `keyName: null` launches without one.",
        ("eksctl-io/eksctl#1989", "keikoproj/instance-manager#298"),
        (
            f"{TEMPLATE_PLAN}::test_a_source_whose_key_pair_was_deleted_launches_without_one",
            f"{TEMPLATE_PLAN}::test_every_setting_of_a_template_has_a_field_that_takes_it_away",
            "workflow/test_templates.py::test_a_key_pair_that_was_deleted_is_taken_away_by_null",
        ),
    ),
    # Part `returns`
    Case(
        "InsufficientInstanceCapacity on StartInstances for an hour: image and group are made, the source is "
        "tried on, and everybody is told.",
        ("aws/aws-sdk-js-v3#5340", "hashicorp/packer#10688"),
        (
            f"{RETURNS}::test_a_source_without_capacity_does_not_cost_the_image_and_is_tried_on",
            f"{RETURNS}::test_a_run_that_is_undone_releases_its_locks_while_its_source_has_no_capacity",
            "unit/golden_image/source/test_returns.py"
            "::test_a_start_that_is_refused_for_lack_of_capacity_is_tried_for_two_minutes_and_then_owed",
            "unit/golden_image/undo/test_sources.py"
            "::test_a_day_after_the_end_of_its_run_a_source_is_given_up_and_people_are_told_once",
        ),
    ),
    # Part: what is the run's
    Case(
        "A source with a volume that was attached by hand leaves no volume after a drain or a roll-back.",
        ("hashicorp/packer#280", "zalando-incubator/kubernetes-on-aws#2241"),
        (
            "unit/golden_image/undo/test_left_volumes.py"
            "::test_no_volume_is_left_of_a_group_that_was_drained_and_undone",
            f"{IMAGE}::test_the_image_deletes_its_volumes_unless_they_are_to_be_kept",
        ),
    ),
    Case(
        "A backup that carries copied tags of a run stays, and the roll-back completes.",
        ("openshift/installer#9964", "cloud-custodian/cloud-custodian#9459"),
        (
            "workflow/test_ownership.py::test_a_backup_with_a_runs_tags_stays_and_what_lost_them_goes",
            "unit/golden_image/image/test_removal.py::test_a_backup_that_carries_a_runs_tags_stays",
            "unit/golden_image/image/test_owned_snapshots.py"
            "::test_a_backup_that_carries_a_runs_tag_is_not_waited_for",
        ),
    ),
    Case(
        "Runs named release+42, v1.2=rc! and 웹-갱신 succeed with a legal image name.",
        ("hashicorp/packer#4761", "hashicorp/packer#2774"),
        ("workflow/test_names.py::test_a_run_of_any_name_succeeds_with_an_image_name_that_is_legal",),
    ),
    Case(
        "A description in Korean is refused by the schema; a tag in Korean is fine.",
        ("wendylabsinc/WendyOS-Builder#56",),
        (
            "unit/golden_image/run/test_request.py"
            "::test_a_description_beyond_ascii_is_refused_and_a_tag_is_not",
            "workflow/test_names.py"
            "::test_the_tags_and_the_description_of_the_korean_guide_are_what_ec2_takes",
        ),
    ),
    # Windows and Ubuntu sources with enhanced networking, for which there is no public issue:
    # test_image.py::test_an_image_of_a_source_with_enhanced_networking_is_like_it.
)
