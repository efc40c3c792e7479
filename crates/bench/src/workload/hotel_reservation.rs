//! The workload `hotel-reservation`: DeathStarBench's, in its mix of requests.
//!
//! Of each hotel it is known which nights acknowledged reservations have taken; at the end the books
//! of all hotels must have exactly these.

use std::collections::BTreeMap;

use anabranch_kernel::value::Date;
use serde_json::Value as Json;

use super::transfer::is_existing;
use super::{Application, Description, Outcome, Requests, Workload};
use crate::call::{Answer, Argument, Arguments, Broken, Call, Key, Send};
use crate::connection::LoadError;
use crate::exchange::Exchange;
use crate::random::Random;

macro_rules! files {
    ($($name:literal),+) => {
        &[$((
            $name,
            include_str!(concat!("../../../../workloads/hotel_reservation/", $name)),
        )),+]
    };
}

const APPLICATION: Application = Application {
    files: files!("hotel_reservation.py", "hotels.py", "original_data.py", "reservations.py"),
};

const KINDS: [&str; 4] = ["search", "recommend", "login", "reserve"];
const SEARCH: usize = 0;
const RECOMMEND: usize = 1;
const LOGIN: usize = 2;
const RESERVE: usize = 3;

const CITY: &str = "San Francisco";
const HOTELS: u64 = 80;
const USERS: u64 = 501;
/// Names and values of the members of `Preference`.
const PREFERENCES: [(&str, &str); 3] = [("DISTANCE", "dis"), ("RATE", "rate"), ("PRICE", "price")];

/// Guests.
#[derive(Debug)]
pub struct HotelReservation {
    random: Random,
    /// Of each hotel, from the first.
    books: Vec<Book>,
}

/// What is taken in a hotel.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
struct Book {
    capacity: i64,
    /// Rooms by night.
    taken: BTreeMap<String, i64>,
    bookings: i64,
}

/// A request under way.
#[derive(Clone, Copy, Debug)]
pub enum Asked {
    Search,
    Recommend,
    Login,
    Reserve { hotel: u64, arrival: u8, nights: u8 },
}

impl HotelReservation {
    pub fn new(seed: u64) -> Self {
        Self { random: Random::new(seed), books: Vec::new() }
    }
}

fn april(day: u8) -> Date {
    Date { year: 2015, month: 4, day }
}

fn night(day: u8) -> String {
    format!("2015-04-{day:02}")
}

fn frontend<'a>(method: &'a str, arguments: Arguments<'a>) -> Call<'a> {
    Call::Method { class: "Frontend", key: Key::Text(CITY), method, arguments }
}

impl Book {
    /// From the state of a hotel's `Reservations`; a message if it contradicts itself.
    fn of(hotel: u64, state: &Json) -> Result<Self, String> {
        let strange = || format!("the book of hotel {hotel} is {state}");
        let taken = state.get("taken").and_then(Json::as_object).ok_or_else(strange)?;
        let bookings = state.get("bookings").and_then(Json::as_array).ok_or_else(strange)?;
        let capacity = state.get("capacity").and_then(Json::as_i64).ok_or_else(strange)?;
        let mut book = Self { capacity, taken: BTreeMap::new(), bookings: bookings.len() as i64 };
        for (night, rooms) in taken {
            book.taken.insert(night.clone(), rooms.as_i64().ok_or_else(strange)?);
        }
        let mut booked = BTreeMap::new();
        for booking in bookings {
            let day = |name| {
                let text: &str = booking.get(name)?.as_str()?;
                text.strip_prefix("2015-04-")?.parse::<u8>().ok()
            };
            let rooms = booking.get("rooms").and_then(Json::as_i64).ok_or_else(strange)?;
            let (from, to) = day("arrival").zip(day("departure")).ok_or_else(strange)?;
            for day in from..to {
                *booked.entry(night(day)).or_insert(0) += rooms;
            }
        }
        if booked != book.taken {
            return Err(format!(
                "hotel {hotel} has bookings for {booked:?}, but {:?} rooms are taken",
                book.taken
            ));
        }
        if let Some((night, rooms)) = book.taken.iter().find(|(_, rooms)| **rooms > capacity) {
            return Err(format!(
                "hotel {hotel} has {capacity} rooms, of which {rooms} are taken on \
                                {night}"
            ));
        }
        Ok(book)
    }
}

