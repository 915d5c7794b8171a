"""What becomes of images that are no longer wanted: deprecated, disabled, protected from being deregistered.

Sources: EnableImageDeprecation, DisableImage and EnableImageDeregistrationProtection in the EC2 API
Reference. Of the protection only the refusal is known, not AWS's code and words.
"""

from typing import Any

from moto.core.responses import ActionResult
from moto.ec2.exceptions import InvalidAMIIdError
from moto.ec2.responses.amis import AmisResponse

from ec2world.ec2.images import Image
from ec2world.wire.errors import AWSError

COOLDOWN_SECONDS = 24 * 3600.0
WITH_COOLDOWN, WITHOUT_COOLDOWN, UNPROTECTED = "enabled-with-cooldown", "enabled-without-cooldown", "disabled"


class RetentionCalls(AmisResponse):  # type: ignore[misc]
    """The calls between having an image and deregistering it."""

    def enable_image_deprecation(self) -> ActionResult:
        """Deprecate an image from a time on; it can still be launched."""
        image = self._own_image()
        image.deprecation_time = _written(self._get_param("DeprecateAt"))
        return ActionResult({"Return": True})

    def disable_image_deprecation(self) -> ActionResult:
        """Deprecate it no longer."""
        self._own_image().deprecation_time = None
        return ActionResult({"Return": True})

    def disable_image(self) -> ActionResult:
        """Let nobody launch an image, and share it with nobody."""
        image = self._own_image()
        image.launch_permissions.clear()
        return super().disable_image()

    def enable_image_deregistration_protection(self) -> ActionResult:
        """Refuse to deregister an image; with a cooldown, also for a day after the protection has ended."""
        image, cooldown = self._own_image(), bool(self._get_param("WithCooldown"))
        image.deregistration_protection = WITH_COOLDOWN if cooldown else WITHOUT_COOLDOWN
        return ActionResult({"Return": "true"})

    def disable_image_deregistration_protection(self) -> ActionResult:
        """End the protection, which has effect after its cooldown."""
        image = self._own_image()
        if image.deregistration_protection == WITH_COOLDOWN:
            image.protected_until = self.ec2_backend.scene.clock.now() + COOLDOWN_SECONDS
        image.deregistration_protection = UNPROTECTED
        return ActionResult({"Return": "true"})

    def deregister_image(self) -> ActionResult:
        """Deregister an image that is not protected from it."""
        image = self.ec2_backend.own_images.get(self._get_param("ImageId"))
        now = self.ec2_backend.scene.clock.now()
        if image and (image.deregistration_protection != UNPROTECTED or now < image.protected_until):
            raise AWSError("OperationNotPermitted", f"The AMI '{image.id}' is protected from deregistration.")
        return super().deregister_image()

    def _own_image(self) -> Image:
        self.error_on_dryrun()
        image_id = self._get_param("ImageId")
        if image_id not in self.ec2_backend.own_images:
            raise InvalidAMIIdError(image_id)
        found: Image = self.ec2_backend.own_images[image_id]
        return found


def _written(moment: Any) -> str:
    return moment if isinstance(moment, str) else f"{moment:%Y-%m-%dT%H:%M:00.000Z}"
