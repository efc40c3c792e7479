//! The consistency conditions 1 to 4 (clause 3.3.2 of the specification), and more: what the
//! database must have after exactly those transactions that were acknowledged.

use serde_json::Value as Json;

use crate::call::Broken;

/// What a district says of itself. Money is in cents.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct District {
    pub(super) year_to_date: i64,
    pub(super) next_order: i64,
    pub(super) last_order: i64,
    pub(super) new_orders: Vec<i64>,
    pub(super) line_counts: i64,
    pub(super) lines: i64,
}

impl District {
    /// From what the application's `figures` gives.
    pub(super) fn of(figures: &Json) -> Option<Self> {
        let number = |name: &str| figures.get(name)?.as_i64();
        let new_orders = figures.get("new_order_ids")?.as_array()?;
        Some(Self {
            year_to_date: number("year_to_date")?,
            next_order: number("next_order_id")?,
            last_order: number("last_order_id")?,
            new_orders: new_orders.iter().map(Json::as_i64).collect::<Option<_>>()?,
            line_counts: number("line_counts")?,
            lines: number("lines")?,
        })
    }
}

/// A warehouse with its districts.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Warehouse {
    pub(super) year_to_date: i64,
    pub(super) districts: Vec<District>,
}

/// What was acknowledged since the state was looked at first.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub(super) struct Acknowledged {
    /// Orders entered, by district.
    pub(super) orders: Vec<i64>,
    /// Lines of these orders.
    pub(super) lines: Vec<i64>,
    /// Money paid, by district.
    pub(super) paid: Vec<i64>,
    /// New orders that were delivered, by district.
    pub(super) delivered: Vec<i64>,
}

/// How many problems a message names.
const NAMED_MAX: usize = 5;

/// Compares warehouses with the conditions and with what they had before.
pub(super) fn check(
    before: &[Warehouse],
    acknowledged: &[Acknowledged],
    after: &[Warehouse],
) -> Result<(), Broken> {
    let mut problems = Vec::new();
    for (position, warehouse) in after.iter().enumerate() {
        let number = position + 1;
        let sum: i64 = warehouse.districts.iter().map(|district| district.year_to_date).sum();
        if warehouse.year_to_date != sum {
            problems.push(format!(
                "condition 1: warehouse {number} has W_YTD {}, the sum of D_YTD is {sum}",
                warehouse.year_to_date
            ));
        }
        for (district, after) in warehouse.districts.iter().enumerate() {
            let name = format!("district {number}/{}", district + 1);
            conditions(&name, after, &mut problems);
            let before = &before[position].districts[district];
            let acknowledged = &acknowledged[position];
            let mut compare = |what: &str, found: i64, expected: i64| {
                if found != expected {
                    problems.push(format!(
                        "{name} has {found} {what}, acknowledged transactions leave it {expected}"
                    ));
                }
            };
            let [orders, lines, paid, delivered] = [
                &acknowledged.orders,
                &acknowledged.lines,
                &acknowledged.paid,
                &acknowledged.delivered,
            ]
            .map(|of_districts| of_districts[district]);
            compare("as next order", after.next_order, before.next_order + orders);
            compare("order lines", after.lines, before.lines + lines);
            compare("cents of payments", after.year_to_date, before.year_to_date + paid);
            let waiting = before.new_orders.len() as i64 + orders - delivered;
            compare("new orders", after.new_orders.len() as i64, waiting);
        }
    }
    let more = problems.len().saturating_sub(NAMED_MAX);
    problems.truncate(NAMED_MAX);
    if more > 0 {
        problems.push(format!("and {more} more"));
    }
    if problems.is_empty() { Ok(()) } else { Err(Broken::Invariant(problems.join("; "))) }
}

fn conditions(name: &str, district: &District, problems: &mut Vec<String>) {
    let last = district.next_order - 1;
    let highest_new = district.new_orders.iter().max();
    if last != district.last_order || highest_new.is_some_and(|highest| *highest != last) {
        problems.push(format!(
            "condition 2: {name} has D_NEXT_O_ID {}, max(O_ID) {} and max(NO_O_ID) {highest_new:?}",
            district.next_order, district.last_order
        ));
    }
    if let (Some(highest), Some(least)) = (highest_new, district.new_orders.iter().min())
        && highest - least + 1 != district.new_orders.len() as i64
    {
        problems.push(format!(
            "condition 3: {name} has {} new orders from {least} to {highest}",
            district.new_orders.len()
        ));
    }
    if district.line_counts != district.lines {
        problems.push(format!(
            "condition 4: {name} has {} order lines, the sum of O_OL_CNT is {}",
            district.lines, district.line_counts
        ));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn warehouse() -> Warehouse {
        let district = District {
            year_to_date: 100,
            next_order: 11,
            last_order: 10,
            new_orders: vec![8, 9, 10],
            line_counts: 70,
            lines: 70,
        };
        Warehouse { year_to_date: 100, districts: vec![district] }
    }

    fn acknowledged() -> Acknowledged {
        Acknowledged { orders: vec![1], lines: vec![6], paid: vec![50], delivered: vec![2] }
    }

    fn after() -> Warehouse {
        let district = District {
            year_to_date: 150,
            next_order: 12,
            last_order: 11,
            new_orders: vec![10, 11],
            line_counts: 76,
            lines: 76,
        };
        Warehouse { year_to_date: 150, districts: vec![district] }
    }

    fn problem(change: impl FnOnce(&mut Warehouse)) -> String {
        let mut after = after();
        change(&mut after);
        check(&[warehouse()], &[acknowledged()], &[after]).unwrap_err().to_string()
    }

    #[test]
    fn what_was_acknowledged_is_consistent() {
        assert_eq!(check(&[warehouse()], &[acknowledged()], &[after()]), Ok(()));
    }

    #[test]
    fn each_condition_is_told_by_its_number() {
        assert!(problem(|it| it.year_to_date += 1).contains("condition 1: warehouse 1"));
        assert!(
            problem(|it| it.districts[0].last_order = 10).contains("condition 2: district 1/1")
        );
        assert!(problem(|it| it.districts[0].new_orders = vec![9, 11]).contains("condition 3"));
        assert!(problem(|it| it.districts[0].line_counts += 1).contains("condition 4"));
    }

    #[test]
    fn a_lost_transaction_is_found_although_all_conditions_hold() {
        let lost_payment = problem(|it| {
            it.year_to_date -= 50;
            it.districts[0].year_to_date -= 50;
        });
        assert!(lost_payment.contains("100 cents of payments"), "{lost_payment}");
        assert!(!lost_payment.contains("condition"), "{lost_payment}");
        let delivered_twice = problem(|it| it.districts[0].new_orders = vec![11]);
        assert!(delivered_twice.contains("1 new orders"), "{delivered_twice}");
    }
}
