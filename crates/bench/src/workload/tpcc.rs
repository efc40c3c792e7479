//! The workload `tpcc`: the five transactions of TPC-C in the standard mix, without keying and think
//! times.
//!
//! A Delivery is queued and answered at once; for each one a further request makes it, as soon as
//! there is room for it. Both are counted, as kinds of their own.

mod consistency;
mod inputs;

use serde_json::Value as Json;

use self::consistency::{Acknowledged, District, Warehouse};
pub use self::inputs::Size;
use self::inputs::{Customer, DISTRICTS, Input, Wanted};
use super::transfer::is_existing;
use super::{Application, Description, Outcome, Requests, Workload};
use crate::call::{Answer, Argument, Arguments, Broken, Call, Key, Send};
use crate::connection::LoadError;
use crate::exchange::Exchange;
use crate::random::Random;

macro_rules! files {
    ($($name:literal),+) => {
        &[$(($name, include_str!(concat!("../../../../workloads/tpcc/", $name)))),+]
    };
}

const APPLICATION: Application = Application {
    files: files!(
        "tpcc.py",
        "consistency.py",
        "customers.py",
        "deliveries.py",
        "districts.py",
        "inputs.py",
        "loader.py",
        "orders.py",
        "random_data.py",
        "stock.py",
        "warehouses.py"
    ),
};

const KINDS: [&str; 6] = [
    "NewOrder",
    "Payment",
    "OrderStatus",
    "Delivery, queued",
    "StockLevel",
    "Delivery, made later",
];
const NEW_ORDER: usize = 0;
const PAYMENT: usize = 1;
const ORDER_STATUS: usize = 2;
const DELIVERY: usize = 3;
const STOCK_LEVEL: usize = 4;
const DEFERRED: usize = 5;

/// So many items are made by one request.
const ITEMS_AT_ONCE: i64 = 5_000;
/// The data are always the same.
const LOADER_SEED: i64 = 1;

/// The terminals of all warehouses.
#[derive(Debug)]
pub struct Tpcc {
    size: Size,
    random: Random,
    /// Warehouses for which a queued delivery is to be made.
    to_deliver: Vec<i64>,
    before: Vec<Warehouse>,
    acknowledged: Vec<Acknowledged>,
}

/// A request under way.
#[derive(Clone, Copy, Debug)]
pub enum Asked {
    NewOrder { warehouse: i64, district: i64, lines: i64, order: Order },
    Payment { warehouse: i64, district: i64, amount: i64 },
    OrderStatus,
    Delivery { warehouse: i64 },
    StockLevel,
    Deferred { warehouse: i64 },
}

/// Whether an order can be entered.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Order {
    Right,
    /// It has an unknown item and must be rolled back.
    Mistaken,
}

impl Tpcc {
    pub fn new(size: Size, seed: u64) -> Self {
        Self {
            size,
            random: Random::new(seed),
            to_deliver: Vec::new(),
            before: Vec::new(),
            acknowledged: Vec::new(),
        }
    }