fn books(server: &Exchange<'_>) -> Result<Vec<Book>, LoadError> {
    let mut books = vec![Book::default(); HOTELS as usize];
    server.one_by_one(
        "books of hotels are read",
        HOTELS,
        |number, send| {
            let hotel = (number + 1).to_string();
            send(Call::State { class: "Reservations", key: Key::Text(&hotel) });
        },
        |number, answer| {
            if answer.status != 200 {
                return Err(Broken::unexpected(
                    format!("the book of hotel {}", number + 1),
                    &answer,
                ));
            }
            books[number as usize] =
                Book::of(number + 1, &answer.body).map_err(Broken::Invariant)?;
            Ok(())
        },
    )?;
    Ok(books)
}

impl Requests for HotelReservation {
    type Asked = Asked;

    fn ask(&mut self, send: &mut Send<'_>) -> Option<Asked> {
        let random = &mut self.random;
        let arrival = random.between(9, 23) as u8;
        let latitude = 38.0235 + (random.between(0, 481) as f64 - 240.5) / 1000.0;
        let longitude = -122.095 + (random.between(0, 325) as f64 - 157.0) / 1000.0;
        let point =
            [("latitude", Argument::Float(latitude)), ("longitude", Argument::Float(longitude))];
        let point = ("point", Argument::Record { class: "hotels:Point", fields: &point });
        let arriving = ("arrival", Argument::Date(april(arrival)));
        let user = random.below(USERS);
        let (username, password) = (format!("Cornell_{user}"), user.to_string().repeat(10));
        let username = ("username", Argument::Text(&username));
        let password = ("password", Argument::Text(&password));
        Some(match random.below(1000) {
            0..600 => {
                let departure = random.between(i64::from(arrival) + 1, 24) as u8;
                let departing = ("departure", Argument::Date(april(departure)));
                send(frontend("search", &[arriving, departing, point]));
                Asked::Search
            }
            600..990 => {
                let (name, value) = PREFERENCES[random.below(3) as usize];
                let preference = Argument::Member { class: "hotels:Preference", name, value };
                send(frontend("recommend", &[("preference", preference), point]));
                Asked::Recommend
            }
            990..995 => {
                send(frontend("login", &[username, password]));
                Asked::Login
            }
            _ => {
                let (hotel, nights) = (1 + random.below(HOTELS), random.between(1, 5) as u8);
                let hotel_id = hotel.to_string();
                send(frontend(
                    "reserve",
                    &[
                        username,
                        password,
                        ("hotel_id", Argument::Text(&hotel_id)),
                        arriving,
                        ("departure", Argument::Date(april(arrival + nights))),
                        ("rooms", Argument::Integer(1)),
                    ],
                ));
                Asked::Reserve { hotel, arrival, nights }
            }
        })
    }

    fn answered(&mut self, asked: Asked, answer: Answer) -> Result<Outcome, Broken> {
        match (asked, answer.status, &answer.body) {
            (Asked::Search, 200, Json::Array(_)) => Ok(Outcome::Done(SEARCH)),
            (Asked::Recommend, 200, Json::Array(pages)) if !pages.is_empty() => {
                Ok(Outcome::Done(RECOMMEND))
            }
            (Asked::Login, 200, Json::Bool(true)) => Ok(Outcome::Done(LOGIN)),
            (Asked::Reserve { hotel, arrival, nights }, 200, Json::Number(_)) => {
                let book = &mut self.books[hotel as usize - 1];
                for day in arrival..arrival + nights {
                    *book.taken.entry(night(day)).or_insert(0) += 1;
                }
                book.bookings += 1;
                Ok(Outcome::Done(RESERVE))
            }
            (Asked::Reserve { .. }, 409, _)
                if answer.exception().is_some_and(|it| it.ends_with("FullyBooked")) =>
            {
                Ok(Outcome::Failed(RESERVE))
            }
            _ => Err(Broken::unexpected(format!("{asked:?}"), &answer)),
        }
    }
}

