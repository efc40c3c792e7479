"""The initial database (clause 4.3.3), made in many transactions.

A client creates one `Loader` and then calls its methods, in any order and at the same time. What
they make depends on nothing but their arguments, the loader's seed and the time of day.
"""

from datetime import UTC, datetime

from anabranch import entity, ref
from customers import (
    BAD_CREDIT,
    GOOD_CREDIT,
    Customer,
    History,
    LastName,
    Payment,
    Person,
)
from deliveries import Deliveries
from districts import DISTRICTS, District
from orders import NewOrders, Order, OrderLine
from random_data import C_LAST_NAME_LOADED, LAST_NAMES, RandomData, last_name
from stock import Item, Stock
from warehouses import Warehouse


@entity
class Loader:
    """Makes data. The specification has 100,000 items, and 3,000 customers in a district."""

    def __init__(self, name: str, seed: int, items: int = 100_000, customers: int = 3_000):
        self.name = name
        self.seed = seed
        self.items = items
        self.customers = customers

    def __key__(self) -> str:
        return self.name

    def load_items(self, first: int, last: int) -> None:
        """Makes the items with these numbers."""
        data = RandomData(f"{self.seed} items {first}")
        for item_id in range(first, last + 1):
            price = data.number(100, 10_000)
            Item(item_id, data.number(1, 10_000), data.string(14, 24), price, data.item_data())

    def load_warehouse(self, warehouse_id: int) -> None:
        """Makes a warehouse without anything in it."""
        data = RandomData(f"{self.seed} warehouse {warehouse_id}")
        Warehouse(warehouse_id, data.string(6, 10), data.address(), data.rate(2_000))
        Deliveries(warehouse_id)

    def load_stock(self, warehouse_id: int, first: int, last: int) -> None:
        """Makes the stock of the items with these numbers."""
        data = RandomData(f"{self.seed} stock {warehouse_id} {first}")
        for item_id in range(first, last + 1):
            infos = [data.string(24, 24) for _ in range(DISTRICTS)]
            Stock(warehouse_id, item_id, data.number(10, 100), infos, data.item_data())

    def load_district(self, warehouse_id: int, district_id: int) -> None:
        """Makes a district with its customers and their orders."""
        data = RandomData(f"{self.seed} district {warehouse_id} {district_id}")
        tax, next_order_id = data.rate(2_000), self.customers + 1
        District(warehouse_id, district_id, data.string(6, 10), data.address(), tax, next_order_id)
        customer_ids = data.shuffled(self.customers)
        self._load_customers(warehouse_id, district_id, customer_ids, data)
        self._load_orders(warehouse_id, district_id, customer_ids, data)

    def _load_customers(
        self, warehouse_id: int, district_id: int, customer_ids: list[int], data: RandomData
    ) -> None:
        now = datetime.now(UTC)
        names: dict[str, LastName] = {}
        for order_id, customer_id in enumerate(customer_ids, 1):
            name_number = min(customer_id, LAST_NAMES) - 1
            if customer_id > LAST_NAMES:
                name_number = data.skewed_number(255, 0, LAST_NAMES - 1, C_LAST_NAME_LOADED)
            person = Person(data.string(8, 16), "OE", last_name(name_number))
            Customer(
                warehouse_id,
                district_id,
                customer_id,
                person,
                data.address(),
                data.digits(16),
                now,
                BAD_CREDIT if data.happens(10) else GOOD_CREDIT,
                data.rate(5_000),
                data.string(300, 500),
                ref(Order, (warehouse_id, district_id, order_id)),
            )
            paid = Payment(warehouse_id, district_id, now, 1_000, data.string(12, 24))
            History(warehouse_id, district_id, customer_id, paid)
            if person.last not in names:
                names[person.last] = LastName(warehouse_id, district_id, person.last)
            names[person.last].add(person.first, customer_id)

    def _load_orders(
        self, warehouse_id: int, district_id: int, customer_ids: list[int], data: RandomData
    ) -> None:
        now = datetime.now(UTC)
        # The last 900 of 3,000 orders are not delivered yet.
        delivered = self.customers * 7 // 10
        NewOrders(warehouse_id, district_id, list(range(delivered + 1, self.customers + 1)))
        for order_id, customer_id in enumerate(customer_ids, 1):
            is_new = order_id > delivered
            lines: list[OrderLine] = []
            for _ in range(data.number(5, 15)):
                amount = data.number(1, 999_999) if is_new else 0
                item_id, info = data.number(1, self.items), data.string(24, 24)
                delivered_at = None if is_new else now
                lines.append(OrderLine(item_id, warehouse_id, 5, amount, info, delivered_at))
            carrier_id = None if is_new else data.number(1, 10)
            Order(
                warehouse_id,
                district_id,
                order_id,
                customer_id,
                now,
                carrier_id,
                True,
                len(lines),
                lines,
            )
