"""Which rooms are taken."""

from dataclasses import dataclass
from datetime import date
from enum import Enum

from anabranch import entity
from stay import Stay
from users import User


class FullyBooked(Exception):
    """A hotel has not enough rooms on a night."""

    http_status = 409

    def __init__(self, hotel_id: str, night: date, free: int):
        super().__init__(hotel_id, night, free)
        self.night = night

    def __str__(self) -> str:
        hotel_id, night, free = self.args
        return f"{hotel_id} has {free} rooms free on {night}"


class Status(Enum):
    """What became of a booking."""

    BOOKED = "booked"
    CANCELLED = "cancelled"


@dataclass
class Booking:
    """Rooms that a guest has taken."""

    number: int
    guest: User
    stay: Stay
    rooms: int
    status: Status = Status.BOOKED


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

    def free_rooms(self, stay: Stay) -> int:
        """The rooms that are free on all nights of a stay."""
        return min(self.capacity - self.taken.get(night, 0) for night in stay.nights())

    def book(self, guest: User, stay: Stay, rooms: int) -> Booking:
        """Takes rooms; a conflict on any night leaves all nights as they were."""
        for night in stay.nights():
            free = self.capacity - self.taken.get(night, 0)
            if free < rooms:
                raise FullyBooked(self.hotel_id, night, free)
            self.taken[night] = self.taken.get(night, 0) + rooms
        booking = Booking(len(self.bookings) + 1, guest, stay, rooms)
        self.bookings.append(booking)
        return booking

    def cancel(self, number: int) -> Status:
        """Gives the rooms of a booking back."""
        booking = self.bookings[number - 1]
        if booking.status is Status.BOOKED:
            booking.status = Status.CANCELLED
            for night in booking.stay.nights():
                self.taken[night] -= booking.rooms
        return booking.status
