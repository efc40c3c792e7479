"""Customers, how they are found by name, and what they paid."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from anabranch import entity, ref
from orders import Order, OrderLine

GOOD_CREDIT, BAD_CREDIT = "GC", "BC"


@dataclass(frozen=True)
class Address:
    """Where somebody is."""

    street_1: str
    street_2: str
    city: str
    state: str
    zip_code: str


@dataclass(frozen=True)
class Person:
    """What a customer is called."""

    first: str
    middle: str
    last: str


@dataclass
class CustomerDetails:
    """What a terminal shows of a customer."""

    customer_id: int
    person: Person
    address: Address
    phone: str
    since: datetime
    credit: str
    credit_limit: int
    discount: Decimal
    balance: int
    data: str | None


@dataclass
class OrderStatus:
    """How it stands with a customer's last order."""

    customer_id: int
    person: Person
    balance: int
    order_id: int
    entered_at: datetime
    carrier_id: int | None
    lines: list[OrderLine]


@entity
class Customer:
    """Somebody who orders in one district. Money is in cents."""

    def __init__(
        self,
        warehouse_id: int,
        district_id: int,
        customer_id: int,
        person: Person,
        address: Address,
        phone: str,
        since: datetime,
        credit: str,
        discount: Decimal,
        data: str,
        last_order: Order,
    ):
        self.warehouse_id = warehouse_id
        self.district_id = district_id
        self.customer_id = customer_id
        self.person = person
        self.address = address
        self.phone = phone
        self.since = since
        self.credit = credit
        self.credit_limit = 5_000_000
        self.discount = discount
        self.balance = -1_000
        self.paid = 1_000
        self.payment_count = 1
        self.delivery_count = 0
        self.data = data
        self.last_order = last_order

    def __key__(self) -> tuple[int, int, int]:
        return self.warehouse_id, self.district_id, self.customer_id

    def pay(self, warehouse_id: int, district_id: int, amount: int) -> CustomerDetails:
        """Takes money that was paid in a district."""
        self.balance -= amount
        self.paid += amount
        self.payment_count += 1
        shown = None
        if self.credit == BAD_CREDIT:
            entry = (
                f"{self.customer_id} {self.district_id} {self.warehouse_id} "
                f"{district_id} {warehouse_id} {amount}|"
            )
            self.data = (entry + self.data)[:500]
            shown = self.data[:200]
        return CustomerDetails(
            self.customer_id,
            self.person,
            self.address,
            self.phone,
            self.since,
            self.credit,
            self.credit_limit,
            self.discount,
            self.balance,
            shown,
        )

    def receive(self, amount: int) -> None:
        """Takes note of a delivery, which is to be paid."""
        self.balance += amount
        self.delivery_count += 1

    def order_status(self) -> OrderStatus:
        """How it stands with the last order."""
        order = self.last_order
        return OrderStatus(
            self.customer_id,
            self.person,
            self.balance,
            order.order_id,
            order.entered_at,
            order.carrier_id,
            order.lines,
        )


@entity
class LastName:
    """The customers of one district who have the same last name."""

    def __init__(self, warehouse_id: int, district_id: int, last: str):
        self.warehouse_id = warehouse_id
        self.district_id = district_id
        self.last = last
        self.customers: list[tuple[str, int]] = []

    def __key__(self) -> tuple[int, int, str]:
        return self.warehouse_id, self.district_id, self.last

    def add(self, first: str, customer_id: int) -> None:
        """Adds a customer; they are kept by their first names."""
        self.customers.append((first, customer_id))
        self.customers.sort()

    def middle_customer(self) -> int:
        """The number of the customer in the middle, rounded up."""
        _, customer_id = self.customers[(len(self.customers) - 1) // 2]
        return customer_id

    def order_status(self) -> OrderStatus:
        """How it stands with the last order of the customer in the middle."""
        customer_id = self.middle_customer()
        return ref(Customer, (self.warehouse_id, self.district_id, customer_id)).order_status()


@dataclass(frozen=True)
class Payment:
    """A row of the history: money that was paid in a district."""

    warehouse_id: int
    district_id: int
    date: datetime
    amount: int
    data: str


@entity
class History:
    """What one customer has paid."""

    def __init__(self, warehouse_id: int, district_id: int, customer_id: int, first: Payment):
        self.warehouse_id = warehouse_id
        self.district_id = district_id
        self.customer_id = customer_id
        self.payments: list[Payment] = [first]

    def __key__(self) -> tuple[int, int, int]:
        return self.warehouse_id, self.district_id, self.customer_id

    def add(self, payment: Payment) -> None:
        """Notes a payment."""
        self.payments.append(payment)
