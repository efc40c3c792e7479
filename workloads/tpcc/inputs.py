"""What terminals ask for (clauses 2.4.1 to 2.8.1), seeded."""

from dataclasses import dataclass

from districts import DISTRICTS
from random_data import (
    C_CUSTOMER_ID,
    C_ITEM_ID,
    C_LAST_NAME_ASKED,
    LAST_NAMES,
    RandomData,
    last_name,
)
from warehouses import Wanted

MIX = {"new_order": 45, "payment": 43, "order_status": 4, "delivery": 4, "stock_level": 4}


@dataclass(frozen=True)
class NewOrderInput:
    """What is asked of `Warehouse.new_order`."""

    warehouse_id: int
    district_id: int
    customer_id: int
    wanted: list[Wanted]


@dataclass(frozen=True)
class PaymentInput:
    """What is asked of `Warehouse.payment_by_id` or, with a name, `payment_by_last_name`."""

    warehouse_id: int
    district_id: int
    customer_warehouse_id: int
    customer_district_id: int
    customer: int | str
    amount: int


@dataclass(frozen=True)
class OrderStatusInput:
    """What is asked of `Customer.order_status` or, with a name, `LastName.order_status`."""

    warehouse_id: int
    district_id: int
    customer: int | str


@dataclass(frozen=True)
class DeliveryInput:
    """What is asked of `Deliveries.queue`."""

    warehouse_id: int
    carrier_id: int


@dataclass(frozen=True)
class StockLevelInput:
    """What is asked of `District.stock_level`."""

    warehouse_id: int
    district_id: int
    threshold: int


Input = NewOrderInput | PaymentInput | OrderStatusInput | DeliveryInput | StockLevelInput


class Terminals:
    """The terminals of all warehouses."""

    def __init__(self, warehouses: int, seed: int, items: int = 100_000, customers: int = 3_000):
        self.warehouses = warehouses
        self.items = items
        self.customers = customers
        self.data = RandomData(f"{seed} terminals")

    def next_input(self) -> Input:
        """One of the mix."""
        (name,) = self.data.generator.choices(list(MIX), list(MIX.values()))
        warehouse_id = self.data.number(1, self.warehouses)
        if name == "new_order":
            return self.new_order(warehouse_id)
        if name == "payment":
            return self.payment(warehouse_id)
        if name == "order_status":
            district_id = self.data.number(1, DISTRICTS)
            return OrderStatusInput(warehouse_id, district_id, self.customer())
        if name == "delivery":
            return DeliveryInput(warehouse_id, self.data.number(1, 10))
        district_id = self.data.number(1, DISTRICTS)
        return StockLevelInput(warehouse_id, district_id, self.data.number(10, 20))

    def new_order(self, warehouse_id: int) -> NewOrderInput:
        """5 to 15 lines, one in a hundred from elsewhere; one order in a hundred is a mistake."""
        district_id, customer_id = self.data.number(1, DISTRICTS), self.customer_id()
        item_ids = [
            self.data.skewed_number(8191, 1, self.items, C_ITEM_ID)
            for _ in range(self.data.number(5, 15))
        ]
        if self.data.happens(1):
            item_ids[-1] = self.items + 1
        wanted: list[Wanted] = []
        for item_id in item_ids:
            supplier = self.other_warehouse(warehouse_id) if self.data.happens(1) else warehouse_id
            wanted.append(Wanted(item_id, supplier, self.data.number(1, 10)))
        return NewOrderInput(warehouse_id, district_id, customer_id, wanted)

    def payment(self, warehouse_id: int) -> PaymentInput:
        """15 of 100 are made by a customer of another warehouse."""
        district_id = self.data.number(1, DISTRICTS)
        customer_warehouse_id, customer_district_id = warehouse_id, district_id
        if self.data.happens(15):
            customer_warehouse_id = self.other_warehouse(warehouse_id)
            customer_district_id = self.data.number(1, DISTRICTS)
        return PaymentInput(
            warehouse_id,
            district_id,
            customer_warehouse_id,
            customer_district_id,
            self.customer(),
            self.data.number(100, 500_000),
        )

    def customer(self) -> int | str:
        """60 of 100 customers are found by their last name."""
        if not self.data.happens(60):
            return self.customer_id()
        highest = min(LAST_NAMES, self.customers) - 1
        return last_name(self.data.skewed_number(255, 0, highest, C_LAST_NAME_ASKED))

    def customer_id(self) -> int:
        """The number of a customer."""
        return self.data.skewed_number(1023, 1, self.customers, C_CUSTOMER_ID)

    def other_warehouse(self, warehouse_id: int) -> int:
        """Any other warehouse, or the same if there is no other."""
        if self.warehouses == 1:
            return warehouse_id
        other = self.data.number(1, self.warehouses - 1)
        return other if other < warehouse_id else other + 1
