"""Failures that users of other tools for this job met, and the tests that show that none occurs here.

A test is named by its file under tests/ and its function.
"""

from __future__ import annotations

from dataclasses import dataclass

GROUP = "unit/golden_image/group/test_group.py"
IMAGE = "unit/golden_image/image/test_image.py"
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
        (
            "unit/golden_image/group/test_template_removal.py::test_a_version_beyond_two_hundred_others_is_found",
        ),
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
