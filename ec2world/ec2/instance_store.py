"""The instances of a region, with an index by id."""

from functools import partial
from typing import TYPE_CHECKING, Any

from moto.ec2.exceptions import InvalidInstanceIdError, OperationNotPermitted4
from moto.ec2.models.instances import InstanceBackend, Reservation

from ec2world.ec2.filters import matches_filter
from ec2world.ec2.instances import TimedInstance
from ec2world.wire.errors import AWSError

if TYPE_CHECKING:
    from ec2world.virtual_time.scene import Scene

# A terminated instance stays visible for about an hour; the real seconds keep it visible at a tiny scale.
VISIBLE_AFTER_END, VISIBLE_AFTER_END_REAL = 3600.0, 60.0


class TimedInstances(InstanceBackend):  # type: ignore[misc]
    """moto's instances with an index by id, and with time."""

    scene: "Scene"
    instance_index: dict[str, tuple[Reservation, TimedInstance]]

    def add_reservation(self, reservation: Reservation) -> None:
        """Take a reservation and its instances in."""
        self.reservations[reservation.id] = reservation
        for instance in reservation.instances:
            self.instance_index[instance.id] = (reservation, instance)

    def forget_later(self, instance: TimedInstance) -> None:
        """Stop showing a terminated instance after the hour that AWS shows it."""
        if not instance.remembered:
            seconds = max(VISIBLE_AFTER_END, VISIBLE_AFTER_END_REAL / self.scene.clock.scale)
            self.scene.clock.after(seconds, partial(self._forget, instance))

    def _forget(self, instance: TimedInstance) -> None:
        reservation, _ = self.instance_index.pop(instance.id, (None, None))
        if reservation is not None:
            reservation.instances.remove(instance)
            if not reservation.instances:
                self.reservations.pop(reservation.id, None)
            self.tags.pop(instance.id, None)

    def get_instance(self, instance_id: str) -> TimedInstance:
        """The instance of that id; InvalidInstanceID.NotFound where there is none."""
        if found := self.instance_index.get(instance_id):
            return found[1]
        if not str(instance_id).startswith("i-"):
            raise AWSError("InvalidInstanceID.Malformed", f'Invalid id: "{instance_id}"')
        raise InvalidInstanceIdError(instance_id)

    def get_instance_by_id(self, instance_id: str) -> TimedInstance | None:
        """The instance of that id, if there is one."""
        found = self.instance_index.get(instance_id)
        return found[1] if found else None

    def get_multi_instances_by_id(self, instance_ids: list[str], filters: Any = None) -> list[TimedInstance]:
        """The instances of these ids in this order; InvalidInstanceID.NotFound names those there are not."""
        missing = [one for one in instance_ids if one not in self.instance_index and one.startswith("i-")]
        if missing:
            raise InvalidInstanceIdError(missing)
        found = [self.get_instance(one) for one in instance_ids]
        return [instance for instance in found if instance.applies(filters)]

    def get_reservations_by_instance_ids(
        self, instance_ids: list[str], filters: Any = None
    ) -> list[Reservation]:
        """The reservations of these instances, each with only the instances asked for."""
        return self._reservations_of(
            self.get_multi_instances_by_id(list(dict.fromkeys(instance_ids))), filters
        )

    def all_reservations(self, filters: Any = None) -> list[Reservation]:
        """Every reservation; `filters` narrows to the instances that match."""
        return self._reservations_of([instance for _, instance in self.instance_index.values()], filters)

    def _reservations_of(self, instances: list[TimedInstance], filters: Any) -> list[Reservation]:
        for name, values in (filters or {}).items():
            instances = [one for one in instances if matches_filter(one, name, values)]
        views: dict[str, Reservation] = {}
        for instance in instances:
            reservation = self.instance_index[instance.id][0]
            if reservation.id not in views:
                views[reservation.id] = Reservation(reservation.id, reservation.owner_id)
            views[reservation.id].instances.append(instance)
        return list(views.values())

    def start_instances(self, instance_ids: list[str]) -> list[tuple[TimedInstance, Any]]:
        """Start these; nothing happens where one of them cannot."""
        instances = self.get_multi_instances_by_id(instance_ids)
        return [(instance, instance.start()) for instance in instances]

    def stop_instances(self, instance_ids: list[str]) -> list[tuple[TimedInstance, Any]]:
        """Stop these; nothing happens where one of them cannot."""
        instances = self.get_multi_instances_by_id(instance_ids)
        for instance in instances:
            instance.check_stoppable()
        return [(instance, instance.stop()) for instance in instances]

    def terminate_instances(self, instance_ids: list[str]) -> list[tuple[TimedInstance, Any]]:
        """Terminate these; nothing happens where one of them is protected."""
        instances = self.get_multi_instances_by_id(instance_ids)
        for instance in instances:
            if instance.disable_api_termination:
                raise OperationNotPermitted4(instance.id)
        return [(instance, instance.terminate()) for instance in instances]
