"""What hotels tell about themselves."""

from dataclasses import dataclass

from anabranch import entity
from geo import Point


@dataclass(frozen=True)
class Address:
    """Where a letter finds a hotel."""

    street: str
    city: str


@entity
class Profile:
    """The page of one hotel."""

    def __init__(self, hotel_id: str, name: str, stars: int, address: Address, point: Point):
        self.hotel_id = hotel_id
        self.name = name
        self.stars = stars
        self.address = address
        self.point = point

    def __key__(self) -> str:
        return self.hotel_id

    def headline(self) -> str:
        """One line for a list of hotels."""
        return f"{self.name} {'*' * self.stars}, {self.address.street}"
