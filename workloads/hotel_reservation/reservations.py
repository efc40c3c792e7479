"""Which rooms are taken, and by whom."""

from dataclasses import dataclass
from datetime import date, timedelta
from hashlib import sha256

from anabranch import entity


class LoginFailed(Exception):
    """The password is not that of the user."""

    http_status = 403


class FullyBooked(Exception):
    """A hotel has not enough rooms on a night."""

    http_status = 409


def password_hash(password: str) -> str:
    """What is kept of a password."""
    return sha256(password.encode()).hexdigest()


@entity
class User:
    """A guest."""

    def __init__(self, username: str, password: str):
        self.username = username
        self.password_hash = password_hash(password)

    def __key__(self) -> str:
        return self.username

    def login(self, password: str) -> bool:
        """Whether the password is right."""
        return password_hash(password) == self.password_hash


@dataclass(frozen=True)
class Booking:
    """Rooms that a guest has taken."""

    customer: str
    arrival: date
    departure: date
    rooms: int


def nights_between(arrival: date, departure: date) -> list[date]:
    """The nights of a stay, each by the day on which it begins."""
    return [arrival + timedelta(days=number) for number in range((departure - arrival).days)]


@entity
class Reservations:
    """The book of one hotel."""

    def __init__(self, hotel_id: str, capacity: int):
        self.hotel_id = hotel_id
        self.capacity = capacity
        self.taken: dict[date, int] = {}
        self.bookings: list[Booking] = []

    def __key__(self) -> str:
        return self.hotel_id

    def has_rooms(self, arrival: date, departure: date, rooms: int) -> bool:
        """Whether so many rooms are free on all nights of a stay."""
        nights = nights_between(arrival, departure)
        return all(self.taken.get(night, 0) + rooms <= self.capacity for night in nights)

    def book(self, booking: Booking) -> int:
        """Takes rooms, and returns the number of the booking."""
        for night in nights_between(booking.arrival, booking.departure):
            taken = self.taken.get(night, 0) + booking.rooms
            if taken > self.capacity:
                raise FullyBooked(self.hotel_id, night)
            self.taken[night] = taken
        self.bookings.append(booking)
        return len(self.bookings)
