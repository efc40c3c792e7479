"""TPC-C. What it consists of and how it is asked is in README.md."""

from collections import Counter

from anabranch import ref
from consistency import violations_now
from customers import Customer, LastName
from deliveries import Deliveries
from districts import DISTRICTS, District
from inputs import (
    DeliveryInput,
    Input,
    NewOrderInput,
    OrderStatusInput,
    PaymentInput,
    Terminals,
)
from loader import Loader
from warehouses import UnknownItem, Warehouse

WAREHOUSES, ITEMS, CUSTOMERS = 2, 200, 30
# So many items or stocks are made in one transaction.
BATCH = 10_000


def load(loader: Loader, warehouses: int, items: int) -> None:
    """Makes everything."""
    batches = [(first, min(first + BATCH - 1, items)) for first in range(1, items + 1, BATCH)]
    for first, last in batches:
        loader.load_items(first, last)
    for warehouse_id in range(1, warehouses + 1):
        loader.load_warehouse(warehouse_id)
        for first, last in batches:
            loader.load_stock(warehouse_id, first, last)
        for district_id in range(1, DISTRICTS + 1):
            loader.load_district(warehouse_id, district_id)


def enter(asked: Input) -> str:
    """Makes one transaction, and says what came of it."""
    if isinstance(asked, NewOrderInput):
        warehouse = ref(Warehouse, asked.warehouse_id)
        try:
            order = warehouse.new_order(asked.district_id, asked.customer_id, asked.wanted)
        except UnknownItem as error:
            return f"item number is not valid: {error}"
        lines = [f"{it.stock}{it.brand_generic}" for it in order.lines]
        return f"order {order.order_id} of {order.last_name} for {order.total}, left: {lines}"
    if isinstance(asked, PaymentInput):
        return enter_payment(asked)
    if isinstance(asked, OrderStatusInput):
        key = asked.warehouse_id, asked.district_id, asked.customer
        of_name = isinstance(asked.customer, str)
        status = (ref(LastName, key) if of_name else ref(Customer, key)).order_status()
        items = [line.item_id for line in status.lines]
        person = f"{status.person.first} {status.person.last}"
        return f"{person} has {status.balance} and order {status.order_id}: {items}"
    if isinstance(asked, DeliveryInput):
        deliveries = ref(Deliveries, asked.warehouse_id)
        number = deliveries.queue(asked.carrier_id)
        delivered = deliveries.deliver() or []
        return f"delivery {number}: {[it.order_id for it in delivered]}"
    district = ref(District, (asked.warehouse_id, asked.district_id))
    return f"{district.stock_level(asked.threshold)} items are low in stock"


def enter_payment(asked: PaymentInput) -> str:
    """Makes a payment, and says what came of it."""
    warehouse = ref(Warehouse, asked.warehouse_id)
    of_whom = asked.district_id, asked.customer_warehouse_id, asked.customer_district_id
    if isinstance(asked.customer, str):
        paid = warehouse.payment_by_last_name(*of_whom, asked.customer, asked.amount)
    else:
        paid = warehouse.payment_by_id(*of_whom, asked.customer, asked.amount)
    customer = paid.customer
    shown = f" {customer.data[:20]}" if customer.data is not None else ""
    return f"{customer.person.last} paid {paid.amount}, has {customer.balance}{shown}"


def main():
    load(Loader("tpcc", 1, ITEMS, CUSTOMERS), WAREHOUSES, ITEMS)
    print("after loading:", violations_now(WAREHOUSES) or "consistent")
    terminals = Terminals(WAREHOUSES, 2, ITEMS, CUSTOMERS)
    kinds: Counter[str] = Counter()
    for _ in range(300):
        asked = terminals.next_input()
        kinds[type(asked).__name__] += 1
        print(enter(asked))
    print(dict(sorted(kinds.items())))
    print("at the end:", violations_now(WAREHOUSES) or "consistent")
    for warehouse_id in range(1, WAREHOUSES + 1):
        print("warehouse", warehouse_id, "has", ref(Warehouse, warehouse_id).year_to_date)


if __name__ == "__main__":
    main()
