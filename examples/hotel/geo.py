"""Where hotels are."""

from dataclasses import dataclass
from math import asin, cos, radians, sin, sqrt

from anabranch import entity

EARTH_RADIUS_KM = 6371.0


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

    def distances(self, point: Point) -> dict[str, float]:
        """How far each hotel is, in kilometres."""
        return {hotel_id: distance_km(point, place) for hotel_id, place in self.places.items()}

    def nearby(self, point: Point, radius_km: float = 10.0, limit: int = 5) -> list[str]:
        """The hotels within a radius, the nearest first."""
        found: list[tuple[float, str]] = []
        for hotel_id, distance in self.distances(point).items():
            if distance <= radius_km:
                found.append((distance, hotel_id))
        return [hotel_id for _, hotel_id in sorted(found)[:limit]]
