"""What is known of hotels: where they are, what they cost, what they tell about themselves."""

from dataclasses import dataclass
from enum import Enum
from math import asin, cos, radians, sin, sqrt

from anabranch import entity

EARTH_RADIUS_KM = 6371.0
SEARCH_RADIUS_KM = 10.0
SEARCH_RESULTS = 5


@dataclass(frozen=True)
class Point:
    """A place on Earth, in degrees."""

    latitude: float
    longitude: float


def distance_km(one: Point, other: Point) -> float:
    """The distance along the surface of the Earth (haversine formula)."""
    latitude = radians(other.latitude - one.latitude)
    longitude = radians(other.longitude - one.longitude)
    height = sin(latitude / 2) ** 2
    height += cos(radians(one.latitude)) * cos(radians(other.latitude)) * sin(longitude / 2) ** 2
    return 2 * EARTH_RADIUS_KM * asin(sqrt(height))


@entity
class Geo:
    """The map of one city."""

    def __init__(self, city: str):
        self.city = city
        self.places: dict[str, Point] = {}

    def __key__(self) -> str:
        return self.city

    def add(self, hotel_id: str, point: Point) -> None:
        """Puts a hotel on the map."""
        self.places[hotel_id] = point

    def nearby(self, point: Point) -> list[str]:
        """The five nearest hotels within ten kilometres."""
        found: list[tuple[float, str]] = []
        for hotel_id, place in self.places.items():
            distance = distance_km(point, place)
            if distance <= SEARCH_RADIUS_KM:
                found.append((distance, hotel_id))
        return [hotel_id for _, hotel_id in sorted(found)[:SEARCH_RESULTS]]


@dataclass(frozen=True)
class RatePlan:
    """What a night in one type of room costs, in cents."""

    code: str
    room_type: str
    rate: int
    rate_inclusive: int


@entity
class Rate:
    """The price list of one hotel. Not every hotel has one."""

    def __init__(self, hotel_id: str, plans: list[RatePlan]):
        self.hotel_id = hotel_id
        self.plans: list[RatePlan] = plans

    def __key__(self) -> str:
        return self.hotel_id

    def highest(self) -> int | None:
        """What the dearest plan costs."""
        return max((plan.rate for plan in self.plans), default=None)


@dataclass(frozen=True)
class Page:
    """What guests see of a hotel."""

    hotel_id: str
    name: str
    phone: str
    point: Point


@entity
class Profile:
    """What one hotel tells about itself."""

    def __init__(self, hotel_id: str, name: str, phone: str, description: str, point: Point):
        self.hotel_id = hotel_id
        self.name = name
        self.phone = phone
        self.description = description
        self.point = point

    def __key__(self) -> str:
        return self.hotel_id

    def page(self) -> Page:
        """What guests see."""
        return Page(self.hotel_id, self.name, self.phone, self.point)


class Preference(Enum):
    """What makes a hotel better than another."""

    DISTANCE = "dis"
    RATE = "rate"
    PRICE = "price"


@dataclass(frozen=True)
class Candidate:
    """What is known of a hotel that may be recommended. The price is in cents."""

    point: Point
    rate: int
    price: int


@entity
class Recommendations:
    """The hotels of one city that may be recommended."""

    def __init__(self, city: str):
        self.city = city
        self.candidates: dict[str, Candidate] = {}

    def __key__(self) -> str:
        return self.city

    def add(self, hotel_id: str, candidate: Candidate) -> None:
        """Makes it possible to recommend a hotel."""
        self.candidates[hotel_id] = candidate

    def best(self, preference: Preference, point: Point) -> list[str]:
        """All hotels that are as good as any."""
        scores: dict[str, float] = {}
        for hotel_id, candidate in self.candidates.items():
            if preference is Preference.DISTANCE:
                scores[hotel_id] = distance_km(point, candidate.point)
            elif preference is Preference.RATE:
                scores[hotel_id] = -candidate.rate
            else:
                scores[hotel_id] = candidate.price
        lowest = min(scores.values(), default=None)
        return [hotel_id for hotel_id, score in scores.items() if score == lowest]
