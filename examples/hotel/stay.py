"""Nights and money, the vocabulary of rates and reservations."""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal


@dataclass(frozen=True, order=True)
class Stay:
    """From the day of arrival to the day of departure."""

    arrival: date
    departure: date

    def nights(self) -> list[date]:
        """The nights of the stay, each by the day on which it begins."""
        count = (self.departure - self.arrival).days
        return [self.arrival + timedelta(days=number) for number in range(count)]


@dataclass(frozen=True, order=True)
class Offer:
    """What a stay in a hotel costs."""

    total: Decimal
    hotel_id: str
    room_type: str
