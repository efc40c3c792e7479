"""What nights cost."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from anabranch import entity
from stay import Offer, Stay


@dataclass
class RatePlan:
    """The price of a night in one type of room, on the days from `first` to `last`."""

    room_type: str
    first: date
    last: date
    price: Decimal

    def covers(self, night: date) -> bool:
        """Whether the plan has a price for a night."""
        return self.first <= night <= self.last


@entity
class Rate:
    """The price list of one hotel."""

    def __init__(self, hotel_id: str):
        self.hotel_id = hotel_id
        self.plans: list[RatePlan] = []

    def __key__(self) -> str:
        return self.hotel_id

    def add_plan(self, plan: RatePlan) -> int:
        """Adds a plan and returns how many there are."""
        self.plans.append(plan)
        return len(self.plans)

    def cheapest(self, stay: Stay) -> Offer | None:
        """The best offer of one type of room for all nights of a stay."""
        offers: list[Offer] = []
        for room_type in sorted({plan.room_type for plan in self.plans}):
            prices = [self.price(room_type, night) for night in stay.nights()]
            known = [price for price in prices if price is not None]
            if len(known) == len(prices):
                offers.append(Offer(sum(known, Decimal(0)), self.hotel_id, room_type))
        return min(offers) if offers else None

    def price(self, room_type: str, night: date) -> Decimal | None:
        """The price of one night; the lowest if several plans cover it."""
        prices = [
            plan.price for plan in self.plans if plan.room_type == room_type and plan.covers(night)
        ]
        return min(prices) if prices else None
