//! The workload `travel-reservation`: a room and a seat in one transaction, or neither; some trips
//! are cancelled later.

use serde_json::Value as Json;

use super::transfer::is_existing;
use super::{Application, Description, Outcome, Requests, Workload};
use crate::call::{Answer, Argument, Broken, Call, Key, Send};
use crate::connection::LoadError;
use crate::exchange::Exchange;
use crate::random::Random;

const APPLICATION: Application = Application {
    files: &[(
        "travel_reservation.py",
        include_str!("../../../../workloads/travel_reservation/travel_reservation.py"),
    )],
};

const KINDS: [&str; 2] = ["reserve", "cancel"];
const RESERVE: usize = 0;
const CANCEL: usize = 1;
/// Of a hundred requests so many cancel a trip, if there is one.
const CANCELLED_PERCENT: u64 = 10;

/// How much there is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Offer {
    pub hotels: u64,
    pub flights: u64,
    pub travellers: u64,
    /// Rooms of each hotel, and seats of each flight.
    pub capacity: u64,
}

/// Travellers.
#[derive(Debug)]
pub struct TravelReservation {
    offer: Offer,
    random: Random,
    expected: Taken,
    /// Those that can be cancelled.
    trips: Vec<Trip>,
}

/// What is taken.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
struct Taken {
    /// Rooms by hotel.
    rooms: Vec<i64>,
    /// Seats by flight.
    seats: Vec<i64>,
    /// Trips that are not cancelled, by traveller.
    trips: Vec<i64>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Trip {
    traveller: u64,
    hotel: u64,
    flight: u64,
    /// Its number among the trips of the traveller.
    number: i64,
}

/// A request under way.
#[derive(Clone, Copy, Debug)]
pub enum Asked {
    Reserve { traveller: u64, hotel: u64, flight: u64 },
    Cancel(Trip),
}

impl TravelReservation {
    pub fn new(offer: Offer, seed: u64) -> Self {
        Self { offer, random: Random::new(seed), expected: Taken::default(), trips: Vec::new() }
    }

    fn look(&self, server: &Exchange<'_>) -> Result<Taken, LoadError> {
        let Offer { hotels, flights, travellers, .. } = self.offer;
        let read = |class: &str, prefix: &str, count| {
            let mut found = vec![0; count as usize];
            server.each(
                &format!("{prefix}s are read"),
                count,
                |number, send| {
                    let key = format!("{prefix}-{number}");
                    send(Call::State { class, key: Key::Text(&key) });
                },
                |number, answer| match (answer.status, count_of(&answer.body)) {
                    (200, Some(count)) => {
                        found[number as usize] = count;
                        Ok(())
                    }
                    _ => Err(Broken::unexpected(format!("reading {prefix} {number}"), &answer)),
                },
            )?;
            Ok::<_, LoadError>(found)
        };
        Ok(Taken {
            rooms: read("Hotel", "hotel", hotels)?,
            seats: read("Flight", "flight", flights)?,
            trips: read("Traveller", "traveller", travellers)?,
        })
    }
}

/// What a hotel or a flight has taken, or how many trips of a traveller are not cancelled.
fn count_of(state: &Json) -> Option<i64> {
    if let Some(taken) = state.get("taken") {
        return taken.as_i64();
    }
    let trips = state.get("trips")?.as_array()?;
    let ahead = trips.iter().filter(|trip| trip.get("is_cancelled") == Some(&Json::Bool(false)));
    Some(ahead.count() as i64)
}

impl Taken {
    fn check(&self, found: &Self) -> Result<(), Broken> {
        let sum = |counts: &[i64]| counts.iter().sum::<i64>();
        let (rooms, seats, trips) = (sum(&found.rooms), sum(&found.seats), sum(&found.trips));
        if rooms != seats || seats != trips {
            return Err(Broken::Invariant(format!(
                "{rooms} rooms and {seats} seats are taken for {trips} trips"
            )));
        }
        for (what, expected, found) in [
            ("hotel", &self.rooms, &found.rooms),
            ("flight", &self.seats, &found.seats),
            ("traveller", &self.trips, &found.trips),
        ] {
            let mut pairs = expected.iter().zip(found).enumerate();
            if let Some((number, (expected, found))) = pairs.find(|(_, (one, other))| one != other)
            {
                return Err(Broken::Invariant(format!(
                    "{what} {number} has {found} reservations, acknowledged requests leave it \
                     {expected}"
                )));
            }
        }
        Ok(())
    }
}

impl Requests for TravelReservation {
    type Asked = Asked;

