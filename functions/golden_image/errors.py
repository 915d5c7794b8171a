"""Every named error of a run.

The state machine's Retry and Catch match these class names, so a rename here is a rename there; a test
holds both sets equal. A message says what was found, where, and what the person can do.

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
  x RunInProgress
  x PlanOutdated
  x SourceStopTimedOut        a stage ended badly: the run is undone
  x SourceReturnTimedOut
  x SourceLost
  x SnapshotFailed
  x SnapshotTimedOut
  x ImageFailed
  x ImageTimedOut
  x ImageDiffers
  x LaunchTemplateInvalid
  x DrainTimedOut
  x RolloutTimedOut
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
    x IdempotencyKeyReused
    x UnsupportedMediaType

An `x` is raised; the others are bases.
"""

from dataclasses import dataclass


class GoldenImageError(Exception):
    """Base of all named errors; never raised itself."""


@dataclass(frozen=True)
class FieldError:
    """One wrong field of an input: its path, such as `group.minSize`, and what is wrong with it."""

    field: str
    message: str


class InvalidInput(GoldenImageError):
    """The input breaks its schema: an unknown key, a wrong type, a value out of range."""

    def __init__(self, fields: list[FieldError]) -> None:
        self.fields = fields
        super().__init__("; ".join(f"{error.field or 'input'}: {error.message}" for error in fields))


# Refusals while planning: nothing has been changed yet.


class SourceNotFound(GoldenImageError):
    """No instance of that id is visible in this account and Region."""


class SourceNotSupported(GoldenImageError):
    """The source cannot be imaged safely by stopping it."""


class SourceNotReady(GoldenImageError):
    """The source is on its way to another state; the same input may be accepted in some minutes."""


class KeyNotGranted(GoldenImageError):
    """A customer-managed key of the source is not granted to the group's role, or may not be looked at."""


class RolloutRequired(GoldenImageError):
    """The group exists and has instances, and the input does not say what happens to them."""


class GroupNotSupported(GoldenImageError):
    """The group is in a state or of a kind in which the rollout could not be finished or undone."""


class ImageNameTaken(GoldenImageError):
    """Another image of this account has the name that this run's image would get."""


class LaunchTemplateNotSupported(GoldenImageError):
    """The launch template of that name is not this stack's, or cannot take another version."""


class RunInProgress(GoldenImageError):
    """Another run holds the lock on the group, the source or the launch template."""


class PlanOutdated(GoldenImageError):
    """Another run released one of the same locks after this one's plan was made: the plan may be wrong."""


# A stage ended badly, or did not end in the time that the input allows.


class SourceStopTimedOut(GoldenImageError):
    """The source did not reach `stopped` within timeouts.stop."""


class SourceReturnTimedOut(GoldenImageError):
    """The source did not reach `running` again within timeouts.stop."""


class SourceLost(GoldenImageError):
    """The source was terminated by something else while the run waited for it."""


class SnapshotFailed(GoldenImageError):
    """A snapshot ended in `error`, or disappeared."""


class SnapshotTimedOut(GoldenImageError):
    """The snapshots were not completed within timeouts.snapshot."""


class ImageFailed(GoldenImageError):
    """The image reached a state from which it cannot become available."""


class ImageTimedOut(GoldenImageError):
    """The image was not available within timeouts.image."""


class ImageDiffers(GoldenImageError):
    """The new image differs from its source in something that decides whether it boots or what it costs."""


class LaunchTemplateInvalid(GoldenImageError):
    """EC2 would refuse to launch an instance from the new launch template version."""


class DrainTimedOut(GoldenImageError):
    """The group still had instances after timeouts.drain."""


class RolloutTimedOut(GoldenImageError):
    """The group's new instances were not in service within timeouts.rollout."""


class RollBackIncomplete(GoldenImageError):
    """Something of this run could not be undone; the message names each."""


# What AWS answered to a single call.


class TryAgain(GoldenImageError):
    """Base of the errors that the workflow answers with another try; never raised itself."""


class RequestThrottled(TryAgain):
    """AWS asked to slow down."""


class ServiceUnavailable(TryAgain):
    """A 5xx, a lost connection, or no answer in time: the call may or may not have had its effect."""


class ResourceBusy(TryAgain):
    """Another activity is at work on the resource; it is free again soon."""


class NotYetVisible(TryAgain):
    """What this run has just made is not shown by a read yet (EC2 is eventually consistent)."""


class RequestRefused(GoldenImageError):
    """AWS refused a call for good: not authorized, over a quota, a wrong parameter."""


# What only those who start, list and stop runs see; no run raises them.


class CallerError(GoldenImageError):
    """Base of the errors that are answers to a caller of the API; never raised itself."""


class RunNotFound(CallerError):
    """This state machine has no run of that name (AWS forgets a run 90 days after its end)."""


class RunOver(CallerError):
    """The run has ended already, so there is nothing to stop."""


class IdempotencyKeyReused(CallerError):
    """The key has started a run before, with another input."""


class UnsupportedMediaType(CallerError):
    """The request's body is not declared as JSON."""
