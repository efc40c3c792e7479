//! Segments and their code.

use anabranch_ir::{Exit, JointMember, Program, SegmentId, SourceLine, Turns};

use super::{assert_violations, segments};
use crate::sample::{self, PRICE_OF};

#[test]
fn the_first_segment_takes_the_parameters() {
    assert_violations(
        |program| segments(program).clear(),
        &["fn0: there is no segment to start with"],
    );
    assert_violations(
        |program| drop(program.functions[PRICE_OF.index()].signature.parameters.pop()),
        &["fn2 seg0: the first segment does not take the parameters of the function"],
    );
    assert_violations(
        |program| {
            let first = &mut segments(program)[0];
            first.catches = true;
            first.code[0].text = first.code[0].text.replace("**more", "**more, raised=None");
        },
        &["fn0 seg0: the first segment follows no action, but takes its result"],
    );
}

#[test]
fn every_segment_can_be_reached() {
    assert_violations(
        |program| {
            let mut lost = segments(program)[3].clone();
            lost.name = "buy_item_4".into();
            lost.code[0].text = "def buy_item_4(self):".into();
            // What only it leads to is lost as well.
            lost.exits.push(Exit::Jump(SegmentId(5)));
            lost.code[1].text = "    if 1: return \"return\", 1; return \"jump\", 5, ()".into();
            let mut lost_too = segments(program)[3].clone();
            lost_too.name = "buy_item_5".into();
            lost_too.code[0].text = "def buy_item_5(self):".into();
            segments(program).extend([lost, lost_too]);
        },
        &["fn0 seg4: nothing leads to this segment", "fn0 seg5: nothing leads to this segment"],
    );
}

#[test]
fn exits_are_different_and_lead_on() {
    assert_violations(
        |program| segments(program)[3].exits.push(Exit::Return),
        &["fn0 seg3: an exit is there twice"],
    );
    assert_violations(
        |program| {
            let last = &mut segments(program)[3];
            last.exits.push(Exit::Jump(SegmentId(0)));
            last.code[1].text = "    if 1: return \"return\", 1; return \"jump\", 0, rest".into();
        },
        &["fn0 seg3: an exit leads back to seg0"],
    );
    assert_violations(
        |program| {
            segments(program)[2].exits[2] =
                Exit::Function { resume: SegmentId(3), function: "shop:buy_item".into() };
        },
        &["fn0 seg2: there is no function shop:buy_item"],
    );
    assert_violations(
        |program| {
            segments(program)[2].exits[2] =
                Exit::Function { resume: SegmentId(3), function: "shop:Item.restock".into() };
        },
        &["fn0 seg2: shop:Item.restock is a method of another operator"],
    );
    assert_violations(
        |program| {
            segments(program)[2].exits[0] =
                Exit::Call { resume: SegmentId(3), receiver: None, method: "a b".into() };
        },
        &["fn0 seg2: the member \"a b\" has no identifier for its name"],
    );
    assert_violations(
        |program| {
            let last = segments(program)[2].exits.last_mut().expect("the sample has exits");
            let Exit::Together { actions, turns, .. } = last else { panic!("not the last one") };
            actions[0].member = JointMember::Get("a b".into());
            *turns = Turns::Once;
        },
        &[
            "fn0 seg2: there are not several actions to be handed over together",
            "fn0 seg2: the member \"a b\" has no identifier for its name",
        ],
    );
}

