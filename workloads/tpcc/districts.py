"""Districts: each gives numbers to its orders."""

from dataclasses import dataclass
from decimal import Decimal

from anabranch import entity, exists, ref
from customers import Address
from orders import NewOrders, Order
from stock import Stock

DISTRICTS = 10
# Stock levels are those of the items in so many orders.
RECENT_ORDERS = 20


@dataclass
class DistrictFigures:
    """What the consistency conditions say something about. Money is in cents."""

    warehouse_id: int
    district_id: int
    year_to_date: int
    next_order_id: int
    last_order_id: int
    new_order_ids: list[int]
    line_counts: int
    lines: int


@entity
class District:
    """A tenth of a warehouse's customers."""

    def __init__(
        self,
        warehouse_id: int,
        district_id: int,
        name: str,
        address: Address,
        tax: Decimal,
        next_order_id: int,
    ):
        self.warehouse_id = warehouse_id
        self.district_id = district_id
        self.name = name
        self.address = address
        self.tax = tax
        self.year_to_date = 3_000_000
        self.next_order_id = next_order_id

    def __key__(self) -> tuple[int, int]:
        return self.warehouse_id, self.district_id

    def number_order(self) -> int:
        """A number for the next order."""
        order_id = self.next_order_id
        self.next_order_id += 1
        return order_id

    def pay(self, amount: int) -> None:
        """Takes note of a payment."""
        self.year_to_date += amount

    def stock_level(self, threshold: int) -> int:
        """How many items of the last orders are low in stock."""
        item_ids: set[int] = set()
        first = max(1, self.next_order_id - RECENT_ORDERS)
        for order_id in range(first, self.next_order_id):
            order = ref(Order, (self.warehouse_id, self.district_id, order_id))
            item_ids.update(order.item_ids())
        low = 0
        for item_id in sorted(item_ids):
            if ref(Stock, (self.warehouse_id, item_id)).quantity < threshold:
                low += 1
        return low

    def figures(self) -> DistrictFigures:
        """What is there, found by looking at every order."""
        order_id, line_counts, lines = 1, 0, 0
        while exists(Order, (self.warehouse_id, self.district_id, order_id)):
            order = ref(Order, (self.warehouse_id, self.district_id, order_id))
            line_counts += order.line_count
            lines += len(order.lines)
            order_id += 1
        return DistrictFigures(
            self.warehouse_id,
            self.district_id,
            self.year_to_date,
            self.next_order_id,
            order_id - 1,
            ref(NewOrders, (self.warehouse_id, self.district_id)).order_ids,
            line_counts,
            lines,
        )
