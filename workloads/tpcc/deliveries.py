"""Deliveries: asked for at once, made later."""

from dataclasses import dataclass
from datetime import UTC, datetime

from anabranch import entity, ref, transactional
from customers import Customer
from districts import DISTRICTS
from orders import NewOrders, Order


@dataclass(frozen=True)
class Delivered:
    """The order of a district that was delivered, or none."""

    district_id: int
    order_id: int | None


@entity
class Delivery:
    """The result of one delivery, which the specification wants in a file."""

    def __init__(self, warehouse_id: int, number: int, carrier_id: int, queued_at: datetime):
        self.warehouse_id = warehouse_id
        self.number = number
        self.carrier_id = carrier_id
        self.queued_at = queued_at
        self.completed_at: datetime | None = None
        self.delivered: list[Delivered] = []

    def __key__(self) -> tuple[int, int]:
        return self.warehouse_id, self.number

    def complete(self, delivered: list[Delivered], now: datetime) -> None:
        """Notes what was delivered."""
        self.delivered = delivered
        self.completed_at = now


@entity
class Deliveries:
    """The deliveries of one warehouse: so many were asked for, so many are done."""

    def __init__(self, warehouse_id: int):
        self.warehouse_id = warehouse_id
        self.queued = 0
        self.completed = 0

    def __key__(self) -> int:
        return self.warehouse_id

    def queue(self, carrier_id: int) -> int:
        """Asks for a delivery, and returns its number."""
        self.queued += 1
        Delivery(self.warehouse_id, self.queued, carrier_id, datetime.now(UTC))
        return self.queued

    @transactional
    def deliver(self) -> list[Delivered] | None:
        """Makes the oldest delivery that was asked for: the oldest new order of each district."""
        if self.completed == self.queued:
            return None
        now = datetime.now(UTC)
        self.completed += 1
        delivery = ref(Delivery, (self.warehouse_id, self.completed))
        carrier_id = delivery.carrier_id
        delivered: list[Delivered] = []
        for district_id in range(1, DISTRICTS + 1):
            order_id = ref(NewOrders, (self.warehouse_id, district_id)).take()
            delivered.append(Delivered(district_id, order_id))
            if order_id is None:
                continue
            order = ref(Order, (self.warehouse_id, district_id, order_id))
            amount = order.deliver(carrier_id, now)
            ref(Customer, (self.warehouse_id, district_id, order.customer_id)).receive(amount)
        delivery.complete(delivered, now)
        return delivered