    fn send_input(&self, input: &Input, send: &mut Send<'_>) -> Asked {
        match input {
            Input::NewOrder { warehouse, district, customer, wanted } => {
                self.send_new_order((*warehouse, *district, *customer), wanted, send)
            }
            Input::Payment { warehouse, district, of_warehouse, of_district, customer, amount } => {
                let common = [
                    ("district_id", Argument::Integer(*district)),
                    ("customer_warehouse_id", Argument::Integer(*of_warehouse)),
                    ("customer_district_id", Argument::Integer(*of_district)),
                ];
                let (method, whom) = match customer {
                    Customer::Number(number) => {
                        ("payment_by_id", ("customer_id", Argument::Integer(*number)))
                    }
                    Customer::LastName(name) => {
                        ("payment_by_last_name", ("last_name", Argument::Text(name)))
                    }
                };
                let [first, second, third] = common;
                let arguments =
                    [first, second, third, whom, ("amount", Argument::Integer(*amount))];
                send(method_of("Warehouse", Key::Integer(*warehouse), method, &arguments));
                Asked::Payment { warehouse: *warehouse, district: *district, amount: *amount }
            }
            Input::OrderStatus { warehouse, district, customer } => {
                let (class, last) = match customer {
                    Customer::Number(number) => ("Customer", Key::Integer(*number)),
                    Customer::LastName(name) => ("LastName", Key::Text(name)),
                };
                let key = [Key::Integer(*warehouse), Key::Integer(*district), last];
                send(method_of(class, Key::Tuple(&key), "order_status", &[]));
                Asked::OrderStatus
            }
            Input::Delivery { warehouse, carrier } => {
                let arguments = [("carrier_id", Argument::Integer(*carrier))];
                send(method_of("Deliveries", Key::Integer(*warehouse), "queue", &arguments));
                Asked::Delivery { warehouse: *warehouse }
            }
            Input::StockLevel { warehouse, district, threshold } => {
                let key = [Key::Integer(*warehouse), Key::Integer(*district)];
                let arguments = [("threshold", Argument::Integer(*threshold))];
                send(method_of("District", Key::Tuple(&key), "stock_level", &arguments));
                Asked::StockLevel
            }
        }
    }

    fn send_new_order(
        &self,
        (warehouse, district, customer): (i64, i64, i64),
        wanted: &[Wanted],
        send: &mut Send<'_>,
    ) -> Asked {
        let fields: Vec<[(&str, Argument<'_>); 3]> = wanted
            .iter()
            .map(|line| {
                [
                    ("item_id", Argument::Integer(line.item)),
                    ("supply_warehouse_id", Argument::Integer(line.supplier)),
                    ("quantity", Argument::Integer(line.quantity)),
                ]
            })
            .collect();
        let lines: Vec<Argument<'_>> = fields
            .iter()
            .map(|fields| Argument::Record { class: "warehouses:Wanted", fields })
            .collect();
        let arguments = [
            ("district_id", Argument::Integer(district)),
            ("customer_id", Argument::Integer(customer)),
            ("wanted", Argument::List(&lines)),
        ];
        send(method_of("Warehouse", Key::Integer(warehouse), "new_order", &arguments));
        let is_mistaken = wanted.iter().any(|line| line.item > self.size.items);
        let order = if is_mistaken { Order::Mistaken } else { Order::Right };
        Asked::NewOrder { warehouse, district, lines: wanted.len() as i64, order }
    }

    fn load(&self, server: &Exchange<'_>) -> Result<(), LoadError> {
        let Size { warehouses, items, .. } = self.size;
        let mut calls: Vec<(&str, Vec<(&str, i64)>)> = Vec::new();
        let parts = (0..items).step_by(ITEMS_AT_ONCE as usize);
        let parts: Vec<(i64, i64)> =
            parts.map(|first| (first + 1, (first + ITEMS_AT_ONCE).min(items))).collect();
        for (first, last) in &parts {
            calls.push(("load_items", vec![("first", *first), ("last", *last)]));
        }
        for warehouse in 1..=warehouses {
            calls.push(("load_warehouse", vec![("warehouse_id", warehouse)]));
            for (first, last) in &parts {
                let arguments =
                    vec![("warehouse_id", warehouse), ("first", *first), ("last", *last)];
                calls.push(("load_stock", arguments));
            }
            for district in 1..=DISTRICTS {
                let arguments = vec![("warehouse_id", warehouse), ("district_id", district)];
                calls.push(("load_district", arguments));
            }
        }
        let ask = |number: u64, send: &mut Send<'_>| {
            let (method, arguments) = &calls[number as usize];
            let arguments: Vec<(&str, Argument<'_>)> =
                arguments.iter().map(|(name, it)| (*name, Argument::Integer(*it))).collect();
            send(method_of("Loader", Key::Text("tpcc"), method, &arguments));
        };
        server.one_by_one("the database is made", calls.len() as u64, ask, |number, answer| {
            match answer.status {
                200 => Ok(()),
                _ => Err(Broken::unexpected(format!("{:?}", calls[number as usize]), &answer)),
            }
        })
    }

    fn look(&self, server: &Exchange<'_>) -> Result<Vec<Warehouse>, LoadError> {
        let mut warehouses = Vec::new();
        server.each(
            "warehouses are read",
            self.size.warehouses as u64,
            |number, send| {
                send(Call::State { class: "Warehouse", key: Key::Integer(number as i64 + 1) });
            },
            |number, answer| match answer.integer("year_to_date") {
                Some(year_to_date) => {
                    warehouses.push((number, year_to_date));
                    Ok(())
                }
                None => {
                    Err(Broken::unexpected(format!("reading warehouse {}", number + 1), &answer))
                }
            },
        )?;
        warehouses.sort_unstable();
        let mut districts = Vec::new();
        server.one_by_one(
            "orders of districts are read",
            (self.size.warehouses * DISTRICTS) as u64,
            |number, send| {
                let (warehouse, district) = place(number);
                let key = [Key::Integer(warehouse), Key::Integer(district)];
                send(method_of("District", Key::Tuple(&key), "figures", &[]));
            },
            |number, answer| match District::of(&answer.body) {
                Some(district) => {
                    districts.push(district);
                    Ok(())
                }
                None => {
                    let call = format!("the figures of district {:?}", place(number));
                    Err(Broken::unexpected(call, &answer))
                }
            },
        )?;
        let districts = districts.chunks(DISTRICTS as usize);
        let warehouses = warehouses.into_iter().zip(districts);
        Ok(warehouses
            .map(|((_, year_to_date), districts)| Warehouse {
                year_to_date,
                districts: districts.to_vec(),
            })
            .collect())
    }

    fn acknowledged(&mut self, warehouse: i64) -> &mut Acknowledged {
        &mut self.acknowledged[warehouse as usize - 1]
    }

    /// Takes note of a delivery that was made.
    fn deliver(&mut self, warehouse: i64, delivered: &[Json]) -> Option<()> {
        for district in delivered {
            let number = district.get("district_id")?.as_u64()? as usize;
            if !district.get("order_id")?.is_null() {
                *self.acknowledged(warehouse).delivered.get_mut(number - 1)? += 1;
            }
        }
        Some(())
    }
}

fn method_of<'a>(
    class: &'a str,
    key: Key<'a>,
    method: &'a str,
    arguments: Arguments<'a>,
) -> Call<'a> {
    Call::Method { class, key, method, arguments }
}