#[test]
fn results_come_from_actions() {
    let jump = |program: &mut Program| {
        let last = &mut segments(program)[3];
        last.exits.push(Exit::Jump(SegmentId(1)));
        last.code[1].text = "    if 1: return \"return\", 1; return \"jump\", 1, (a, b)".into();
    };
    assert_violations(
        |program| {
            jump(program);
            let resumed = &mut segments(program)[1];
            resumed.catches = false;
            resumed.code[0].text = "def buy_item_1(self, item, amount, _1):".into();
        },
        &["fn0 seg3: a jump leads to seg1, which takes a result"],
    );
    assert_violations(
        |program| {
            let last = &mut segments(program)[2];
            let Some(Exit::Together { resume, .. }) = last.exits.last_mut() else {
                panic!("not the last one")
            };
            *resume = SegmentId(1);
            let text = "    if 6: return \"together\", 1, (a, b), 1, ()".to_owned();
            let origin = last.code[1].origin;
            last.code.insert(1, SourceLine { text, origin, is_inside_string: false });
        },
        &["fn0 seg2: actions together lead to seg1, which takes a result"],
    );
    // An exception can be left out.
    assert_violations(
        |program| {
            jump(program);
            let resumed = &mut segments(program)[1];
            resumed.input = None;
            resumed.code[0].text = "def buy_item_1(self, item, amount, raised=None):".into();
        },
        &[],
    );
    assert_violations(
        |program| {
            let [first, second, ..] = &mut segments(program)[..] else {
                unreachable!("there are 4")
            };
            first.exits = vec![Exit::Jump(SegmentId(1))];
            first.code[1].text = "    return \"jump\", 1, (item, amount)".into();
            second.input = None;
            second.code[0].text = "def buy_item_1(self, item, amount, raised=None):".into();
        },
        &["fn0 seg1: it catches, but follows no action"],
    );
}

#[test]
fn segments_and_variables_have_their_own_names() {
    assert_violations(
        |program| {
            let last = &mut segments(program)[3];
            last.name = "buy_item_2".into();
            last.code[0].text = "def buy_item_2(self):".into();
        },
        &["fn0 seg3: another segment is called buy_item_2"],
    );
    assert_violations(
        |program| {
            let resumed = &mut segments(program)[1];
            resumed.input = Some("item".into());
            resumed.code[0].text = "def buy_item_1(self, item, amount, item, raised=None):".into();
        },
        &["fn0 seg1: the variable item is there twice"],
    );
}

#[test]
fn code_is_one_function() {
    assert_violations(
        |program| segments(program)[3].code[0].text = "def other(self):".into(),
        &["fn0 seg3: the code does not start with `def buy_item_3(…):`"],
    );
    assert_violations(
        |program| segments(program)[3].code[1].text.insert_str(4, "x = 1\n"),
        &["fn0 seg3: the line \"    x = 1\\nreturn \\\"return\\\", None\" holds a line end"],
    );
    assert_violations(
        |program| {
            let line = &mut segments(program)[3].code[1];
            line.text = line.text.trim_start().into();
        },
        &["fn0 seg3: the line \"return \\\"return\\\", None\" is not indented"],
    );
}

#[test]
fn code_takes_what_it_is_given() {
    for parameters in ["self", "self, items", "item", "self, item, other"] {
        assert_violations(
            |program| {
                segments(program)[2].code[0].text = format!("def buy_item_2({parameters}):");
            },
            &[&format!("fn0 seg2: the code takes ({parameters}), which is something else")],
        );
    }
}

#[test]
fn code_comes_from_the_function() {
    for line in [9, 21] {
        assert_violations(
            |program| segments(program)[3].code[1].origin = line,
            &[&format!("fn0 seg3: line {line} of the user is outside of the function")],
        );
    }
}

#[test]
fn code_has_the_exits() {
    assert_violations(
        |program| segments(program)[3].code[1].text = "    pass".into(),
        &["fn0 seg3: no line of the code is the exit return \"return\","],
    );
    assert_violations(
        |program| {
            let code = &mut segments(program)[3].code;
            code.insert(1, code[1].clone());
            code[1].text = "    return \"jump\", 2, (item,)".into();
        },
        &["fn0 seg3: `return \"jump\", 2, (item,)` is none of the exits"],
    );
}

#[test]
fn code_hands_over_what_the_next_segment_takes() {
    for (live, count) in [("()", 0), ("(item,)", 1), ("(f(\"(,\", 1), (a, b), c)", 3)] {
        let tuple = format!("return \"get\", 1, {live}, item, \"price\"");
        assert_violations(
            |program| segments(program)[0].code[1].text = format!("    {tuple}"),
            &[&format!("fn0 seg0: `{tuple}` hands over {count} variables, not 2")],
        );
    }
}

#[test]
fn inner_functions_return_what_they_like() {
    assert_violations(
        |program| {
            let code = &mut segments(program)[3].code;
            let inner = sample::code(&[
                (20, '|', "    def inner():"),
                (20, '|', "        return \"jump\", 2, (item,)"),
            ]);
            code.splice(1..1, inner);
        },
        &[],
    );
}
