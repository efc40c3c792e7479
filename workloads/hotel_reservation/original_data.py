"""The data of the original, by the number of a hotel."""

from hotels import Point

HOTELS = 80
USERS = 501

POINTS = [
    Point(37.7867, -122.4112),
    Point(37.7854, -122.4005),
    Point(37.7854, -122.4071),
    Point(37.7936, -122.3930),
    Point(37.7831, -122.4181),
    Point(37.7863, -122.4015),
]
NAMES = [
    ("Clift Hotel", "(415) 775-4700"),
    ("W San Francisco", "(415) 777-5300"),
    ("Hotel Zetta", "(415) 543-8555"),
    ("Hotel Vitale", "(415) 278-3700"),
    ("Phoenix Hotel", "(415) 776-1380"),
    ("St. Regis San Francisco", "(415) 284-4000"),
]
# Rate and rate with taxes, by the remainder of the number by five.
RATES = [(10_900, 12_317), (12_000, 14_000), (12_400, 14_400), (13_200, 15_800), (23_200, 25_800)]
FIRST_RATES = {1: (10_900, 12_317), 2: (13_900, 15_309), 3: (10_900, 12_317)}
# Rate and price of those that are recommended.
FIRST_CANDIDATES = [
    (10_900, 15_000),
    (13_900, 12_000),
    (10_900, 19_000),
    (12_900, 16_000),
    (11_900, 14_000),
    (14_900, 20_000),
]
OTHER_CANDIDATES = (13_500, 17_900)


def point_of(number: int) -> Point:
    """Where a hotel is."""
    if number <= len(POINTS):
        return POINTS[number - 1]
    return Point(37.7835 + number / 500 * 3, -122.41 + number / 500 * 4)


def name_of(number: int) -> tuple[str, str]:
    """What a hotel is called, and its telephone number."""
    if number <= len(NAMES):
        return NAMES[number - 1]
    return "St. Regis San Francisco", f"(415) 284-40{number}"


def capacity_of(number: int) -> int:
    """How many rooms a hotel has."""
    if number <= 6:
        return 200
    return [200, 300, 250][number % 3]


def rate_of(number: int) -> tuple[int, int] | None:
    """What a night costs, in cents, without and with taxes. Most hotels do not say."""
    if number <= 6:
        return FIRST_RATES.get(number)
    return RATES[number % 5] if number % 3 == 0 else None


def candidate_of(number: int) -> tuple[int, int]:
    """The rate and the price, in cents, by which a hotel is recommended."""
    if number <= len(FIRST_CANDIDATES):
        return FIRST_CANDIDATES[number - 1]
    return RATES[number % 5] if number % 3 == 0 else OTHER_CANDIDATES
