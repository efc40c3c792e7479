//! The form of every type of the program. Fields and tags stand in the order of the format, which is
//! not that of the declarations: those may be reordered, these not.

use super::reader::Reader;
use super::writer::Writer;
use super::{DecodeError, Wire};
use crate::program::{EnumMember, EnumValue};
use crate::{
    Access, AccessMode, AccessSet, Attribute, BaseClass, Body, CallEdge, CallKind, Callee, Classes,
    Effects, EnumClass, Exit, Expression, Field, Function, FunctionId, Hint, Initial, JointAction,
    JointMember, Member, Module, ModuleId, Operator, OperatorId, Parameter, ParameterKind, Program,
    Reason, Record, Segment, SegmentId, Signature, SourceLine, Span, Turns,
};

macro_rules! structs {
    ($($name:ident { $($field:ident),+ })+) => {$(
        impl Wire for $name {
            fn write(&self, writer: &mut Writer) {
                let $name { $($field),+ } = self;
                $($field.write(writer);)+
            }

            fn read(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
                Ok($name { $($field: Wire::read(reader)?),+ })
            }
        }
    )+};
}

macro_rules! enums {
    ($($name:ident $kind:literal {
        $($tag:literal $variant:ident $(($($inner:ident),+))? $({ $($field:ident),+ })?,)+
    })+) => {$(
        impl Wire for $name {
            fn write(&self, writer: &mut Writer) {
                match self {
                    $($name::$variant $(($($inner),+))? $({ $($field),+ })? => {
                        writer.byte($tag);
                        $($($inner.write(writer);)+)?
                        $($($field.write(writer);)+)?
                    })+
                }
            }

            fn read(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
                reader.nested(|reader| match reader.byte()? {
                    $($tag => {
                        $($(let $inner = Wire::read(reader)?;)+)?
                        $($(let $field = Wire::read(reader)?;)+)?
                        Ok($name::$variant $(($($inner),+))? $({ $($field),+ })?)
                    })+
                    tag => Err(DecodeError::UnknownTag { kind: $kind, tag }),
                })
            }
        }
    )+};
}

macro_rules! ids {
    ($($name:ident)+) => {$(
        impl Wire for $name {
            fn write(&self, writer: &mut Writer) {
                self.0.write(writer);
            }

            fn read(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
                Ok($name(u32::read(reader)?))
            }
        }
    )+};
}

structs! {
    Program { modules, operators, functions, records, enums, edges }
    Module { name, path }
    Record { name, fields }
    Field { name, hint, has_default }
    EnumClass { name, members }
    EnumMember { name, value }
    CallEdge { from, to, kind }
    Operator {
        name, module, key, key_text, bases, constructor, new_key, attributes, methods, overridden,
        documentation, span
    }
    BaseClass { name, module }
    Attribute { name, hint, initial }
    Function {
        name, operator, class, module, signature, body, effects, documentation, span
    }
    Effects { reads, writes, exists, creates, deletes, changes, calls, outside, access }
    Member { operator, name }
    AccessSet { accesses, reasons }
    Access { operator, entity, mode }
    Reason { text, span }
    Signature { parameters, returns }
    Parameter { name, kind, hint, has_default }
    Segment { name, live, input, catches, exits, code }
    SourceLine { text, origin, is_inside_string }
    JointAction { receiver, member }
    Span { module, line, end_line }
}

enums! {
    EnumValue "enum value" {
        0 Str(text),
        1 Int(number),
    }
    Initial "initial value" {
        0 Unset,
        1 Class,
        2 Constant(text),
        3 Computed,
    }
    CallKind "kind of edge" {
        0 Method(name),
        1 Read(name),
        2 Write(name),
        3 Create,
        4 Exists,
        5 Delete,
    }
    Callee "called method" {
        0 Method(method),
        1 OfAnyClass(name),
    }
    Classes "set of classes" {
        0 Listed(classes),
        1 Any,
    }
    AccessMode "mode of access" {
        0 Read,
        1 Write,
        2 CreateOrDelete,
    }
    Expression "expression" {
        0 Receiver,
        1 Parameter(name),
        2 None,
        3 Int(number),
        4 Str(text),
        5 Each(value),
        6 Field { value, record, field },
        7 Key { operator, entity },
        8 Reference { operator, key },
        9 Tuple(parts),
        10 Text(parts),
    }
    Body "body" {
        0 Native,
        1 Segments(segments),
    }
    ParameterKind "kind of parameter" {
        0 PositionalOnly,
        1 PositionalOrKeyword,
        2 VarPositional,
        3 KeywordOnly,
        4 VarKeyword,
    }
    Exit "exit" {
        0 Return,
        1 Jump(segment),
        2 Call { resume, receiver, method },
        3 Get { resume, receiver, attribute },
        4 Set { resume, receiver, attribute },
        5 Create { resume, operator },
        6 Function { resume, function },
        7 Exists { resume },
        8 Delete { resume },
        9 Together { resume, actions, turns },
    }
    JointMember "action" {
        0 Call(method),
        1 Get(attribute),
    }
    Turns "number of turns" {
        0 Once,
        1 Each,
    }
    Hint "hint" {
        0 Any,
        1 None,
        2 Bool,
        3 Int,
        4 Float,
        5 Str,
        6 Bytes,
        7 List(element),
        8 Set(element),
        9 FrozenSet(element),
        10 Tuple(elements),
        11 TupleOf(element),
        12 Dict(key, value),
        13 Union(members),
        14 Entity(name),
        15 Record(name),
        16 Enum(name),
        17 Date,
        18 Time,
        19 DateTime,
        20 TimeDelta,
        21 Decimal,
        22 Uuid,
    }
}

ids! { ModuleId OperatorId FunctionId SegmentId }

impl Wire for String {
    fn write(&self, writer: &mut Writer) {
        writer.text(self);
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        reader.text()
    }
}

impl Wire for u32 {
    fn write(&self, writer: &mut Writer) {
        writer.unsigned((*self).into());
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        u32::try_from(reader.unsigned()?).map_err(|_| DecodeError::Number)
    }
}

impl Wire for i64 {
    fn write(&self, writer: &mut Writer) {
        writer.signed(*self);
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        reader.signed()
    }
}

impl Wire for bool {
    fn write(&self, writer: &mut Writer) {
        writer.byte(u8::from(*self));
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        match reader.byte()? {
            0 => Ok(false),
            1 => Ok(true),
            tag => Err(DecodeError::UnknownTag { kind: "truth value", tag }),
        }
    }
}

impl<T: Wire> Wire for Vec<T> {
    fn write(&self, writer: &mut Writer) {
        writer.list(self);
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        reader.list()
    }
}

impl<T: Wire> Wire for Box<T> {
    fn write(&self, writer: &mut Writer) {
        (**self).write(writer);
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(Box::new(T::read(reader)?))
    }
}

impl<T: Wire> Wire for Option<T> {
    fn write(&self, writer: &mut Writer) {
        match self {
            None => writer.byte(0),
            Some(value) => {
                writer.byte(1);
                value.write(writer);
            }
        }
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        match reader.byte()? {
            0 => Ok(None),
            1 => Ok(Some(T::read(reader)?)),
            tag => Err(DecodeError::UnknownTag { kind: "option", tag }),
        }
    }
}
