"""Finding a hotel."""

from decimal import Decimal
from enum import Enum

from anabranch import entity, ref
from geo import Geo, Point
from profiles import Profile
from rates import Rate
from reservations import Reservations
from stay import Offer, Stay


class Preference(Enum):
    """What makes a hotel better than another."""

    DISTANCE = "distance"
    PRICE = "price"
    RATE = "rate"


def offers_for(hotel_ids: list[str], stay: Stay, rooms: int) -> list[Offer]:
    """What the hotels that have rooms left offer."""
    offers: list[Offer] = []
    for hotel_id in hotel_ids:
        if ref(Reservations, hotel_id).free_rooms(stay) < rooms:
            continue
        offer = ref(Rate, hotel_id).cheapest(stay)
        if offer is not None:
            offers.append(offer)
    return offers


@entity
class Search:
    """The search page of one city."""

    def __init__(self, city: str, geo: Geo):
        self.city = city
        self.geo = geo
        self.hotel_ids: list[str] = []

    def __key__(self) -> str:
        return self.city

    def add(self, hotel_id: str, point: Point) -> None:
        """Makes a hotel findable."""
        self.geo.add(hotel_id, point)
        self.hotel_ids.append(hotel_id)

    def nearby(self, point: Point, stay: Stay, rooms: int = 1) -> list[Offer]:
        """Offers of hotels near a place, the nearest first."""
        return offers_for(self.geo.nearby(point), stay, rooms)

    def recommend(self, preference: Preference, point: Point, stay: Stay) -> list[str]:
        """All hotels that are as good as any by one preference, by name."""
        scores: dict[str, float | Decimal] = {}
        if preference is Preference.DISTANCE:
            scores.update(self.geo.distances(point))
        elif preference is Preference.PRICE:
            for offer in offers_for(self.hotel_ids, stay, 1):
                scores[offer.hotel_id] = offer.total
        else:
            for hotel_id in self.hotel_ids:
                scores[hotel_id] = -ref(Profile, hotel_id).stars
        if not scores:
            return []
        best = min(scores.values())
        winners = [hotel_id for hotel_id, score in scores.items() if score == best]
        names = [ref(Profile, hotel_id).name for hotel_id in winners]
        return sorted(names)