/// Warehouse and district by a number from 0.
fn place(number: u64) -> (i64, i64) {
    let number = number as i64;
    (number / DISTRICTS + 1, number % DISTRICTS + 1)
}

impl Requests for Tpcc {
    type Asked = Asked;

    fn ask(&mut self, send: &mut Send<'_>) -> Option<Asked> {
        if let Some(warehouse) = self.to_deliver.pop() {
            send(method_of("Deliveries", Key::Integer(warehouse), "deliver", &[]));
            return Some(Asked::Deferred { warehouse });
        }
        let input = self.size.next_input(&mut self.random);
        Some(self.send_input(&input, send))
    }

    fn answered(&mut self, asked: Asked, answer: Answer) -> Result<Outcome, Broken> {
        let broken = || Err(Broken::unexpected(format!("{asked:?}"), &answer));
        match (asked, answer.status) {
            (Asked::NewOrder { order: Order::Mistaken, .. }, 409)
                if answer.exception().is_some_and(|it| it.ends_with("UnknownItem")) =>
            {
                Ok(Outcome::Failed(NEW_ORDER))
            }
            (Asked::NewOrder { warehouse, district, lines, order: Order::Right }, 200) => {
                if answer.integer("order_id").is_none() {
                    return broken();
                }
                let acknowledged = self.acknowledged(warehouse);
                acknowledged.orders[district as usize - 1] += 1;
                acknowledged.lines[district as usize - 1] += lines;
                Ok(Outcome::Done(NEW_ORDER))
            }
            (Asked::Payment { warehouse, district, amount }, 200) => {
                if answer.integer("amount") != Some(amount) {
                    return broken();
                }
                self.acknowledged(warehouse).paid[district as usize - 1] += amount;
                Ok(Outcome::Done(PAYMENT))
            }
            (Asked::OrderStatus, 200) if answer.body.get("lines").is_some() => {
                Ok(Outcome::Done(ORDER_STATUS))
            }
            (Asked::Delivery { warehouse }, 200) if answer.body.is_i64() => {
                self.to_deliver.push(warehouse);
                Ok(Outcome::Done(DELIVERY))
            }
            (Asked::StockLevel, 200) if answer.body.is_i64() => Ok(Outcome::Done(STOCK_LEVEL)),
            (Asked::Deferred { warehouse }, 200) => {
                let delivered = answer.body.as_array();
                match delivered.and_then(|delivered| self.deliver(warehouse, delivered)) {
                    Some(()) => Ok(Outcome::Done(DEFERRED)),
                    None => broken(),
                }
            }
            _ => broken(),
        }
    }
}

