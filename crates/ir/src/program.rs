//! The tables of a program and the look-ups over them.

use crate::{Function, FunctionId, Hint, ModuleId, Operator, OperatorId, wire};

/// A whole application, compiled.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Program {
    pub modules: Vec<Module>,
    pub operators: Vec<Operator>,
    pub functions: Vec<Function>,
    pub records: Vec<Record>,
    pub enums: Vec<EnumClass>,
    /// The edges of the dataflow: which method reaches which operator.
    pub edges: Vec<CallEdge>,
}

/// A module of the application.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Module {
    /// The dotted import name.
    pub name: String,
    /// The file, relative to the import root.
    pub path: String,
}

/// A dataclass whose instances may be arguments, results or state.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Record {
    /// `module:QualifiedName`
    pub name: String,
    pub fields: Vec<Field>,
}

/// A field of a [`Record`].
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Field {
    pub name: String,
    pub hint: Hint,
    pub has_default: bool,
}

/// An `enum.Enum` class of the application.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct EnumClass {
    /// `module:QualifiedName`
    pub name: String,
    /// Members in definition order. JSON carries the value where it is a string or an integer.
    pub members: Vec<EnumMember>,
}

/// A member of an [`EnumClass`].
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct EnumMember {
    pub name: String,
    /// The value, where it is a literal; otherwise the member goes by its name alone.
    pub value: Option<EnumValue>,
}

/// A literal member value.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum EnumValue {
    Str(String),
    Int(i64),
}

/// A method (or helper function) that sends an event to an operator.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct CallEdge {
    pub from: FunctionId,
    /// The operator reached; `None` where only the run-time test can tell.
    pub to: Option<OperatorId>,
    pub kind: CallKind,
}

/// What an edge carries.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum CallKind {
    /// A call of the method of this name.
    Method(String),
    /// A read of the attribute of this name.
    Read(String),
    /// A write of the attribute of this name.
    Write(String),
    Create,
    Exists,
    Delete,
}

impl Program {
    /// The operator of the entity class called `name`.
    pub fn operator_named(&self, name: &str) -> Option<OperatorId> {
        self.operators.iter().position(|operator| operator.name == name).map(OperatorId::from_index)
    }

    /// The method `name` of `operator`.
    pub fn method_named(&self, operator: OperatorId, name: &str) -> Option<FunctionId> {
        let methods = &self.operator(operator).methods;
        methods.iter().copied().find(|method| self.function(*method).name == name)
    }

    /// The methods of `operator` that clients of a server can call: a leading underscore says, as
    /// everywhere in Python, that a method is the class's own business.
    pub fn public_methods(&self, operator: OperatorId) -> impl Iterator<Item = FunctionId> {
        let methods = self.operator(operator).methods.iter().copied();
        methods.filter(|method| !self.function(*method).name.starts_with('_'))
    }

    pub fn operator(&self, id: OperatorId) -> &Operator {
        &self.operators[id.index()]
    }

    pub fn function(&self, id: FunctionId) -> &Function {
        &self.functions[id.index()]
    }

    pub fn module(&self, id: ModuleId) -> &Module {
        &self.modules[id.index()]
    }

    /// The dataclass with this `module:QualifiedName`.
    pub fn record_named(&self, name: &str) -> Option<&Record> {
        self.records.iter().find(|record| record.name == name)
    }

    /// The enum with this `module:QualifiedName`.
    pub fn enum_named(&self, name: &str) -> Option<&EnumClass> {
        self.enums.iter().find(|class| class.name == name)
    }

    /// A digest of the wire form: equal for equal programs, on every machine.
    pub fn fingerprint(&self) -> String {
        // FNV-1a, 64 bits: it tells programs apart, and protects against nobody.
        let message = wire::encode(self);
        let hash = message.into_iter().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        });
        format!("{hash:016x}")
    }

    /// `User.buy_item` for a method, `User.Audited.buy_item` for one of a base class that another
    /// method hides, `checkout` for a helper function.
    pub fn qualified_name(&self, id: FunctionId) -> String {
        let function = self.function(id);
        let name = &function.name;
        let Some(operator) = function.operator.map(|operator| self.operator(operator)) else {
            return name.clone();
        };
        match &function.class {
            Some(class) if operator.overridden.contains(&id) => {
                format!("{}.{class}.{name}", operator.name)
            }
            _ => format!("{}.{name}", operator.name),
        }
    }

    /// What a `function` exit calls a function: `shop:checkout`, `audit:User.Audited.buy_item`.
    pub fn call_name(&self, id: FunctionId) -> String {
        let module = &self.module(self.function(id).module).name;
        format!("{module}:{}", self.qualified_name(id))
    }
}
