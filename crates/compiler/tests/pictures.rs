//! The drawings of an application and of its methods.

use anabranch_compiler::graph::{self, MethodGraph};
use anabranch_compiler::{Compilation, SourceText, Sources, compile};
use anabranch_ir::Program;
use expect_test::expect;

const SHOP: &str = r#"
from anabranch import entity

@entity
class Item:
    def __init__(self, name: str):
        self.name = name
        self.price = 1

    def __key__(self) -> str:
        return self.name

    def take(self, amount: int) -> int:
        return self.price * amount

@entity
class User:
    def __init__(self, name: str):
        self.name = name

    def __key__(self) -> str:
        return self.name

    def cost(self, items: list[Item], *, least: int = 0) -> int:
        total = 0
        for item in items:
            if item.price > least:
                total += item.take(1)
        return total

    def spoken(self) -> str:
        return "<" + self.name + ">"
"#;

fn compiled() -> (Program, Compilation) {
    let mut read = |name: &str| {
        let bytes = SHOP.as_bytes().to_vec();
        (name == "shop").then(|| SourceText { path: "shop.py".to_owned(), bytes })
    };
    let mut sources = Sources { read: &mut read, is_reserved: &|_| false };
    let mut compilation = compile("shop", &mut sources);
    assert_eq!(compilation.diagnostics, []);
    (compilation.program.take().expect("there are no errors"), compilation)
}

fn method(name: &str) -> Result<MethodGraph, String> {
    let (program, compilation) = compiled();
    MethodGraph::of(&program, &compilation.files, name).map_err(|error| error.to_string())
}

#[test]
fn an_application_for_graphviz() {
    expect![[r#"
        digraph dataflow {
          rankdir=LR;
          compound=true;
          node [shape=plain, fontname="sans-serif"];
          edge [fontname="sans-serif", fontsize=10];
          ingress [shape=cds, label="ingress"];
          egress [shape=cds, label="egress"];
          subgraph cluster_dataflow {
            style="dashed,rounded";
            op0 [label=<<table border="1" cellborder="0" style="rounded"><tr><td><b>Item</b></td></tr><tr><td align="left">take</td></tr></table>>];
            op1 [label=<<table border="1" cellborder="0" style="rounded"><tr><td><b>User</b></td></tr><tr><td align="left">cost</td></tr><tr><td align="left">spoken</td></tr></table>>];
          }
          ingress -> op1 [lhead=cluster_dataflow];
          op0 -> egress [ltail=cluster_dataflow];
          op1 -> op0 [label="reads price\ntake()"];
        }
    "#]].assert_eq(&graph::dot(&compiled().0));
}

#[test]
fn an_application_for_mermaid() {
    expect![[r#"
        flowchart LR
          ingress([ingress])
          egress([egress])
          subgraph dataflow [" "]
            op0["Item<br/>―<br/>take"]
            op1["User<br/>―<br/>cost<br/>spoken"]
          end
          ingress --> dataflow --> egress
          op1 -->|"reads price<br/>take()"| op0
    "#]]
    .assert_eq(&graph::mermaid(&compiled().0));
}

#[test]
fn a_method_for_graphviz() {
    expect![[r#"
        digraph method {
          label="User.cost(items, least)";
          labelloc=t;
          fontname="sans-serif";
          node [shape=plain, fontname="monospace", fontsize=11];
          edge [fontname="sans-serif", fontsize=10];
          seg0 [label=<<table border="1" cellborder="0" cellspacing="0" style="rounded"><tr><td align="left"><b>seg0</b> has items, least</td></tr><tr><td align="left">  25  total = 0</td></tr><tr><td align="left">  26  for item in items:</td></tr></table>>];
          seg1 [label=<<table border="1" cellborder="0" cellspacing="0" style="rounded"><tr><td align="left"><b>seg1</b> has _1, least, total</td></tr><tr><td align="left">  26  for item in items:</td></tr><tr><td align="left">  27      if item.price &gt; least:</td></tr><tr><td align="left">  29  return total</td></tr></table>>];
          return1 [shape=oval, label="return"];
          seg1 -> return1;
          seg2 [label=<<table border="1" cellborder="0" cellspacing="0" style="rounded"><tr><td align="left"><b>seg2</b> has _1, item, least, total; gets _2</td></tr><tr><td align="left">  27  if item.price &gt; least:</td></tr><tr><td align="left">  28      total += item.take(1)</td></tr></table>>];
          seg3 [label=<<table border="1" cellborder="0" cellspacing="0" style="rounded"><tr><td align="left"><b>seg3</b> has _1, least, total; gets _3</td></tr><tr><td align="left">  28  total += item.take(1)</td></tr></table>>];
          seg0 -> seg1 [label=""];
          seg1 -> seg2 [label="reads Item.price"];
          seg2 -> seg3 [label="Item.take()"];
          seg2 -> seg1 [label=""];
          seg3 -> seg1 [label=""];
        }
    "#]].assert_eq(&method("User.cost").unwrap().dot());
}

#[test]
fn a_method_for_mermaid() {
    expect![[r#"
        flowchart TD
          start(["User.cost(items, least)"]) --> seg0
          seg0["seg0: has items, least<br/>―<br/>25  total = 0<br/>26  for item in items:"]
          seg1["seg1: has _1, least, total<br/>―<br/>26  for item in items:<br/>27      if item.price #62; least:<br/>29  return total"]
          seg1 --> return1([return])
          seg2["seg2: has _1, item, least, total; gets _2<br/>―<br/>27  if item.price #62; least:<br/>28      total += item.take(1)"]
          seg3["seg3: has _1, least, total; gets _3<br/>―<br/>28  total += item.take(1)"]
          seg0 --> seg1
          seg1 -->|"reads Item.price"| seg2
          seg2 -->|"Item.take()"| seg3
          seg2 --> seg1
          seg3 --> seg1
    "#]].assert_eq(&method("User.cost").unwrap().mermaid());
}

#[test]
fn pictures_hold_all_names_and_escape_the_source() {
    let picture = graph::svg(&compiled().0);
    for text in ["Item", "User", "take", "cost", "spoken", "reads price", "take()"] {
        assert!(picture.contains(&format!(">{text}<")), "{text} is not in {picture}");
    }
    let picture = method("User.spoken").unwrap().svg();
    assert!(picture.contains("return &quot;&lt;&quot; + self.name"), "{picture}");
    assert!(picture.contains(">return<"), "{picture}");
}

#[test]
fn every_segment_of_a_method_is_a_card() {
    let (program, _) = compiled();
    let text = program.to_string();
    let picture = method("User.cost").unwrap().svg();
    let cards = picture.matches("font-weight=\"700\" fill=\"#1c2536\">seg").count();
    assert_eq!(cards, 4, "{text}\n{picture}");
}

#[test]
fn an_unknown_method_is_told_with_its_like() {
    expect!["there is no method cost; did you mean User.cost?"]
        .assert_eq(&method("cost").unwrap_err());
    expect!["there is no method User.kost; did you mean User.cost?"]
        .assert_eq(&method("User.kost").unwrap_err());
    expect!["there is no method User.pay; there are User.cost, User.spoken"]
        .assert_eq(&method("User.pay").unwrap_err());
    expect!["there is no method deliver; there are Item.take, User.cost, User.spoken"]
        .assert_eq(&method("deliver").unwrap_err());
}
