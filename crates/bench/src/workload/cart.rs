//! The workload `cart`: items go into carts, and checkouts take them from stock and money from
//! wallets, or nothing.
//!
//! What a checkout bought is in its reply. So stock, wallets and carts at the end follow from what
//! was acknowledged, in whatever order the server applied it.

use std::collections::BTreeMap;

use serde_json::Value as Json;

use super::transfer::is_existing;
use super::{Application, Description, Outcome, Requests, Workload};
use crate::call::{Answer, Argument, Arguments, Broken, Call, Key, Send};
use crate::connection::LoadError;
use crate::exchange::Exchange;
use crate::random::Random;

const APPLICATION: Application =
    Application { files: &[("cart.py", include_str!("../../../../workloads/cart/cart.py"))] };

const KINDS: [&str; 4] = ["add to cart", "checkout", "deposit", "restock"];
const ADD: usize = 0;
const CHECKOUT: usize = 1;
const DEPOSIT: usize = 2;
const RESTOCK: usize = 3;

const FIRST_STOCK: i64 = 10_000;
const FIRST_BALANCE: i64 = 1_000_000;
const DEPOSITED: i64 = 100_000;
const RESTOCKED: i64 = 1_000;

/// Users who shop.
#[derive(Debug)]
pub struct Cart {
    users: u64,
    items: u64,
    random: Random,
    expected: Shop,
}

/// What there is.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
struct Shop {
    stock: Vec<i64>,
    /// Cents, by user.
    balances: Vec<i64>,
    /// What is in the cart of each user, by the key of the item; nothing that is there 0 times.
    carts: Vec<BTreeMap<String, i64>>,
    /// How many orders each user has.
    orders: Vec<i64>,
}

/// A request under way.
#[derive(Clone, Copy, Debug)]
pub enum Asked {
    Add { user: u64, item: u64, amount: i64 },
    Checkout { user: u64 },
    Deposit { user: u64 },
    Restock { item: u64 },
}

impl Cart {
    pub fn new(users: u64, items: u64, seed: u64) -> Self {
        Self { users, items, random: Random::new(seed), expected: Shop::default() }
    }

    fn look(&self, server: &Exchange<'_>) -> Result<Shop, LoadError> {
        let mut shop = Shop {
            stock: vec![0; self.items as usize],
            balances: vec![0; self.users as usize],
            carts: vec![BTreeMap::new(); self.users as usize],
            orders: vec![0; self.users as usize],
        };
        read(server, "Item", "item", self.items, |number, state| {
            shop.stock[number] = state.get("stock")?.as_i64()?;
            Some(())
        })?;
        read(server, "Wallet", "user", self.users, |number, state| {
            shop.balances[number] = state.get("balance")?.as_i64()?;
            Some(())
        })?;
        read(server, "User", "user", self.users, |number, state| {
            shop.orders[number] = state.get("orders")?.as_array()?.len() as i64;
            for (item, amount) in state.get("cart")?.as_object()? {
                shop.carts[number].insert(item.clone(), amount.as_i64()?);
            }
            Some(())
        })?;
        Ok(shop)
    }
}

fn read(
    server: &Exchange<'_>,
    class: &str,
    prefix: &str,
    count: u64,
    mut found: impl FnMut(usize, &Json) -> Option<()>,
) -> Result<(), LoadError> {
    server.each(
        &format!("entities of {class} are read"),
        count,
        |number, send| {
            send(Call::State { class, key: Key::Text(&format!("{prefix}-{number}")) });
        },
        |number, answer| {
            let is_right = answer.status == 200 && found(number as usize, &answer.body).is_some();
            if is_right { Ok(()) } else { Err(Broken::unexpected("reading a state", &answer)) }
        },
    )
}

