"""Warehouses, and the two transactions that change most: NewOrder and Payment."""

from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal

from anabranch import entity, exists, ref, transactional
from customers import Address, Customer, CustomerDetails, History, LastName, Payment
from districts import District
from orders import NewOrders, Order, OrderLine
from stock import ORIGINAL, Item, Stock


class UnknownItem(Exception):
    """Item number is not valid."""

    http_status = 409


@dataclass(frozen=True)
class Wanted:
    """So many of an item, from the stock of a warehouse."""

    item_id: int
    supply_warehouse_id: int
    quantity: int


@dataclass
class Ordered:
    """What a terminal shows of one line. Money is in cents."""

    item_id: int
    supply_warehouse_id: int
    name: str
    quantity: int
    stock: int
    brand_generic: str
    price: int
    amount: int


@dataclass
class OrderEntered:
    """What a terminal shows of an order."""

    order_id: int
    entered_at: datetime
    last_name: str
    credit: str
    discount: Decimal
    warehouse_tax: Decimal
    district_tax: Decimal
    total: int
    lines: list[Ordered]


@dataclass
class PaymentEntered:
    """What a terminal shows of a payment."""

    paid_at: datetime
    amount: int
    warehouse_address: Address
    district_address: Address
    customer: CustomerDetails


@entity
class Warehouse:
    """Sells to the customers of its ten districts. Money is in cents."""

    def __init__(self, warehouse_id: int, name: str, address: Address, tax: Decimal):
        self.warehouse_id = warehouse_id
        self.name = name
        self.address = address
        self.tax = tax
        self.year_to_date = 30_000_000

    def __key__(self) -> int:
        return self.warehouse_id

    @transactional
    def new_order(self, district_id: int, customer_id: int, wanted: list[Wanted]) -> OrderEntered:
        """Enters an order of a customer; with an unknown item, nothing is changed."""
        now = datetime.now(UTC)
        district = ref(District, (self.warehouse_id, district_id))
        customer = ref(Customer, (self.warehouse_id, district_id, customer_id))
        order_id = district.number_order()

        lines: list[OrderLine] = []
        ordered: list[Ordered] = []
        for line in wanted:
            if not exists(Item, line.item_id):
                raise UnknownItem(line.item_id)
            item = ref(Item, line.item_id)
            stock = ref(Stock, (line.supply_warehouse_id, line.item_id))
            amount = line.quantity * item.price
            district_info = stock.take(line.quantity, self.warehouse_id, district_id)
            is_brand = ORIGINAL in item.data and ORIGINAL in stock.data
            lines.append(
                OrderLine(
                    line.item_id, line.supply_warehouse_id, line.quantity, amount, district_info
                )
            )
            ordered.append(
                Ordered(
                    line.item_id,
                    line.supply_warehouse_id,
                    item.name,
                    line.quantity,
                    stock.quantity,
                    "B" if is_brand else "G",
                    item.price,
                    amount,
                )
            )

        all_local = all(line.supply_warehouse_id == self.warehouse_id for line in wanted)
        order = Order(
            self.warehouse_id,
            district_id,
            order_id,
            customer_id,
            now,
            None,
            all_local,
            len(wanted),
            lines,
        )
        ref(NewOrders, (self.warehouse_id, district_id)).add(order_id)
        customer.last_order = order

        tax, discount = district.tax, customer.discount
        total = sum(line.amount for line in lines) * (1 - discount) * (1 + self.tax + tax)
        return OrderEntered(
            order_id,
            now,
            customer.person.last,
            customer.credit,
            discount,
            self.tax,
            tax,
            round(total),
            ordered,
        )

    @transactional
    def payment_by_id(
        self,
        district_id: int,
        customer_warehouse_id: int,
        customer_district_id: int,
        customer_id: int,
        amount: int,
    ) -> PaymentEntered:
        """Takes money from a customer, who may be one of another warehouse."""
        now = datetime.now(UTC)
        district = ref(District, (self.warehouse_id, district_id))
        customer = ref(Customer, (customer_warehouse_id, customer_district_id, customer_id))
        history = ref(History, (customer_warehouse_id, customer_district_id, customer_id))

        self.year_to_date += amount
        district.pay(amount)
        details = customer.pay(self.warehouse_id, district_id, amount)
        data = f"{self.name}    {district.name}"
        history.add(Payment(self.warehouse_id, district_id, now, amount, data))
        return PaymentEntered(now, amount, self.address, district.address, details)

    @transactional
    def payment_by_last_name(
        self,
        district_id: int,
        customer_warehouse_id: int,
        customer_district_id: int,
        last_name: str,
        amount: int,
    ) -> PaymentEntered:
        """Takes money from the customer in the middle of those with a last name."""
        namesakes = ref(LastName, (customer_warehouse_id, customer_district_id, last_name))
        customer_id = namesakes.middle_customer()
        return self.payment_by_id(
            district_id, customer_warehouse_id, customer_district_id, customer_id, amount
        )