impl Workload for HotelReservation {
    fn application(&self) -> Application {
        APPLICATION
    }

    fn describe(&self) -> Description {
        let parameters = [("hotels", HOTELS), ("users", USERS)];
        Description {
            name: "hotel-reservation".to_owned(),
            summary:
                "DeathStarBench's hotel reservation, with its services, its data and its mix: \
                      60 % search, 39 % recommend, 0.5 % login, 0.5 % reserve. All services a \
                      request needs are called in one transaction."
                    .to_owned(),
            parameters: parameters.map(|(name, it)| (name.to_owned(), it.to_string())).into(),
        }
    }

    fn kinds(&self) -> &'static [&'static str] {
        &KINDS
    }

    fn prepare(&mut self, server: &Exchange<'_>) -> Result<(), LoadError> {
        let mut is_loaded = false;
        server.one_by_one(
            "the frontend is made",
            1,
            |_, send| {
                let arguments = [("city", Argument::Text(CITY))];
                send(Call::Create { class: "Frontend", arguments: &arguments });
            },
            |_, answer| {
                is_loaded = is_existing(&answer, "making the frontend")?;
                Ok(())
            },
        )?;
        if !is_loaded {
            server.one_by_one(
                "hotels and users are made",
                1,
                |_, send| send(frontend("load", &[])),
                |_, answer| match answer.status {
                    200 => Ok(()),
                    _ => Err(Broken::unexpected("making hotels and users", &answer)),
                },
            )?;
        }
        self.books = books(server)?;
        Ok(())
    }

    fn check(&mut self, server: &Exchange<'_>) -> Result<Vec<String>, LoadError> {
        for (position, (expected, found)) in self.books.iter().zip(books(server)?).enumerate() {
            if *expected != found {
                return Err(LoadError::Broken(Broken::Invariant(format!(
                    "hotel {} has {found:?}, acknowledged reservations leave it {expected:?}",
                    position + 1
                ))));
            }
        }
        let checked = [
            "the rooms taken on each night are those of the bookings",
            "no hotel has more rooms taken than it has",
            "every acknowledged reservation is there, once",
        ];
        Ok(checked.map(str::to_owned).into())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn state(taken: &Json, capacity: i64) -> Json {
        let booking = json!({"customer": "a", "arrival": "2015-04-09", "departure": "2015-04-11",
                             "rooms": 2});
        json!({"capacity": capacity, "taken": taken, "bookings": [booking]})
    }

    #[test]
    fn a_book_that_contradicts_itself_is_found() {
        let right = json!({"2015-04-09": 2, "2015-04-10": 2});
        let book = Book::of(1, &state(&right, 5)).unwrap();
        assert_eq!((book.bookings, book.taken.len()), (1, 2));
        let lost = Book::of(1, &state(&json!({"2015-04-09": 2}), 5)).unwrap_err();
        assert!(lost.contains("has bookings for"), "{lost}");
        let too_many = Book::of(1, &state(&right, 1)).unwrap_err();
        assert!(too_many.contains("has 1 rooms, of which 2"), "{too_many}");
    }

    #[test]
    fn the_mix_is_that_of_the_original_and_the_same_for_the_same_seed() {
        let methods = |seed| {
            let mut guests = HotelReservation::new(seed);
            let mut methods = Vec::new();
            for _ in 0..20_000 {
                guests.ask(&mut |call| {
                    let Call::Method { method, .. } = call else { panic!("{call:?}") };
                    methods.push(method.to_owned());
                });
            }
            methods
        };
        let all = methods(1);
        assert_eq!(all, methods(1));
        let part = |name: &str| all.iter().filter(|it| *it == name).count() as f64 / 20_000.0;
        for (name, share) in [("search", 0.6), ("recommend", 0.39)] {
            assert!((part(name) - share).abs() < 0.02, "{name}");
        }
        assert!(part("login") > 0.002 && part("reserve") > 0.002);
    }
}
