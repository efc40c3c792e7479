//! Ids, names, places, hints, signatures, operators and edges.

use anabranch_ir::hint::DEPTH_MAX;
use anabranch_ir::program::{EnumMember, EnumValue};
use anabranch_ir::{
    CallKind, Exit, FunctionId, Hint, ModuleId, OperatorId, ParameterKind, SegmentId,
};

use super::{assert_violations, segments};
use crate::sample::{self, ITEM, PRICE_OF, USER};

fn list(hint: Hint) -> Hint {
    Hint::List(Box::new(hint))
}

#[test]
fn the_sample_makes_sense() {
    assert_violations(|_| {}, &[]);
}

#[test]
fn ids_index_their_tables() {
    assert_violations(
        |program| {
            program.operators[0].module = ModuleId(2);
            program.operators[0].methods.push(FunctionId(9));
            program.functions[1].operator = Some(OperatorId(9));
            program.functions[1].span.module = ModuleId(7);
            program.edges[0].from = FunctionId(9);
            program.edges[1].to = Some(OperatorId(9));
            let segments = segments(program);
            segments[0].exits.push(Exit::Jump(SegmentId(9)));
            segments[2].exits.push(Exit::Create { resume: SegmentId(3), operator: OperatorId(9) });
        },
        &[
            "op0: module2 does not exist",
            "op0: fn9 does not exist",
            "fn0 seg0: an exit leads to seg9, which does not exist",
            "fn0 seg2: op9 does not exist",
            "fn1: module7 does not exist",
            "fn1: op9 does not exist",
            "edge 0: fn9 does not exist",
            "edge 1: op9 does not exist",
        ],
    );
}

#[test]
fn names_are_identifiers() {
    for name in ["", "1st", "a b", "a.b", "a-b"] {
        assert_violations(
            |program| program.operators[0].attributes[0].name = name.into(),
            &[&format!("op0: the attribute {name:?} has no identifier for its name")],
        );
    }
}

#[test]
fn class_names_have_a_module() {
    assert_violations(
        |program| {
            let fields = &mut program.records[0].fields;
            fields.push(fields[0].clone());
        },
        &["record 0: the field item is there twice"],
    );
    for name in ["Color", "shops:Color", "shop:", "shop:a b", "shop:A..B"] {
        assert_violations(
            |program| {
                program.enums[0].name = name.into();
                program.operators[0].attributes[2].hint = Hint::Any;
            },
            &[&format!("enum 0: {name} is not module:QualifiedName of a known module")],
        );
    }
}

#[test]
fn names_are_unique() {
    assert_violations(
        |program| program.modules.push(program.modules[0].clone()),
        &["module2: the module name \"shop\" is not its own"],
    );
    assert_violations(
        |program| program.operators[2].name = "User".into(),
        &[
            "op0: a hint names the unknown entity class date",
            "op2: another operator is called User",
        ],
    );
    assert_violations(
        |program| program.records.push(program.records[0].clone()),
        &["record 1: shop:OrderLine is there twice"],
    );
    assert_violations(
        |program| program.enums.push(program.enums[0].clone()),
        &["enum 1: my-app:Shop.Color is there twice"],
    );
    assert_violations(
        |program| {
            let value = Some(EnumValue::Int(1));
            program.enums[0].members.push(EnumMember { name: "RED".into(), value });
        },
        &["enum 0: the member RED is there twice"],
    );
    assert_violations(
        |program| {
            let attributes = &mut program.operators[0].attributes;
            attributes.push(attributes[0].clone());
        },
        &["op0: the attribute balance is there twice"],
    );
    assert_violations(
        |program| {
            program.functions.push(program.functions[1].clone());
            program.operators[1].methods.push(FunctionId(5));
        },
        &["op1: the method restock is there twice"],
    );
    assert_violations(
        |program| {
            program.functions[PRICE_OF.index()].name = "other".into();
            program.functions[3].name = "other".into();
            program.functions[3].module = ModuleId(0);
            program.functions[3].span.module = ModuleId(0);
            segments(program)[2].exits[2] =
                Exit::Function { resume: SegmentId(3), function: "shop:other".into() };
        },
        &["fn3: another function of the module is called other"],
    );
    assert_violations(
        |program| {
            program.functions[0].signature.parameters[0].name = "amount".into();
            program.functions[0].effects.access.accesses.remove(1);
        },
        &[
            "fn0: the parameter amount is there twice",
            "fn0 seg0: the first segment does not take the parameters of the function",
        ],
    );
}

#[test]
fn files_are_inside_the_import_root() {
    for path in ["", "/etc/shop.py", "a/../../shop.py", "..\\shop.py"] {
        assert_violations(
            |program| program.modules[0].path = path.into(),
            &[&format!("module0: the file {path:?} is not inside the import root")],
        );
    }
}

#[test]
fn spans_are_lines_of_the_same_module() {
    assert_violations(
        |program| program.operators[1].span.module = ModuleId(1),
        &["op1: it is in module0, but its span is in module1"],
    );
    assert_violations(
        |program| program.operators[1].span.line = 0,
        &["op1: 0-99 are no lines of a file"],
    );
    assert_violations(
        |program| program.functions[1].span.end_line = 69,
        &["fn1: 70-69 are no lines of a file"],
    );
}

