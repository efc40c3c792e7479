mod harness;
mod shop;
use std::time::Instant;
use anabranch_kernel::Value;
use anabranch_kernel::Operation;
use anabranch_kernel::value::wire::encode;
use shop::*;
#[test]
fn speed() {
    harness::python(|_py| {
        let mut shop = Shop::open();
        shop.create(USER, &[text("alice")]).unwrap();
        shop.create(ITEM, &[text("pen"), Value::Int(3)]).unwrap();
        shop.set(&id(USER, "alice"), "balance", &Value::Int(1_000_000_000));
        shop.set(&id(ITEM, "pen"), "stock", &Value::Int(1_000_000_000));
        let p = program();
        let args = |a: &[Value]| encode(&Value::Tuple(vec![Value::Tuple(a.to_vec()), Value::Dict(vec![])]));
        let ops = [
            ("native update_stock", Operation::Call { target: id(ITEM, "pen"), method: p.method_named(ITEM, "update_stock").unwrap(), arguments: args(&[Value::Int(1)]) }),
            ("buy_item", Operation::Call { target: id(USER, "alice"), method: p.method_named(USER, "buy_item").unwrap(), arguments: args(&[Value::Int(1), reference(ITEM, "pen")]) }),
            ("forever(call_anything)", Operation::Call { target: id(USER, "alice"), method: p.method_named(USER, "call_anything").unwrap(), arguments: args(&[text("abc"), text("b")]) }),
        ];
        for (name, op) in &ops {
            for _ in 0..3 {
                let start = Instant::now();
                for _ in 0..100_000 { shop.execute(op).unwrap(); }
                println!("{name}: {:?} per transaction", start.elapsed() / 100_000);
            }
        }
    });
}
