"""Hotel reservation, after the application of the same name in DeathStarBench."""

from datetime import date
from decimal import Decimal

from anabranch import entity, exists, ref
from geo import Geo, Point
from profiles import Address, Profile
from rates import Rate, RatePlan
from reservations import Booking, FullyBooked, Reservations
from search import Preference, Search
from stay import Stay
from users import LoginFailed, User


@entity
class FrontDesk:
    """What guests of one city talk to."""

    def __init__(self, city: str, search: Search):
        self.city = city
        self.search = search

    def __key__(self) -> str:
        return self.city

    def open_hotel(
        self, hotel_id: str, name: str, stars: int, address: Address, point: Point, rooms: int
    ) -> None:
        """Adds a hotel to the city."""
        Profile(hotel_id, name, stars, address, point)
        Reservations(hotel_id, capacity=rooms)
        Rate(hotel_id)
        self.search.add(hotel_id, point)

    def reserve(
        self, username: str, password: str, hotel_id: str, stay: Stay, rooms: int = 1
    ) -> Booking:
        """Books rooms for a guest who can log in."""
        guest = ref(User, username)
        if not guest.login(password):
            raise LoginFailed(username)
        return ref(Reservations, hotel_id).book(guest, stay, rooms)

    def reserve_all(
        self, username: str, password: str, hotel_ids: list[str], stay: Stay
    ) -> list[int]:
        """Books a room in each hotel: in all of them or in none."""
        numbers: list[int] = []
        for hotel_id in hotel_ids:
            booking = self.reserve(username, password, hotel_id, stay)
            numbers.append(booking.number)
        return numbers


def open_hotels(desk: FrontDesk):
    summer = date(2026, 6, 1), date(2026, 8, 31)
    desk.open_hotel(
        "gracht", "Grachtzicht", 4, Address("Oude Delft 12", "Delft"), Point(52.012, 4.356), 2
    )
    desk.open_hotel("markt", "De Markt", 3, Address("Markt 80", "Delft"), Point(52.0116, 4.3597), 3)
    desk.open_hotel(
        "strand", "Strandhuis", 4, Address("Zeeweg 1", "Den Haag"), Point(52.1097, 4.2795), 1
    )
    ref(Rate, "gracht").add_plan(RatePlan("double", *summer, Decimal("120.00")))
    ref(Rate, "gracht").add_plan(
        RatePlan("double", date(2026, 7, 1), date(2026, 7, 2), Decimal("99.50"))
    )
    ref(Rate, "markt").add_plan(RatePlan("single", *summer, Decimal("80.00")))
    ref(Rate, "markt").add_plan(RatePlan("double", *summer, Decimal("95.00")))
    ref(Rate, "strand").add_plan(RatePlan("suite", *summer, Decimal("210.00")))


def main():
    search = Search("Delft", Geo("Delft"))
    desk = FrontDesk("Delft", search)
    open_hotels(desk)
    station = Point(52.0067, 4.3563)
    stay = Stay(date(2026, 7, 1), date(2026, 7, 4))

    print("near the station:")
    for offer in search.nearby(station, stay):
        print(f"  {offer.total} {offer.room_type}, {ref(Profile, offer.hotel_id).headline()}")
    for preference in Preference:
        print(f"best by {preference.value}:", search.recommend(preference, station, stay))

    dana = User("dana", "correct horse")
    booking = desk.reserve("dana", "correct horse", "gracht", stay, rooms=2)
    print("dana has booking", booking.number, booking.status.value, booking.guest == dana)
    print("offers left:", [offer.hotel_id for offer in search.nearby(station, stay)])

    try:
        desk.reserve("dana", "battery staple", "markt", stay)
    except LoginFailed as error:
        print("login failed:", error, dana.failed_logins)
    print("a wrong password, asked directly:", dana.login("staple"), dana.failed_logins)

    long_stay = Stay(date(2026, 6, 29), date(2026, 7, 2))
    try:
        desk.reserve_all("dana", "correct horse", ["markt", "gracht"], long_stay)
    except FullyBooked as error:
        print("conflict:", error)
    print("rooms free in De Markt:", ref(Reservations, "markt").free_rooms(long_stay))

    print("cancelled:", ref(Reservations, "gracht").cancel(booking.number).value)
    print("booked:", desk.reserve_all("dana", "correct horse", ["markt", "gracht"], long_stay))
    print("rooms free in De Markt:", ref(Reservations, "markt").free_rooms(long_stay))
    print("a guest called erik:", exists(User, "erik"))


if __name__ == "__main__":
    main()
