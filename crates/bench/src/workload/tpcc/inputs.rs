//! What terminals ask for (clauses 2.4.1 to 2.8.1 of the specification, revision 5.11).

use crate::random::Random;

/// The districts of a warehouse.
pub(super) const DISTRICTS: i64 = 10;
const LAST_NAMES: i64 = 1_000;
/// The constants C of `NURand` (clause 2.1.6.1); that of last names goes with the loader's.
const C_LAST_NAME: i64 = 223;
const C_CUSTOMER: i64 = 259;
const C_ITEM: i64 = 7911;
const SYLLABLES: [&str; 10] =
    ["BAR", "OUGHT", "ABLE", "PRI", "PRES", "ESE", "ANTI", "CALLY", "ATION", "EING"];

/// How large the database is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Size {
    pub warehouses: i64,
    /// 100,000 in the specification.
    pub items: i64,
    /// Of a district: 3,000 in the specification.
    pub customers: i64,
}

/// A customer as a terminal names one.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Customer {
    Number(i64),
    LastName(String),
}

/// So many of an item, from the stock of a warehouse.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Wanted {
    pub(super) item: i64,
    pub(super) supplier: i64,
    pub(super) quantity: i64,
}

/// What a terminal asks for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Input {
    NewOrder {
        warehouse: i64,
        district: i64,
        customer: i64,
        wanted: Vec<Wanted>,
    },
    Payment {
        warehouse: i64,
        district: i64,
        /// Those of the customer.
        of_warehouse: i64,
        of_district: i64,
        customer: Customer,
        amount: i64,
    },
    OrderStatus {
        warehouse: i64,
        district: i64,
        customer: Customer,
    },
    Delivery {
        warehouse: i64,
        carrier: i64,
    },
    StockLevel {
        warehouse: i64,
        district: i64,
        threshold: i64,
    },
}

impl Size {
    /// The next input of the standard mix.
    pub(super) fn next_input(self, random: &mut Random) -> Input {
        let number = random.below(100);
        let warehouse = random.between(1, self.warehouses);
        match number {
            0..45 => self.new_order(warehouse, random),
            45..88 => self.payment(warehouse, random),
            88..92 => Input::OrderStatus {
                warehouse,
                district: random.between(1, DISTRICTS),
                customer: self.customer(random),
            },
            92..96 => Input::Delivery { warehouse, carrier: random.between(1, 10) },
            _ => Input::StockLevel {
                warehouse,
                district: random.between(1, DISTRICTS),
                threshold: random.between(10, 20),
            },
        }
    }

    /// 5 to 15 lines, one in a hundred from elsewhere; one order in a hundred ends with an item that
    /// does not exist.
    fn new_order(self, warehouse: i64, random: &mut Random) -> Input {
        let district = random.between(1, DISTRICTS);
        let customer = self.customer_number(random);
        let lines = random.between(5, 15);
        let mut wanted: Vec<Wanted> = (0..lines)
            .map(|_| Wanted {
                item: skewed(random, 8191, 1, self.items, C_ITEM),
                supplier: match random.happens(1) {
                    true => self.other_warehouse(warehouse, random),
                    false => warehouse,
                },
                quantity: random.between(1, 10),
            })
            .collect();
        if random.happens(1)
            && let Some(last) = wanted.last_mut()
        {
            last.item = self.items + 1;
        }
        Input::NewOrder { warehouse, district, customer, wanted }
    }

    /// 15 of 100 are made by a customer of another warehouse.
    fn payment(self, warehouse: i64, random: &mut Random) -> Input {
        let district = random.between(1, DISTRICTS);
        let (of_warehouse, of_district) = match random.happens(15) {
            true => (self.other_warehouse(warehouse, random), random.between(1, DISTRICTS)),
            false => (warehouse, district),
        };
        let customer = self.customer(random);
        let amount = random.between(100, 500_000);
        Input::Payment { warehouse, district, of_warehouse, of_district, customer, amount }
    }

    /// 60 of 100 customers are found by their last name.
    fn customer(self, random: &mut Random) -> Customer {
        if !random.happens(60) {
            return Customer::Number(self.customer_number(random));
        }
        let highest = LAST_NAMES.min(self.customers) - 1;
        Customer::LastName(last_name(skewed(random, 255, 0, highest, C_LAST_NAME)))
    }

