"""Travel reservation: a room and a seat in one transaction, or neither.

As in the evaluations that extend DeathStarBench's hotel reservation by flights. Everything is made
by `Agency(name="agency")` and then `load(hotels, flights, travellers, capacity)` of it, in one
transaction (at most 100,000 entities): the hotels `hotel-0`, `hotel-1`, …, the flights `flight-0`,
… and the travellers `traveller-0`, …; each hotel has `capacity` rooms and each flight as many
seats.

| request of a `Traveller` | arguments | |
| --- | --- | --- |
| `reserve` | `hotel`, `flight`: references | gives the number of the traveller's trip |
| `cancel` | `trip`: its number | gives whether it was not cancelled before |

`reserve` raises `SoldOut` (HTTP status 409) if there is no room or no seat left. Whatever is asked,
the rooms taken of all hotels, the seats taken of all flights and the trips of all travellers that
are not cancelled (`trips_ahead`) are as many.
"""

import random
from collections import Counter
from dataclasses import dataclass

from anabranch import entity, ref, transactional


class SoldOut(Exception):
    """There is no room, or no seat, left."""

    http_status = 409


@entity
class Hotel:
    """Somewhere to stay."""

    def __init__(self, hotel_id: str, rooms: int):
        self.hotel_id = hotel_id
        self.rooms = rooms
        self.taken = 0

    def __key__(self) -> str:
        return self.hotel_id

    def take_room(self) -> None:
        """Takes a room."""
        if self.taken == self.rooms:
            raise SoldOut(self.hotel_id)
        self.taken += 1

    def give_back(self) -> None:
        """Gives a room back."""
        self.taken -= 1


@entity
class Flight:
    """A way to get there."""

    def __init__(self, flight_id: str, seats: int):
        self.flight_id = flight_id
        self.seats = seats
        self.taken = 0

    def __key__(self) -> str:
        return self.flight_id

    def take_seat(self) -> None:
        """Takes a seat."""
        if self.taken == self.seats:
            raise SoldOut(self.flight_id)
        self.taken += 1

    def give_back(self) -> None:
        """Gives a seat back."""
        self.taken -= 1


@dataclass
class Trip:
    """What a traveller has reserved."""

    hotel: Hotel
    flight: Flight
    is_cancelled: bool = False


@entity
class Traveller:
    """Somebody who wants to go somewhere."""

    def __init__(self, name: str):
        self.name = name
        self.trips: list[Trip] = []

    def __key__(self) -> str:
        return self.name

    @transactional
    def reserve(self, hotel: Hotel, flight: Flight) -> int:
        """Takes a room and a seat, and returns the number of the trip."""
        hotel.take_room()
        flight.take_seat()
        self.trips.append(Trip(hotel, flight))
        return len(self.trips)

    @transactional
    def cancel(self, trip: int) -> bool:
        """Gives the room and the seat of a trip back, once."""
        found = self.trips[trip - 1]
        if found.is_cancelled:
            return False
        found.is_cancelled = True
        found.hotel.give_back()
        found.flight.give_back()
        return True

    def trips_ahead(self) -> int:
        """How many trips are not cancelled."""
        return len([trip for trip in self.trips if not trip.is_cancelled])


@entity
class Agency:
    """Knows everybody."""

    def __init__(self, name: str):
        self.name = name

    def __key__(self) -> str:
        return self.name

    def load(self, hotels: int, flights: int, travellers: int, capacity: int) -> None:
        """Makes hotels, flights and travellers."""
        for number in range(hotels):
            Hotel(f"hotel-{number}", capacity)
        for number in range(flights):
            Flight(f"flight-{number}", capacity)
        for number in range(travellers):
            Traveller(f"traveller-{number}")


def main():
    Agency("agency").load(hotels=5, flights=5, travellers=10, capacity=12)
    hotels = [ref(Hotel, f"hotel-{number}") for number in range(5)]
    flights = [ref(Flight, f"flight-{number}") for number in range(5)]
    travellers = [ref(Traveller, f"traveller-{number}") for number in range(10)]
    generator = random.Random(1)
    counts: Counter[str] = Counter()
    for _ in range(120):
        traveller = generator.choice(travellers)
        if generator.random() < 0.1 and traveller.trips:
            trip = generator.randint(1, len(traveller.trips))
            counts["cancelled" if traveller.cancel(trip) else "cancelled before"] += 1
            continue
        try:
            traveller.reserve(generator.choice(hotels), generator.choice(flights))
            counts["reserved"] += 1
        except SoldOut as error:
            counts[f"no more of {error}"] += 1
    print(dict(sorted(counts.items())))
    print("rooms taken:", [hotel.taken for hotel in hotels])
    print("seats taken:", [flight.taken for flight in flights])
    print("trips:", [traveller.trips_ahead() for traveller in travellers])
    rooms, seats = sum(hotel.taken for hotel in hotels), sum(flight.taken for flight in flights)
    print("as many:", rooms == seats == sum(traveller.trips_ahead() for traveller in travellers))


if __name__ == "__main__":
    main()