#[test]
fn hints_name_known_classes() {
    for (hint, kind) in [
        (Hint::Entity("Nobody".into()), "entity class"),
        (Hint::Record("Nobody".into()), "record"),
        (Hint::Enum("Nobody".into()), "enum"),
    ] {
        let expected = format!("a hint names the unknown {kind} Nobody");
        assert_violations(
            |program| program.functions[1].signature.returns = Some(list(hint.clone())),
            &[&format!("fn1: {expected}")],
        );
        assert_violations(
            |program| program.records[0].fields[1].hint = hint.clone(),
            &[&format!("record 0: {expected}")],
        );
        assert_violations(
            |program| program.operators[0].attributes[0].hint = hint.clone(),
            &[&format!("op0: {expected}")],
        );
    }
}

#[test]
fn unions_are_flat() {
    let union = |members: &[Hint]| Hint::Union(members.to_vec());
    for hint in [
        union(&[]),
        union(&[Hint::Int]),
        union(&[Hint::Int, Hint::Int]),
        union(&[Hint::Int, Hint::Any]),
        union(&[Hint::Int, union(&[Hint::Str, Hint::None])]),
    ] {
        let expected = format!("op0: the union {hint} is not flat, or could be simpler");
        assert_violations(
            |program| program.operators[0].attributes[0].hint = hint.clone(),
            &[&expected],
        );
    }
}

#[test]
fn hints_have_few_levels() {
    assert_violations(
        |program| {
            let deep = (0..DEPTH_MAX).fold(Hint::Int, |hint, _| list(hint));
            program.operators[0].attributes[0].hint = deep;
        },
        &["op0: a hint nests deeper than 100 levels"],
    );
}

#[test]
fn keys_have_hints_of_keys() {
    for hint in [
        Hint::Float,
        Hint::Bool,
        Hint::None,
        Hint::Entity("Item".into()),
        Hint::Tuple(Vec::new()),
        Hint::Tuple(vec![Hint::Str, Hint::Float]),
        Hint::TupleOf(Box::new(Hint::Float)),
        Hint::Union(vec![Hint::Str, Hint::None]),
    ] {
        let expected = format!("op1: the key cannot be of type {hint}");
        assert_violations(|program| program.operators[1].key = hint.clone(), &[&expected]);
    }
}

#[test]
fn parameters_stand_in_order() {
    let last = |kind| sample::parameter("last", kind, Hint::Any);
    for kind in [
        ParameterKind::PositionalOnly,
        ParameterKind::PositionalOrKeyword,
        ParameterKind::VarPositional,
        ParameterKind::KeywordOnly,
        ParameterKind::VarKeyword,
    ] {
        assert_violations(
            |program| {
                let parameters = &mut program.functions[1].signature.parameters;
                parameters.push(sample::parameter("rest", ParameterKind::VarKeyword, Hint::Any));
                parameters.push(last(kind));
            },
            &["fn1: the parameter last is out of order"],
        );
    }
    assert_violations(
        |program| {
            let mut rest = last(ParameterKind::VarKeyword);
            rest.has_default = false;
            program.functions[1].signature.parameters.push(rest);
        },
        &["fn1: the variadic parameter last cannot be left out"],
    );
    assert_violations(
        |program| {
            let parameters = &mut program.operators[0].constructor.parameters;
            parameters[0].has_default = true;
            parameters.push(last(ParameterKind::PositionalOrKeyword));
        },
        &["op0: last has no default, but follows one that has"],
    );
}

#[test]
fn methods_belong_to_their_operator() {
    assert_violations(
        |program| program.operators[ITEM.index()].methods.clear(),
        &["fn1: it belongs to op1, but is not among the methods"],
    );
    assert_violations(
        |program| program.operators[USER.index()].methods.push(FunctionId(1)),
        &["op0: the method fn1 belongs to another operator"],
    );
    assert_violations(
        |program| program.operators[ITEM.index()].methods.push(FunctionId(1)),
        &["op1: the method fn1 is there twice"],
    );
    assert_violations(
        |program| program.operators[USER.index()].overridden.clear(),
        &[
            "fn4: it belongs to op0, but is not among the methods",
            "fn0 seg2: there is no function my-app:User.Audited.buy_item",
        ],
    );
}

#[test]
fn methods_stand_in_a_class_of_their_operator() {
    assert_violations(
        |program| program.operators[USER.index()].bases.clear(),
        &["fn4: it is defined in Audited, which is not its operator nor a base"],
    );
    assert_violations(
        |program| program.functions[1].class = None,
        &["fn1: it is defined in no class, which is not its operator nor a base"],
    );
    assert_violations(
        |program| program.functions[PRICE_OF.index()].class = Some("User".into()),
        &["fn2: it is defined in User, which is not its operator nor a base"],
    );
    assert_violations(
        |program| program.operators[USER.index()].bases[0].name = "a b".into(),
        &[
            "op0: the base class \"a b\" has no identifier for its name",
            "fn4: it is defined in Audited, which is not its operator nor a base",
        ],
    );
}

#[test]
fn edges_are_different_and_create_something() {
    assert_violations(
        |program| program.edges.push(program.edges[0].clone()),
        &["edge 6: the edge is there twice"],
    );
    assert_violations(
        |program| program.edges[3].to = None,
        &["edge 3: the edge creates an entity of no operator"],
    );
    assert_violations(
        |program| program.edges[0].kind = CallKind::Read("".into()),
        &["edge 0: the member \"\" has no identifier for its name"],
    );
}
