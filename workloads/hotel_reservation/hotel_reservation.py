"""Hotel reservation, after the application of the same name in DeathStarBench.

It has the services, the data and the requests of the original (`mixed-workload_type_1.lua`).
Everything is made by `Frontend(city="San Francisco")` and then `load()` of it, in one transaction:
80 hotels, `1` to `80`, and 501 users, `Cornell_0` to `Cornell_500`, whose passwords are ten times
their number.

The requests are root calls of `Frontend` `San Francisco`:

| share | method | arguments |
| --- | --- | --- |
| 60 % | `search` | `arrival`, `departure` (dates), `point` (`Point`: `latitude`, `longitude`) |
| 39 % | `recommend` | `preference` (`dis`, `rate` or `price`, a third each), `point` |
| 0.5 % | `login` | `username`, `password` |
| 0.5 % | `reserve` | `username`, `password`, `hotel_id`, `arrival`, `departure`, `rooms`: 1 |

Arrivals are on a day from 9 to 23 April 2015. A search ends on a later day, up to the 24th; a
reservation takes 1 to 5 nights. A point has the latitude 38.0235 + (n - 240.5) / 1000 with n from
0 to 481, and the longitude -122.095 + (n - 157) / 1000 with n from 0 to 325.

`search` and `recommend` give a list of pages, `login` whether the password was right, and `reserve`
the number of the booking within its hotel. It raises `FullyBooked` (HTTP status 409) when a night
has no room left, and then no night is taken.

In each `Reservations`, `taken` of a night is the sum of the rooms of all `bookings` that have it,
and at most `capacity`.
"""

import random
from collections import Counter
from datetime import date, timedelta

from anabranch import entity, exists, ref, transactional
from hotels import (
    Candidate,
    Geo,
    Page,
    Point,
    Preference,
    Profile,
    Rate,
    RatePlan,
    Recommendations,
)
from original_data import HOTELS, USERS, candidate_of, capacity_of, name_of, point_of, rate_of
from reservations import Booking, FullyBooked, LoginFailed, Reservations, User

CITY = "San Francisco"


def pages(hotel_ids: list[str]) -> list[Page]:
    """The pages of hotels."""
    return [ref(Profile, hotel_id).page() for hotel_id in hotel_ids]


@entity
class Frontend:
    """What guests of one city talk to."""

    def __init__(self, city: str):
        self.city = city

    def __key__(self) -> str:
        return self.city

    def load(self) -> None:
        """Makes the data of the original."""
        geo, recommendations = Geo(self.city), Recommendations(self.city)
        for number in range(1, HOTELS + 1):
            hotel_id, point = str(number), point_of(number)
            name, phone = name_of(number)
            geo.add(hotel_id, point)
            Profile(hotel_id, name, phone, f"A hotel in {self.city}.", point)
            Reservations(hotel_id, capacity_of(number))
            rate = rate_of(number)
            if rate is not None:
                Rate(hotel_id, [RatePlan("RACK", "King sized bed", *rate)])
            recommendations.add(hotel_id, Candidate(point, *candidate_of(number)))
        for number in range(USERS):
            User(f"Cornell_{number}", str(number) * 10)
        ref(Reservations, "4").book(Booking("Alice", date(2015, 4, 9), date(2015, 4, 10), 1))

    def search(self, arrival: date, departure: date, point: Point) -> list[Page]:
        """Hotels near a place that have a rate and a room, the dearest first."""
        found: list[tuple[int, str]] = []
        for hotel_id in ref(Geo, self.city).nearby(point):
            if not exists(Rate, hotel_id):
                continue
            rate = ref(Rate, hotel_id).highest()
            if rate is not None:
                found.append((-rate, hotel_id))
        free: list[str] = []
        for _, hotel_id in sorted(found):
            if ref(Reservations, hotel_id).has_rooms(arrival, departure, 1):
                free.append(hotel_id)
        return pages(free)

    def recommend(self, preference: Preference, point: Point) -> list[Page]:
        """The best hotels, by one preference."""
        return pages(ref(Recommendations, self.city).best(preference, point))

    def login(self, username: str, password: str) -> bool:
        """Whether the password is right."""
        return exists(User, username) and ref(User, username).login(password)

    @transactional
    def reserve(
        self,
        username: str,
        password: str,
        hotel_id: str,
        arrival: date,
        departure: date,
        rooms: int,
    ) -> int:
        """Takes rooms for a guest, on all nights or on none."""
        if not self.login(username, password):
            raise LoginFailed(username)
        return ref(Reservations, hotel_id).book(Booking(username, arrival, departure, rooms))


def random_point(generator: random.Random) -> Point:
    """A place in or around the city."""
    latitude = 38.0235 + (generator.randint(0, 481) - 240.5) / 1000
    longitude = -122.095 + (generator.randint(0, 325) - 157.0) / 1000
    return Point(latitude, longitude)


def ask(frontend: Frontend, request: str, generator: random.Random) -> str:
    """Makes a request, and says what came of it."""
    arrival = date(2015, 4, generator.randint(9, 23))
    user = generator.randint(0, USERS - 1)
    username, password = f"Cornell_{user}", str(user) * 10
    if request == "search":
        departure = date(2015, 4, generator.randint(arrival.day + 1, 24))
        found = frontend.search(arrival, departure, random_point(generator))
        return f"found {[page.hotel_id for page in found]}"
    if request == "recommend":
        preference = generator.choice(list(Preference))
        found = frontend.recommend(preference, random_point(generator))
        return f"best by {preference.value}: {[page.hotel_id for page in found]}"
    if request == "login":
        return f"{username} logs in: {frontend.login(username, password)}"
    departure = arrival + timedelta(days=generator.randint(1, 5))
    hotel_id = str(generator.randint(1, HOTELS))
    try:
        number = frontend.reserve(username, password, hotel_id, arrival, departure, 1)
    except FullyBooked as error:
        return f"fully booked: {error}"
    return f"{username} has booking {number} in hotel {hotel_id}"


def main():
    frontend = Frontend(CITY)
    frontend.load()
    generator = random.Random(1)
    mix = {"search": 600, "recommend": 390, "login": 5, "reserve": 5}
    counts: Counter[str] = Counter()
    for request in generator.choices(list(mix), list(mix.values()), k=200):
        counts[request] += 1
        print(ask(frontend, request, generator))
    for request in ["login", "reserve"] * 5:
        print(ask(frontend, request, generator))
    print(dict(sorted(counts.items())))

    print("a wrong password:", frontend.login("Cornell_7", "7"))
    print("an unknown user:", frontend.login("Nobody", "7"))
    stay = date(2015, 4, 9), date(2015, 4, 12)
    try:
        frontend.reserve("Cornell_7", "7", "1", *stay, 1)
    except LoginFailed as error:
        print("login failed:", error)
    clift = ref(Reservations, "1")
    frontend.reserve("Cornell_7", "7" * 10, "1", date(2015, 4, 11), date(2015, 4, 12), 199)
    try:
        frontend.reserve("Cornell_7", "7" * 10, "1", *stay, 2)
    except FullyBooked as error:
        print("fully booked:", *error.args)
    print("nothing of it was taken:", clift.has_rooms(date(2015, 4, 9), date(2015, 4, 10), 200))
    print("rooms left on the night in question:", clift.has_rooms(*stay, 1))


if __name__ == "__main__":
    main()
