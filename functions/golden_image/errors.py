"""Every named error of a run.

The Retry and Catch fields of the workflows match these class names, and a test holds both sets equal. A
message says what was found, where, and what the person can do.

GoldenImageError
  x InvalidInput
  x SourceNotFound            refused by the plan or the lock: nothing was changed
  x SourceNotSupported
  x SourceNotReady
  x KeyNotGranted
  x RolloutRequired
  x GroupNotSupported
  x ImageNameTaken
  x LaunchTemplateNotSupported
  x NoGeneration
  x GenerationGone
  x RunInProgress
  x PlanOutdated
  x PrepareFailed             a stage ended badly: the run is undone
  x PrepareTimedOut
  x SourceStopTimedOut
  x SourceReturnTimedOut
  x SourceLost
  x SnapshotFailed
  x SnapshotTimedOut
  x ImageFailed
  x ImageTimedOut
  x ImageDiffers
  x LaunchTemplateInvalid
  x CanaryFailed
  x CanaryTimedOut
  x ApprovalRejected
  x ApprovalTimedOut
  x DrainTimedOut
  x RolloutTimedOut
  x InstanceRefreshFailed
  x RunSettled
  x RollBackIncomplete
  · TryAgain                  the workflow tries the call again
    x RequestThrottled
    x ServiceUnavailable
    x ResourceBusy
    x NotYetVisible
  x RequestRefused
  · CallerError               answers to callers of the API
    x RunNotFound
    x RunOver
    x NotWaitingForApproval
    x AlreadyAnswered
    x IdempotencyKeyReused
    x UnsupportedMediaType

An `x` is raised, here or by a workflow; the others are bases.
"""

from dataclasses import dataclass


class GoldenImageError(Exception):
    """Base of all named errors; never raised itself."""

    def __init__(self, message: str) -> None:
        """A message that UTF-8 can hold, whatever of an event it quotes."""
        super().__init__(message.encode("utf-8", "backslashreplace").decode())


@dataclass(frozen=True)
class FieldError:
    """One wrong field of an input: its path, such as `group.minSize`, and what is wrong with it."""

    field: str
    message: str


class InvalidInput(GoldenImageError):
    """The input breaks its schema, or asks for what AWS does not have or would not launch."""

    def __init__(self, fields: list[FieldError]) -> None:
        self.fields = fields
        super().__init__("; ".join(f"{error.field or 'input'}: {error.message}" for error in fields))


# Refusals while planning: nothing has been changed yet.


class SourceNotFound(GoldenImageError):
    """No instance of that id is visible in this account and Region."""


class SourceNotSupported(GoldenImageError):
    """The source cannot be imaged safely by stopping it."""


class SourceNotReady(GoldenImageError):
    """The source is changing its state; the same input may be accepted in a few minutes."""


class KeyNotGranted(GoldenImageError):
    """A key of the source, the image or EBS's default is disabled, unreadable or not granted to the role."""


class RolloutRequired(GoldenImageError):
    """The group exists and has instances, and the input does not set rollout."""


class GroupNotSupported(GoldenImageError):
    """The group's state or configuration would keep the rollout from being finished or undone."""


class ImageNameTaken(GoldenImageError):
    """Another image of this account already has the name of this run's image."""


class LaunchTemplateNotSupported(GoldenImageError):
    """The launch template does not belong to this stack, or other groups launch from its newest version."""


class NoGeneration(GoldenImageError):
    """The group has no generation, or none that goBackTo means."""


class GenerationGone(GoldenImageError):
    """The generation's image, a snapshot or its version is gone or disabled, or EC2 would not launch it."""


class RunInProgress(GoldenImageError):
    """Another run holds a lock on the group, the source or the template, or the stack is being removed."""


class PlanOutdated(GoldenImageError):
    """Another run released one of the same locks after the plan, or the plan is not that of planDigest."""


# A stage ended badly, or did not end in the time that the input allows.


class PrepareFailed(GoldenImageError):
    """The document that prepares the source did not end in success."""


class PrepareTimedOut(GoldenImageError):
    """The document that prepares the source did not end within prepare.timeout."""


class SourceStopTimedOut(GoldenImageError):
    """The source did not reach `stopped` within timeouts.stop."""


class SourceReturnTimedOut(GoldenImageError):
    """The source did not reach `running` again within timeouts.stop."""


class SourceLost(GoldenImageError):
    """Something outside the run terminated the source while the run waited for it."""


class SnapshotFailed(GoldenImageError):
    """A snapshot is in an error state, or has disappeared."""


class SnapshotTimedOut(GoldenImageError):
    """The snapshots were not completed within timeouts.snapshot."""


class ImageFailed(GoldenImageError):
    """The image reached a state from which it cannot become available."""


class ImageTimedOut(GoldenImageError):
    """The image was not available within timeouts.image."""


class ImageDiffers(GoldenImageError):
    """The new image differs from its source in an attribute that affects boot or billing."""


class LaunchTemplateInvalid(GoldenImageError):
    """EC2 would refuse to launch an instance from the new launch template version."""


class CanaryFailed(GoldenImageError):
    """The canary was not launched, failed a status check, or its document did not end in success."""


class CanaryTimedOut(GoldenImageError):
    """The canary was not proven, or not ended, within timeouts.canary."""


class ApprovalRejected(GoldenImageError):
    """Somebody has rejected what the run asked approval of."""


class ApprovalTimedOut(GoldenImageError):
    """Nobody has answered the run's request for approval within approval.timeout."""


class DrainTimedOut(GoldenImageError):
    """The group still had instances after timeouts.drain."""


class RolloutTimedOut(GoldenImageError):
    """The group's new instances were not in service within timeouts.rollout."""


class InstanceRefreshFailed(GoldenImageError):
    """The group's instance refresh failed, was rolled back by AWS, or was ended by somebody else."""


class RunSettled(GoldenImageError):
    """The run is committed, is being undone or has ended: it no longer changes or commits anything."""


class RollBackIncomplete(GoldenImageError):
    """Part of this run could not be undone; the message names each part."""


# Errors of a single call to AWS.


class TryAgain(GoldenImageError):
    """Base of the errors that the workflow retries; never raised itself."""


class RequestThrottled(TryAgain):
    """AWS throttled the request."""


class ServiceUnavailable(TryAgain):
    """A 5xx answer, a lost connection or a time-out: the call may or may not have taken effect."""


class ResourceBusy(TryAgain):
    """Another activity is changing the resource; the same call may succeed shortly."""


class NotYetVisible(TryAgain):
    """A resource that this run has just created is not visible yet (EC2 is eventually consistent)."""


class RequestRefused(GoldenImageError):
    """AWS refused a call, and a retry would not help: not authorized, over a quota, a wrong parameter."""


# Errors of the API; no run raises them.


class CallerError(GoldenImageError):
    """Base of the errors that the API answers; never raised itself."""


class RunNotFound(CallerError):
    """This state machine has no run of that name (Step Functions keeps a run for 90 days after its end)."""


class RunOver(CallerError):
    """The run has already ended, so it cannot be stopped."""


class NotWaitingForApproval(CallerError):
    """The run does not wait for this approval: not yet, no longer, or not at all."""


class AlreadyAnswered(CallerError):
    """The run's request for approval has been answered."""


class IdempotencyKeyReused(CallerError):
    """The key has already started a run with a different input."""


class UnsupportedMediaType(CallerError):
    """The media type of the request's body is not JSON."""
