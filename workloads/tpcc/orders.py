"""Orders with their lines, and those that wait for their delivery."""

from dataclasses import dataclass
from datetime import datetime

from anabranch import entity


@dataclass
class OrderLine:
    """So many of one item. Amounts are in cents."""

    item_id: int
    supply_warehouse_id: int
    quantity: int
    amount: int
    district_info: str
    delivered_at: datetime | None = None


@entity
class Order:
    """What a customer ordered in one go."""

    def __init__(
        self,
        warehouse_id: int,
        district_id: int,
        order_id: int,
        customer_id: int,
        entered_at: datetime,
        carrier_id: int | None,
        all_local: bool,
        line_count: int,
        lines: list[OrderLine],
    ):
        self.warehouse_id = warehouse_id
        self.district_id = district_id
        self.order_id = order_id
        self.customer_id = customer_id
        self.entered_at = entered_at
        self.carrier_id = carrier_id
        self.all_local = all_local
        self.line_count = line_count
        self.lines: list[OrderLine] = lines

    def __key__(self) -> tuple[int, int, int]:
        return self.warehouse_id, self.district_id, self.order_id

    def item_ids(self) -> list[int]:
        """The items of the lines."""
        return [line.item_id for line in self.lines]

    def deliver(self, carrier_id: int, now: datetime) -> int:
        """Notes the delivery, and returns what the lines cost."""
        self.carrier_id = carrier_id
        for line in self.lines:
            line.delivered_at = now
        return sum(line.amount for line in self.lines)


@entity
class NewOrders:
    """The orders of one district that are not delivered yet, the oldest first."""

    def __init__(self, warehouse_id: int, district_id: int, order_ids: list[int]):
        self.warehouse_id = warehouse_id
        self.district_id = district_id
        self.order_ids: list[int] = order_ids

    def __key__(self) -> tuple[int, int]:
        return self.warehouse_id, self.district_id

    def add(self, order_id: int) -> None:
        """Lets an order wait."""
        self.order_ids.append(order_id)

    def take(self) -> int | None:
        """The oldest order, which waits no more."""
        if not self.order_ids:
            return None
        return self.order_ids.pop(0)