    fn customer_number(self, random: &mut Random) -> i64 {
        skewed(random, 1023, 1, self.customers, C_CUSTOMER)
    }

    /// Any other warehouse, or the same if there is no other.
    fn other_warehouse(self, warehouse: i64, random: &mut Random) -> i64 {
        if self.warehouses == 1 {
            return warehouse;
        }
        let other = random.between(1, self.warehouses - 1);
        if other < warehouse { other } else { other + 1 }
    }
}

/// `NURand(A, x, y)` with its constant C: some numbers more often than others.
fn skewed(random: &mut Random, a: i64, low: i64, high: i64, c: i64) -> i64 {
    ((random.between(0, a) | random.between(low, high)) + c) % (high - low + 1) + low
}

/// The last name with a number from 0 to 999.
fn last_name(number: i64) -> String {
    let syllable = |digit: i64| SYLLABLES[(digit % 10) as usize];
    [number / 100, number / 10, number].map(syllable).concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIZE: Size = Size { warehouses: 3, items: 1_000, customers: 300 };

    fn inputs(seed: u64, count: usize) -> Vec<Input> {
        let mut random = Random::new(seed);
        (0..count).map(|_| SIZE.next_input(&mut random)).collect()
    }

    #[test]
    fn the_same_seed_gives_the_same_inputs() {
        assert_eq!(inputs(1, 500), inputs(1, 500));
        assert_ne!(inputs(1, 500), inputs(2, 500));
    }

    #[test]
    fn last_names_are_made_of_syllables() {
        assert_eq!(last_name(0), "BARBARBAR");
        assert_eq!(last_name(371), "PRICALLYOUGHT");
        assert_eq!(last_name(999), "EINGEINGEING");
    }

    #[test]
    fn the_mix_and_its_mistakes_come_as_often_as_the_specification_says() {
        let all = inputs(5, 100_000);
        let part = |is: fn(&Input) -> bool| all.iter().filter(|it| is(it)).count() as f64 / 1e5;
        let near = |found: f64, expected: f64| {
            assert!((found / expected - 1.0).abs() < 0.12, "{found} instead of {expected}");
        };
        near(part(|it| matches!(it, Input::NewOrder { .. })), 0.45);
        near(part(|it| matches!(it, Input::Payment { .. })), 0.43);
        near(part(|it| matches!(it, Input::OrderStatus { .. })), 0.04);
        near(part(|it| matches!(it, Input::Delivery { .. })), 0.04);
        near(part(|it| matches!(it, Input::StockLevel { .. })), 0.04);
        let mistake = |it: &Input| match it {
            Input::NewOrder { wanted, .. } => wanted.iter().any(|line| line.item > SIZE.items),
            _ => false,
        };
        near(part(mistake), 0.45 * 0.01);
        let by_name =
            |it: &Input| matches!(it, Input::Payment { customer: Customer::LastName(_), .. });
        near(part(by_name), 0.43 * 0.6);
        let remote = |it: &Input| match it {
            Input::Payment { warehouse, of_warehouse, .. } => warehouse != of_warehouse,
            _ => false,
        };
        near(part(remote), 0.43 * 0.15);
    }

    #[test]
    fn orders_stay_within_the_database_but_for_mistakes() {
        for input in inputs(9, 20_000) {
            let Input::NewOrder { warehouse, district, customer, wanted } = input else { continue };
            assert!((1..=3).contains(&warehouse) && (1..=10).contains(&district));
            assert!((1..=300).contains(&customer) && (5..=15).contains(&wanted.len()));
            for line in &wanted[..wanted.len() - 1] {
                assert!((1..=1_000).contains(&line.item) && (1..=10).contains(&line.quantity));
                assert!((1..=3).contains(&line.supplier));
            }
        }
    }

    #[test]
    fn skewed_numbers_are_not_uniform() {
        let mut random = Random::new(1);
        let mut counts = vec![0; 3_001];
        for _ in 0..300_000 {
            counts[skewed(&mut random, 1023, 1, 3_000, C_CUSTOMER) as usize] += 1;
        }
        assert_eq!(counts[0], 0);
        let most = counts.iter().max().unwrap();
        assert!(*most > 300, "the most frequent of 3,000 came {most} times of 300,000");
    }
}