impl Workload for Tpcc {
    fn application(&self) -> Application {
        APPLICATION
    }

    fn describe(&self) -> Description {
        let Size { warehouses, items, customers } = self.size;
        let parameters = [
            ("warehouses", warehouses.to_string()),
            ("items", items.to_string()),
            ("customers of a district", customers.to_string()),
            ("keying and think times", "none".to_owned()),
        ];
        Description {
            name: "tpcc".to_owned(),
            summary: "TPC-C: 45 % NewOrder, 43 % Payment, 4 % each of OrderStatus, Delivery and \
                      StockLevel; one NewOrder in a hundred has an unknown item and is rolled \
                      back. Without keying and think times, so these are no tpmC. Each Delivery \
                      that was queued is made by one further request."
                .to_owned(),
            parameters: parameters.map(|(name, value)| (name.to_owned(), value)).into(),
        }
    }

    fn kinds(&self) -> &'static [&'static str] {
        &KINDS
    }

    fn prepare(&mut self, server: &Exchange<'_>) -> Result<(), LoadError> {
        let mut is_loaded = false;
        server.one_by_one(
            "the loader is made",
            1,
            |_, send| {
                let arguments = [
                    ("name", Argument::Text("tpcc")),
                    ("seed", Argument::Integer(LOADER_SEED)),
                    ("items", Argument::Integer(self.size.items)),
                    ("customers", Argument::Integer(self.size.customers)),
                ];
                send(Call::Create { class: "Loader", arguments: &arguments });
            },
            |_, answer| {
                is_loaded = is_existing(&answer, "making the loader")?;
                Ok(())
            },
        )?;
        if !is_loaded {
            self.load(server)?;
        }
        self.before = self.look(server)?;
        let districts = DISTRICTS as usize;
        let nothing = Acknowledged {
            orders: vec![0; districts],
            lines: vec![0; districts],
            paid: vec![0; districts],
            delivered: vec![0; districts],
        };
        self.acknowledged = vec![nothing; self.before.len()];
        Ok(())
    }

    fn check(&mut self, server: &Exchange<'_>) -> Result<Vec<String>, LoadError> {
        let after = self.look(server)?;
        consistency::check(&self.before, &self.acknowledged, &after)?;
        let checked = [
            "condition 1: W_YTD is the sum of D_YTD",
            "condition 2: D_NEXT_O_ID - 1 is the highest order and the highest new order",
            "condition 3: the numbers of new orders have no gaps",
            "condition 4: there are as many order lines as orders say",
            "every acknowledged NewOrder, Payment and Delivery is there, once",
        ];
        Ok(checked.map(str::to_owned).into())
    }
}
