//! The estimate of what live entities take, against what the process takes.
#![cfg(target_os = "linux")]

mod harness;
mod shop;

use anabranch_kernel::Value;
use harness::python;
use shop::{ITEM, Shop, text};

/// The resident bytes of this process.
fn resident() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").expect("this is Linux");
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).expect("a line VmRSS");
    let kilobytes = line.split_whitespace().nth(1).expect("a number");
    kilobytes.parse::<usize>().expect("a number") * 1024
}

/// What a live item with this price takes, measured and estimated.
fn bytes_per_entity(count: usize, price: impl Fn(usize) -> Value) -> (usize, usize) {
    let mut shop = Shop::open();
    let before = resident();
    for number in 0..count {
        let item = [text(&format!("item {number}")), price(number)];
        shop.create_without_storing(ITEM, &item);
    }
    let measured = resident().saturating_sub(before) / count;
    let estimated = shop.live_bytes() / count;
    shop.restart();
    (measured, estimated)
}

#[test]
fn the_estimate_is_near_what_entities_take() {
    python(|_| {
        let numbers = bytes_per_entity(20_000, |number| Value::Int(1_000_000 + number as i64));
        let texts = bytes_per_entity(2_000, |_| text(&"x".repeat(10_000)));
        let list = |_| Value::List((0..500).map(|number| Value::Int(number * 1000)).collect());
        let lists = bytes_per_entity(1_000, list);
        for (measured, estimated) in [numbers, texts, lists] {
            let (low, high) = (measured / 2, measured * 2);
            assert!(
                (low..=high).contains(&estimated),
                "measured {measured} bytes, estimated {estimated}"
            );
        }
    });
}