/// Makes entities, and those that are new ready with one call of a method.
fn make(
    server: &Exchange<'_>,
    class: &str,
    count: u64,
    arguments: impl Fn(u64, &mut dyn FnMut(Arguments<'_>)),
    ready: Option<(&str, &str, i64)>,
) -> Result<(), LoadError> {
    let what = format!("entities of {class} are made");
    let mut new = Vec::new();
    server.each(
        &what,
        count,
        |number, send| {
            arguments(number, &mut |arguments| send(Call::Create { class, arguments }));
        },
        |number, answer| {
            if !is_existing(&answer, &what)? {
                new.push(number);
            }
            Ok(())
        },
    )?;
    let Some((prefix, method, amount)) = ready else { return Ok(()) };
    server.each(
        &what,
        new.len() as u64,
        |position, send| {
            let key = format!("{prefix}-{}", new[position as usize]);
            let arguments = [("amount", Argument::Integer(amount))];
            send(Call::Method { class, key: Key::Text(&key), method, arguments: &arguments });
        },
        |_, answer| match answer.status {
            200 => Ok(()),
            _ => Err(Broken::unexpected(method, &answer)),
        },
    )
}

fn price(item: u64) -> i64 {
    100 + (item as i64 * 37) % 900
}

impl Shop {
    /// Takes note of an order.
    fn buy(&mut self, user: usize, order: &Json) -> Option<()> {
        self.balances[user] -= order.get("total")?.as_i64()?;
        self.orders[user] += 1;
        for (item, amount) in order.get("items")?.as_object()? {
            let amount = amount.as_i64()?;
            let number: usize = item.strip_prefix("item-")?.parse().ok()?;
            *self.stock.get_mut(number)? -= amount;
            add(&mut self.carts[user], item, -amount);
        }
        Some(())
    }

    fn check(&self, found: &Self) -> Result<(), Broken> {
        for (what, expected, found) in [
            ("items are in stock of item", &self.stock, &found.stock),
            ("cents are in wallet", &self.balances, &found.balances),
            ("orders has user", &self.orders, &found.orders),
        ] {
            let mut pairs = expected.iter().zip(found).enumerate();
            if let Some((number, (expected, found))) = pairs.find(|(_, (one, other))| one != other)
            {
                return Err(Broken::Invariant(format!(
                    "{found} {what} {number}, acknowledged requests leave it {expected}"
                )));
            }
        }
        let mut pairs = self.carts.iter().zip(&found.carts).enumerate();
        match pairs.find(|(_, (expected, found))| expected != found) {
            None => Ok(()),
            Some((user, (expected, found))) => Err(Broken::Invariant(format!(
                "user {user} has {found:?} in the cart, acknowledged requests leave it {expected:?}"
            ))),
        }
    }
}

fn add(cart: &mut BTreeMap<String, i64>, item: &str, amount: i64) {
    let there = cart.entry(item.to_owned()).or_insert(0);
    *there += amount;
    if *there == 0 {
        cart.remove(item);
    }
}

impl Requests for Cart {
    type Asked = Asked;

    fn ask(&mut self, send: &mut Send<'_>) -> Option<Asked> {
        let random = &mut self.random;
        let (user, item) = (random.below(self.users), random.below(self.items));
        let (user_key, item_key) = (format!("user-{user}"), format!("item-{item}"));
        let (user_key, item_key) = (Key::Text(&user_key), Key::Text(&item_key));
        let mut call = |class, key, method, arguments: Arguments<'_>| {
            send(Call::Method { class, key, method, arguments });
        };
        Some(match random.below(100) {
            0..65 => {
                let amount = random.between(1, 3);
                let entity = Argument::Entity { class: "Item", key: item_key };
                let arguments = [("item", entity), ("amount", Argument::Integer(amount))];
                call("User", user_key, "add_to_cart", &arguments);
                Asked::Add { user, item, amount }
            }
            65..95 => {
                let wallet = Argument::Entity { class: "Wallet", key: user_key };
                call("User", user_key, "checkout", &[("wallet", wallet)]);
                Asked::Checkout { user }
            }
            95..98 => {
                let amount = Argument::Integer(DEPOSITED);
                call("Wallet", user_key, "deposit", &[("amount", amount)]);
                Asked::Deposit { user }
            }
            _ => {
                let amount = Argument::Integer(RESTOCKED);
                call("Item", item_key, "restock", &[("amount", amount)]);
                Asked::Restock { item }
            }
        })
    }

    fn answered(&mut self, asked: Asked, answer: Answer) -> Result<Outcome, Broken> {
        let shop = &mut self.expected;
        match (asked, answer.status) {
            (Asked::Add { user, item, amount }, 200) => {
                add(&mut shop.carts[user as usize], &format!("item-{item}"), amount);
                Ok(Outcome::Done(ADD))
            }
            (Asked::Checkout { user }, 200) => match shop.buy(user as usize, &answer.body) {
                Some(()) => Ok(Outcome::Done(CHECKOUT)),
                None => Err(Broken::unexpected(format!("{asked:?}"), &answer)),
            },
            (Asked::Checkout { .. }, 402 | 409) if is_refusal(&answer) => {
                Ok(Outcome::Failed(CHECKOUT))
            }
            (Asked::Deposit { user }, 200) => {
                shop.balances[user as usize] += DEPOSITED;
                Ok(Outcome::Done(DEPOSIT))
            }
            (Asked::Restock { item }, 200) => {
                shop.stock[item as usize] += RESTOCKED;
                Ok(Outcome::Done(RESTOCK))
            }
            _ => Err(Broken::unexpected(format!("{asked:?}"), &answer)),
        }
    }
}

fn is_refusal(answer: &Answer) -> bool {
    let refusals = ["EmptyCart", "OutOfStock", "PaymentRejected"];
    answer.exception().is_some_and(|it| refusals.iter().any(|refusal| it.ends_with(refusal)))
}

impl Workload for Cart {
    fn application(&self) -> Application {
        APPLICATION
    }

    fn describe(&self) -> Description {
        Description {
            name: "cart".to_owned(),
            summary:
                "A shopping cart: 65 % of the requests put an item into a cart, 30 % check it \
                      out (items from stock and money from the wallet, or nothing), 3 % pay money \
                      in, 2 % fill the stock up. Checkouts of empty carts fail, as they should."
                    .to_owned(),
            parameters: vec![
                ("users".to_owned(), self.users.to_string()),
                ("items".to_owned(), self.items.to_string()),
            ],
        }
    }

    fn kinds(&self) -> &'static [&'static str] {
        &KINDS
    }

    fn prepare(&mut self, server: &Exchange<'_>) -> Result<(), LoadError> {
        let item = |number: u64, send: &mut dyn FnMut(Arguments<'_>)| {
            let key = format!("item-{number}");
            let price = Argument::Integer(price(number));
            send(&[("item_id", Argument::Text(&key)), ("price", price)]);
        };
        let named = |name: &'static str| {
            move |number: u64, send: &mut dyn FnMut(Arguments<'_>)| {
                send(&[(name, Argument::Text(&format!("user-{number}")))]);
            }
        };
        make(server, "Item", self.items, item, Some(("item", "restock", FIRST_STOCK)))?;
        make(
            server,
            "Wallet",
            self.users,
            named("owner"),
            Some(("user", "deposit", FIRST_BALANCE)),
        )?;
        make(server, "User", self.users, named("username"), None)?;
        self.expected = self.look(server)?;
        Ok(())
    }

    fn check(&mut self, server: &Exchange<'_>) -> Result<Vec<String>, LoadError> {
        self.expected.check(&self.look(server)?)?;
        let checked = [
            "stock, wallets and carts are what acknowledged requests leave",
            "every acknowledged checkout is an order, once",
        ];
        Ok(checked.map(str::to_owned).into())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn shop() -> Shop {
        Shop {
            stock: vec![10, 10],
            balances: vec![1_000],
            carts: vec![BTreeMap::from([("item-1".to_owned(), 2)])],
            orders: vec![0],
        }
    }

    #[test]
    fn an_order_takes_items_from_stock_and_cart_and_money_from_the_wallet() {
        let mut after = shop();
        after.buy(0, &json!({"items": {"item-1": 2}, "total": 300})).unwrap();
        let expected = Shop {
            stock: vec![10, 8],
            balances: vec![700],
            carts: vec![BTreeMap::new()],
            orders: vec![1],
        };
        assert_eq!(after, expected);
        let lost = after.check(&shop()).unwrap_err().to_string();
        assert!(lost.contains("10 items are in stock of item 1"), "{lost}");
        let half = Shop { balances: vec![1_000], ..expected };
        assert!(after.check(&half).unwrap_err().to_string().contains("1000 cents are in wallet 0"));
    }
}