    fn ask(&mut self, send: &mut Send<'_>) -> Option<Asked> {
        let random = &mut self.random;
        if random.happens(CANCELLED_PERCENT) && !self.trips.is_empty() {
            let position = random.below(self.trips.len() as u64) as usize;
            let trip = self.trips.swap_remove(position);
            let traveller = format!("traveller-{}", trip.traveller);
            send(Call::Method {
                class: "Traveller",
                key: Key::Text(&traveller),
                method: "cancel",
                arguments: &[("trip", Argument::Integer(trip.number))],
            });
            return Some(Asked::Cancel(trip));
        }
        let traveller = random.below(self.offer.travellers);
        let (hotel, flight) = (random.below(self.offer.hotels), random.below(self.offer.flights));
        let key = format!("traveller-{traveller}");
        let (hotel_key, flight_key) = (format!("hotel-{hotel}"), format!("flight-{flight}"));
        let hotel_entity = Argument::Entity { class: "Hotel", key: Key::Text(&hotel_key) };
        let flight_entity = Argument::Entity { class: "Flight", key: Key::Text(&flight_key) };
        send(Call::Method {
            class: "Traveller",
            key: Key::Text(&key),
            method: "reserve",
            arguments: &[("hotel", hotel_entity), ("flight", flight_entity)],
        });
        Some(Asked::Reserve { traveller, hotel, flight })
    }

    fn answered(&mut self, asked: Asked, answer: Answer) -> Result<Outcome, Broken> {
        let Taken { rooms, seats, trips } = &mut self.expected;
        match (asked, answer.status, &answer.body) {
            (Asked::Reserve { traveller, hotel, flight }, 200, Json::Number(number)) => {
                let Some(number) = number.as_i64() else {
                    return Err(Broken::unexpected(format!("{asked:?}"), &answer));
                };
                rooms[hotel as usize] += 1;
                seats[flight as usize] += 1;
                trips[traveller as usize] += 1;
                self.trips.push(Trip { traveller, hotel, flight, number });
                Ok(Outcome::Done(RESERVE))
            }
            (Asked::Reserve { .. }, 409, _)
                if answer.exception().is_some_and(|it| it.ends_with("SoldOut")) =>
            {
                Ok(Outcome::Failed(RESERVE))
            }
            (Asked::Cancel(trip), 200, Json::Bool(true)) => {
                rooms[trip.hotel as usize] -= 1;
                seats[trip.flight as usize] -= 1;
                trips[trip.traveller as usize] -= 1;
                Ok(Outcome::Done(CANCEL))
            }
            _ => Err(Broken::unexpected(format!("{asked:?}"), &answer)),
        }
    }
}

impl Workload for TravelReservation {
    fn application(&self) -> Application {
        APPLICATION
    }

    fn describe(&self) -> Description {
        let Offer { hotels, flights, travellers, capacity } = self.offer;
        let parameters = [
            ("hotels", hotels),
            ("flights", flights),
            ("travellers", travellers),
            ("rooms of a hotel, seats of a flight", capacity),
        ];
        Description {
            name: "travel-reservation".to_owned(),
            summary: format!(
                "{} % of the requests reserve a room and a seat in one transaction, or neither; \
                 {CANCELLED_PERCENT} % cancel a trip.",
                100 - CANCELLED_PERCENT
            ),
            parameters: parameters.map(|(name, it)| (name.to_owned(), it.to_string())).into(),
        }
    }

    fn kinds(&self) -> &'static [&'static str] {
        &KINDS
    }

    fn prepare(&mut self, server: &Exchange<'_>) -> Result<(), LoadError> {
        let mut is_loaded = false;
        let agency = Key::Text("agency");
        server.one_by_one(
            "the agency is made",
            1,
            |_, send| {
                let arguments = [("name", Argument::Text("agency"))];
                send(Call::Create { class: "Agency", arguments: &arguments });
            },
            |_, answer| {
                is_loaded = is_existing(&answer, "making the agency")?;
                Ok(())
            },
        )?;
        if !is_loaded {
            let Offer { hotels, flights, travellers, capacity } = self.offer;
            let numbers = [
                ("hotels", hotels),
                ("flights", flights),
                ("travellers", travellers),
                ("capacity", capacity),
            ];
            let arguments = numbers.map(|(name, it)| (name, Argument::Integer(it as i64)));
            server.one_by_one(
                "hotels, flights and travellers are made",
                1,
                |_, send| {
                    send(Call::Method {
                        class: "Agency",
                        key: agency,
                        method: "load",
                        arguments: &arguments,
                    });
                },
                |_, answer| match answer.status {
                    200 => Ok(()),
                    _ => Err(Broken::unexpected("making hotels and flights", &answer)),
                },
            )?;
        }
        self.expected = self.look(server)?;
        Ok(())
    }

    fn check(&mut self, server: &Exchange<'_>) -> Result<Vec<String>, LoadError> {
        self.expected.check(&self.look(server)?)?;
        let checked = [
            "as many rooms as seats are taken, and as many as there are trips",
            "every acknowledged reservation and cancellation is there, once",
        ];
        Ok(checked.map(str::to_owned).into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn taken(rooms: i64, seats: i64, trips: i64) -> Taken {
        Taken { rooms: vec![1, rooms], seats: vec![seats], trips: vec![trips] }
    }

    #[test]
    fn half_a_reservation_and_a_lost_one_are_found() {
        let expected = taken(4, 5, 5);
        assert_eq!(expected.check(&taken(4, 5, 5)), Ok(()));
        let half = expected.check(&taken(4, 4, 5)).unwrap_err().to_string();
        assert!(half.contains("5 rooms and 4 seats"), "{half}");
        let lost = expected.check(&taken(3, 4, 4)).unwrap_err().to_string();
        assert!(lost.contains("hotel 1 has 3 reservations"), "{lost}");
    }
}
